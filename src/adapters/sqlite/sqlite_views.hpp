// The rows of core's views in SQLite. Belongs to the writer's connection and thread; rows that come again and
// again (contacts, aliases, chats) are remembered, since they are read for every webhook.
#pragma once

#include "adapters/sqlite/database.hpp"
#include "core/views.hpp"

#include <string>
#include <unordered_map>

namespace tickwire::sqlite {

class sqlite_views : public views {
public:
  explicit sqlite_views(database& database);

  // After a rollback: what is remembered may be of the transaction that did not happen.
  void forget();

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
  template <class Row>
  using memory = std::unordered_map<std::string, Row>;
  static constexpr std::size_t remembered_max = 20'000; // rows of each kind; then all are forgotten

  template <class Row>
  static void remember(memory<Row>& rows, std::string_view key, const Row& row);

  std::int64_t lowest_place();

  database& database_;
  std::optional<message> written_; // the last one put: the next entry, or its answer, is often about it
  std::string absent_;             // the last id that was not found: a message that is put under it is new
  memory<std::optional<contact>> contacts_;
  memory<std::optional<std::pair<std::string, std::uint64_t>>> aliases_;
  memory<std::optional<chat>> chats_;
  std::optional<std::uint64_t> term_; // unless it is not known

  statement find_message_, update_message_, lowest_place_, insert_message_, find_binding_, put_binding_,
      park_, find_parked_, remove_parked_, find_contact_, put_contact_, find_alias_, put_alias_, find_chat_,
      put_chat_, highest_position_, put_quote_, find_quotes_, find_mark_, put_mark_, count_unread_,
      unread_between_;
};

contact read_contact(const statement& row, int first_column = 0);
chat read_chat(const statement& row, int first_column = 0);
inline constexpr std::string_view contact_columns =
    "id, name, profile_name, phone, user_id, username, seq, profile_name_at, username_at, since, merged_into";
inline constexpr std::string_view chat_columns =
    "id, kind, subject, subject_seq, last_seq, last_message_id, opened_seq, window_ends_at, entry_point_at, "
    "entry_point_answered";

// An entry of the log from the columns seq, key, at, kind, chat_id, message_id, actor, data, raw.
inline constexpr std::string_view entry_columns = "seq, key, at, kind, chat_id, message_id, actor, data, raw";
entry read_entry(const statement& row, int first_column = 0);

} // namespace tickwire::sqlite
