#include "adapters/sqlite/sqlite_views.hpp"

#include "adapters/sqlite/message_rows.hpp"
#include "core/position.hpp"
#include "core/text.hpp"
#include "wire/entry_json.hpp"

namespace tickwire::sqlite {

namespace {

std::int64_t millis(timestamp time) { return time.time_since_epoch().count(); }
std::optional<std::int64_t> millis(const std::optional<timestamp>& time) {
  return time ? std::optional(millis(*time)) : std::nullopt;
}

std::string select(std::string_view columns, std::string_view from) {
  return "SELECT " + std::string(columns) + " FROM " + std::string(from);
}

} // namespace

contact read_contact(const statement& row, int c) {
  contact result;
  result.id = row.text(c++);
  result.name = row.text(c++);
  result.profile_name = row.text(c++);
  result.phone = row.text(c++);
  result.user_id = row.text(c++);
  result.username = row.text(c++);
  result.seq = static_cast<std::uint64_t>(row.number(c++));
  result.profile_name_at = timestamp{std::chrono::milliseconds{row.number(c++)}};
  result.username_at = timestamp{std::chrono::milliseconds{row.number(c++)}};
  result.since = timestamp{std::chrono::milliseconds{row.number(c++)}};
  result.merged_into = row.text(c);
  return result;
}

chat read_chat(const statement& row, int c) {
  chat result;
  result.id = row.text(c++);
  result.kind = static_cast<chat_kind>(row.number(c++));
  result.subject = row.text(c++);
  result.subject_seq = static_cast<std::uint64_t>(row.number(c++));
  result.last_seq = row.number(c++);
  result.last_message_id = row.text(c++);
  result.opened_seq = static_cast<std::uint64_t>(row.number(c++));
  for (auto* time : {&result.window_ends_at, &result.entry_point_at, &result.entry_point_answered})
    if (const auto read = row.maybe_number(c++)) *time = timestamp{std::chrono::milliseconds{*read}};
  return result;
}

entry read_entry(const statement& row, int c) {
  entry result;
  result.seq = static_cast<std::uint64_t>(row.number(c++));
  result.key = row.text(c++);
  result.at = timestamp{std::chrono::milliseconds{row.number(c++)}};
  const std::string kind = row.text(c++);
  result.chat_id = row.text(c++);
  result.message_id = row.text(c++);
  result.actor = row.text(c++);
  auto data = wire::decode(kind, row.view(c++));
  if (!data) throw sqlite_error(0, data.error().detail);
  result.data = std::move(*data);
  result.raw = row.text(c);
  return result;
}

sqlite_views::sqlite_views(database& database)
    : database_(database)
    , find_message_(database, select(message_columns, "messages WHERE id = ?"))
    , update_message_(
          database,
          "UPDATE messages SET status = ?, attempt = ?, unconfirmed = ?, updated_at = ?, wamid = ?, "
          "accepted_time = ?, "
          "sent_time = ?, delivered_time = ?, read_time = ?, failed_time = ?, played_time = ?, details = ?, "
          "type = ?, text = ?, old_body = '' WHERE id = ? AND seq = ?")
    , lowest_place_(database, "SELECT min(?, coalesce(min(seq), 0)) FROM messages")
    , insert_message_(database, "INSERT OR REPLACE INTO messages (" + std::string(message_columns) +
                                    ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
    , find_binding_(database, "SELECT message_id, attempt FROM bindings WHERE wamid = ?")
    , put_binding_(database, "INSERT OR REPLACE INTO bindings VALUES (?, ?, ?)")
    , park_(database, "INSERT OR IGNORE INTO parked VALUES (?, ?)")
    , find_parked_(database,
                   select(entry_columns, "log WHERE key IN (SELECT key FROM parked WHERE wamid = ?)"))
    , remove_parked_(database, "DELETE FROM parked WHERE wamid = ?")
    , find_contact_(database, select(contact_columns, "contacts WHERE id = ?"))
    , put_contact_(database, "INSERT OR REPLACE INTO contacts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    , find_alias_(database, "SELECT contact_id, seq FROM aliases WHERE alias = ?")
    , put_alias_(database, "INSERT OR REPLACE INTO aliases VALUES (?, ?, ?)")
    , find_chat_(database, select(chat_columns, "chats WHERE id = ?"))
    , put_chat_(database, "INSERT OR REPLACE INTO chats (" + std::string(chat_columns) +
                              ", activity) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
    , highest_position_(database, "SELECT max(seq) FROM messages WHERE seq BETWEEN ? AND ?")
    , put_quote_(database, "INSERT OR IGNORE INTO quotes VALUES (?, ?, ?)")
    , find_quotes_(database, "SELECT message_id FROM quotes WHERE quoted = ? ORDER BY seq DESC LIMIT ?")
    , find_mark_(database, "SELECT up_to FROM read_marks WHERE user_id = ? AND chat_id = ?")
    , put_mark_(database, "INSERT OR REPLACE INTO read_marks VALUES (?, ?, ?)")
    , count_unread_(database, "SELECT count(*) FROM (SELECT 1 FROM messages WHERE chat_id = ? AND seq > ? "
                              "AND counts_unread = 1 LIMIT ?)")
    , unread_between_(database, "SELECT seq, wamid FROM messages WHERE chat_id = ? AND seq > ? AND seq <= ? "
                                "AND counts_unread = 1 ORDER BY seq LIMIT ?") {}

void sqlite_views::forget() {
  contacts_.clear();
  aliases_.clear();
  chats_.clear();
  term_.reset();
  written_.reset();
  absent_.clear();
}

template <class Row>
void sqlite_views::remember(memory<Row>& rows, std::string_view key, const Row& row) {
  if (rows.size() >= remembered_max) rows.clear();
  rows.insert_or_assign(std::string(key), row);
}

std::optional<message> sqlite_views::find_message(std::string_view message_id) {
  if (written_ && written_->id == message_id) return written_;
  find_message_.bind(message_id);
  std::optional<message> row;
  if (find_message_.step()) row = read_message(find_message_);
  find_message_.reset();
  if (!row) absent_ = message_id;
  return row;
}

std::int64_t sqlite_views::lowest_place() {
  lowest_place_.bind(lowest_position);
  lowest_place_.step();
  const std::int64_t lowest = lowest_place_.number(0);
  lowest_place_.reset();
  return lowest;
}

void sqlite_views::put_message(const message& m) {
  const std::string details = encode_details(m);
  const bool may_be_there = m.id != absent_;
  absent_.clear();
  written_ = m;
  // Whose message it is and where it stands never changes, so those columns and their indexes are written
  // once. The body is in the details, also where an older version had written it to `old_body`.
  if (may_be_there) {
    update_message_.bind(static_cast<int>(m.status), m.attempt, m.reported_unconfirmed, millis(m.updated_at),
                         m.whatsapp_message_id, millis(m.times.accepted), millis(m.times.sent),
                         millis(m.times.delivered), millis(m.times.read), millis(m.times.failed),
                         millis(m.times.played), details, m.type, m.text, m.id, m.seq);
    update_message_.run();
    if (database_.changes() > 0) return;
  }
  const std::int64_t place = m.known() ? m.seq : lowest_place() - 1;
  insert_message_.bind(m.id, place, m.chat_id, m.sender_id, m.receiver_id, static_cast<int>(m.direction),
                       m.type, m.text, "", m.client_id, millis(m.created_at), m.counts_unread,
                       static_cast<int>(m.status), m.attempt, m.reported_unconfirmed, millis(m.updated_at),
                       m.whatsapp_message_id, millis(m.times.accepted), millis(m.times.sent),
                       millis(m.times.delivered), millis(m.times.read), millis(m.times.failed),
                       millis(m.times.played), details);
  insert_message_.run();
}

std::optional<wamid_binding> sqlite_views::find_binding(std::string_view wamid) {
  find_binding_.bind(wamid);
  std::optional<wamid_binding> row;
  if (find_binding_.step())
    row = wamid_binding{find_binding_.text(0), static_cast<int>(find_binding_.number(1))};
  find_binding_.reset();
  return row;
}

void sqlite_views::put_binding(std::string_view wamid, const wamid_binding& row) {
  put_binding_.bind(wamid, row.message_id, row.attempt).run();
}

void sqlite_views::park(std::string_view wamid, const entry& entry) { park_.bind(wamid, entry.key).run(); }

std::vector<entry> sqlite_views::take_parked(std::string_view wamid) {
  std::vector<entry> taken;
  find_parked_.bind(wamid);
  while (find_parked_.step()) taken.push_back(read_entry(find_parked_));
  find_parked_.reset();
  if (!taken.empty()) remove_parked_.bind(wamid).run();
  return taken;
}

std::optional<contact> sqlite_views::find_contact(std::string_view id) {
  if (const auto known = contacts_.find(std::string(id)); known != contacts_.end()) return known->second;
  find_contact_.bind(id);
  std::optional<contact> row;
  if (find_contact_.step()) row = read_contact(find_contact_);
  find_contact_.reset();
  remember(contacts_, id, row);
  return row;
}

void sqlite_views::put_contact(const contact& row) {
  const std::string title = ascii_lower(row.title());
  put_contact_
      .bind(row.id, row.name, row.profile_name, row.phone, row.user_id, row.username, row.seq, title,
            millis(row.profile_name_at), millis(row.username_at), millis(row.since), row.merged_into)
      .run();
  remember(contacts_, row.id, std::optional(row));
}

std::optional<std::string> sqlite_views::find_alias(std::string_view alias) {
  auto known = aliases_.find(std::string(alias));
  if (known == aliases_.end()) {
    find_alias_.bind(alias);
    std::optional<std::pair<std::string, std::uint64_t>> row;
    if (find_alias_.step())
      row.emplace(find_alias_.text(0), static_cast<std::uint64_t>(find_alias_.number(1)));
    find_alias_.reset();
    remember(aliases_, alias, row);
    known = aliases_.find(std::string(alias));
  }
  return known->second ? std::optional(known->second->first) : std::nullopt;
}

void sqlite_views::put_alias(std::string_view alias, std::string_view contact_id, std::uint64_t seq) {
  find_alias(alias);
  const auto& present = aliases_.at(std::string(alias));
  if (present && present->second > seq) return;
  put_alias_.bind(alias, contact_id, seq).run();
  remember(aliases_, alias, std::optional(std::pair(std::string(contact_id), seq)));
}

std::optional<chat> sqlite_views::find_chat(std::string_view id) {
  if (const auto known = chats_.find(std::string(id)); known != chats_.end()) return known->second;
  find_chat_.bind(id);
  std::optional<chat> row;
  if (find_chat_.step()) row = read_chat(find_chat_);
  find_chat_.reset();
  remember(chats_, id, row);
  return row;
}

void sqlite_views::put_chat(const chat& row) {
  put_chat_
      .bind(row.id, static_cast<int>(row.kind), row.subject, row.subject_seq, row.last_seq,
            row.last_message_id, row.opened_seq, millis(row.window_ends_at), millis(row.entry_point_at),
            millis(row.entry_point_answered), activity(row))
      .run();
  remember(chats_, row.id, std::optional(row));
}

// What follows is asked seldom: for two chats that become one, or an echo that came first.

std::optional<message> sqlite_views::newest_message(std::string_view chat_id) {
  query ask(database_,
            select(message_columns, "messages WHERE chat_id = ? AND seq >= ? ORDER BY seq DESC LIMIT 1"));
  ask.bind(chat_id, lowest_position);
  return ask.step() ? std::optional(read_message(ask)) : std::nullopt;
}

std::uint64_t sqlite_views::count_messages(std::string_view chat_id, std::uint64_t cap) {
  query ask(database_, "SELECT count(*) FROM (SELECT 1 FROM messages WHERE chat_id = ? LIMIT ?)");
  ask.bind(chat_id, cap);
  ask.step();
  return static_cast<std::uint64_t>(ask.number(0));
}

void sqlite_views::remove_message(std::string_view message_id) {
  query remove(database_, "DELETE FROM messages WHERE id = ?");
  remove.bind(message_id);
  remove.step();
  written_.reset();
  absent_.clear();
}

void sqlite_views::move_messages(std::string_view from, std::string_view into) {
  query move(database_,
             "UPDATE messages SET chat_id = ?2, sender_id = CASE sender_id WHEN ?1 THEN ?2 ELSE sender_id "
             "END, receiver_id = CASE receiver_id WHEN ?1 THEN ?2 ELSE receiver_id END WHERE chat_id = ?1");
  move.bind(from, into);
  move.step();
  written_.reset();
}

void sqlite_views::move_names(const std::string& from, const std::string& into) {
  std::string behind = from; // the first text that is behind all that begin with `from`
  ++behind.back();
  const std::vector<std::pair<std::string, std::string>> tables{
      {"bindings", "wamid"}, {"parked", "wamid"}, {"quotes", "quoted"}};
  for (const auto& [table, name] : tables) {
    const std::string those = " WHERE " + name + " >= ?1 AND " + name + " < ?2";
    query move(database_, "UPDATE OR IGNORE " + table + " SET " + name + " = ?3 || substr(" + name +
                              ", length(?1) + 1)" + those);
    move.bind(from, behind, into);
    move.step();
    query remove(database_, "DELETE FROM " + table + those); // those whose place was taken
    remove.bind(from, behind);
    remove.step();
  }
}

void sqlite_views::remove_chat(std::string_view chat_id) {
  query remove(database_, "DELETE FROM chats WHERE id = ?");
  remove.bind(chat_id);
  remove.step();
  remember(chats_, chat_id, std::optional<chat>());
}

std::vector<contacts_merged::mark> sqlite_views::find_read_marks(std::string_view chat_id) {
  query ask(database_, "SELECT user_id, up_to FROM read_marks WHERE chat_id = ?");
  ask.bind(chat_id);
  std::vector<contacts_merged::mark> found;
  while (ask.step()) found.push_back({ask.text(0), static_cast<std::uint64_t>(ask.number(1))});
  return found;
}

std::uint64_t sqlite_views::find_read_mark(std::string_view user_id, std::string_view chat_id) {
  find_mark_.bind(user_id, chat_id);
  const std::uint64_t up_to = find_mark_.step() ? static_cast<std::uint64_t>(find_mark_.number(0)) : 0;
  find_mark_.reset();
  return up_to;
}

void sqlite_views::put_read_mark(std::string_view user_id, std::string_view chat_id, std::uint64_t up_to) {
  put_mark_.bind(user_id, chat_id, up_to).run();
}

std::uint64_t sqlite_views::sending_term() {
  if (!term_) {
    query ask(database_, "SELECT value FROM meta WHERE name = 'sending_term'");
    term_ = ask.step() ? std::stoull(ask.text(0)) : 0;
  }
  return *term_;
}

void sqlite_views::put_sending_term(std::uint64_t term) {
  const std::string value = std::to_string(term);
  query put(database_, "INSERT OR REPLACE INTO meta VALUES ('sending_term', ?)");
  put.bind(value);
  put.step();
  term_ = term;
}

std::optional<std::int64_t> sqlite_views::highest_position(std::int64_t first, std::int64_t last) {
  highest_position_.bind(first, last);
  highest_position_.step();
  const auto highest = highest_position_.maybe_number(0);
  highest_position_.reset();
  return highest;
}

void sqlite_views::put_quote(std::string_view quoted, const message& by) {
  put_quote_.bind(quoted, by.seq, by.id).run();
}

std::vector<std::string> sqlite_views::find_quotes(std::string_view quoted, std::size_t limit) {
  find_quotes_.bind(quoted, static_cast<std::uint64_t>(limit));
  std::vector<std::string> newest;
  while (find_quotes_.step()) newest.push_back(find_quotes_.text(0));
  find_quotes_.reset();
  return newest;
}

std::uint64_t sqlite_views::count_unread(std::string_view chat_id, std::uint64_t after, std::uint64_t cap) {
  count_unread_.bind(chat_id, after, cap);
  count_unread_.step();
  const auto count = static_cast<std::uint64_t>(count_unread_.number(0));
  count_unread_.reset();
  return count;
}

std::vector<unseen_message> sqlite_views::unread_between(std::string_view chat_id, std::uint64_t after,
                                                         std::uint64_t up_to, std::size_t limit) {
  unread_between_.bind(chat_id, after, up_to, static_cast<std::uint64_t>(limit));
  std::vector<unseen_message> rows;
  while (unread_between_.step())
    rows.push_back({static_cast<std::uint64_t>(unread_between_.number(0)), unread_between_.text(1)});
  unread_between_.reset();
  return rows;
}

} // namespace tickwire::sqlite
