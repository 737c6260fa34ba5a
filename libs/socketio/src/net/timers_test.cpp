#include "net/timers.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace socketio::detail {
namespace {

using namespace std::chrono_literals;
const time_point start{1h};

struct counted final : timer {
  explicit counted(std::function<void()> then = [] {})
      : then(std::move(then)) {}
  void on_time(time_point) override {
    ++times;
    then();
  }
  std::function<void()> then;
  int times = 0;
};

TEST(Timers, AreCalledOnceWhenTheyAreDueAndNotBefore) {
  timer_heap heap;
  EXPECT_EQ(heap.next(), time_point::max());
  counted one;
  EXPECT_FALSE(heap.scheduled(one));
  EXPECT_EQ(heap.due(one), time_point::max());
  heap.schedule(one, start + 5ms);
  EXPECT_EQ(heap.next(), start + 5ms);
  EXPECT_EQ(heap.due(one), start + 5ms);
  heap.run_due(start + 5ms - 1ns);
  EXPECT_EQ(one.times, 0);
  heap.run_due(start + 5ms);
  heap.run_due(start + 1h);
  EXPECT_EQ(one.times, 1);
  EXPECT_FALSE(heap.scheduled(one));
  heap.cancel(one); // nothing
  EXPECT_EQ(heap.next(), time_point::max());
}

// Each is out before it is called, so that it may come again, end others, or bring new ones.
TEST(Timers, WhatIsCalledMayChangeAllOthers) {
  timer_heap heap;
  std::vector<int> called;
  counted third([&] { called.push_back(3); });
  counted second([&] { called.push_back(2); });
  counted fresh([&] { called.push_back(4); });
  int rounds = 0;
  counted first([&] {
    called.push_back(1);
    heap.cancel(second);
    heap.schedule(fresh, start);
    if (++rounds < 2) heap.schedule(first, start + 3ms);
  });
  heap.schedule(first, start + 1ms);
  heap.schedule(second, start + 2ms);
  heap.schedule(third, start + 2ms);
  heap.run_due(start + 2ms);
  EXPECT_EQ(called, (std::vector{1, 4, 3}));
  heap.run_due(start + 3ms);
  EXPECT_EQ(called, (std::vector{1, 4, 3, 1, 4}));
}

// Set, moved and taken out at random: always as in a plain list that is searched.
TEST(Timers, AreInOrderWhateverIsDoneWithThem) {
  const char* const given = std::getenv("TEST_SEED");
  const unsigned seed = given ? static_cast<unsigned>(std::atoll(given)) : std::random_device()();
  SCOPED_TRACE("repeat with TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  timer_heap heap;
  std::vector<std::unique_ptr<counted>> timers;
  std::vector<std::size_t> called;
  for (std::size_t i = 0; i < 40; ++i)
    timers.push_back(std::make_unique<counted>([&called, i] { called.push_back(i); }));
  std::map<std::size_t, time_point> model;
  const auto earliest = [&] {
    time_point all = time_point::max();
    for (const auto& [which, at] : model) all = std::min(all, at);
    return all;
  };
  time_point now = start;
  for (int step = 0; step < 20'000; ++step) {
    const std::size_t which = random() % timers.size();
    switch (random() % 8) {
    case 0:
      heap.cancel(*timers[which]);
      model.erase(which);
      break;
    case 1: {
      now += std::chrono::milliseconds(random() % 30);
      called.clear();
      heap.run_due(now);
      time_point before = time_point::min();
      for (const std::size_t one : called) {
        ASSERT_TRUE(model.contains(one));
        ASSERT_LE(before, model[one]) << "the earliest first";
        ASSERT_LE(model[one], now);
        before = model[one];
        model.erase(one);
      }
      ASSERT_GT(earliest(), now) << "none is forgotten";
      break;
    }
    default:
      model[which] = now + std::chrono::milliseconds(random() % 100);
      heap.schedule(*timers[which], model[which]);
    }
    ASSERT_EQ(heap.next(), earliest());
    ASSERT_EQ(heap.scheduled(*timers[which]), model.contains(which));
    ASSERT_EQ(heap.due(*timers[which]), model.contains(which) ? model[which] : time_point::max());
  }
}

} // namespace
} // namespace socketio::detail
