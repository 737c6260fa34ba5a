// SQLite with owners: connections, statements, transactions. Errors are exceptions here and become failures
// where a port is implemented. A connection belongs to one thread at a time.
#pragma once

#include "store/store_error.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace tickwire::sqlite {

struct sqlite_error : store_error {
  sqlite_error(int code, const std::string& what)
      : store_error(what)
      , code(code) {}
  int code; // SQLite's extended result code
  bool of_the_store() const override;
};

class database;

template <class Value>
inline constexpr bool owns_a_dying_text =
    std::is_same_v<Value, std::string&&> || std::is_same_v<Value, std::optional<std::string>&&>;

// A prepared statement, kept for the life of its connection. Use: bind(…), then step() while there are rows,
// then reset(); the next bind() does that, too.
class statement {
public:
  statement(database& database, std::string_view sql);
  statement(statement&& other) noexcept;
  statement& operator=(statement&&) = delete;
  ~statement();

  // Binds all parameters in order and rewinds. Texts are not copied: they must live until reset(), which a
  // temporary does not.
  template <class... Values>
  statement& bind(Values&&... values) {
    static_assert((!owns_a_dying_text<Values&&> && ...),
                  "give the text a name that lives until the last step()");
    reset();
    int index = 0;
    (bind_at(++index, values), ...);
    return *this;
  }

  bool step();  // true: there is a row
  void run();   // steps to the end
  void reset(); // lets go of rows and bound texts

  std::int64_t number(int column) const;
  std::string text(int column) const;
  std::string_view view(int column) const; // until the next step
  bool is_null(int column) const;
  std::optional<std::int64_t> maybe_number(int column) const;

private:
  void bind_at(int index, std::string_view text);
  void bind_at(int index, const std::string& text) { bind_at(index, std::string_view(text)); }
  void bind_at(int index, const char* text) { bind_at(index, std::string_view(text)); }
  void bind_at(int index, std::int64_t value);
  void bind_at(int index, std::uint64_t value) { bind_at(index, static_cast<std::int64_t>(value)); }
  void bind_at(int index, int value) { bind_at(index, static_cast<std::int64_t>(value)); }
  void bind_at(int index, bool value) { bind_at(index, static_cast<std::int64_t>(value)); }
  void bind_at(int index, std::nullptr_t);
  template <class T>
  void bind_at(int index, const std::optional<T>& value) {
    if (value)
      bind_at(index, *value);
    else
      bind_at(index, nullptr);
  }
  void check(int code) const;

  sqlite3* connection_;
  sqlite3_stmt* handle_ = nullptr;
};

enum class open_mode { read_write, read_only };

class database {
public:
  // WAL, synchronous=FULL: a commit that returned survives kill -9 and power loss. `patience`: how long a
  // lock of another program is waited for.
  database(const std::filesystem::path& file, open_mode mode,
           std::chrono::milliseconds patience = std::chrono::seconds{2});
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database();

  void execute(const std::string& sql);
  int changes() const; // rows changed by the last statement
  bool in_transaction() const;
  // The file was renamed or removed while it was open: what is written now would be gone after a restart.
  bool moved_away() const;

  // Brings the schema to migrations.size(): step i takes version i to i+1, all in one transaction. Throws
  // when the file is newer than that.
  void migrate(const std::vector<std::string_view>& migrations);

  sqlite3* handle() const { return handle_; }

private:
  friend class query;
  sqlite3* handle_ = nullptr;
  std::unordered_map<std::string, std::unique_ptr<statement>> kept_;
};

// A statement that its connection keeps prepared, in use until the end of the scope; then it lets go of its
// rows, since a statement in the middle of them would hold the connection at an old state of the data.
class query {
public:
  query(database& database, const std::string& sql);
  query(const query&) = delete;
  query& operator=(const query&) = delete;
  ~query() { kept_.reset(); }

  template <class... Values>
  query& bind(Values&&... values) {
    kept_.bind(std::forward<Values>(values)...);
    return *this;
  }
  bool step() { return kept_.step(); }
  void reset() { kept_.reset(); }
  std::int64_t number(int column) const { return kept_.number(column); }
  std::string text(int column) const { return kept_.text(column); }
  std::string_view view(int column) const { return kept_.view(column); }
  bool is_null(int column) const { return kept_.is_null(column); }
  operator const statement&() const { return kept_; }

private:
  statement& kept_;
};

// Rolls back unless committed.
class transaction {
public:
  explicit transaction(database& database);
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  ~transaction();
  void commit();

private:
  database& database_;
  bool open_ = true;
};

} // namespace tickwire::sqlite
