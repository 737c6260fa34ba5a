#include "adapters/sqlite/log_reading.hpp"

#include "adapters/sqlite/message_rows.hpp"
#include "adapters/sqlite/sqlite_views.hpp"
#include "core/identify.hpp"
#include "core/position.hpp"
#include "core/shown.hpp"

#include <algorithm>
#include <limits>

namespace tickwire::sqlite {

namespace {

constexpr std::int64_t highest_position = std::numeric_limits<std::int64_t>::max();
// Of messages: those that are not known yet stand below all positions.
const std::string known_rows = "seq >= " + std::to_string(lowest_position);

// What is read while it lives is of one moment, the one after the entry `head`.
class snapshot {
public:
  explicit snapshot(database& connection)
      : open_(connection)
      , head_(newest_entry(connection)) {}
  std::uint64_t head() const { return head_; }

private:
  // Ends whatever happens: a connection that stays within one could never begin the next.
  struct reading {
    explicit reading(database& connection)
        : connection(connection) {
      query(connection, "BEGIN").step();
    }
    reading(const reading&) = delete;
    reading& operator=(const reading&) = delete;
    ~reading() {
      try {
        query(connection, "COMMIT").step();
      } catch (const sqlite_error&) { // SQLite has ended it already
      }
    }
    database& connection;
  };

  static std::uint64_t newest_entry(database& connection) {
    query ask(connection, "SELECT coalesce(max(seq), 0) FROM log");
    ask.step();
    return static_cast<std::uint64_t>(ask.number(0));
  }

