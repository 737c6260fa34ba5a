// Lines of a log that come again and again are told now and then: who can cause a line could fill the disk.
#pragma once

#include "net/timers.hpp"

#include <array>
#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::detail {

// Any thread. Of a fixed size: lines of different kinds may share their allowance, seldom.
class log_throttle {
public:
  static constexpr std::chrono::seconds interval{10};
  explicit log_throttle(std::size_t lines_per_kind)
      : most_(lines_per_kind) {}
  // The line as it is to be told, with how many of its kind were left out before it; nothing: left out.
  std::optional<std::string> pass(std::string_view line, time_point now);

private:
  struct kind {
    time_point since{};
    std::size_t told = 0, left_out = 0;
  };
  const std::size_t most_; // 0: no limit
  std::mutex mutex_;
  std::array<kind, 64> kinds_;
};

} // namespace socketio::detail
