// A warning that strangers can cause as often as they like: the first is logged at once, the rest is counted
// and told with the next one after a pause.
#pragma once

#include "base/logging.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>

namespace tickwire {

class throttled_log {
public:
  explicit throttled_log(std::chrono::seconds pause = std::chrono::seconds{60})
      : pause_(pause) {}

  // Logs the line, or keeps silent and counts it. Any thread.
  void warn(const std::string& line) {
    if (const std::uint64_t count = take(std::chrono::steady_clock::now()); count == 1)
      log_warning(line);
    else if (count > 1)
      log_warning(line + " (" + std::to_string(count) + " times since this was last said)");
  }

  // How many warnings a line that is written now stands for, this one included; 0: it is not time yet.
  std::uint64_t take(std::chrono::steady_clock::time_point now) {
    const std::lock_guard lock(mutex_);
    ++silent_;
    if (now < quiet_until_) return 0;
    quiet_until_ = now + pause_;
    return std::exchange(silent_, 0);
  }

private:
  const std::chrono::seconds pause_;
  std::mutex mutex_;
  std::uint64_t silent_ = 0;
  std::chrono::steady_clock::time_point quiet_until_{};
};

} // namespace tickwire
