// A part of a number of bytes that many share; given back when its owner ends. One thread at a time.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace socketio::detail {

using byte_total = std::shared_ptr<std::atomic<std::size_t>>; // requests may outlive the server

class byte_share {
public:
  byte_share() = default;
  byte_share(byte_share&& other) noexcept
      : total_(std::move(other.total_))
      , bytes_(std::exchange(other.bytes_, 0)) {}
  byte_share& operator=(byte_share&& other) noexcept {
    std::swap(total_, other.total_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~byte_share() {
    if (bytes_ > 0) total_->fetch_sub(bytes_);
  }

  void set(const byte_total& total, std::size_t bytes) {
    if (bytes == bytes_) return;
    if (!total_) total_ = total;
    total_->fetch_add(bytes - bytes_); // wraps around where it shrinks
    bytes_ = bytes;
  }
  std::size_t bytes() const { return bytes_; }

private:
  byte_total total_;
  std::size_t bytes_ = 0;
};

} // namespace socketio::detail
