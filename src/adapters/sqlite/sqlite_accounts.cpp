#include "adapters/sqlite/sqlite_accounts.hpp"

#include "adapters/sqlite/closed_file_watch.hpp"
#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/schema.hpp"
#include "adapters/sqlite/unfinished.hpp"
#include "base/blocking_pool.hpp"
#include "base/clock.hpp"
#include "base/logging.hpp"
#include "core/text.hpp"
#include "store/account_rules.hpp"

namespace tickwire::sqlite {

namespace {

constexpr std::string_view user_columns = "users.id, name, role, disabled";

// From the columns above, which come first.
user read_user(const statement& row) {
  return {row.text(0), row.text(1), role_from(row.view(2)), row.number(3) != 0};
}

std::int64_t millis(timestamp time) { return time.time_since_epoch().count(); }

std::filesystem::path made(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw std::runtime_error("Cannot make the folder " + directory.string() +
                             " (DATA_DIR): " + error.message() + ".");
  return directory;
}

class sqlite_accounts final : public account_store {
public:
  sqlite_accounts(boost::asio::any_io_executor executor, const std::filesystem::path& directory)
      : executor_(std::move(executor))
      , file_(made(directory) / "accounts.db")
      , database_(file_, open_mode::read_write) {
    database_.migrate(accounts_migrations);
  }

  task<result<std::optional<user_record>>> find_user_by_name(std::string name) override {
    return run<std::optional<user_record>>([this, name = std::move(name)] { return find(name); });
  }

  task<result<std::vector<user>>> users() override {
    return run<std::vector<user>>([this] { return users_of(all()); });
  }

  task<result<user>> add_user(std::string name, enum role role, std::string password_hash) override {
    return add(std::move(name), role, std::move(password_hash), add_account);
  }
  task<result<user>> add_first_user(std::string name, enum role role, std::string password_hash) override {
    return add(std::move(name), role, std::move(password_hash), add_first_account);
  }

  task<result<user>> change_user(std::string name, user_change change) override {
    return run<user>([this, name = std::move(name), change = std::move(change)]() -> result<user> {
      transaction whole(database_);
      const auto done = change_account(all(), name, change);
      if (!done) return std::unexpected(done.error());
      const user& who = done->now.who;
      const std::string key = ascii_lower(who.name);
      statement(
          database_,
          "UPDATE users SET name = ?, name_key = ?, role = ?, disabled = ?, password_hash = ? WHERE id = ?")
          .bind(who.name, key, to_text(who.role), who.disabled, done->now.password_hash, who.id)
          .run();
      end_what_ends(*done);
      whole.commit();
      return who;
    });
  }

  task<result<void>> remove_user(std::string name) override {
    return run<void>([this, name = std::move(name)]() -> result<void> {
      transaction whole(database_);
      const auto done = remove_account(all(), name);
      if (!done) return std::unexpected(done.error());
      statement(database_, "DELETE FROM users WHERE id = ?").bind(done->now.who.id).run();
      end_what_ends(*done);
      whole.commit();
      return {};
    });
  }

  task<result<void>> add_session(std::string token_hash, std::string user_id, timestamp now,
                                 timestamp until) override {
    return run<void>([=, this]() -> result<void> {
      query(database_, "DELETE FROM sessions WHERE expires_at < ?").bind(millis(now)).step();
      query(database_, "INSERT INTO sessions VALUES (?, ?, ?)")
          .bind(token_hash, user_id, millis(until))
          .step();
      return {};
    });
  }

  task<result<std::optional<session_record>>> find_session(std::string token_hash, timestamp now) override {
    return run<std::optional<session_record>>([=, this]() -> std::optional<session_record> {
      query ask(database_, "SELECT " + std::string(user_columns) +
                               ", expires_at FROM sessions JOIN users ON users.id = user_id "
                               "WHERE token_hash = ? AND expires_at > ? AND disabled = 0");
      ask.bind(token_hash, millis(now));
      if (!ask.step()) return std::nullopt;
      return session_record{read_user(ask), timestamp{std::chrono::milliseconds{ask.number(4)}}};
    });
  }

