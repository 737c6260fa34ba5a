#include "adapters/mongo/mongo_accounts.hpp"

#include "adapters/mongo/account_document.hpp"
#include "adapters/mongo/client_pool.hpp"
#include "adapters/mongo/mongo_error.hpp"
#include "adapters/mongo/unfinished.hpp"
#include "base/blocking_pool.hpp"
#include "base/logging.hpp"
#include "base/random.hpp"
#include "base/start.hpp"
#include "base/throttled_log.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <mutex>

namespace tickwire::mongo {

namespace asio = boost::asio;

namespace {

constexpr std::size_t waiting_max = 256;       // more questions are refused as overloaded
constexpr std::size_t version_characters = 16; // 96 random bits
// Others that change accounts in the same moment; each time one of them is through.
constexpr int tries_max = 100;

document by_id(const std::string& id) { return document().text("_id", id); }
document of_user(const std::string& user_id) { return document().text("userId", user_id); }

class mongo_accounts final : public account_store {
public:
  mongo_accounts(asio::any_io_executor executor, client_pool& clients, accounts_config config)
      : executor_(std::move(executor))
      , clients_(clients)
      , look_every_(config.look_every)
      , timer_(executor_)
      , pool_(config.threads, waiting_max) {
    client db = clients_.take();
    refuse_unfinished(db);
    db.ensure_indexes(sessions_collection,
                      {{"until", document().number("until", 1)}, {"userId", document().number("userId", 1)}});
    db.ensure_indexes(devices_collection,
                      {{"userId_addedAt", document().number("userId", 1).number("addedAt", -1)}});
    heard_ = version_now(db);
  }

  task<result<std::optional<user_record>>> find_user_by_name(std::string name) override {
    return run<std::optional<user_record>>([=, this](client& db) -> std::optional<user_record> {
      const auto now = accounts(db);
      const user_record* found = find_by_name(now->all, name);
      return found ? std::optional(*found) : std::nullopt;
    });
  }

  task<result<std::vector<user>>> users() override {
    return run<std::vector<user>>([this](client& db) { return users_of(accounts(db)->all); });
  }

  task<result<user>> add_user(std::string name, enum role role, std::string password_hash) override {
    return add(std::move(name), role, std::move(password_hash), add_account);
  }
  task<result<user>> add_first_user(std::string name, enum role role, std::string password_hash) override {
    return add(std::move(name), role, std::move(password_hash), add_first_account);
  }

  task<result<user>> change_user(std::string name, user_change change) override {
    return run<user>([=, this](client& db) -> result<user> {
      const auto done = decide_and_store<account_change>(db, [&](accounts_now& now) {
        auto decided = change_account(now.all, name, change);
        if (decided) now.change(*decided);
        return decided;
      });
      if (!done) return std::unexpected(done.error());
      drop_what_ended(db, done->now.who.id);
      return done->now.who;
    });
  }

  task<result<void>> remove_user(std::string name) override {
    return run<void>([=, this](client& db) -> result<void> {
      const auto done = decide_and_store<account_change>(db, [&](accounts_now& now) {
        auto decided = remove_account(now.all, name);
        if (decided) now.remove(*decided);
        return decided;
      });
      if (!done) return std::unexpected(done.error());
      drop_what_ended(db, done->now.who.id);
      return {};
    });
  }

  task<result<void>> add_session(std::string token_hash, std::string user_id, timestamp now,
                                 timestamp until) override {
    return run<void>([=, this](client& db) -> result<void> {
      db.remove_all(sessions_collection, document().object("until", document().time("$lt", now)));
      document session = by_id(token_hash);
      session.text("userId", user_id)
          .number("generation", accounts(db)->generations_of(user_id).sessions)
          .time("until", until);
      db.insert(sessions_collection, session);
      return {};
    });
  }

