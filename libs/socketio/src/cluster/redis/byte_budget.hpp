// How many bytes may wait at once, whoever made them wait. Any thread.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace socketio::cluster {

class byte_budget {
public:
  // Bytes that wait, until it goes.
  class hold {
  public:
    hold() = default;
    hold(std::shared_ptr<std::atomic<std::size_t>> total, std::size_t bytes)
        : total_(std::move(total))
        , bytes_(bytes) {}
    hold(hold&& other) noexcept
        : total_(std::move(other.total_))
        , bytes_(other.bytes_) {}
    hold& operator=(hold&& other) noexcept {
      std::swap(total_, other.total_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~hold() {
      if (total_) *total_ -= bytes_;
    }

  private:
    std::shared_ptr<std::atomic<std::size_t>> total_;
    std::size_t bytes_ = 0;
  };

  explicit byte_budget(std::size_t most)
      : most_(most)
      , total_(std::make_shared<std::atomic<std::size_t>>(0)) {}

  // Counted, whether or not there is room: for what is bounded by other means and cannot be left out.
  hold charge(std::size_t bytes) {
    *total_ += bytes;
    return {total_, bytes};
  }
  // Nothing: they would be too many.
  std::optional<hold> take(std::size_t bytes) {
    if (total_->fetch_add(bytes) + bytes <= most_) return hold(total_, bytes);
    *total_ -= bytes;
    return std::nullopt;
  }

  std::size_t taken() const { return *total_; }

private:
  const std::size_t most_;
  const std::shared_ptr<std::atomic<std::size_t>> total_;
};

} // namespace socketio::cluster