  task<result<void>> remove_session(std::string token_hash) override {
    return run<void>([=, this]() -> result<void> {
      query(database_, "DELETE FROM sessions WHERE token_hash = ?").bind(token_hash).step();
      return {};
    });
  }

  task<result<void>> add_device(std::string device_hash, std::string user_id, timestamp now) override {
    return run<void>([=, this]() -> result<void> {
      transaction whole(database_);
      statement(database_, "INSERT INTO devices VALUES (?, ?, ?)")
          .bind(device_hash, user_id, millis(now))
          .run();
      statement(database_,
                "DELETE FROM devices WHERE user_id = ? AND device_hash NOT IN "
                "(SELECT device_hash FROM devices WHERE user_id = ? ORDER BY added_at DESC LIMIT ?)")
          .bind(user_id, user_id, static_cast<std::uint64_t>(devices_max))
          .run();
      whole.commit();
      return {};
    });
  }

  task<result<std::optional<user>>> find_device(std::string device_hash) override {
    return run<std::optional<user>>([=, this]() -> std::optional<user> {
      query ask(database_, "SELECT " + std::string(user_columns) +
                               " FROM devices JOIN users ON users.id = user_id WHERE device_hash = ?");
      ask.bind(device_hash);
      return ask.step() ? std::optional(read_user(ask)) : std::nullopt;
    });
  }

  // Whoever had the file open for writing and is done with it may have changed something. We ourselves keep
  // it open.
  void on_changed_elsewhere(std::function<void()> listener) override {
    watch_.emplace(executor_, file_, std::move(listener));
  }

private:
  std::optional<user_record> find(const std::string& name) {
    const std::string key = ascii_lower(name);
    query ask(database_,
              "SELECT " + std::string(user_columns) + ", password_hash FROM users WHERE name_key = ?");
    ask.bind(key);
    if (!ask.step()) return std::nullopt;
    return user_record{read_user(ask), ask.text(4)};
  }

  account_list all() {
    query ask(database_,
              "SELECT " + std::string(user_columns) + ", password_hash FROM users ORDER BY name_key");
    account_list rows;
    while (ask.step()) rows.push_back({read_user(ask), ask.text(4)});
    return rows;
  }

  void end_what_ends(const account_change& done) {
    const std::string& id = done.now.who.id;
    if (done.ends_sessions) statement(database_, "DELETE FROM sessions WHERE user_id = ?").bind(id).run();
    if (done.forgets_devices) statement(database_, "DELETE FROM devices WHERE user_id = ?").bind(id).run();
  }

  task<result<user>> add(std::string name, enum role role, std::string password_hash,
                         decltype(add_account)* rule) {
    return run<user>([=, this]() -> result<user> {
      transaction whole(database_);
      const auto added = rule(all(), name, role, password_hash);
      if (!added) return std::unexpected(added.error());
      const user& who = added->who;
      const std::string key = ascii_lower(who.name);
      statement(database_,
                "INSERT INTO users (id, name, name_key, role, password_hash) VALUES (?, ?, ?, ?, ?)")
          .bind(who.id, who.name, key, to_text(who.role), added->password_hash)
          .run();
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
        return accounts_unavailable();
      }
    };
    co_return co_await pool_.run(std::move(on_thread));
  }

  const boost::asio::any_io_executor executor_;
  const std::filesystem::path file_;
  database database_; // used by the pool's one thread only
  std::optional<closed_file_watch> watch_;
  blocking_pool pool_{1, 256};
};

} // namespace

std::unique_ptr<account_store> open_accounts(boost::asio::any_io_executor executor,
                                             const std::filesystem::path& directory) {
  refuse_unfinished(directory);
  return std::make_unique<sqlite_accounts>(std::move(executor), directory);
}

} // namespace tickwire::sqlite
