// Where a message stands among all of an inbox: its public `seq`. A live message stands at the number of its
// log entry. Imported history stands below zero, hence below everything live, in the order of its time.
#pragma once

#include "core/time.hpp"
#include "core/views.hpp"

#include <cstdint>

namespace tickwire {

// Below all of them.
inline constexpr std::int64_t lowest_position = -(std::int64_t{1} << 60);

// Each second has so many places; all places from 1970 to 2106 fit into the whole numbers of JavaScript.
inline constexpr std::int64_t history_places_per_second = 1 << 20;

// The first place of the second in which this time lies. Always below zero.
std::int64_t first_history_place(timestamp at);

// The next free place for a message of that time: behind those of the same second that are there.
std::int64_t next_history_place(views& views, timestamp at);

} // namespace tickwire
