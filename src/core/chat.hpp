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
  std::uint64_t last_seq = 0;    // highest seq of a message in it; 0 when there is none
  std::string last_message_id;
  std::optional<timestamp>
      last_inbound_at;           // newest message of the customer, Meta's time; opens the 24-hour window
  std::uint64_t created_seq = 0; // lowest entry that named the chat

  friend bool operator==(const chat&, const chat&) = default;
};

// WhatsApp's customer service window: free text may be sent until then. Nothing when the customer never
// wrote.
std::optional<timestamp> window_ends_at(const chat& chat);

// Whether free text is surely refused now. Whoever never wrote to us may still be within a window that we do
// not know of: WhatsApp itself decides. A window that we saw close is closed.
bool window_closed(const chat& chat, timestamp now);

} // namespace tickwire
