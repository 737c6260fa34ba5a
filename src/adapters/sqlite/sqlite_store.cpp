#include "adapters/sqlite/sqlite_store.hpp"

#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/file_lock.hpp"
#include "adapters/sqlite/log_files.hpp"
#include "adapters/sqlite/message_rows.hpp"
#include "adapters/sqlite/schema.hpp"
#include "adapters/sqlite/sqlite_rows.hpp"
#include "adapters/sqlite/sqlite_views.hpp"
#include "adapters/sqlite/unfinished.hpp"
#include "core/text.hpp"

#include <sys/stat.h>

#include <map>
#include <stdexcept>
#include <utility>

namespace tickwire::sqlite {

namespace {

// Of entries that are read at once: about what a commit has. One entry more may be larger.
constexpr std::size_t entries_at_once = 500, bytes_at_once = 4 * 1024 * 1024;

timestamp time_of(std::int64_t millis) { return timestamp{std::chrono::milliseconds{millis}}; }
std::int64_t millis(timestamp time) { return time.time_since_epoch().count(); }

// 0: it was being made when its maker died, and has nothing in it.
std::int64_t version_of(database& connection) {
  statement ask(connection, "PRAGMA user_version");
  ask.step();
  return ask.number(0);
}

// It is only read, so that a source stays as it is, also when it is old.
void expect_version(database& connection, const std::filesystem::path& file, std::size_t version) {
  if (std::cmp_equal(version_of(connection), version)) return;
  throw std::runtime_error(file.string() + " was written by another version of Tickwire. Start the server of "
                                           "this version on it once, stop it, and run this again.");
}

class sqlite_whole_log final : public whole_log {
public:
  sqlite_whole_log(const std::filesystem::path& file, std::string inbox, open_mode mode)
      : connection_(file, mode)
      , inbox_(std::move(inbox)) {
    expect_version(connection_, file, log_migrations.size());
  }

  std::string epoch() override {
    query ask(connection_, "SELECT value FROM meta WHERE name = 'epoch'");
    ask.step();
    return ask.text(0);
  }

  std::uint64_t head() override {
    query ask(connection_, "SELECT coalesce(max(seq), 0) FROM log");
    ask.step();
    return static_cast<std::uint64_t>(ask.number(0));
  }

  std::vector<stored_entry> entries_after(std::uint64_t seq) override {
    query ask(connection_,
              "SELECT " + std::string(entry_columns) +
                  ", event_name, event_user, event_data FROM log WHERE seq > ? ORDER BY seq LIMIT ?");
    ask.bind(seq, static_cast<std::uint64_t>(entries_at_once));
    std::vector<stored_entry> entries;
    for (std::size_t bytes = 0; bytes < bytes_at_once && ask.step();) {
      stored_entry one{read_entry(ask), ask.text(7), std::nullopt};
      one.what.inbox = inbox_;
      if (!ask.is_null(9))
        one.said = encoded_event{one.what.seq, ask.text(9), ask.text(10),
                                 std::make_shared<const std::string>(ask.text(11))};
      bytes += one.data.size() + one.what.raw.size() + ask.view(11).size();
      entries.push_back(std::move(one));
    }
    return entries;
  }

  void each_view_row(const std::function<void(const view_row&)>& use) override {
    each("SELECT " + std::string(message_columns) + " FROM messages",
         [&](const query& row) { use(read_message(row)); });
    each("SELECT " + std::string(contact_columns) + " FROM contacts",
         [&](const query& row) { use(read_contact(row)); });
    each("SELECT " + std::string(chat_columns) + " FROM chats",
         [&](const query& row) { use(read_chat(row)); });
    each("SELECT wamid, message_id, attempt FROM bindings", [&](const query& row) {
      use(binding_row{row.text(0), {row.text(1), static_cast<int>(row.number(2))}});
    });
    each("SELECT wamid, key FROM parked",
         [&](const query& row) { use(parked_row{row.text(0), row.text(1)}); });
    each("SELECT alias, contact_id, seq FROM aliases", [&](const query& row) {
      use(alias_row{row.text(0), row.text(1), static_cast<std::uint64_t>(row.number(2))});
    });
    each("SELECT quoted, message_id, seq FROM quotes",
         [&](const query& row) { use(quote_row{row.text(0), row.text(1), row.number(2)}); });
    each("SELECT value FROM meta WHERE name = 'sending_term'",
         [&](const query& row) { use(term_row{std::stoull(row.text(0))}); });
    each("SELECT user_id, chat_id, up_to FROM read_marks", [&](const query& row) {
      use(mark_row{row.text(0), row.text(1), static_cast<std::uint64_t>(row.number(2))});
    });
  }

private:
  template <class Use>
  void each(const std::string& sql, const Use& use) {
    query ask(connection_, sql);
    while (ask.step()) use(ask);
  }

  database connection_;
  const std::string inbox_;
};

class sqlite_store final : public whole_store {
public:
  explicit sqlite_store(std::filesystem::path directory)
      : directory_(std::move(directory)) {}

  std::string told() const override { return "the folder " + directory_.string(); }

