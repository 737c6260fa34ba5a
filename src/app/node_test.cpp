// A server among others, with a lease and a log in memory.
#include "app/node.hpp"

#include "contract/log_in_memory.hpp"
#include "core/testing.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

namespace tickwire {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

class leases_in_memory : public sending_leases {
public:
  sending_lease lease;
  bool away = false;
  int reads = 0;

  task<result<sending_lease>> beat(std::string node, sending_state told) override {
    co_await asio::post(asio::use_awaitable);
    ++reads;
    if (away) co_return testing::not_here();
    if (lease.holder == node) ++lease.beat, lease.told = std::move(told);
    co_return lease;
  }
  task<result<sending_lease>> take(std::string node, sending_lease seen) override {
    co_await asio::post(asio::use_awaitable);
    if (away) co_return testing::not_here();
    if (seen.holder == lease.holder && seen.beat == lease.beat) lease.holder = node, ++lease.beat;
    co_return lease;
  }
  task<result<void>> leave(std::string node) override {
    co_await asio::post(asio::use_awaitable);
    if (lease.holder == node) lease.holder.clear(), ++lease.beat;
    co_return result<void>{};
  }
};

class no_graph : public graph_api {
public:
  task<send_outcome> send(outgoing_message) override { co_return put_back("none"); }
  task<std::optional<send_outcome>> reach() override { co_return std::nullopt; }
  void stop() override {}
};

class Node : public ::testing::Test {
protected:
  Node() { settings.name = "a", settings.every = 1ms, settings.patience = 100ms; }

  template <class Condition>
  void until(Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
      io.restart();
      io.run_one_for(5ms);
    }
  }
  std::size_t terms() const { return log.count("sending_taken"); }

  asio::io_context io;
  testing::log_in_memory log;
  leases_in_memory leases;
  no_graph graph;
  service_state service;
  node_settings settings;
  std::optional<sender> outbox{std::in_place, io, log, graph, service, testing::inbox};
  std::optional<node> server;
  void begin() {
    server.emplace(io, log, leases, *outbox, service, settings);
    server->begin();
  }
};

TEST_F(Node, TakesWhatNobodyHasAndLeavesIt) {
  begin();
  until([&] { return terms() == 1; });
  EXPECT_EQ(leases.lease.holder, "a");
  bool left = false;
  server->stop([&] { left = true; });
  until([&] { return left; });
  EXPECT_EQ(leases.lease.holder, "");
}

TEST_F(Node, LeavesItToTheOneWhoShowsLifeAndTellsWhatThatOneSays) {
  leases.lease = {"b", 1, {}};
  leases.lease.told.paused = true;
  leases.lease.told.waiting = 7;
  begin();
  const auto end = std::chrono::steady_clock::now() + 250ms; // more than twice its patience
  while (std::chrono::steady_clock::now() < end) {
    ++leases.lease.beat;
    io.run_one_for(1ms);
  }
  EXPECT_EQ(leases.lease.holder, "b");
  EXPECT_EQ(terms(), 0u);
  EXPECT_TRUE(service.sending().paused);
  EXPECT_EQ(service.sending().waiting, 7u);
  until([&] { return terms() == 1; }); // b is dead now
  EXPECT_EQ(leases.lease.holder, "a");
}

TEST_F(Node, RestsWhenAnotherHasTakenItAndTakesANewTermAfterwards) {
  begin();
  until([&] { return terms() == 1; });
  leases.lease.holder = "b"; // we slept
  ++leases.lease.beat;
  until([&] { return terms() == 2; });
  EXPECT_EQ(leases.lease.holder, "a") << "b showed no life";
}

TEST_F(Node, TakesANewTermAlsoWhenWhoeverHadTakenItHasLeftAlready) {
  begin();
  until([&] { return terms() == 1; });
  leases.lease.holder.clear();
  leases.lease.beat += 2;
  until([&] { return terms() == 2; });
  EXPECT_EQ(leases.lease.holder, "a");
}

TEST_F(Node, TakesANewTermWhenALateOneOfAnotherHasEndedItsOwn) {
  log.on_committed([this](std::uint64_t, const std::vector<entry_news>& news) {
    for (const entry_news& one : news)
      if (one.sending_term) outbox->term_taken(*one.sending_term);
  });
  begin();
  until([&] { return terms() == 1; });
  log.rows.append(testing::sending_taken_by("late")); // it was found by a look
  until([&] { return terms() == 3; });
  until([&] { return !outbox->outdone() && !outbox->rests(); });
}

TEST_F(Node, OneLookIsEnoughForAHintThatIsWrong) {
  begin();
  until([&] { return terms() == 1; });
  const int before = log.looks;
  server->hint(9'000'000'000'000'000'000u);
  until([&] { return log.looks > before; });
  const int after = log.looks, beats = leases.reads;
  until([&] { return leases.reads > beats + 20; });
  EXPECT_LE(log.looks - after, 2 * (leases.reads - beats)) << "as often as without it";
}

TEST_F(Node, TakesNothingOfWhatItCannotRead) {
  leases.lease = {"b", 1, {}};
  begin();
  until([&] { return leases.reads == 1; });
  leases.away = true;
  const auto end = std::chrono::steady_clock::now() + 150ms; // longer than its patience
  while (std::chrono::steady_clock::now() < end) io.run_one_for(1ms);
  until([before = leases.reads, this] { return leases.reads > before; });
  leases.away = false;
  until([before = leases.reads, this] { return leases.reads > before + 1; });
  EXPECT_EQ(leases.lease.holder, "b") << "seen for the first time since";
}

} // namespace
} // namespace tickwire
