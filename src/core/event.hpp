// What pages are told: at most one event for each log entry.
#pragma once

#include "core/chat.hpp"
#include "core/contact.hpp"
#include "core/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace tickwire {

struct new_message_event {
  message value;
};
struct status_event {
  message value;
};
// Reactions, edits, revocations, quotes that became known; with `content`, all that the
// message says.
struct message_update_event {
  message value;
  bool content = false;
};
// Imported history: it is not new, and its position is not the event's number.
struct history_event {
  message value;
};
struct contact_event {
  contact value;
};
// A chat is part of another one from here on.
struct chat_merged_event {
  std::string from, into;
};
// The row of an echo is gone: it was a message of ours.
struct message_joined_event {
  std::string from;
  message into;
};
// What has changed of a chat. `born`: it is new, and the event has all there is to it.
struct chat_event {
  chat value;
  std::optional<struct contact> contact; // persons, when born
  bool born = false, title = false, window = false, activity = false;
};
struct read_mark_event {
  std::string user_id;
  std::string chat_id;
  std::uint64_t up_to = 0;
  std::uint64_t unread = 0;
};

struct event {
  std::uint64_t seq = 0; // of its log entry
  std::string only_user; // empty: everybody of the inbox
  std::variant<new_message_event, status_event, message_update_event, history_event, contact_event,
               chat_event, chat_merged_event, message_joined_event, read_mark_event>
      what;
};

// "new_message", "message_status_update", …
std::string_view name_of(const event& event);

} // namespace tickwire
