// The log: each fact is one entry with a gapless number. A proposal is an entry without its number.
#pragma once

#include "core/chat.hpp"
#include "core/contact.hpp"
#include "core/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace tickwire {

// A message of a customer; or, `from_business`, one that the team wrote in the WhatsApp Business app; or
// imported history.
struct message_received {
  std::string whatsapp_message_id;
  identity sender;      // the person; with from_business the person it went to
  std::string group_id; // empty outside groups
  timestamp sent_at{};  // Meta's time
  std::string type;     // as pages get it, see docs/openapi.json
  std::string text;
  message_body body;
  std::string reply_to_whatsapp_id;
  bool from_business = false;
  bool history = false;
  status initial = status::delivered; // history knows better
  std::optional<identity> became;     // system message: the person's new number or user id
  // Filled when completed. 0: a new message. Else it is one that is in the log already, entry.message_id:
  // our own, which WhatsApp echoes, or one that came under another id of WhatsApp's. Then this is the
  // attempt of that message which it stands for.
  int repeats = 0;
  bool notice = false;   // a line that nobody wrote: counts as nothing unread and opens no window
  bool referral = false; // written from an ad or a post, which is a free entry point
  // Filled when the entry is completed. History: its place, see position.hpp; 0: the entry's own seq.
  std::int64_t position = 0;
  // WhatsApp says that there is a message, but not what is in it. It may tell that later, under the same id.
  bool placeholder = false;
  // Filled too: what entry.message_id has shown so far is such a placeholder, and this is what belongs there.
  bool replaces_placeholder = false;
};

// Somebody pressed send. entry.message_id is made by the proposer, entry.actor is the user.
struct message_accepted {
  std::string client_id;
  std::string text;
  std::string reply_to_message_id;
};

// A person asked for another attempt of a failed or unconfirmed message; n ≥ 2.
struct retry_requested {
  int attempt = 0;
};

// This node sends for the inbox from here on. What another one still decides about sending, in an earlier
// term, does not count.
struct sending_taken {
  std::string node;
  std::uint64_t term = 0; // filled when completed: one more than the term before
};

// Durable before the first byte goes to Graph. `try_number` counts from 1 within an attempt: a try that Graph
// surely did not take is repeated by us without being a new attempt.
struct send_attempted {
  int attempt = 1;
  int try_number = 1;
  std::uint64_t term = 0; // whose decision it is; it may not happen in another term. 0: in any
};

enum class send_outcome_kind : std::uint8_t { accepted, refused, not_taken, unconfirmed };

struct send_result {
  int attempt = 1;
  int try_number = 1;
  send_outcome_kind outcome = send_outcome_kind::unconfirmed;
  std::string whatsapp_message_id;    // accepted
  std::optional<message_error> error; // refused, not_taken, unconfirmed: why
  std::string wa_id;                  // accepted: the addressee's number as WhatsApp writes it, when it says
  std::uint64_t term = 0; // as in send_attempted; 0: the answer to a try of one's own, which always counts
};

enum class status_word : std::uint8_t { sent, delivered, read, played, failed };

struct status_changed {
  std::string whatsapp_message_id;
  status_word word = status_word::sent;
  timestamp changed_at{};              // Meta's time
  std::optional<identity> participant; // groups: whose
  std::string callback_data;           // biz_opaque_callback_data as it came, empty when absent
  std::optional<message_error> error;  // failed
  // Filled when the entry is completed (see complete.hpp), so that applying it never depends on the order:
  std::string participant_id;
  int attempt = 0; // 0: not known (yet)
  // Outside groups: to whom the message went, in whatever form Meta named them. Only until it is completed.
  std::optional<identity> recipient;
};

struct reaction {
  std::string target_whatsapp_id;
  std::string whatsapp_message_id;
  identity sender;
  std::string sender_id; // filled when completed
  std::string emoji;     // empty: removed
  timestamp at{};
  bool from_business = false;
};

struct edit {
  std::string target_whatsapp_id;
  std::string whatsapp_message_id;
  std::string text;
  timestamp at{};
  identity with{}; // whose chat the message stands in. Only until it is completed
};

struct revoke {
  std::string target_whatsapp_id;
  std::string whatsapp_message_id;
  timestamp at{};
  identity with{}; // as in edit
};

