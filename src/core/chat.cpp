#include "core/chat.hpp"

namespace tickwire {

std::int64_t activity(const chat& chat) {
  if (chat.last_seq > 0 || chat.opened_seq == 0) return chat.last_seq;
  return static_cast<std::int64_t>(chat.opened_seq);
}

bool window_closed(const chat& chat, timestamp now) {
  return chat.kind == chat_kind::person && chat.window_ends_at && *chat.window_ends_at <= now;
}

} // namespace tickwire
