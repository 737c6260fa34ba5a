// Namespaces opened and closed at any speed, against a Redis that confirms when it likes and breaks at any
// moment.
#include "cluster/redis/subscriptions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace socketio::cluster {
namespace {

// Does what it is told in order; its confirmations come later, in that order too.
struct fake_redis {
  struct confirmation {
    std::string nsp;
    bool subscribed;
  };
  std::multiset<std::string> subscribed; // a namespace as often as channels of it are
  std::deque<confirmation> unread;

  void hear(const subscriptions::change& told) {
    for (std::size_t i = 0; i < subscriptions::channels_each; ++i) {
      if (told.subscribe)
        subscribed.insert(told.nsp);
      else
        subscribed.erase(subscribed.find(told.nsp));
      unread.push_back({told.nsp, told.subscribe});
    }
  }
  void lose_connection() {
    subscribed.clear();
    unread.clear();
  }
  std::size_t channels_of(const std::string& nsp) const { return subscribed.count(nsp); }
};

struct Subscriptions : ::testing::Test {
  subscriptions all;
  fake_redis redis;

  void tell() {
    while (const auto change = all.next()) redis.hear(*change);
  }
  // Gives the namespace whose change is complete with it.
  std::string read_one() {
    const fake_redis::confirmation first = redis.unread.front();
    redis.unread.pop_front();
    return all.confirmed(first.nsp, first.subscribed) ? first.nsp : "";
  }
  void settle() {
    tell();
    while (!redis.unread.empty()) {
      read_one();
      tell();
    }
  }
};

TEST_F(Subscriptions, ANamespaceListensWhenAllItsChannelsAreConfirmed) {
  all.open("/a");
  EXPECT_FALSE(all.next()) << "Redis is not there";
  all.up();
  tell();
  EXPECT_EQ(redis.unread.size(), 4u);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(read_one(), "");
    EXPECT_FALSE(all.listens("/a"));
  }
  EXPECT_EQ(read_one(), "/a");
  EXPECT_TRUE(all.listens("/a"));
}

TEST_F(Subscriptions, OpenedClosedAndOpenedWithinARoundTripItSpeaks) {
  all.up();
  all.open("/a");
  tell();
  all.close("/a");
  EXPECT_FALSE(all.listens("/a"));
  tell();
  all.open("/a");
  settle();
  EXPECT_TRUE(all.listens("/a"));
  EXPECT_EQ(redis.channels_of("/a"), 4u);

  all.close("/a");
  tell();
  all.open("/a");
  tell();
  EXPECT_FALSE(all.listens("/a")) << "it is being unsubscribed";
  settle();
  EXPECT_TRUE(all.listens("/a"));
  EXPECT_EQ(redis.channels_of("/a"), 4u);
}

TEST_F(Subscriptions, WhatIsClosedBeforeItsTurnNeverReachesRedis) {
  all.up();
  for (int i = 0; i < 100; ++i) {
    all.open("/a");
    all.close("/a");
  }
  tell();
  EXPECT_TRUE(redis.unread.empty());
  EXPECT_FALSE(all.knows("/a"));
}

TEST_F(Subscriptions, OnlySoManyChangesAreUnderWayAtOnce) {
  all.up();
  for (int i = 0; i < 1'000; ++i) all.open("/" + std::to_string(i));
  tell();
  EXPECT_EQ(redis.unread.size(), subscriptions::changes_max * subscriptions::channels_each);
  settle();
  for (int i = 0; i < 1'000; ++i) EXPECT_TRUE(all.listens("/" + std::to_string(i)));
}

TEST_F(Subscriptions, AtAnySpeedItEndsAsItIsWanted) {
  const unsigned seed = std::getenv("TEST_SEED") ? static_cast<unsigned>(std::atoll(std::getenv("TEST_SEED")))
                                                 : std::random_device{}();
  SCOPED_TRACE("repeat with TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    all = {};
    redis = {};
    std::set<std::string> wanted;
    bool connected = false;
    const std::size_t names = round % 3 == 0 ? 200 : 3; // more than may be under way, or each often
    for (int step = 0; step < 400; ++step) {
      const std::string nsp = "/" + std::to_string(random() % names);
      switch (random() % 12) {
      case 0:
      case 1:
      case 2:
        all.open(nsp);
        wanted.insert(nsp);
        break;
      case 3:
      case 4:
        all.close(nsp);
        wanted.erase(nsp);
        break;
      case 5:
        if (random() % 10 > 0) break;
        if (std::exchange(connected, !connected)) {
          redis.lose_connection();
          all.down();
        } else {
          all.up();
        }
        break;
      case 6:
      case 7:
        tell();
        break;
      default:
        if (!redis.unread.empty()) read_one();
      }
      ASSERT_LE(redis.unread.size(), subscriptions::changes_max * subscriptions::channels_each);
      // What is said to be heard is heard.
      if (all.listens(nsp)) ASSERT_EQ(redis.channels_of(nsp), 4u) << nsp;
      ASSERT_EQ(all.wants(nsp), wanted.contains(nsp)) << nsp;
    }
    if (!connected) all.up();
    settle();
    ASSERT_EQ(redis.subscribed.size(), 4 * wanted.size());
    for (std::size_t i = 0; i < names; ++i) {
      const std::string nsp = "/" + std::to_string(i);
      ASSERT_EQ(all.listens(nsp), wanted.contains(nsp)) << nsp;
      ASSERT_EQ(all.knows(nsp), wanted.contains(nsp)) << nsp;
      ASSERT_EQ(redis.channels_of(nsp), wanted.contains(nsp) ? 4u : 0u) << nsp;
    }
  }
}

} // namespace
} // namespace socketio::cluster
