// Ids of messages begin with when they were made, in an alphabet that sorts as its values do: new ones stand
// beside each other in every index, instead of one page to be written for each.
#pragma once

#include "core/time.hpp"

#include <string>
#include <string_view>

namespace tickwire {

inline constexpr std::size_t message_id_tail = 12; // characters, six bits each

// "m_", eight characters of time (milliseconds), then `tail`, which tells those of one millisecond apart.
inline std::string message_id(timestamp made, std::string_view tail) {
  static constexpr std::string_view alphabet =
      "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
  std::string id = "m_";
  const auto millis = static_cast<std::uint64_t>(made.time_since_epoch().count());
  for (int shift = 42; shift >= 0; shift -= 6) id += alphabet[(millis >> shift) & 63];
  id += tail;
  return id;
}

} // namespace tickwire
