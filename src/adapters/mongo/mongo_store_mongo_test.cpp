#include "adapters/mongo/mongo_store.hpp"

#include "adapters/mongo/mongo_accounts.hpp"
#include "adapters/mongo/mongo_leases.hpp"
#include "adapters/mongo/mongo_log.hpp"
#include "adapters/mongo/mongo_rows.hpp"
#include "adapters/mongo/row_documents.hpp"
#include "adapters/mongo/testing.hpp"
#include "contract/whole_store_suite.hpp"
#include "store/log_writer.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <thread>

namespace tickwire::testing {
namespace {

// Shows that it lives as one that sends does.
class living_server {
public:
  living_server(mongo::client_pool& pool, std::unique_ptr<log_store> log)
      : leases_(mongo::open_leases(pool, inbox))
      , log_(std::move(log)) {
    wait_for(io_, leases_->take("node", *wait_for(io_, leases_->beat("node", {}))));
    beating_ = std::jthread([this](std::stop_token ended) {
      while (!ended.stop_requested()) {
        wait_for(io_, leases_->beat("node", {}));
        std::this_thread::sleep_for(std::chrono::milliseconds{20}); // a server's pause is longer
      }
    });
  }
  log_store& log() { return *log_; }

private:
  boost::asio::io_context io_;
  std::unique_ptr<sending_leases> leases_;
  std::unique_ptr<log_store> log_;
  std::jthread beating_;
};

struct mongo_whole_factory {
  std::unique_ptr<whole_store> open() {
    return mongo::open_whole({.uri = database.uri(), .silence = silence});
  }
  std::unique_ptr<log_store> open_log(boost::asio::any_io_executor io) {
    mongo::log_config config;
    config.inbox = inbox;
    return mongo::open_log(std::move(io), pool, config);
  }
  std::shared_ptr<log_store> serve(boost::asio::any_io_executor io) {
    const auto server = std::make_shared<living_server>(pool, open_log(std::move(io)));
    return {server, &server->log()};
  }
  std::unique_ptr<account_store> open_accounts(boost::asio::any_io_executor io) {
    return mongo::open_accounts(std::move(io), pool);
  }
  void damage_views() {
    mongo::client store = pool.take();
    const auto one = store.find_one(mongo::collections::messages, mongo::in_inbox(inbox));
    store.remove_one(mongo::collections::messages,
                     mongo::document().text("_id", mongo::reader(*one).text("_id")));
    store.update_all(mongo::collections::contacts, {},
                     mongo::document().object("$set", mongo::document().text("name", "somebody else")));
    store.remove_all(mongo::collections::bindings, {});
  }

  static constexpr std::chrono::milliseconds silence{1'500};
  mongo::testing::database database;
  mongo::client_pool pool{{database.uri()}};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Mongo, WholeStore, mongo_whole_factory);

// Killed while the views are made anew: no server takes what is there for whole, and doing it again mends it.
TEST(MongoStore, ViewsThatWereBeingMadeAnewAreRefusedAfterAKillUntilTheyAreDone) {
  std::mt19937 random(seed());
  mongo_whole_factory place;
  store_in_memory origin(inbox, random_log(random, 400), some_people());
  migrate(origin, *place.open());
  const auto expected = by_name(rows_of(origin.log().rows));
  int refused = 0;
  for (int round = 0; round < 6; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) made_anew(*place.open());
    }
    ::usleep(static_cast<useconds_t>(random() % 2'500'000)); // any moment will do
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    boost::asio::io_context io;
    try {
      const auto store = place.open_log(io.get_executor());
      expect_same(rows_in(*place.open()), expected);
    } catch (const std::runtime_error& error) {
      // The last question of the killed one may be answered while the store is being opened.
      const std::string why = error.what();
      EXPECT_TRUE(why.find("rebuild-views") != why.npos || why.find("Start it again") != why.npos) << why;
      ++refused;
    }
  }
  made_anew(*place.open());
  expect_same(rows_in(*place.open()), expected);
  boost::asio::io_context io;
  EXPECT_EQ(place.open_log(io.get_executor())->head(), origin.log().head) << seed_note();
  RecordProperty("refused", refused);
}

// One that nobody saw (it stood still, or its marks did not get through) writes nothing any more.
TEST(MongoStore, AWriterOfOldViewsCannotWriteIntoNewOnes) {
  std::mt19937 random(seed());
  mongo_whole_factory place;
  store_in_memory origin(inbox, random_log(random, 100), some_people());
  migrate(origin, *place.open());
  log_writer old(mongo::open_rows(place.pool, inbox));
  place.damage_views();
  EXPECT_FALSE(made_anew(*place.open()).as_they_were());
  const auto answer = old.commit({{received("wamid.late", person("15550000101"), "late", 5'000)}}).answers[0];
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().kind, failure_kind::store_unavailable);
  log_writer fresh(mongo::open_rows(place.pool, inbox));
  memory_views expected;
  const auto store = place.open();
  const auto log = store->read(inbox);
  std::uint64_t last = 0;
  for (std::vector<stored_entry> part; !(part = log->entries_after(last)).empty();
       last = part.back().what.seq)
    for (const stored_entry& one : part) apply(expected, one.what);
  expect_same(rows_in(*place.open()), by_name(rows_of(expected)));
}

// A command that died has left its mark, and a server its lease; neither is taken for one that is at work.
TEST(MongoStore, WhoeverDiedKeepsNobodyOutForLong) {
  mongo_whole_factory place;
  using namespace std::chrono_literals;
  for (const bool serves : {false, true}) {
    EXPECT_FALSE(mongo::somebody_is_at_work(place.pool, 500ms));
    const pid_t child = ::fork();
    if (child == 0) {
      mongo::client_pool pool({place.database.uri()});
      boost::asio::io_context io;
      mongo::log_config config;
      config.inbox = inbox;
      std::optional<living_server> server;
      std::optional<mongo::command_mark> mark;
      if (serves)
        server.emplace(pool, mongo::open_log(io.get_executor(), pool, config));
      else
        mark.emplace(pool, 50ms);
      for (;;) ::pause();
    }
    while (!mongo::somebody_is_at_work(place.pool, 500ms)) {
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_FALSE(mongo::somebody_is_at_work(place.pool, 500ms));
  }
  EXPECT_EQ(place.pool.take().count("commands", {}), 1) << "it is still there";
  {
    const mongo::command_mark ended(place.pool, 50ms);
  }
  EXPECT_EQ(place.pool.take().count("commands", {}), 1) << "whoever ends takes its own away";
}

} // namespace
} // namespace tickwire::testing
