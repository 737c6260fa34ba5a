#pragma once
#include <chrono>
#include <cstdint>
#include <string>

namespace simulator {

using wall_time = std::chrono::system_clock::time_point;

inline std::int64_t seconds_of(wall_time at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

/// ISO 8601, UTC, milliseconds.
std::string iso_time(wall_time at);

} // namespace simulator
