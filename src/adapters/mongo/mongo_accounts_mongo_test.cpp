#include "adapters/mongo/mongo_accounts.hpp"

#include "adapters/mongo/testing.hpp"
#include "contract/account_store_suite.hpp"

#include <gtest/gtest.h>
#include <mongoc/mongoc.h>

namespace tickwire::mongo {
namespace {

using namespace std::chrono_literals;
using tickwire::testing::wait_for;

struct mongo_accounts_factory {
  static constexpr auto look_every = 50ms;

  std::unique_ptr<account_store> open(boost::asio::any_io_executor executor) {
    pools.push_back(std::make_unique<client_pool>(pool_config{database.uri()}));
    return open_accounts(std::move(executor), *pools.back(), {.look_every = look_every});
  }
  void look_for_changes(boost::asio::io_context& io) {
    io.restart();
    io.run_for(4 * look_every);
  }
  void program_ends() {}

  testing::database database;
  std::vector<std::unique_ptr<client_pool>> pools; // each program has its own
  std::string missing;
};

struct MongoAccounts : ::testing::Test {
  using watch_point = std::function<void(const std::string& what)>;

  std::unique_ptr<account_store> open(watch_point after = {}, watch_point before = {}) {
    pool_config config{database.uri()};
    config.watch.before = std::move(before);
    config.watch.after = std::move(after);
    pools.push_back(std::make_unique<client_pool>(std::move(config)));
    return open_accounts(io.get_executor(), *pools.back(), {.look_every = 1h});
  }
  std::vector<user> users() { return *wait_for(io, open()->users()); }

  testing::database database;
  std::vector<std::unique_ptr<client_pool>> pools;
  boost::asio::io_context io;
};

// Whoever logged in with the old password in the moment of the change, or what a crash did not clear away.
TEST_F(MongoAccounts, ASessionFromBeforeANewPasswordIsOfNoUseAlthoughItIsStored) {
  const auto store = open();
  const std::string id = wait_for(io, store->add_user("Ana", role::admin, "hash"))->id;
  const timestamp now{1'000h};
  wait_for(io, store->add_session("session", id, now, now + 1h));
  wait_for(io, store->add_device("device", id, now));
  client_pool clients({database.uri()});
  client db = clients.take();
  const auto session = *db.find_one("sessions", {}), device = *db.find_one("devices", {});
  wait_for(io, store->change_user("Ana", {.password_hash = "another"}));
  db.insert("sessions", session);
  db.insert("devices", device);
  EXPECT_FALSE(wait_for(io, store->find_session("session", now))->has_value());
  EXPECT_FALSE(wait_for(io, store->find_device("device"))->has_value());
}

// The server has done it, and its answer does not come.
TEST_F(MongoAccounts, AChangeWhoseAnswerIsLostIsDoneOnceAndKnownToBeDone) {
  int lost = 0;
  const auto store = open([&](const std::string& what) {
    if (what.find("users") == std::string::npos || what.find("reading") != std::string::npos) return;
    ++lost;
    throw mongo_error(MONGOC_ERROR_STREAM, MONGOC_ERROR_STREAM_SOCKET, "the answer is lost");
  });
  EXPECT_TRUE(wait_for(io, store->add_first_user("Ana", role::admin, "hash")));
  EXPECT_TRUE(wait_for(io, store->add_user("Ben", role::agent, "hash")));
  EXPECT_TRUE(wait_for(io, store->change_user("Ben", {.name = "Bea"})));
  EXPECT_EQ(lost, 3);
  EXPECT_EQ(users().size(), 2u);
  EXPECT_EQ(users().back().name, "Bea");
}

TEST_F(MongoAccounts, AStoreThatIsAwayIsSaidAndNothingHasHappened) {
  bool away = false;
  const auto store = open({}, [&](const std::string&) {
    if (away) throw mongo_error(MONGOC_ERROR_SERVER_SELECTION, 13053, "no server");
  });
  wait_for(io, store->add_user("Ana", role::admin, "hash"));
  away = true;
  EXPECT_EQ(wait_for(io, store->add_user("Ben", role::agent, "hash")).error().kind,
            failure_kind::store_unavailable);
  EXPECT_EQ(wait_for(io, store->find_session("any", timestamp{})).error().kind,
            failure_kind::store_unavailable);
  away = false;
  EXPECT_EQ(wait_for(io, store->users())->size(), 1u);
}

// One small read each, beside the session's own, whatever the number of accounts.
TEST_F(MongoAccounts, AccountsAreReadAgainOnlyWhenTheyHaveChanged) {
  int questions = 0;
  const auto store = open({}, [&](const std::string&) { ++questions; });
  const std::string id = wait_for(io, store->add_user("Ana", role::admin, "hash"))->id;
  const timestamp now{1'000h};
  wait_for(io, store->add_session("session", id, now, now + 1h));
  questions = 0;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(wait_for(io, store->find_session("session", now))->has_value());
  EXPECT_EQ(questions, 20);
  wait_for(io, open()->add_user("Ben", role::agent, "hash"));
  questions = 0;
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(wait_for(io, store->find_session("session", now))->has_value());
  EXPECT_EQ(questions, 21);
}

} // namespace
} // namespace tickwire::mongo

namespace tickwire::testing {
INSTANTIATE_TYPED_TEST_SUITE_P(Mongo, AccountStore, mongo::mongo_accounts_factory);
} // namespace tickwire::testing
