// The five public statuses and how they join.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tickwire {

// In the order of the join: a later one replaces an earlier one, never the reverse. `failed` stands below
// `delivered` since proof of delivery beats a report of failure, whichever comes first (several devices of
// one customer may report both).
enum class status : std::uint8_t { sending, sent, failed, delivered, read };

std::string_view to_string(status value);
std::optional<status> status_from(std::string_view text);

// The later of two statuses of one attempt. Commutative, associative, idempotent.
constexpr status join(status a, status b) { return a < b ? b : a; }

} // namespace tickwire
