#include "core/chat.hpp"

namespace tickwire {

std::optional<timestamp> window_ends_at(const chat& chat) {
  if (!chat.last_inbound_at) return std::nullopt;
  return *chat.last_inbound_at + std::chrono::hours{24};
}

bool window_closed(const chat& chat, timestamp now) {
  const auto end = window_ends_at(chat);
  return end && *end <= now && chat.kind == chat_kind::person;
}

} // namespace tickwire