  task<result<std::optional<session_record>>> find_session(std::string token_hash, timestamp now) override {
    return run<std::optional<session_record>>([=, this](client& db) -> std::optional<session_record> {
      const auto found = db.find_one(sessions_collection, by_id(token_hash));
      if (!found) return std::nullopt;
      const reader session(*found);
      const timestamp until = session.time("until");
      const std::string user_id = session.text("userId");
      const auto all = accounts(db);
      const user_record* its_user = all->find(user_id);
      if (until <= now || !its_user || its_user->who.disabled ||
          session.number("generation") != all->generations_of(user_id).sessions)
        return std::nullopt;
      return session_record{its_user->who, until};
    });
  }

  task<result<void>> remove_session(std::string token_hash) override {
    return run<void>([=, this](client& db) -> result<void> {
      if (db.remove_one(sessions_collection, by_id(token_hash)) == 0) return {};
      // So that other processes end its sockets.
      const auto told = decide_and_store<bool>(db, [](accounts_now&) -> result<bool> { return true; });
      if (!told) return std::unexpected(told.error());
      return {};
    });
  }

  task<result<void>> add_device(std::string device_hash, std::string user_id, timestamp now) override {
    return run<void>([=, this](client& db) -> result<void> {
      document device = by_id(device_hash);
      device.text("userId", user_id)
          .number("generation", accounts(db)->generations_of(user_id).devices)
          .time("addedAt", now);
      db.insert(devices_collection, device);
      std::size_t newer = 0;
      const find_options newest_first{.sort = document().number("addedAt", -1),
                                      .only = document().number("_id", 1)};
      for (const document& one : db.find(devices_collection, of_user(user_id), newest_first))
        if (newer++ >= devices_max) db.remove_one(devices_collection, by_id(reader(one).text("_id")));
      return {};
    });
  }

  task<result<std::optional<user>>> find_device(std::string device_hash) override {
    return run<std::optional<user>>([=, this](client& db) -> std::optional<user> {
      const auto found = db.find_one(devices_collection, by_id(device_hash));
      if (!found) return std::nullopt;
      const reader device(*found);
      const std::string user_id = device.text("userId");
      const auto all = accounts(db);
      const user_record* its_user = all->find(user_id);
      if (!its_user || device.number("generation") != all->generations_of(user_id).devices)
        return std::nullopt;
      return its_user->who;
    });
  }

  void on_changed_elsewhere(std::function<void()> listener) override {
    listener_ = std::move(listener);
    asio::co_spawn(executor_, look(), [](std::exception_ptr error) {
      if (error) log_error("accounts: what others change is not seen any more: " + words_of(error));
    });
  }

private:
  using known_accounts = std::shared_ptr<const accounts_now>;

  std::string version_now(client& db) {
    const auto found =
        db.find_one(users_collection, which_users(), {.only = document().number("version", 1)});
    return found ? reader(*found).text("version") : "";
  }

  // As they are at this moment. They are only read when they have changed since the last time.
  known_accounts accounts(client& db) {
    const std::string version = version_now(db);
    {
      const std::lock_guard lock(known_mutex_);
      if (known_->version == version) return known_;
    }
    const auto found = db.find_one(users_collection, which_users());
    return remember(found ? read_accounts(*found) : accounts_now{});
  }
  known_accounts remember(accounts_now now) {
    auto known = std::make_shared<const accounts_now>(std::move(now));
    const std::lock_guard lock(known_mutex_);
    known_ = known;
    return known;
  }

  // Changes the accounts as `decide` does, if nobody else changed them meanwhile; else it decides again.
  template <class T, class Decide>
  result<T> decide_and_store(client& db, Decide decide) {
    const std::lock_guard one_at_a_time(changing_);
    for (int i = 0; i < tries_max; ++i) {
      const known_accounts before = accounts(db);
      accounts_now after = *before;
      result<T> decided = decide(after);
      if (!decided) return decided;
      after.version = random_text(version_characters);
      if (!replace(db, before->version, after)) continue;
      if (heard_ == before->version) heard_ = after.version; // our own changes are known to us
      remember(std::move(after));
      return decided;
    }
    return fail(failure_kind::overloaded, "busy",
                "Many change accounts at this moment. Try again in a few seconds.");
  }

