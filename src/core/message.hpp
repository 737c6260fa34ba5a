// The message: the public `Message` of the contract and what its joins need beside it.
#pragma once

#include "core/message_body.hpp"
#include "core/status.hpp"
#include "core/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

enum class direction : std::uint8_t { in, out };

// Why a message failed, in words for the person who wrote it.
struct message_error {
  int code = 0;           // Meta's code, 0 when there was none
  std::string title;      // Meta's title, or ours
  std::string reason;     // one sentence: what happened and what to do next
  bool can_retry = false; // whether asking again can help
  friend bool operator==(const message_error&, const message_error&) = default;
};

// What a message quotes, by the name that the one who wrote it used: a wamid (customers) or our id (the
// team). The other name is looked up whenever the message is shown, see shown.hpp.
struct reply_to {
  std::string whatsapp_message_id;
  std::string message_id; // ours
  friend bool operator==(const reply_to&, const reply_to&) = default;
};

// One person's newest reaction; an empty emoji is a removal, kept so that an older reaction cannot come back.
struct reaction_mark {
  std::string from; // contact id, or user id for our own
  std::string emoji;
  timestamp at{};
  std::string whatsapp_message_id; // of the reaction itself; breaks ties of one second
  friend bool operator==(const reaction_mark&, const reaction_mark&) = default;
};

// How far one participant of a group has got with a message.
struct receipt {
  std::string contact_id;
  status value = status::sending;
  std::optional<timestamp> delivered_at;
  std::optional<timestamp> read_at;
  friend bool operator==(const receipt&, const receipt&) = default;
};

// First times per status of the present attempt. `accepted` is ours (when Graph took it), the others are
// Meta's.
struct status_times {
  std::optional<timestamp> accepted, sent, delivered, read, failed, played;
  friend bool operator==(const status_times&, const status_times&) = default;
};

// Of a message whose content WhatsApp, or this version of Tickwire, does not tell.
inline constexpr std::string_view unsupported_type = "unsupported";

struct message {
  // Set once, by the entry that made the message; where that was a placeholder, what it says comes later.
  std::string id;
  std::string chat_id;
  std::string sender_id;
  std::string receiver_id;
  enum direction direction = direction::in;
  std::string type = "text"; // WhatsApp's own name
  std::string text;          // as first written; see edited_text
  message_body body;
  std::string client_id;  // outbound only
  timestamp created_at{}; // inbound: Meta's time; outbound: when we accepted it
  std::int64_t seq = 0; // position in the chat, below zero for history (see position.hpp); 0 while only later
                        // facts about the message are known
  std::optional<reply_to> reply;
  bool counts_unread = false; // inbound and not imported history

  // Joins.
  int attempt = 1; // facts of a higher attempt replace those of a lower one
  enum status status = status::sending;
  bool reported_unconfirmed = false; // Graph may or may not have the present attempt
  std::optional<message_error> error;
  std::optional<timestamp> error_at; // the first error is kept
  struct status_times times;
  std::string whatsapp_message_id; // of the present attempt; empty until known
  // An earlier attempt which the customer has after all: the newest such one, 0 when there is none.
  int arrived_attempt = 0;
  std::string arrived_wamid;
  std::vector<reaction_mark> reactions; // one per person, ordered by `from`
  std::vector<receipt> receipts;        // groups: one per participant, ordered by `contact_id`
  std::string edited_text;              // newest edit
  std::string edit_id;                  // wamid of the newest edit, for ties
  std::optional<timestamp> edited_at;
  std::optional<timestamp> revoked_at;
  timestamp updated_at{}; // greatest time of the entries that concern the message

  bool known() const { return seq != 0; }
  bool unconfirmed() const { return reported_unconfirmed && status == status::sending; }
  // Whether a person may ask for another attempt.
  bool can_retry() const {
    return direction == direction::out && (status == status::failed || unconfirmed());
  }
  // What WhatsApp calls the message that the customer has.
  const std::string& wamid() const {
    return whatsapp_message_id.empty() ? arrived_wamid : whatsapp_message_id;
  }
  const std::string& shown_text() const { return edited_at ? edited_text : text; }

  friend bool operator==(const message&, const message&) = default;
};

} // namespace tickwire