// entry.actor has read entry.chat_id up to here.
struct read_mark {
  std::uint64_t up_to = 0;
  // Filled when the entry is completed: up to here the customer's messages are marked as read by the team,
  // each by an entry of its own before this one. 0: nothing new.
  std::uint64_t seen_up_to = 0;
  bool more = false; // filled too: some are still unread, and another mark must follow
};

// The whole record as it is from here on, and which names lead to it.
struct contact_changed {
  struct contact contact;
  std::vector<std::string> aliases; // "p:<digits>", "u:<bsuid>"
  bool opens_chat = false;          // made by hand: show an empty chat. Completing makes a chat_changed of it
};

// Two contacts turned out to be one person: `from` and its chat are part of entry.chat_id from here on.
struct contacts_merged {
  std::string from;
  // Filled when completed: how far each user has read of what is one chat now.
  struct mark {
    std::string user_id; // "": the team
    std::uint64_t up_to = 0;
  };
  std::vector<mark> marks;
};

// A message made by an echo turned out to be one that we sent: `from` is entry.message_id from here on.
struct message_joined {
  std::string from;
  std::string whatsapp_message_id;
  int attempt = 1;
};

// A group became known or changed its name. entry.chat_id is its id.
struct group_changed {
  std::string subject;
};

// entry.chat_id became known, was opened by hand, or its window moved. Made when another entry is completed.
struct chat_changed {
  chat_kind kind = chat_kind::person;
  bool opened = false;                     // by hand or by a colleague: shown even without a message
  std::optional<timestamp> window_ends_at; // see window.hpp
  std::optional<timestamp> entry_point_at, entry_point_answered;
};

// What entry.message_id quotes has become known, or known by another wamid. Only open pages need to hear it:
// whoever loads the message gets both names of the quote anyway (see shown.hpp).
struct quote_known {};

// Signed but nothing that moves a view: kept with its raw JSON. `what` names it ("field account_update"), see
// core/kept.hpp.
struct unhandled {
  std::string what;
  // Of an item that was understood but threw on its way in: the entry that it would have been, as it is
  // stored.
  std::string kind{}, data{};
};

using entry_data =
    std::variant<message_received, message_accepted, retry_requested, sending_taken, send_attempted,
                 send_result, status_changed, reaction, edit, revoke, read_mark, contact_changed,
                 contacts_merged, message_joined, group_changed, chat_changed, quote_known, unhandled>;

struct entry {
  std::string inbox; // phone_number_id
  std::uint64_t seq = 0;
  timestamp at{};  // when we learned it
  std::string key; // unique per inbox; makes every action idempotent
  std::string chat_id;
  std::string message_id;
  std::string actor; // user id, empty for Meta and for ourselves
  entry_data data;
  std::string raw; // Meta's JSON of the item, else empty
};

// What goes to Graph with an attempt and comes back with its statuses (biz_opaque_callback_data): which
// message and which attempt of it. Before attempts were in it, it was the message's id alone; that is taken
// as the first attempt. Nothing for a text of another form: somebody else sends through the number too.
struct callback {
  std::string message_id;
  int attempt = 1;
};
std::string to_text(const callback& value); // "m_…:2"
std::optional<callback> callback_from(std::string_view text);

// Stable name of the kind, as stored: "message_received", …
std::string_view kind_of(const entry_data& data);

// What makes an entry's key, for each kind: the same fact always gets the same key.
namespace keys {
std::string received(std::string_view wamid);
std::string placeholder(std::string_view wamid); // another fact than the message itself
std::string accepted(std::string_view user_id, std::string_view client_id);
std::string retry(std::string_view message_id, int attempt);
std::string sending_taken(std::string_view random);
std::string attempted(std::string_view message_id, int attempt, int try_number);
std::string result(std::string_view message_id, int attempt, int try_number);
// Somebody who does not know the result of a try calls it unconfirmed: another fact than the result itself,
// which may still come.
std::string doubt(std::string_view message_id, int attempt, int try_number);
std::string status(std::string_view wamid, std::string_view word, std::string_view participant);
// `head`: the newest entry when they said so. When two chats become one, messages may count as unread again,
// and the same mark as before says something new.
std::string read_mark(std::string_view user_id, std::string_view chat_id, std::uint64_t up_to,
                      std::uint64_t head);
} // namespace keys

} // namespace tickwire
