// The rows of core's views in MongoDB, as one writer sees them: what its transaction has put, over what the
// store has. Nothing is written here; changes() says what has to be. Rows that come again and again are
// remembered from one transaction to the next; they are right as long as nobody else has written, and whoever
// commits learns of that.
#pragma once

#include "adapters/mongo/cells.hpp"
#include "adapters/mongo/client_pool.hpp"
#include "core/views.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace tickwire::mongo {

class mongo_views final : public views {
public:
  explicit mongo_views(std::string inbox)
      : inbox_(std::move(inbox)) {}

  // Between these, the views are read over this client.
  void begin(client& store) { store_ = &store; }
  void end() { store_ = nullptr; }

  void set_point() { undo_.set_point(); }
  void keep_since_point() { undo_.keep(); }
  void undo_since_point();

  // What was put since begin(). `surely`: nobody has written rows since; else each row may be there.
  row_changes changes(bool surely);
  void written(); // what changes() gave
  void forget();  // everything: what is remembered may never have been, or not be any more

  // Reads what these are likely to need, together.
  void prefetch(const std::vector<const entry*>& proposals);

  std::optional<message> find_message(std::string_view message_id) override;
  void put_message(const message& row) override;
  std::optional<wamid_binding> find_binding(std::string_view wamid) override;
  void put_binding(std::string_view wamid, const wamid_binding& row) override;
  void park(std::string_view wamid, const entry& entry) override;
  std::vector<entry> take_parked(std::string_view wamid) override;
  std::optional<contact> find_contact(std::string_view contact_id) override;
  void put_contact(const contact& row) override;
  std::optional<std::string> find_alias(std::string_view alias) override;
  void put_alias(std::string_view alias, std::string_view contact_id, std::uint64_t seq) override;
  std::optional<chat> find_chat(std::string_view chat_id) override;
  void put_chat(const chat& row) override;
  std::optional<message> newest_message(std::string_view chat_id) override;
  std::uint64_t count_messages(std::string_view chat_id, std::uint64_t cap) override;
  void remove_message(std::string_view message_id) override;
  void move_messages(std::string_view from, std::string_view into) override;
  void move_names(const std::string& from, const std::string& into) override;
  void remove_chat(std::string_view chat_id) override;
  std::vector<contacts_merged::mark> find_read_marks(std::string_view chat_id) override;
  std::uint64_t find_read_mark(std::string_view user_id, std::string_view chat_id) override;
  void put_read_mark(std::string_view user_id, std::string_view chat_id, std::uint64_t up_to) override;
  std::uint64_t sending_term() override;
  void put_sending_term(std::uint64_t term) override;
  std::optional<std::int64_t> highest_position(std::int64_t first, std::int64_t last) override;
  void put_quote(std::string_view quoted, const message& by) override;
  std::vector<std::string> find_quotes(std::string_view quoted, std::size_t limit) override;
  std::uint64_t count_unread(std::string_view chat_id, std::uint64_t after, std::uint64_t cap) override;
  std::vector<unseen_message> unread_between(std::string_view chat_id, std::uint64_t after,
                                             std::uint64_t up_to, std::size_t limit) override;

private:
  // Where a message stands in the store, if it stands anywhere.
  struct place {
    std::string chat_id;
    std::int64_t seq = 0;
    bool counts_unread = false;
  };
  struct alias {
    std::string contact_id;
    std::uint64_t seq = 0;
  };
  struct mark {
    std::string user_id, chat_id;
    std::uint64_t up_to = 0;
  };
  struct parked_entry {
    std::uint64_t seq = 0;
    std::string key;
    std::optional<entry> what; // of this transaction
    bool operator==(const parked_entry& other) const { return seq == other.seq; }
  };
  struct parked_entries {
    std::vector<parked_entry> now, in_store;
  };
  struct quote {
    std::string quoted, message_id;
    std::int64_t seq = 0;
  };

  template <class Row, class Read>
  std::optional<Row> find(cells<Row>& rows, const char* collection, std::string_view key,
                          const std::string& id, Read read);
  template <class Row, class Read>
  void load(cells<Row>& rows, const char* collection, const std::vector<std::string>& keys, bool ids_are_keys,
            Read read);
  void load_messages(const std::vector<std::string>& ids);
  void load_bindings(const std::vector<std::string>& names);
  void load_aliases(const std::vector<std::string>& names);
  void load_parked(const std::vector<std::string>& wamids);
  void load_quotes(const std::vector<std::string>& names);
  static alias alias_of(const reader& row);
  static mark mark_of(const reader& row);
  const message& remember_place(const message& row);
  cells<parked_entries>::cell parked_under(std::string_view wamid);

  // The names in the store of what this name means now, the surest first.
  std::vector<std::string> stored_names(std::string_view name) const;
  // The chats of the store whose messages stand in this one now.
  std::vector<std::string> stored_in(const std::string& chat_id) const;
  document messages_in(const std::vector<std::string>& chats) const; // a filter
  bool is_in(const std::vector<std::string>& chats, const std::string& message_id, place& found) const;
  message as_moved(message row) const;

  const std::string inbox_;
  client* store_ = nullptr;
  undo_log undo_;
  cells<message> messages_{undo_};
  std::unordered_map<std::string, place> places_; // of messages that were read
  cells<wamid_binding> bindings_{undo_};
  cells<parked_entries> parked_{undo_};
  cells<contact> contacts_{undo_};
  cells<alias> aliases_{undo_};
  cells<mark> marks_{undo_}; // by user and chat
  cells<chat> chats_{undo_};
  cells<std::uint64_t> terms_{undo_};                       // one, without a name
  std::vector<quote> quotes_;                               // of this transaction
  std::map<std::string, std::vector<quote>> stored_quotes_; // that were read, newest first
  std::map<std::string, std::string, std::less<>> moved_;   // of this transaction: from which chat into which
  std::map<std::string, std::string, std::less<>> moved_names_; // the same of beginnings of names
  std::map<std::int64_t, std::optional<std::int64_t>> tops_;    // highest position of a history's second
};

} // namespace tickwire::mongo