  // However the folder is named.
  std::string identity() override {
    struct stat found{};
    if (::stat(directory_.c_str(), &found) != 0)
      return "sqlite:" + std::filesystem::absolute(directory_).lexically_normal().string();
    return "sqlite:" + std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
  }

  void keep_servers_out() override {
    for (const std::string& inbox : inboxes_in(directory_))
      if (std::filesystem::exists(lock_file(directory_, inbox))) lock(inbox); // else no server was ever there
  }

  std::string unfinished() override { return sqlite::unfinished(directory_); }
  void set_unfinished(const std::string& sentence) override {
    make_directory();
    sqlite::set_unfinished(directory_, sentence);
  }

  std::vector<std::string> inboxes() override {
    std::vector<std::string> found;
    for (std::string& inbox : inboxes_in(directory_))
      if (has_entries(inbox)) found.push_back(std::move(inbox));
    return found;
  }

  std::unique_ptr<whole_log> read(const std::string& inbox) override {
    return std::make_unique<sqlite_whole_log>(log_file(directory_, inbox), inbox, reading());
  }

  whole_accounts accounts() override {
    whole_accounts all;
    if (!std::filesystem::exists(accounts_file())) return all;
    database connection(accounts_file(), reading());
    if (version_of(connection) == 0) return all;
    expect_version(connection, accounts_file(), accounts_migrations.size());
    query users(connection, "SELECT id, name, role, disabled, password_hash FROM users");
    while (users.step())
      all.users.push_back(
          {{users.text(0), users.text(1), role_from(users.view(2)), users.number(3) != 0}, users.text(4)});
    query sessions(connection, "SELECT token_hash, user_id, expires_at FROM sessions WHERE user_id IN "
                               "(SELECT id FROM users)");
    while (sessions.step())
      all.sessions.push_back({sessions.text(0), sessions.text(1), time_of(sessions.number(2))});
    query devices(
        connection,
        "SELECT device_hash, user_id, added_at FROM devices WHERE user_id IN (SELECT id FROM users)");
    while (devices.step())
      all.devices.push_back({devices.text(0), devices.text(1), time_of(devices.number(2))});
    return all;
  }

  std::unique_ptr<log_rows> write(const std::string& inbox, const std::string& epoch) override {
    make_directory();
    lock(inbox);
    auto rows = open_rows(log_file(directory_, inbox));
    if (rows->head() == 0) set_epoch(inbox, epoch);
    return rows;
  }

  void set_epoch(const std::string& inbox, const std::string& epoch) override {
    database connection(log_file(directory_, inbox), open_mode::read_write);
    query(connection, "UPDATE meta SET value = ? WHERE name = 'epoch'").bind(epoch).step();
  }

  void put_accounts(const whole_accounts& all) override {
    make_directory();
    database connection(accounts_file(), open_mode::read_write);
    connection.migrate(accounts_migrations);
    transaction whole(connection);
    for (const char* table : {"users", "sessions", "devices"})
      connection.execute("DELETE FROM " + std::string(table));
    for (const user_record& one : all.users) {
      const std::string key = ascii_lower(one.who.name);
      query(connection, "INSERT INTO users (id, name, name_key, role, password_hash, disabled) VALUES "
                        "(?, ?, ?, ?, ?, ?)")
          .bind(one.who.id, one.who.name, key, to_text(one.who.role), one.password_hash, one.who.disabled)
          .step();
    }
    for (const whole_accounts::session& one : all.sessions)
      query(connection, "INSERT INTO sessions VALUES (?, ?, ?)")
          .bind(one.token_hash, one.user_id, millis(one.until))
          .step();
    for (const whole_accounts::device& one : all.devices)
      query(connection, "INSERT INTO devices VALUES (?, ?, ?)")
          .bind(one.device_hash, one.user_id, millis(one.added_at))
          .step();
    whole.commit();
  }

  void make_views_anew(const std::string& inbox) override {
    const std::filesystem::path file = log_file(directory_, inbox);
    lock(inbox);
    sqlite_whole_log log(file, inbox, open_mode::read_only);
    rebuild_views(file, log);
  }

private:
  // A file whose maker died may have to be mended before it can be read.
  open_mode reading() const {
    return sqlite::unfinished(directory_).empty() ? open_mode::read_only : open_mode::read_write;
  }

  bool has_entries(const std::string& inbox) {
    database connection(log_file(directory_, inbox), reading());
    return version_of(connection) > 0 && read(inbox)->head() > 0;
  }

  std::filesystem::path accounts_file() const { return directory_ / "accounts.db"; }

  void make_directory() const {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error)
      throw std::runtime_error("Cannot make the folder " + directory_.string() + ": " + error.message() +
                               ".");
  }

  void lock(const std::string& inbox) {
    if (locks_.contains(inbox)) return;
    try {
      locks_.try_emplace(inbox, lock_file(directory_, inbox));
    } catch (const log_in_use&) {
      throw std::runtime_error("Another Tickwire is running on " + told() + ". Stop it first.");
    }
  }

  const std::filesystem::path directory_;
  std::map<std::string, file_lock> locks_;
};

} // namespace

std::unique_ptr<whole_store> open_whole(const std::filesystem::path& directory) {
  return std::make_unique<sqlite_store>(directory);
}

} // namespace tickwire::sqlite
