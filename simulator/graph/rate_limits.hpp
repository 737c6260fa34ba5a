#pragma once
// Meta's two send limits, by the caller's clock.

#include <chrono>
#include <string>
#include <unordered_map>

namespace simulator {

/// 1 message per 6 s to the same person; up to 45 at once, borrowed from the time after.
class pair_limit {
public:
  using time = std::chrono::steady_clock::time_point;
  static constexpr auto per_message = std::chrono::seconds(6);
  static constexpr int burst = 45;

  /// True, and counted, when a message to `digits` is within the limit.
  bool take(const std::string& digits, time now) {
    auto& free_at = free_at_[digits];
    if (free_at < now) free_at = now;
    if (free_at - now > per_message * (burst - 1)) return false;
    free_at += per_message;
    return true;
  }

private:
  std::unordered_map<std::string, time> free_at_;
};

/// Messages per second of a number, counted in a sliding bucket of one second's worth.
class throughput_limit {
public:
  using time = std::chrono::steady_clock::time_point;

  bool take(int per_second, time now) {
    const auto cost = std::chrono::nanoseconds(1'000'000'000LL / per_second);
    if (free_at_ < now) free_at_ = now;
    if (free_at_ - now > std::chrono::seconds(1) - cost) return false;
    free_at_ += cost;
    return true;
  }

private:
  time free_at_{};
};

} // namespace simulator
