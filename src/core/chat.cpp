#include "core/chat.hpp"

namespace tickwire {

std::optional<timestamp> window_ends_at(const chat& chat) {
  if (!chat.last_inbound_at) return std::nullopt;
  return *chat.last_inbound_at + std::chrono::hours{24};
}

} // namespace tickwire
