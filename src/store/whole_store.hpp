// A whole store, for the commands that copy one or make its views anew: everything that is in it, as it
// stands there. Blocks; what goes wrong is thrown, as a std::runtime_error with a sentence for people where
// they can do something about it.
#pragma once

#include "app/ports.hpp"
#include "core/views.hpp"
#include "store/account_rules.hpp"
#include "store/log_rows.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tickwire {

// An entry of the log, byte for byte.
struct stored_entry {
  entry what;
  std::string data; // what.data as it is stored
  std::optional<encoded_event> said;
  std::size_t followers = 0; // so many entries must not be missing behind it, where the store says so
};

// What is kept in the views beside messages, contacts and chats.
struct binding_row {
  std::string name;
  wamid_binding to;
  friend bool operator==(const binding_row&, const binding_row&) = default;
};
struct parked_row {
  std::string name, key; // of the entry that waits under the name
  friend bool operator==(const parked_row&, const parked_row&) = default;
};
struct alias_row {
  std::string alias, contact_id;
  std::uint64_t seq = 0;
  friend bool operator==(const alias_row&, const alias_row&) = default;
};
struct quote_row {
  std::string quoted, message_id;
  std::int64_t seq = 0; // position of the message that quotes
  friend bool operator==(const quote_row&, const quote_row&) = default;
};
struct mark_row {
  std::string user_id, chat_id;
  std::uint64_t up_to = 0;
  friend bool operator==(const mark_row&, const mark_row&) = default;
};
struct term_row {
  std::uint64_t term = 0; // in which somebody sends
  friend bool operator==(const term_row&, const term_row&) = default;
};
using view_row =
    std::variant<message, contact, chat, binding_row, parked_row, alias_row, quote_row, mark_row, term_row>;

// Log and views of one inbox, to be read.
class whole_log {
public:
  virtual ~whole_log() = default;
  virtual std::string epoch() = 0;
  virtual std::uint64_t head() = 0; // number of the newest entry in the log; 0: there is none
  // The next ones behind `seq`, as many as are copied well at once; none: that is all.
  virtual std::vector<stored_entry> entries_after(std::uint64_t seq) = 0;
  // All rows of the views, in no order.
  virtual void each_view_row(const std::function<void(const view_row&)>& use) = 0;
};

struct whole_accounts {
  struct session {
    std::string token_hash, user_id;
    timestamp until{};
  };
  struct device {
    std::string device_hash, user_id;
    timestamp added_at{};
  };
  account_list users;
  std::vector<session> sessions; // those that are good, each of a user
  std::vector<device> devices;
};

class whole_store {
public:
  virtual ~whole_store() = default;

  // For people, without secrets.
  virtual std::string told() const = 0;
  // The same text twice only for one and the same store.
  virtual std::string identity() = 0;

  // Throws when a server, or another command like this one, uses the store. Where that is possible, none can
  // begin to as long as this object lives.
  virtual void keep_servers_out() = 0;

  // A sentence for whoever opens the store as if it were whole, and is refused with it. Empty: nothing is
  // unfinished.
  virtual std::string unfinished() = 0;
  virtual void set_unfinished(const std::string& sentence) = 0;

  virtual std::vector<std::string> inboxes() = 0; // that have a log with entries, in order
  virtual std::unique_ptr<whole_log> read(const std::string& inbox) = 0; // lives no longer than this
  virtual whole_accounts accounts() = 0;

  // The log of an inbox, to be written; made when it is not there. A log without entries gets this epoch.
  virtual std::unique_ptr<log_rows> write(const std::string& inbox, const std::string& epoch) = 0;
  virtual void set_epoch(const std::string& inbox, const std::string& epoch) = 0;
  virtual void put_accounts(const whole_accounts& accounts) = 0; // in place of all that are there

  // Makes all rows of the views from the log. Whoever is killed in the middle of it leaves the old ones, or a
  // store that servers refuse until this has been done again.
  virtual void make_views_anew(const std::string& inbox) = 0;
};

} // namespace tickwire
