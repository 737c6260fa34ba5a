// Rows of one inbox's views, as the joins see them. A store implements this inside its transaction; all rules
// stay in core, so that every store gives the same answers.
#pragma once

#include "core/chat.hpp"
#include "core/contact.hpp"
#include "core/entry.hpp"
#include "core/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

// Which message, and which attempt of it, a wamid belongs to.
struct wamid_binding {
  std::string message_id;
  int attempt = 1;
  friend bool operator==(const wamid_binding&, const wamid_binding&) = default;
};

// A customer's message that counts as unread.
struct unseen_message {
  std::uint64_t seq = 0;
  std::string whatsapp_message_id;
};

// Called by one thread. A `find_` sees what was `put_` before in the same transaction. `put_` replaces the
// whole row.
class views {
public:
  virtual ~views() = default;

  virtual std::optional<message> find_message(std::string_view message_id) = 0;
  virtual void put_message(const message& row) = 0;

  virtual std::optional<wamid_binding> find_binding(std::string_view wamid) = 0;
  virtual void put_binding(std::string_view wamid, const wamid_binding& row) = 0;

  // Entries about a wamid that nobody has bound yet, by the wamid; kept until taken.
  virtual void park(std::string_view wamid, const entry& entry) = 0;
  virtual std::vector<entry> take_parked(std::string_view wamid) = 0;

  virtual std::optional<contact> find_contact(std::string_view contact_id) = 0;
  virtual void put_contact(const contact& row) = 0;

  // "p:<digits>" or "u:<bsuid>" → contact id. `seq` is that of the entry which said so; the store keeps the
  // highest.
  virtual std::optional<std::string> find_alias(std::string_view alias) = 0;
  virtual void put_alias(std::string_view alias, std::string_view contact_id, std::uint64_t seq) = 0;

  virtual std::optional<chat> find_chat(std::string_view chat_id) = 0;
  virtual void put_chat(const chat& row) = 0;

  // The newest message that stands in the chat.
  virtual std::optional<message> newest_message(std::string_view chat_id) = 0;
  // Messages in the chat, at most `cap`.
  virtual std::uint64_t count_messages(std::string_view chat_id, std::uint64_t cap) = 0;
  virtual void remove_message(std::string_view message_id) = 0;
  // All messages of `from` stand in `into` from now on, and their sender or receiver who was called
  // `from` is called `into`.
  virtual void move_messages(std::string_view from, std::string_view into) = 0;
  // What is bound, parked or quoted under a name that begins with `from` is so under the same behind `into`
  // from now on; a binding that is there stays.
  virtual void move_names(const std::string& from, const std::string& into) = 0;
  virtual void remove_chat(std::string_view chat_id) = 0;

  // Who has read something of the chat, and how far.
  virtual std::vector<contacts_merged::mark> find_read_marks(std::string_view chat_id) = 0;

  // 0: none. The user id "" is the team: how far anybody has read.
  virtual std::uint64_t find_read_mark(std::string_view user_id, std::string_view chat_id) = 0;
  virtual void put_read_mark(std::string_view user_id, std::string_view chat_id, std::uint64_t up_to) = 0;

  // The newest term in which a node sends; 0: none yet. Terms only grow.
  virtual std::uint64_t sending_term() = 0;
  virtual void put_sending_term(std::uint64_t term) = 0;

  // The greatest position of a message from `first` to `last`, if there is one.
  virtual std::optional<std::int64_t> highest_position(std::int64_t first, std::int64_t last) = 0;

  // Which messages quote this one, named as they name it (wamid or our id). Found newest first, at most
  // `limit`.
  virtual void put_quote(std::string_view quoted, const message& by) = 0;
  virtual std::vector<std::string> find_quotes(std::string_view quoted, std::size_t limit) = 0;

  // Messages in the chat that count as unread and lie above `after`, at most `cap`.
  virtual std::uint64_t count_unread(std::string_view chat_id, std::uint64_t after, std::uint64_t cap) = 0;
  // The same messages up to and including `up_to`, oldest first, at most `limit`.
  virtual std::vector<unseen_message> unread_between(std::string_view chat_id, std::uint64_t after,
                                                     std::uint64_t up_to, std::size_t limit) = 0;
};

// Unread numbers are counted up to here and shown as "999+".
inline constexpr std::uint64_t unread_cap = 1000;

// One read mark makes at most so many messages `read`; the rest are for the next one, see read_mark::more.
inline constexpr std::size_t seen_at_once_max = 1000;

// When a quoted message becomes known, so many of those that quote it, the newest, are told to pages.
inline constexpr std::size_t quotes_told_max = 100;

} // namespace tickwire
