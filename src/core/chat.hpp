// A conversation: with one person or with a group.
#pragma once

#include "core/time.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace tickwire {

enum class chat_kind : std::uint8_t { person, group };

struct chat {
  std::string id; // contact id or group id
  chat_kind kind = chat_kind::person;
  std::string subject;           // groups: name; persons: empty, the contact's title is shown
  std::uint64_t subject_seq = 0; // entry that set the subject; the highest wins
  std::int64_t last_seq = 0;     // highest position of a message in it; 0 when there is none
  std::string last_message_id;
  std::uint64_t opened_seq = 0; // lowest entry that opened the chat otherwise than by a message; 0: none
  std::optional<timestamp> window_ends_at;       // free text may be sent until then; nothing: never opened
  std::optional<timestamp> entry_point_at;       // the newest message that came through an ad
  std::optional<timestamp> entry_point_answered; // the newest of those that we answered in time

  friend bool operator==(const chat&, const chat&) = default;
};

// Where the chat stands in the list: newest activity first, unique within an inbox, the same for everybody.
// That is its newest live message; without one, when it was opened by hand; else its newest imported message,
// which lies below everything live.
std::int64_t activity(const chat& chat);

// Whether free text is surely refused now. Whoever never wrote to us may still be within a window that we do
// not know of: WhatsApp itself decides. A window that we saw close is closed.
bool window_closed(const chat& chat, timestamp now);

} // namespace tickwire
