#pragma once
// When a webhook that was not answered 200 is tried again.

#include <algorithm>
#include <chrono>
#include <optional>

namespace simulator {

struct retry_schedule {
  std::chrono::milliseconds base{1'000}; ///< second gap; the first is none
  std::chrono::milliseconds longest{3'600'000};
  std::chrono::milliseconds give_up{604'800'000}; ///< counted from the first attempt

  /// Gap before the next attempt after `failed` (1, 2, …) attempts, or nothing when it is given up.
  /// `age` is the time since the first attempt.
  std::optional<std::chrono::milliseconds> gap(int failed, std::chrono::milliseconds age) const {
    std::chrono::milliseconds wait{0};
    if (failed > 1) {
      wait = base;
      for (int n = 2; n < failed && wait < longest; ++n) wait *= 2;
      wait = std::min(wait, longest);
    }
    if (age + wait > give_up) return std::nullopt;
    return wait;
  }
};

} // namespace simulator
