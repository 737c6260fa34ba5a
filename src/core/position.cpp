#include "core/position.hpp"

#include <algorithm>

namespace tickwire {

namespace {
constexpr std::int64_t seconds_max = std::int64_t{1} << 32;
}

std::int64_t first_history_place(timestamp at) {
  const std::int64_t seconds = std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
  return (std::clamp<std::int64_t>(seconds, 0, seconds_max - 1) - seconds_max) * history_places_per_second;
}

std::int64_t next_history_place(views& views, timestamp at) {
  const std::int64_t first = first_history_place(at);
  const auto taken = views.highest_position(first, first + history_places_per_second - 1);
  return taken ? *taken + 1 : first;
}

} // namespace tickwire
