// What the use cases need of the world, in words of the domain. All coroutines are started, resumed and
// finished on the executor that awaits them (the I/O thread); implementations block only threads of their
// own.
#pragma once

#include "app/entry_news.hpp"
#include "base/result.hpp"
#include "core/chat.hpp"
#include "core/contact.hpp"
#include "core/entry.hpp"
#include "core/message.hpp"
#include "core/send_policy.hpp"
#include "core/service_state.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickwire {

template <class T>
using task = boost::asio::awaitable<T>;

struct appended {
  bool stored = false;   // false: the key was there, or it may not happen any more; nothing changed
  std::uint64_t seq = 0; // of the entry, or of the one that was there; 0: it may not happen, see complete.hpp
  entry stored_entry;    // completed; for a duplicate key the one that was there
  std::optional<message> row; // the message it is about, as it is now, where there is one
};

struct message_query {
  std::optional<std::string> chat_id;                // nothing: all chats of the inbox
  std::optional<std::int64_t> before, after, around; // positions, see Message::seq
  std::size_t limit = 50;                            // 1 to 200
};

struct message_page {
  std::vector<message> messages; // ascending by seq
  bool has_more = false;         // in the direction asked for (newest and `before`: older ones)
  std::uint64_t head = 0;        // newest entry that is in it: later events come on top
};

struct chat_summary {
  struct chat chat;
  std::optional<struct contact> contact; // persons
  std::optional<message> last_message;
  std::uint64_t unread = 0; // for the asking user, counted to unread_cap
  std::uint64_t head = 0;   // find_chat: see message_page
};

struct chat_page {
  std::vector<chat_summary> chats; // newest activity first
  bool has_more = false;
  std::uint64_t head = 0; // see message_page
};

struct missed_events {
  bool resync = false; // other epoch, seq beyond the head, or more than the limit
  std::vector<encoded_event> events;
};

// A message that is not finished: accepted without a try, or tried without a result.
struct unfinished_send {
  message row;
  bool attempted = false; // the present attempt's newest try has no result: nobody knows whether Graph has it
  int next_try = 1;
  timestamp asked_at{}; // when a person asked for the present attempt
};

// Items of Meta's that are kept as they came (`unhandled`).
struct kept_query {
  std::string what; // only those whose `what` begins so
  std::optional<std::uint64_t> before,
      after; // numbers of entries; with `after` the oldest first, else the newest
  std::size_t limit = 50;
};

// Those with the same `what`.
struct kept_count {
  std::uint64_t count = 0;
  entry newest;
};

// Log and views of one inbox.
class log_store {
public:
  virtual ~log_store() = default;

  // Appends proposals (see core/complete.hpp) in order, in one transaction, durable when it returns. Entries
  // whose key is there change nothing. Either all are decided or nothing happened (store_unavailable,
  // overloaded, internal). One result per proposal; entries that completing adds are not reported. An item of
  // Meta's (it has raw JSON) that throws on the way in, a fault of ours, harms no other: it is kept as
  // `unhandled`, which is its result.
  virtual task<result<std::vector<appended>>> append(std::vector<entry> proposals) = 0;

  // Called after each commit, before its appenders go on, and when entries of another node were found. Set
  // once, before the first append.
  virtual void on_committed(commit_listener listener) = 0;

  // Looks for what other nodes have appended. When it returns, the listener has heard of all that was
  // committed anywhere before it was called (or store_unavailable).
  virtual task<result<void>> look() = 0;

  // Events with seq in (after, up_to] that this user may see, oldest first; resync when there are more than
  // `limit`.
  virtual task<result<missed_events>> events_between(std::uint64_t after, std::uint64_t up_to,
                                                     std::string user_id, std::size_t limit) = 0;

  virtual task<result<message_page>> messages(message_query query) = 0;
  virtual task<result<std::optional<message>>> find_message(std::string message_id) = 0;
  // By activity(chat), newest first; `before`: that of the last chat had.
  virtual task<result<chat_page>> chats(std::string user_id, std::optional<std::int64_t> before,
                                        std::size_t limit) = 0;
  // For nobody (an empty user id): who it is with and its window, without last message and unread.
  virtual task<result<std::optional<chat_summary>>> find_chat(std::string user_id, std::string chat_id) = 0;
  // Ordered by title, `after` is the id of the last one had (empty: first page).
  virtual task<result<std::pair<std::vector<contact>, bool>>> contacts(std::string after,
                                                                       std::size_t limit) = 0;
  // The contact to which this number or id leads, if any.
  virtual task<result<std::optional<contact>>> find_contact(identity who) = 0;
  // Those with a position in (after, up_to], oldest first, at most `limit`.
  virtual task<result<std::vector<unfinished_send>>>
  unfinished_sends(std::uint64_t after, std::uint64_t up_to, std::size_t limit) = 0;

