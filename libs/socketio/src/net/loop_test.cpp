// A loop in both of its shapes: guest of an io_context, and a thread of its own.
#include "net/loop.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace socketio::detail {
namespace {

using namespace std::chrono_literals;

struct Guest : ::testing::Test {
  boost::asio::io_context io;
  std::optional<loop> home{std::in_place, 0u, io};
  // Runs until it holds.
  bool comes(const std::function<bool()>& holds) {
    const auto deadline = steady::now() + 10s;
    while (!holds() && steady::now() < deadline) {
      io.restart();
      io.run_for(1ms);
    }
    return holds();
  }
};

struct counted final : timer {
  void on_time(time_point now) override {
    ++times;
    called_at = now;
  }
  int times = 0;
  time_point called_at{};
};

TEST_F(Guest, TimersAreCalledInTimeAndNeverEarly) {
  counted early, late, moved, cancelled;
  const auto now = steady::now();
  home->schedule(late, now + 40ms);
  home->schedule(early, now + 20ms); // before the one that the io_context waits for
  home->schedule(moved, now + 20ms);
  home->schedule(moved, now + 30ms);
  home->schedule(cancelled, now + 10ms);
  home->cancel(cancelled);
  ASSERT_TRUE(comes([&] { return late.times == 1; }));
  EXPECT_GE(early.called_at, now + 20ms);
  EXPECT_GE(moved.called_at, now + 30ms);
  EXPECT_GE(late.called_at, now + 40ms);
  EXPECT_LE(early.called_at, late.called_at);
  EXPECT_EQ(early.times + moved.times, 2);
  EXPECT_EQ(cancelled.times, 0);
}

TEST_F(Guest, ALateTimerKeepsNoEarlierOneWaiting) {
  counted late, early;
  home->schedule(late, steady::now() + 1h);
  io.run_for(1ms); // it is waited for
  home->schedule(early, steady::now() + 5ms);
  EXPECT_TRUE(comes([&] { return early.times == 1; }));
  EXPECT_EQ(late.times, 0);
}

// A process that was stopped, or a thread that was kept: what came meanwhile is heard before anybody is ended
// for having said nothing. Who was there all the time has what is due first.
TEST_F(Guest, WhoWasAwayHearsWhatCameBeforeItsTimers) {
  std::vector<std::string> order;
  struct telling final : timer {
    explicit telling(std::vector<std::string>& order)
        : order(order) {}
    void on_time(time_point) override { order.push_back("timer"); }
    std::vector<std::string>& order;
  };
  for (const auto& [late, expected] : {std::pair{1s, "mail"}, std::pair{0s, "timer"}}) {
    order.clear();
    telling due(order);
    std::thread([&] { home->post([&] { order.push_back("mail"); }); }).join();
    home->schedule(due, steady::now() - late);
    ASSERT_TRUE(comes([&] { return order.size() == 2; }));
    EXPECT_EQ(order.front(), expected);
  }
}

TEST_F(Guest, WhatIsToBeDoneLaterIsDoneOnceAndNotWhenTheLoopEndsBefore) {
  const auto held = std::make_shared<int>();
  int done = 0;
  home->after(1ms, [&, held] { ++done; });
  home->after(1h, [&, held] { ++done; });
  ASSERT_TRUE(comes([&] { return done == 1; }));
  EXPECT_EQ(held.use_count(), 2) << "what it held goes when it is done";
  home.reset();
  EXPECT_EQ(held.use_count(), 1);
  io.restart();
  io.run_for(5ms);
  EXPECT_EQ(done, 1);
}

TEST_F(Guest, MailFromOtherThreadsWakesItAndKeepsItsOrder) {
  std::vector<int> read;
  std::thread([&] {
    for (int i = 0; i < 100; ++i) home->run([&, i] { read.push_back(i); });
  }).join();
  EXPECT_TRUE(read.empty()) << "not on the other thread";
  ASSERT_TRUE(comes([&] { return read.size() == 100; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(read[static_cast<std::size_t>(i)], i);
}

TEST_F(Guest, WhatIsRunOnItsOwnThreadRunsAtOnce) {
  bool at_once = false;
  home->post([&] {
    EXPECT_TRUE(home->is_current());
    bool run = false;
    home->run([&] { run = true; });
    at_once = run;
  });
  EXPECT_TRUE(comes([&] { return at_once; }));
  EXPECT_FALSE(home->is_current()) << "outside of run()";
}

// As sessions do: what was sent is written at the end of the turn, and that may make more of it.
TEST_F(Guest, ATurnEndsWhenNothingMoreIsToBeDone) {
  std::vector<std::string> order;
  int left = 0;
  home->at_turn_end = [&] {
    if (left == 0) return false;
    order.push_back("end " + std::to_string(left));
    return --left > 0;
  };
  home->post([&] {
    left = 2;
    order.push_back("first");
  });
  home->post([&] { order.push_back("second"); });
  ASSERT_TRUE(comes([&] { return order.size() == 4; }));
  EXPECT_EQ(order, (std::vector<std::string>{"first", "second", "end 2", "end 1"}));
}

struct member final : mortal {
  explicit member(
      std::vector<std::string>& told, std::function<void()> then = [] {})
      : told(told)
      , then(std::move(then)) {}
  ~member() override { told.push_back("gone"); }
  void go_on() override {
    told.push_back("goes on");
    then();
  }
  std::vector<std::string>& told;
  std::function<void()> then;
};

TEST_F(Guest, WhoDiesInATurnIsFreedAtItsEnd) {
  std::vector<std::string> told;
  home->post([&] {
    home->bury(std::make_unique<member>(told));
    told.push_back("still here");
  });
  home->post([&] { told.push_back("the next letter"); });
  ASSERT_TRUE(comes([&] { return told.size() == 3; }));
  EXPECT_EQ(told, (std::vector<std::string>{"still here", "the next letter", "gone"}));
  home->bury(std::make_unique<member>(told)); // outside a turn there is one for it
  EXPECT_TRUE(comes([&] { return told.size() == 4; }));
}

TEST_F(Guest, WhoHasMuchToDoGoesOnInTheNextTurnOnceForEachTimeItAsks) {
  std::vector<std::string> told;
  int rounds = 0;
  member busy(told, [&] {
    if (++rounds < 3) home->go_on_next_turn(busy);
  });
  home->post([&] {
    home->go_on_next_turn(busy);
    home->go_on_next_turn(busy);
    home->post([&] { told.push_back("another's letter"); });
  });
  ASSERT_TRUE(comes([&] { return rounds == 3; }));
  io.restart();
  io.run_for(5ms);
  EXPECT_EQ(rounds, 3);
  EXPECT_EQ(std::count(told.begin(), told.end(), "another's letter"), 1);
}

TEST_F(Guest, WhoIsBuriedDoesNotGoOn) {
  std::vector<std::string> told;
  home->post([&] {
    auto one = std::make_unique<member>(told);
    home->go_on_next_turn(*one);
    home->bury(std::move(one));
  });
  ASSERT_TRUE(comes([&] { return !told.empty(); }));
  io.restart();
  io.run_for(5ms);
  EXPECT_EQ(told, (std::vector<std::string>{"gone"}));
}

TEST_F(Guest, WhoIsBuriedInTheTurnInWhichItWouldGoOnDoesNot) {
  std::vector<std::string> told;
  home->post([&] {
    auto one = std::make_unique<member>(told);
    home->go_on_next_turn(*one);
    home->post([&, one = std::move(one)]() mutable { home->bury(std::move(one)); });
  });
  ASSERT_TRUE(comes([&] { return !told.empty(); }));
  EXPECT_EQ(told, (std::vector<std::string>{"gone"}));
}

TEST_F(Guest, WhatThrowsEndsItsOwnCallOnly) {
  int read = 0;
  counted due;
  home->post([] { throw std::runtime_error("a letter that throws"); });
  home->post([&] { ++read; });
  home->schedule(due, steady::now() + 5ms);
  int thrown = 0;
  const auto deadline = steady::now() + 10s;
  while ((read == 0 || due.times == 0) && steady::now() < deadline) try {
      io.restart();
      io.run_for(1ms);
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  EXPECT_EQ(thrown, 1);
  EXPECT_EQ(read, 1) << "the letter behind it is not forgotten";
  EXPECT_EQ(due.times, 1) << "nor are timers";
}

TEST_F(Guest, AnswersFindTheirWayAsLongAsItIsThere) {
  const auto way = home->way();
  int run = 0;
  std::thread([&] { way->run([&] { ++run; }); }).join();
  ASSERT_TRUE(comes([&] { return run == 1; }));
  home.reset();
  const auto held = std::make_shared<int>();
  way->run([&run, held] { ++run; });
  EXPECT_EQ(run, 1);
  EXPECT_EQ(held.use_count(), 1) << "it is thrown away, not kept for who is gone";
}

TEST(LoopOfItsOwn, RunsMailAndTimersOnItsThreadAndEndsWhenItIsStopped) {
  loop home(1);
  std::promise<std::thread::id> where;
  std::promise<time_point> when;
  const auto began = steady::now();
  home.post([&] { // before it runs
    EXPECT_TRUE(home.is_current());
    where.set_value(std::this_thread::get_id());
    home.after(20ms, [&] { when.set_value(steady::now()); });
  });
  home.start();
  auto its = where.get_future();
  ASSERT_EQ(its.wait_for(10s), std::future_status::ready);
  EXPECT_NE(its.get(), std::this_thread::get_id());
  auto late = when.get_future();
  ASSERT_EQ(late.wait_for(10s), std::future_status::ready);
  EXPECT_GE(late.get(), began + 20ms);
  EXPECT_FALSE(home.is_current());
  home.stop();
  bool run = false;
  home.post([&] { run = true; });
  home.discard();
  EXPECT_FALSE(run);
}

TEST(LoopOfItsOwn, TwoWriteToEachOther) {
  loop one(1), other(2);
  std::promise<int> done;
  std::function<void(int)> play = [&](int count) {
    if (count == 1000) return done.set_value(count);
    (count % 2 ? one : other).post([&, count] { play(count + 1); });
  };
  one.start();
  other.start();
  one.post([&] { play(0); });
  auto all = done.get_future();
  EXPECT_EQ(all.wait_for(20s), std::future_status::ready);
  one.stop();
  other.stop();
}

} // namespace
} // namespace socketio::detail
