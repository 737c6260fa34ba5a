#include "core/status.hpp"

#include <array>
#include <utility>

namespace tickwire {

namespace {
constexpr std::array<std::string_view, 5> names{"sending", "sent", "failed", "delivered", "read"};
}

std::string_view to_string(status value) { return names[static_cast<std::size_t>(value)]; }

std::optional<status> status_from(std::string_view text) {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i] == text) return static_cast<status>(i);
  return std::nullopt;
}

} // namespace tickwire