  // Whether it has the new version now, which it gets only if it still has the old one.
  bool replace(client& db, const std::string& old_version, const accounts_now& after) {
    try {
      if (!old_version.empty()) {
        const document change = document().object("$set", with_accounts({}, after));
        return db.update_one(users_collection, which_users(old_version), change).matched == 1;
      }
      db.insert(users_collection, with_accounts(which_users(), after));
      return true;
    } catch (const mongo_error& error) {
      if (error.duplicate()) return false;
      if (!error.answer_lost()) throw;
      return version_now(db) == after.version;
    }
  }

  // They are of no use any more. Without this they would only stay until they are old.
  void drop_what_ended(client& db, const std::string& user_id) {
    try {
      const auto now = accounts(db);
      const generations valid = now->generations_of(user_id);
      const auto older_than = [&](std::int64_t generation) {
        document filter = of_user(user_id);
        if (now->find(user_id)) filter.object("generation", document().number("$lt", generation));
        return filter;
      };
      db.remove_all(sessions_collection, older_than(valid.sessions));
      db.remove_all(devices_collection, older_than(valid.devices));
    } catch (const mongo_error& error) {
      log_warning(std::string("accounts: ended sessions stay in the database for a while: ") + error.what());
    }
  }

  task<result<user>> add(std::string name, enum role role, std::string password_hash,
                         decltype(add_account)* rule) {
    return run<user>([=, this](client& db) -> result<user> {
      auto added = decide_and_store<user_record>(db, [&](accounts_now& now) {
        auto decided = rule(now.all, name, role, password_hash);
        if (decided) now.add(*decided);
        return decided;
      });
      if (!added) return std::unexpected(added.error());
      return added->who;
    });
  }

  // Until this is destroyed.
  task<void> look() {
    const std::weak_ptr<const bool> here = here_;
    for (;;) {
      boost::system::error_code ended;
      timer_.expires_after(look_every_);
      co_await timer_.async_wait(asio::redirect_error(asio::use_awaitable, ended));
      if (ended || here.expired()) co_return;
      auto ask = [this](client& db) -> result<bool> {
        const std::lock_guard one_at_a_time(changing_);
        const std::string version = version_now(db);
        const bool changed = version != heard_;
        heard_ = version;
        return changed;
      };
      const auto changed = co_await run<bool>(std::move(ask));
      if (here.expired()) co_return;
      if (changed && *changed) listener_();
    }
  }

  // Runs work(client) on a thread that may wait.
  template <class T, class Work>
  task<result<T>> run(Work work) {
    auto on_thread = [this, work = std::move(work)]() mutable -> result<T> {
      try {
        client db = clients_.take();
        return work(db);
      } catch (const mongo_error& error) {
        away_line_.warn(std::string("accounts: ") + error.what());
        return accounts_unavailable();
      }
    };
    co_return co_await pool_.run(std::move(on_thread));
  }

  const asio::any_io_executor executor_;
  client_pool& clients_;
  const std::chrono::milliseconds look_every_;
  asio::steady_timer timer_;
  std::function<void()> listener_;
  const std::shared_ptr<const bool> here_ = std::make_shared<const bool>(true);
  throttled_log away_line_;

  std::mutex known_mutex_;
  known_accounts known_ = std::make_shared<const accounts_now>();
  std::mutex changing_;
  std::string heard_; // the newest version that the listener was told of, or that is our own; under changing_

  blocking_pool pool_; // last: its threads use the others
};

} // namespace

std::unique_ptr<account_store> open_accounts(asio::any_io_executor executor, client_pool& pool,
                                             accounts_config config) {
  return std::make_unique<mongo_accounts>(std::move(executor), pool, config);
}

} // namespace tickwire::mongo
