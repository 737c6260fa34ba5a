// Points in time as the public contract writes them: ISO 8601, UTC, milliseconds.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tickwire {

using timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

// "2026-11-24T10:31:02.118Z". Years outside 0000–9999 are clamped to them.
std::string to_iso8601(timestamp time);

// Reads what to_iso8601 writes, with or without the fraction; anything else is no time.
std::optional<timestamp> from_iso8601(std::string_view text);

// Unix seconds, Meta's form.
constexpr timestamp from_unix_seconds(std::int64_t seconds) {
  return timestamp{std::chrono::seconds{seconds}};
}

} // namespace tickwire
