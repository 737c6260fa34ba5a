// Times that applications give, as what can be added to now.
#pragma once

#include <algorithm>
#include <chrono>

namespace socketio::detail {

// "For ever" is a year, less than nothing is nothing.
inline std::chrono::milliseconds within_a_year(std::chrono::milliseconds time) {
  return std::clamp<std::chrono::milliseconds>(time, std::chrono::milliseconds{0},
                                               std::chrono::hours(24 * 365));
}

inline std::chrono::steady_clock::time_point deadline_after(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + within_a_year(time);
}

} // namespace socketio::detail