  reading open_;
  std::uint64_t head_;
};

// The contact's id, or that of the one which it is part of: old ids go on working.
std::string present_id(database& connection, std::string id) {
  query ask(connection, "SELECT merged_into FROM contacts WHERE id = ?");
  for (;;) {
    ask.bind(id);
    const std::string into = ask.step() ? ask.text(0) : std::string();
    ask.reset();
    if (into.empty()) return id;
    id = into;
  }
}

// What core/shown.hpp asks.
struct rows_to_show {
  database& connection;
  std::optional<std::string> message_of(const std::string& wamid) const {
    return text_of("SELECT message_id FROM bindings WHERE wamid = ?", wamid);
  }
  std::optional<std::string> wamid_of(const std::string& message_id) const {
    return text_of(
        "SELECT CASE WHEN wamid <> '' OR details = '' THEN wamid "
        "ELSE coalesce(json_extract(details, '$.arrived.wamid'), '') END FROM messages WHERE id = ?",
        message_id);
  }
  std::string present_id(const std::string& contact_id) const {
    return sqlite::present_id(connection, contact_id);
  }
  std::optional<std::string> text_of(const std::string& sql, const std::string& name) const {
    query ask(connection, sql);
    ask.bind(name);
    return ask.step() ? std::optional(ask.text(0)) : std::nullopt;
  }
};

std::optional<contact> read_contact_by_id(database& connection, const std::string& id) {
  query ask(connection, "SELECT " + std::string(contact_columns) + " FROM contacts WHERE id = ?");
  ask.bind(id);
  return ask.step() ? std::optional(read_contact(ask)) : std::nullopt;
}

std::optional<message> read_message_by_id(database& connection, const std::string& id) {
  query ask(connection,
            "SELECT " + std::string(message_columns) + " FROM messages WHERE id = ? AND " + known_rows);
  ask.bind(id);
  if (!ask.step()) return std::nullopt;
  message row = read_message(ask);
  complete_as_shown_by(rows_to_show{connection}, row);
  return row;
}

chat_summary summary_of(database& connection, const std::string& user_id, chat row) {
  chat_summary summary;
  if (row.kind == chat_kind::person) summary.contact = read_contact_by_id(connection, row.id);
  if (user_id.empty()) {
    summary.chat = std::move(row);
    return summary;
  }
  if (!row.last_message_id.empty())
    summary.last_message = read_message_by_id(connection, row.last_message_id);
  query count(
      connection,
      "SELECT count(*) FROM (SELECT 1 FROM messages WHERE chat_id = ?1 AND counts_unread = 1 AND seq > "
      "coalesce((SELECT up_to FROM read_marks WHERE user_id = ?2 AND chat_id = ?1), 0) LIMIT ?3)");
  count.bind(row.id, user_id, unread_cap);
  count.step();
  summary.unread = static_cast<std::uint64_t>(count.number(0));
  summary.chat = std::move(row);
  return summary;
}

} // namespace

message_page log_reading::messages(const message_query& wanted) {
  const snapshot whole(connection_);
  const auto chat_id =
      wanted.chat_id ? std::optional(present_id(connection_, *wanted.chat_id)) : std::nullopt;
  const std::string in_chat = wanted.chat_id ? "chat_id = ?1 AND " : "(?1 IS NULL OR 1) AND ";
  const auto rows = [&](std::string_view condition, std::string_view order, std::int64_t seq,
                        std::size_t limit) {
    query ask(connection_, "SELECT " + std::string(message_columns) + " FROM messages WHERE " + in_chat +
                               known_rows + " AND " + std::string(condition) + " ORDER BY seq " +
                               std::string(order) + " LIMIT ?3");
    std::vector<message> found;
    found.reserve(std::min<std::size_t>(limit, 256));
    ask.bind(chat_id, seq, static_cast<std::uint64_t>(limit));
    while (ask.step()) found.push_back(read_message(ask));
    for (message& row : found) complete_as_shown_by(rows_to_show{connection_}, row);
    return found;
  };
  message_page page = page_of(
      wanted, [&](std::int64_t last, std::size_t limit) { return rows("seq <= ?2", "DESC", last, limit); },
      [&](std::int64_t first, std::size_t limit) { return rows("seq >= ?2", "ASC", first, limit); });
  page.head = whole.head();
  return page;
}

std::optional<message> log_reading::find_message(const std::string& id) {
  return read_message_by_id(connection_, id);
}

chat_page log_reading::chats(const std::string& user_id, std::optional<std::int64_t> before,
                             std::size_t limit) {
  const snapshot whole(connection_);
  std::vector<chat> rows;
  {
    query ask(connection_, "SELECT " + std::string(chat_columns) +
                               " FROM chats WHERE activity < ? ORDER BY activity DESC LIMIT ?");
    ask.bind(before.value_or(highest_position), static_cast<std::uint64_t>(limit + 1));
    while (ask.step()) rows.push_back(read_chat(ask));
  }
  chat_page page;
  page.head = whole.head();
  page.has_more = rows.size() > limit;
  if (page.has_more) rows.pop_back();
  for (chat& row : rows) page.chats.push_back(summary_of(connection_, user_id, std::move(row)));
  return page;
}

std::pair<std::vector<contact>, bool> log_reading::contacts(const std::string& after, std::size_t limit) {
  // Two questions, since an OR would read the list from its start for each page.
  const std::string behind =
      after.empty() ? "?1 = ''" : "(title, id) > (SELECT title, id FROM contacts WHERE id = ?1)";
  query ask(connection_, "SELECT " + std::string(contact_columns) +
                             " FROM contacts WHERE merged_into = '' AND " + behind +
                             " ORDER BY title, id LIMIT ?2");
  ask.bind(after, static_cast<std::uint64_t>(limit + 1));
  std::vector<contact> rows;
  while (ask.step()) rows.push_back(read_contact(ask));
  const bool has_more = rows.size() > limit;
  if (has_more) rows.pop_back();
  return {std::move(rows), has_more};
}

std::optional<contact> log_reading::find_contact(const identity& who) {
  query ask(connection_, "SELECT contact_id FROM aliases WHERE alias = ?");
  for (const std::string& alias : aliases_of(who)) {
    ask.bind(alias);
    if (ask.step() && !ask.view(0).empty())
      return read_contact_by_id(connection_, present_id(connection_, ask.text(0)));
  }
  return std::nullopt;
}

missed_events log_reading::events_between(std::uint64_t after, std::uint64_t up_to,
                                          const std::string& user_id, std::size_t limit) {
  query ask(connection_,
            "SELECT seq, event_name, event_user, event_data FROM log WHERE seq > ? AND seq <= ? AND "
            "event_name IS NOT NULL AND (event_user = '' OR event_user = ?) ORDER BY seq LIMIT ?");
  ask.bind(after, up_to, user_id, static_cast<std::uint64_t>(events_read_max(limit)));
  std::vector<encoded_event> events;
  while (ask.step())
    events.push_back({static_cast<std::uint64_t>(ask.number(0)), ask.text(1), ask.text(2),
                      std::make_shared<const std::string>(ask.text(3))});
  return missed_of(std::move(events), limit);
}

std::vector<unfinished_send> log_reading::unfinished_sends(std::uint64_t after, std::uint64_t up_to,
                                                           std::size_t limit) {
  std::vector<message> rows;
  {
    query ask(connection_, "SELECT " + std::string(message_columns) +
                               " FROM messages WHERE status = 0 AND direction = 1 AND unconfirmed = 0 AND "
                               "client_id <> '' AND seq > ? AND seq <= ? ORDER BY seq LIMIT ?");
    ask.bind(after, up_to, static_cast<std::uint64_t>(limit));
    while (ask.step()) rows.push_back(read_message(ask));
  }
  query ask(connection_, "SELECT at FROM log WHERE key = ?");
  const auto time_of = [&](const std::string& key) {
    ask.bind(key);
    std::optional<timestamp> found;
    if (ask.step()) found = timestamp{std::chrono::milliseconds{ask.number(0)}};
    ask.reset();
    return found;
  };
  std::vector<unfinished_send> unfinished;
  for (message& row : rows) {
    int next = 1;
    while (time_of(keys::attempted(row.id, row.attempt, next))) ++next;
    const bool in_doubt = next > 1 && !time_of(keys::result(row.id, row.attempt, next - 1));
    const timestamp asked_at = time_of(keys::retry(row.id, row.attempt)).value_or(row.created_at);
    unfinished.push_back({std::move(row), in_doubt, next, asked_at});
  }
  return unfinished;
}

std::optional<entry> read_entry_by_key(database& connection, const std::string& key) {
  query ask(connection, "SELECT " + std::string(entry_columns) + " FROM log WHERE key = ?");
  ask.bind(key);
  return ask.step() ? std::optional(read_entry(ask)) : std::nullopt;
}

std::vector<entry> read_kept(database& connection, const kept_query& wanted) {
  constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  query ask(connection, "SELECT " + std::string(entry_columns) +
                            " FROM log WHERE kind = 'unhandled' AND seq > ?1 AND seq < ?2 AND "
                            "substr(json_extract(data, '$.what'), 1, length(?3)) = ?3 ORDER BY seq " +
                            (wanted.after ? "ASC" : "DESC") + " LIMIT ?4");
  ask.bind(wanted.after.value_or(0), wanted.before.value_or(highest), wanted.what,
           static_cast<std::uint64_t>(wanted.limit));
  std::vector<entry> kept;
  while (ask.step()) kept.push_back(read_entry(ask));
  return kept;
}

std::vector<kept_count> log_reading::kept_counts() {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> groups; // how many, number of the newest
  {
    query ask(connection_, "SELECT count(*), max(seq) FROM log WHERE kind = 'unhandled' "
                           "GROUP BY json_extract(data, '$.what') ORDER BY 1 DESC LIMIT 1000");
    while (ask.step())
      groups.emplace_back(static_cast<std::uint64_t>(ask.number(0)),
                          static_cast<std::uint64_t>(ask.number(1)));
  }
  query ask(connection_, "SELECT " + std::string(entry_columns) + " FROM log WHERE seq = ?");
  std::vector<kept_count> counts;
  for (const auto& [count, newest] : groups) {
    ask.bind(newest);
    if (ask.step()) counts.push_back({count, read_entry(ask)});
  }
  return counts;
}

std::optional<chat_summary> log_reading::find_chat(const std::string& user_id, const std::string& id) {
  const snapshot whole(connection_);
  query ask(connection_, "SELECT " + std::string(chat_columns) + " FROM chats WHERE id = ?");
  const std::string present = present_id(connection_, id);
  ask.bind(present);
  if (!ask.step()) return std::nullopt;
  chat_summary summary = summary_of(connection_, user_id, read_chat(ask));
  summary.head = whole.head();
  return summary;
}

} // namespace tickwire::sqlite
