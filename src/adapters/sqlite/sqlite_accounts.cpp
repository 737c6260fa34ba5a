#include "adapters/sqlite/sqlite_accounts.hpp"

#include "adapters/sqlite/closed_file_watch.hpp"
#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/schema.hpp"
#include "base/blocking_pool.hpp"
#include "base/clock.hpp"
#include "base/logging.hpp"
#include "core/text.hpp"

namespace tickwire::sqlite {

namespace {

constexpr std::string_view user_columns = "users.id, name, role, disabled";

std::string_view to_text(enum role role) { return role == role::admin ? "admin" : "agent"; }
enum role role_from(std::string_view text) { return text == "admin" ? role::admin : role::agent; }

// From the columns above, which come first.
user read_user(const statement& row) {
  return {row.text(0), row.text(1), role_from(row.view(2)), row.number(3) != 0};
}

std::int64_t millis(timestamp time) { return time.time_since_epoch().count(); }

std::unexpected<failure> no_such_user(const std::string& name) {
  return fail(failure_kind::not_found, "unknown_user", "There is no user called \"" + name + "\".");
}
std::unexpected<failure> name_taken(const std::string& name) {
  return fail(failure_kind::conflict, "name_taken",
              "Somebody is called \"" + name + "\" already. Choose another name.");
}

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
    return run<std::vector<user>>([this] {
      query ask(database_, "SELECT " + std::string(user_columns) + " FROM users ORDER BY name_key");
      std::vector<user> rows;
      while (ask.step()) rows.push_back(read_user(ask));
      return rows;
    });
  }

  task<result<user>> add_user(std::string name, enum role role, std::string password_hash) override {
    return add(std::move(name), role, std::move(password_hash), false);
  }
  task<result<user>> add_first_user(std::string name, enum role role, std::string password_hash) override {
    return add(std::move(name), role, std::move(password_hash), true);
  }

  task<result<user>> change_user(std::string name, user_change change) override {
    return run<user>([this, name = std::move(name), change = std::move(change)]() -> result<user> {
      transaction whole(database_);
      auto found = find(name);
      if (!found) return no_such_user(name);
      user who = found->who;
      const user before = who;
      if (change.name) who.name = *change.name;
      if (change.role) who.role = *change.role;
      if (change.disabled) who.disabled = *change.disabled;
      if (auto stays = somebody_administers(before, who.role == role::admin && !who.disabled); !stays)
        return std::unexpected(stays.error());
      const std::string key = ascii_lower(who.name);
      if (const auto other = find(who.name); other && other->who.id != who.id) return name_taken(who.name);
      statement(
          database_,
          "UPDATE users SET name = ?, name_key = ?, role = ?, disabled = ?, password_hash = ? WHERE id = ?")
          .bind(who.name, key, to_text(who.role), who.disabled,
                change.password_hash ? *change.password_hash : found->password_hash, who.id)
          .run();
      if (change.password_hash || who.disabled) end_sessions(who.id);
      if (change.password_hash) forget_devices(who.id);
      whole.commit();
      return who;
    });
  }

  task<result<void>> remove_user(std::string name) override {
    return run<void>([this, name = std::move(name)]() -> result<void> {
      transaction whole(database_);
      const auto found = find(name);
      if (!found) return no_such_user(name);
      if (auto stays = somebody_administers(found->who, false); !stays) return stays;
      statement(database_, "DELETE FROM users WHERE id = ?").bind(found->who.id).run();
      end_sessions(found->who.id);
      forget_devices(found->who.id);
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

  // Whether an administrator who may log in is left when `who` is one only if `stays`.
  result<void> somebody_administers(const user& who, bool stays) {
    if (stays || who.role != role::admin || who.disabled) return {};
    query others(database_, "SELECT count(*) FROM users WHERE role = 'admin' AND disabled = 0 AND id <> ?");
    others.bind(who.id);
    others.step();
    if (others.number(0) > 0) return {};
    return fail(failure_kind::conflict, "last_admin",
                "\"" + who.name + "\" is the last administrator. Make somebody else one first.");
  }

  void end_sessions(const std::string& user_id) {
    statement(database_, "DELETE FROM sessions WHERE user_id = ?").bind(user_id).run();
  }
  void forget_devices(const std::string& user_id) {
    statement(database_, "DELETE FROM devices WHERE user_id = ?").bind(user_id).run();
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
      if (find(name)) return name_taken(name);
      statement random(database_, "SELECT lower(hex(randomblob(8)))");
      random.step();
      user who{"u_" + random.text(0), name, role};
      random.reset();
      const std::string key = ascii_lower(name);
      statement(database_,
                "INSERT INTO users (id, name, name_key, role, password_hash) VALUES (?, ?, ?, ?, ?)")
          .bind(who.id, who.name, key, to_text(role), password_hash)
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
        return fail(failure_kind::store_unavailable, "store_unavailable",
                    "The accounts cannot be read or written at the moment. Try again in a few seconds.");
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
  return std::make_unique<sqlite_accounts>(std::move(executor), directory);
}

} // namespace tickwire::sqlite
