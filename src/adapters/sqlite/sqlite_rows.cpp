#include "adapters/sqlite/sqlite_rows.hpp"

#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/schema.hpp"
#include "adapters/sqlite/sqlite_views.hpp"
#include "store/replay.hpp"

#include <sqlite3.h>

namespace tickwire::sqlite {

namespace {

// A lock of another program (somebody's shell, a backup) is waited for so long; then everything that waits is
// answered with "unavailable", since each caller is better off knowing.
constexpr std::chrono::milliseconds writer_patience{1'000};

class sqlite_rows final : public log_rows {
public:
  explicit sqlite_rows(const std::filesystem::path& file)
      : database_(file, open_mode::read_write, writer_patience)
      , views_((database_.migrate(log_migrations), database_))
      , find_(database_, "SELECT " + std::string(entry_columns) + " FROM log WHERE key = ?")
      , write_(database_, "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      , probe_(database_, "INSERT OR REPLACE INTO meta VALUES ('asked', hex(randomblob(?)))") {}

  void begin() override {
    if (database_.moved_away())
      throw sqlite_error(SQLITE_IOERR, "the database was moved or removed; put it back or restart");
    open_.emplace(database_);
  }
  void commit() override {
    open_->commit();
    open_.reset();
  }
  void roll_back() noexcept override {
    open_.reset();
    views_.forget();
  }

  void set_point() override { database_.execute("SAVEPOINT point"); }
  void keep_since_point() override { database_.execute("RELEASE point"); }
  void undo_since_point() override {
    views_.forget();
    if (!database_.in_transaction()) return; // a full or broken disk: SQLite has undone all of it by itself
    database_.execute("ROLLBACK TO point");
    database_.execute("RELEASE point");
  }

  std::uint64_t head() override {
    statement ask(database_, "SELECT coalesce(max(seq), 0) FROM log");
    ask.step();
    return static_cast<std::uint64_t>(ask.number(0));
  }
  std::string epoch() override {
    statement ask(database_, "SELECT value FROM meta WHERE name = 'epoch'");
    ask.step();
    return ask.text(0);
  }

  std::optional<entry> find(const std::string& key) override {
    find_.bind(key);
    std::optional<entry> found;
    if (find_.step()) found = read_entry(find_);
    find_.reset();
    return found;
  }

  void write(const log_row& row) override {
    static const std::string nothing;
    const entry& what = row.what;
    const auto name = row.said ? std::optional(row.said->name) : std::nullopt;
    write_
        .bind(what.seq, what.key, what.at.time_since_epoch().count(), kind_of(what.data), what.chat_id,
              what.message_id, what.actor, row.data, what.raw, name, row.said ? row.said->only_user : nothing,
              row.said ? *row.said->data : nothing)
        .run();
  }

  class views& views() override { return views_; }

  void remove_all_views() {
    for (const char* table :
         {"messages", "bindings", "parked", "contacts", "aliases", "chats", "quotes", "read_marks"})
      database_.execute("DELETE FROM " + std::string(table));
    database_.execute("DELETE FROM meta WHERE name = 'sending_term'");
  }

  void write_probe(std::size_t bytes) override { probe_.bind(static_cast<std::uint64_t>(bytes / 2)).run(); }

private:
  database database_;
  sqlite_views views_;
  statement find_, write_, probe_;
  std::optional<transaction> open_;
};

} // namespace

std::unique_ptr<log_rows> open_rows(const std::filesystem::path& file) {
  return std::make_unique<sqlite_rows>(file);
}

void rebuild_views(const std::filesystem::path& file, whole_log& log) {
  sqlite_rows rows(file);
  rows.begin();
  rows.remove_all_views();
  std::uint64_t applied = 0;
  for (std::vector<stored_entry> part; !(part = log.entries_after(applied)).empty();) {
    for (const stored_entry& one : part) apply_or_skip(rows, one.what);
    applied = part.back().what.seq;
  }
  rows.commit();
}

} // namespace tickwire::sqlite