  // What is kept without being understood, by its `what`; the thousand with most.
  virtual task<result<std::vector<kept_count>>> kept_counts() = 0;

  virtual std::string epoch() const = 0;  // new when the log was made anew; survives restarts
  virtual std::uint64_t head() const = 0; // seq of the newest committed entry; I/O thread

  // Whether an append would be stored now. Asked of the store itself by a small commit, never remembered, so
  // that a store which is away and idle says so, and one which is back says that.
  virtual task<bool> usable() = 0;
};

enum class role : std::uint8_t { agent, admin };

struct user {
  std::string id;
  std::string name; // unique, case-insensitively; what they log in with
  enum role role = role::agent;
  bool disabled = false; // may not log in
};

struct user_record {
  user who;
  std::string password_hash;
};

// What is to be different about a user; the rest stays.
struct user_change {
  std::optional<std::string> name = {}, password_hash = {};
  std::optional<enum role> role = {};
  std::optional<bool> disabled = {};
};

struct session_record {
  user who;
  timestamp until;
};

// Accounts, sessions, and the devices that logged in.
class account_store {
public:
  virtual ~account_store() = default;
  virtual task<result<std::optional<user_record>>> find_user_by_name(std::string name) = 0;
  virtual task<result<std::vector<user>>> users() = 0;
  // conflict when the name is taken.
  virtual task<result<user>> add_user(std::string name, enum role role, std::string password_hash) = 0;
  // Adds the first user; conflict when there is one.
  virtual task<result<user>> add_first_user(std::string name, enum role role, std::string password_hash) = 0;
  // not_found; conflict when the name is taken or it is the last administrator who may log in. A new password
  // and being disabled or removed end the user's sessions; the password and being removed, its devices too.
  virtual task<result<user>> change_user(std::string name, user_change change) = 0;
  virtual task<result<void>> remove_user(std::string name) = 0;

  // Sessions are known by the hash of their token. Those that ended before `now` may be dropped.
  virtual task<result<void>> add_session(std::string token_hash, std::string user_id, timestamp now,
                                         timestamp until) = 0;
  // Nothing when it has ended or its user may not log in.
  virtual task<result<std::optional<session_record>>> find_session(std::string token_hash, timestamp now) = 0;
  virtual task<result<void>> remove_session(std::string token_hash) = 0;

  // A device that logged in as a user, by the hash of its cookie; the newest devices_max of each user are
  // kept.
  static constexpr std::size_t devices_max = 20;
  virtual task<result<void>> add_device(std::string device_hash, std::string user_id, timestamp now) = 0;
  virtual task<result<std::optional<user>>> find_device(std::string device_hash) = 0;

  // Called on the I/O thread soon after another process has changed something here. Set once.
  virtual void on_changed_elsewhere(std::function<void()> listener) = 0;
};

// Which node sends for the inbox, as the nodes tell each other. It only says who should begin; that no two
// send the same is held by the log (sending_taken).
struct sending_lease {
  std::string holder;     // a node's name; empty: nobody
  std::uint64_t beat = 0; // raised by the holder each time it shows that it lives
  sending_state told;     // by the holder
};

class sending_leases {
public:
  virtual ~sending_leases() = default;
  // Where the node holds it: one beat more, and what it tells. The lease as it is then.
  virtual task<result<sending_lease>> beat(std::string node, sending_state told) = 0;
  // The node's from now on, unless anything has happened since it was `seen`. The lease as it is then.
  virtual task<result<sending_lease>> take(std::string node, sending_lease seen) = 0;
  // Nobody's, where it is the node's.
  virtual task<result<void>> leave(std::string node) = 0;
};

struct outgoing_message {
  std::string callback_data; // comes back with its statuses, see core/entry.hpp
  std::string to;            // "+<digits>", a group id, or empty when only the user id is known
  std::string recipient;     // BSUID, used when `to` is empty
  bool group = false;
  std::string text;
  std::string reply_to_whatsapp_id; // empty: no quote
};

// Meta's Graph API. Sends once: no retries, no redirects; each step has a deadline. Never fails: every
// outcome is an answer.
class graph_api {
public:
  virtual ~graph_api() = default;
  virtual task<send_outcome> send(outgoing_message message) = 0;
  // Whether a connection can be had, without sending anything: nothing, or why not, as send() would say it.
  virtual task<std::optional<send_outcome>> reach() = 0;
  // From now on no request begins: what has no byte on the line yet is not taken.
  virtual void stop() = 0;
};

} // namespace tickwire
