#include "adapters/sqlite/database.hpp"

#include <sqlite3.h>

#include <utility>

namespace tickwire::sqlite {

namespace {
[[noreturn]] void raise(sqlite3* connection, int code) {
  const char* said = connection ? sqlite3_errmsg(connection) : sqlite3_errstr(code);
  throw sqlite_error(connection ? sqlite3_extended_errcode(connection) : code,
                     std::string("SQLite: ") + said);
}
} // namespace

statement::statement(database& database, std::string_view sql)
    : connection_(database.handle()) {
  check(sqlite3_prepare_v3(connection_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &handle_, nullptr));
}

statement::statement(statement&& other) noexcept
    : connection_(other.connection_)
    , handle_(std::exchange(other.handle_, nullptr)) {}

statement::~statement() { sqlite3_finalize(handle_); }

bool statement::step() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  raise(connection_, code);
}

void statement::run() {
  while (step()) {
  }
  reset();
}

void statement::reset() { sqlite3_reset(handle_); }

std::int64_t statement::number(int column) const { return sqlite3_column_int64(handle_, column); }

std::string statement::text(int column) const { return std::string(view(column)); }

std::string_view statement::view(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  return data ? std::string_view(data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)))
              : std::string_view();
}

bool statement::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

std::optional<std::int64_t> statement::maybe_number(int column) const {
  return is_null(column) ? std::nullopt : std::optional(number(column));
}

void statement::bind_at(int index, std::string_view text) {
  const char* data = text.data() ? text.data() : ""; // a null pointer would bind NULL
  check(sqlite3_bind_text64(handle_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
}
void statement::bind_at(int index, std::int64_t value) { check(sqlite3_bind_int64(handle_, index, value)); }
void statement::bind_at(int index, std::nullptr_t) { check(sqlite3_bind_null(handle_, index)); }

void statement::check(int code) const {
  if (code != SQLITE_OK) raise(connection_, code);
}

bool sqlite_error::of_the_store() const {
  switch (code & 0xFF) {
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
  case SQLITE_FULL:
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
  case SQLITE_READONLY:
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
  case SQLITE_NOMEM:
    return true;
  default:
    return false;
  }
}

database::database(const std::filesystem::path& file, open_mode mode, std::chrono::milliseconds patience) {
  const int flags =
      mode == open_mode::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  const int code =
      sqlite3_open_v2(file.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
  if (code != SQLITE_OK) {
    const std::string said = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
    sqlite3_close(handle_);
    throw sqlite_error(code, "Cannot open " + file.string() + ": " + said);
  }
  execute("PRAGMA busy_timeout = " + std::to_string(patience.count()));
  execute("PRAGMA cache_size = -8000");
  execute("PRAGMA temp_store = MEMORY");
  if (mode == open_mode::read_write) {
    execute("PRAGMA journal_mode = WAL");
    execute("PRAGMA synchronous = FULL");
    // Pages that are written by every commit reach the file once per so many; 16 MiB are read again after a
    // crash.
    execute("PRAGMA wal_autocheckpoint = 4000");
  } else {
    execute("PRAGMA query_only = ON");
  }
}

database::~database() {
  kept_.clear();
  sqlite3_close_v2(handle_);
}

query::query(database& database, const std::string& sql)
    : kept_([&]() -> statement& {
      auto& kept = database.kept_[sql];
      if (!kept) kept = std::make_unique<statement>(database, sql);
      return *kept;
    }()) {}

void database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) raise(handle_, code);
}

int database::changes() const { return sqlite3_changes(handle_); }

bool database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

bool database::moved_away() const {
  int moved = 0;
  return sqlite3_file_control(handle_, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK && moved != 0;
}

void database::migrate(const std::vector<std::string_view>& migrations) {
  transaction whole(*this); // two programs may open a new file at once
  std::int64_t version = 0;
  {
    statement ask(*this, "PRAGMA user_version");
    ask.step();
    version = ask.number(0);
  }
  if (version > static_cast<std::int64_t>(migrations.size()))
    throw sqlite_error(SQLITE_ERROR, "The database was written by a newer Tickwire (schema " +
                                         std::to_string(version) + ", this one knows " +
                                         std::to_string(migrations.size()) + "). Run the newer one.");
  for (auto i = static_cast<std::size_t>(version); i < migrations.size(); ++i) {
    execute(std::string(migrations[i]));
    execute("PRAGMA user_version = " + std::to_string(i + 1));
  }
  whole.commit();
}

transaction::transaction(database& database)
    : database_(database) {
  database_.execute("BEGIN IMMEDIATE");
}

transaction::~transaction() {
  if (!open_) return;
  try {
    database_.execute("ROLLBACK");
  } catch (const sqlite_error&) {
    // SQLite rolls back by itself on some errors; then there is nothing to roll back
  }
}

void transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

} // namespace tickwire::sqlite
