#include "adapters/sqlite/sqlite_accounts.hpp"

#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/schema.hpp"
#include "base/blocking_pool.hpp"
#include "base/logging.hpp"
#include "core/text.hpp"

namespace tickwire::sqlite {

namespace {

std::string_view to_text(enum role role) { return role == role::admin ? "admin" : "agent"; }
enum role role_from(std::string_view text) { return text == "admin" ? role::admin : role::agent; }

class sqlite_accounts final : public account_store {
public:
  explicit sqlite_accounts(const std::filesystem::path& directory)
      : database_(made(directory) / "accounts.db", open_mode::read_write) {
    database_.migrate(accounts_migrations);
  }

  task<result<std::optional<user_record>>> find_user_by_name(std::string name) override {
    return run<std::optional<user_record>>([this, key = ascii_lower(name)]() -> std::optional<user_record> {
      statement ask(database_, "SELECT id, name, role, password_hash FROM users WHERE name_key = ?");
      ask.bind(key);
      if (!ask.step()) return std::nullopt;
      return user_record{{ask.text(0), ask.text(1), role_from(ask.view(2))}, ask.text(3)};
    });
  }

  task<result<std::vector<user>>> users() override {
    return run<std::vector<user>>([this] {
      statement ask(database_, "SELECT id, name, role FROM users ORDER BY name_key");
      std::vector<user> rows;
      while (ask.step()) rows.push_back({ask.text(0), ask.text(1), role_from(ask.view(2))});
      return rows;
    });
  }

  task<result<user>> add_user(std::string name, enum role role, std::string password_hash) override {
    return add(std::move(name), role, std::move(password_hash), false);
  }
  task<result<user>> add_first_user(std::string name, enum role role, std::string password_hash) override {
    return add(std::move(name), role, std::move(password_hash), true);
  }

  task<result<void>> add_session(std::string token_hash, std::string user_id, timestamp expires_at) override {
    return run<void>([=, this]() -> result<void> {
      statement(database_, "DELETE FROM sessions WHERE expires_at < ?").bind(now_millis()).run();
      statement(database_, "INSERT INTO sessions VALUES (?, ?, ?)")
          .bind(token_hash, user_id, expires_at.time_since_epoch().count())
          .run();
      return {};
    });
  }

  task<result<std::optional<user>>> find_session(std::string token_hash, timestamp now) override {
    return run<std::optional<user>>([=, this]() -> std::optional<user> {
      statement ask(database_, "SELECT users.id, name, role FROM sessions JOIN users ON users.id = user_id "
                               "WHERE token_hash = ? AND expires_at > ?");
      ask.bind(token_hash, now.time_since_epoch().count());
      if (!ask.step()) return std::nullopt;
      return user{ask.text(0), ask.text(1), role_from(ask.view(2))};
    });
  }

  task<result<void>> remove_session(std::string token_hash) override {
    return run<void>([=, this]() -> result<void> {
      statement(database_, "DELETE FROM sessions WHERE token_hash = ?").bind(token_hash).run();
      return {};
    });
  }

private:
  static std::filesystem::path made(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    if (error)
      throw std::runtime_error("Cannot make the folder " + directory.string() +
                               " (DATA_DIR): " + error.message() + ".");
    return directory;
  }

  static std::int64_t now_millis() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }

  task<result<user>> add(std::string name, enum role role, std::string password_hash, bool only_first) {
    return run<user>([=, this]() -> result<user> {
      transaction whole(database_);
      statement count(database_, "SELECT count(*) FROM users");
      count.step();
      const bool some = count.number(0) > 0;
      count.reset();
      if (only_first && some)
        return fail(failure_kind::conflict, "already_set_up",
                    "There is an administrator already. Log in, or ask them for an account.");
      statement random(database_, "SELECT lower(hex(randomblob(8)))");
      random.step();
      user who{"u_" + random.text(0), name, role};
      random.reset();
      statement insert(database_, "INSERT OR IGNORE INTO users VALUES (?, ?, ?, ?, ?)");
      const std::string key = ascii_lower(name);
      insert.bind(who.id, who.name, key, to_text(role), password_hash).run();
      if (database_.changes() == 0)
        return fail(failure_kind::conflict, "name_taken",
                    "Somebody is called \"" + name + "\" already. Choose another name.");
      whole.commit();
      return who;
    });
  }

  template <class T, class Work>
  task<result<T>> run(Work work) {
    auto on_thread = [work = std::move(work)]() mutable -> result<T> {
      try {
        return work();
      } catch (const sqlite_error& error) {
        log_error(std::string("accounts: ") + error.what());
        return fail(failure_kind::store_unavailable, "store_unavailable",
                    "The accounts cannot be read or written at the moment. Try again in a few seconds.");
      }
    };
    co_return co_await pool_.run(std::move(on_thread));
  }

  database database_; // used by the pool's one thread only
  blocking_pool pool_{1, 256};
};

} // namespace

std::unique_ptr<account_store> open_accounts(const std::filesystem::path& directory) {
  return std::make_unique<sqlite_accounts>(directory);
}

} // namespace tickwire::sqlite
