#include "core/window.hpp"

namespace tickwire {

namespace {
bool later(timestamp time, const std::optional<timestamp>& than) { return !than || time > *than; }
} // namespace

bool opens_window(const message_received& received) {
  return !received.from_business && !received.history && !received.notice && received.type != "system" &&
         received.type != "request_welcome";
}

std::optional<chat_changed> on_customer_message(const chat& chat, const message_received& received) {
  if (!opens_window(received)) return std::nullopt;
  chat_changed change;
  const timestamp end = received.sent_at + service_window;
  if (later(end, chat.window_ends_at)) change.window_ends_at = end;
  if (received.referral && later(received.sent_at, chat.entry_point_at))
    change.entry_point_at = received.sent_at;
  if (!change.window_ends_at && !change.entry_point_at) return std::nullopt;
  return change;
}

std::optional<chat_changed> on_answer(const chat& chat, timestamp at) {
  if (!chat.entry_point_at || !later(*chat.entry_point_at, chat.entry_point_answered)) return std::nullopt;
  if (at < *chat.entry_point_at || at > *chat.entry_point_at + entry_point_patience) return std::nullopt;
  chat_changed change;
  change.entry_point_answered = chat.entry_point_at;
  const timestamp end = at + entry_point_window;
  if (later(end, chat.window_ends_at)) change.window_ends_at = end;
  return change;
}

} // namespace tickwire
