// One connection's talk with Redis, told what is heard and what time it is.
#include "cluster/redis/dialogue.hpp"

#include <gtest/gtest.h>

namespace socketio::cluster {
namespace {

using namespace std::chrono_literals;
using kind = redis_reply::kind;

redis_reply status(std::string text) {
  return {.is = kind::status, .text = std::move(text), .integer = 0, .list = {}};
}
redis_reply refused(std::string text) {
  return {.is = kind::error, .text = std::move(text), .integer = 0, .list = {}};
}
redis_reply number(std::int64_t value) {
  return {.is = kind::integer, .text = {}, .integer = value, .list = {}};
}
redis_reply text(std::string value) {
  return {.is = kind::text, .text = std::move(value), .integer = 0, .list = {}};
}
redis_reply list(std::vector<redis_reply> parts) {
  return {.is = kind::list, .text = {}, .integer = 0, .list = std::move(parts)};
}

struct Dialogue : ::testing::Test {
  time_point now{};
  std::optional<dialogue> redis;

  void begin(dialogue_settings settings = {}) { redis.emplace(settings, now); }
  void greet() {
    begin();
    said();
    ASSERT_TRUE(std::holds_alternative<hears::greeted>(redis->on_reply(status("PONG"))));
  }
  // The words of what is to be written, space between them, comma between commands.
  std::string said() {
    std::string result;
    for (const redis_command& command : redis->take(1'000'000)) {
      redis_reader reader(1'000'000);
      reader.feed(command.bytes());
      const auto words = reader.next();
      if (!result.empty()) result += ", ";
      for (std::size_t i = 0; i < words->list.size(); ++i) result += (i ? " " : "") + words->list[i].text;
    }
    return result;
  }
  std::string failure(heard what) {
    const auto* failed = std::get_if<hears::failure>(&what);
    return failed ? failed->why : "no failure";
  }
};

TEST_F(Dialogue, BeginsWithPing) {
  begin();
  EXPECT_EQ(said(), "PING");
  EXPECT_FALSE(redis->greeted());
  EXPECT_TRUE(std::holds_alternative<hears::greeted>(redis->on_reply(status("PONG"))));
  EXPECT_TRUE(redis->greeted());
}

TEST_F(Dialogue, SaysWhoItIsAndWhichDatabaseItWants) {
  begin({.username = {}, .password = "secret", .database = 2});
  EXPECT_EQ(said(), "AUTH secret, SELECT 2, PING");
  begin({.username = "ann", .password = "secret", .database = 0});
  EXPECT_EQ(said(), "AUTH ann secret, PING");
  EXPECT_TRUE(std::holds_alternative<hears::nothing>(redis->on_reply(status("OK"))));
  EXPECT_TRUE(std::holds_alternative<hears::greeted>(redis->on_reply(status("PONG"))));
}

TEST_F(Dialogue, AnyRefusalDuringTheGreetingEndsIt) {
  for (int step = 0; step < 3; ++step) {
    begin({.username = {}, .password = "secret", .database = 2});
    for (int i = 0; i < step; ++i) redis->on_reply(status("OK"));
    EXPECT_EQ(failure(redis->on_reply(refused("NOAUTH first"))), "NOAUTH first");
    EXPECT_FALSE(redis->greeted());
  }
}

TEST_F(Dialogue, WithoutAnAnswerToTheGreetingRedisIsDead) {
  begin({.username = {}, .password = {}, .database = 0, .greeting_timeout = 300ms});
  EXPECT_EQ(redis->at(now), now + 300ms);
  redis->on_bytes(now + 200ms);
  EXPECT_EQ(redis->at(now + 299ms), now + 300ms);
  EXPECT_EQ(redis->at(now + 300ms), std::nullopt);
}

TEST_F(Dialogue, AnswersBelongToTheirCommandsInOrder) {
  greet();
  redis->publish(redis_command{"PUBLISH", "a", "1"});
  redis->count_listeners({"PUBSUB", "NUMSUB", "requests"}, "q1");
  redis->publish(redis_command{"PUBLISH", "b", "2"});
  redis->count_listeners({"PUBSUB", "NUMSUB", "requests"}, "q2");
  EXPECT_EQ(said(), "PUBLISH a 1, PUBSUB NUMSUB requests, PUBLISH b 2, PUBSUB NUMSUB requests");
  EXPECT_TRUE(std::holds_alternative<hears::nothing>(redis->on_reply(number(3))));
  const auto count = redis->on_reply(list({text("requests"), number(3)}));
  ASSERT_TRUE(std::holds_alternative<hears::count>(count));
  EXPECT_EQ(std::get<hears::count>(count).id, "q1");
  EXPECT_EQ(std::get<hears::count>(count).listeners, 3u);
  const auto no = redis->on_reply(refused("NOPERM"));
  ASSERT_TRUE(std::holds_alternative<hears::refusal>(no));
  EXPECT_EQ(std::get<hears::refusal>(no).why, "NOPERM");
  const auto no_count = redis->on_reply(refused("NOPERM"));
  ASSERT_TRUE(std::holds_alternative<hears::refusal>(no_count));
  EXPECT_EQ(std::get<hears::refusal>(no_count).id, "q2");
  EXPECT_EQ(failure(redis->on_reply(number(1))), "an answer that nobody asked for");
}

TEST_F(Dialogue, ACommandCountsAsWaitingUntilItIsAnswered) {
  byte_budget budget(1'000);
  greet();
  const auto counted = [&](redis_command command) {
    command.count_against(std::move(*budget.take(400)));
    return command;
  };
  redis->publish(counted({"PUBLISH", "a", "1"}));
  redis->count_listeners(counted({"PUBSUB", "NUMSUB", "a"}), "q");
  said();
  EXPECT_EQ(budget.taken(), 800u) << "written, but Redis has not answered";
  EXPECT_FALSE(budget.take(400));
  redis->on_reply(number(1));
  EXPECT_EQ(budget.taken(), 400u);
  redis->on_reply(list({text("a"), number(1)}));
  EXPECT_EQ(budget.taken(), 0u);
  redis->publish(counted({"PUBLISH", "a", "1"}));
  redis.reset();
  EXPECT_EQ(budget.taken(), 0u) << "the connection is lost";
}

TEST_F(Dialogue, StrangeCountsEndIt) {
  for (const redis_reply& strange :
       {status("OK"), list({}), list({text("x"), text("y")}), list({text("x"), number(-1)})}) {
    greet();
    redis->count_listeners({"PUBSUB", "NUMSUB", "x"}, "q");
    EXPECT_NE(failure(redis->on_reply(strange)), "no failure");
  }
}

TEST_F(Dialogue, ASubscriberHearsMessages) {
  greet();
  redis->subscribe({"PSUBSCRIBE", "p*"});
  redis->subscribe({"SUBSCRIBE", "c"});
  EXPECT_EQ(said(), "PSUBSCRIBE p*, SUBSCRIBE c");
  const auto subscribed = redis->on_reply(list({text("psubscribe"), text("p*"), number(1)}));
  ASSERT_TRUE(std::holds_alternative<hears::confirmed>(subscribed));
  EXPECT_EQ(std::get<hears::confirmed>(subscribed).channel, "p*");
  EXPECT_TRUE(std::get<hears::confirmed>(subscribed).subscribed);

  const auto by_pattern = redis->on_reply(list({text("pmessage"), text("p*"), text("pq"), text("body")}));
  ASSERT_TRUE(std::holds_alternative<hears::message>(by_pattern));
  EXPECT_EQ(std::get<hears::message>(by_pattern).pattern, "p*");
  EXPECT_EQ(std::get<hears::message>(by_pattern).channel, "pq");
  EXPECT_EQ(std::get<hears::message>(by_pattern).text, "body");
  const auto plain = redis->on_reply(list({text("message"), text("c"), text("body")}));
  ASSERT_TRUE(std::holds_alternative<hears::message>(plain));
  EXPECT_EQ(std::get<hears::message>(plain).pattern, "");

  redis->subscribe({"UNSUBSCRIBE", "c"});
  redis->subscribe({"PUNSUBSCRIBE", "p*"});
  EXPECT_EQ(said(), "UNSUBSCRIBE c, PUNSUBSCRIBE p*");
  const auto ended = redis->on_reply(list({text("unsubscribe"), text("c"), number(0)}));
  ASSERT_TRUE(std::holds_alternative<hears::confirmed>(ended));
  EXPECT_EQ(std::get<hears::confirmed>(ended).channel, "c");
  EXPECT_FALSE(std::get<hears::confirmed>(ended).subscribed);
  EXPECT_EQ(failure(redis->on_reply(list({text("surprise")}))), "a push of an unknown kind");
  EXPECT_EQ(failure(redis->on_reply(list({}))), "an empty push");
  EXPECT_EQ(failure(redis->on_reply(refused("NOPERM channel"))), "NOPERM channel");
}

// A pong has two forms, and which one comes depends on what Redis has read by then.
TEST_F(Dialogue, ASubscribersPongsAreUnderstoodInBothForms) {
  greet();
  ASSERT_EQ(redis->at(now + 10s), now + 20s);
  EXPECT_EQ(said(), "PING");
  redis->subscribe({"SUBSCRIBE", "c"});
  EXPECT_TRUE(std::holds_alternative<hears::nothing>(redis->on_reply(status("PONG"))));
  redis->on_bytes(now + 11s);
  ASSERT_EQ(redis->at(now + 21s), now + 31s);
  EXPECT_EQ(said(), "SUBSCRIBE c, PING");
  EXPECT_TRUE(std::holds_alternative<hears::nothing>(redis->on_reply(list({text("pong"), text("")}))));
}

TEST_F(Dialogue, SilenceIsAskedAboutOnceAndThenIsTheEnd) {
  greet();
  EXPECT_EQ(redis->at(now), now + 10s);
  EXPECT_EQ(said(), "");
  EXPECT_EQ(redis->at(now + 10s), now + 20s);
  EXPECT_EQ(said(), "PING");
  EXPECT_EQ(redis->at(now + 15s), now + 20s);
  EXPECT_EQ(said(), "");
  EXPECT_EQ(redis->at(now + 20s), std::nullopt);
}

TEST_F(Dialogue, AnySignOfLifeCounts) {
  greet();
  redis->on_bytes(now + 8s);
  EXPECT_EQ(redis->at(now + 10s), now + 18s);
  EXPECT_EQ(redis->at(now + 18s), now + 28s);
  EXPECT_EQ(said(), "PING");
  redis->on_bytes(now + 27s); // part of a large message
  EXPECT_EQ(redis->at(now + 28s), now + 37s);
}

// Our own absence is not Redis'.
TEST_F(Dialogue, AfterALongSleepRedisHasItsIntervalToAnswer) {
  greet();
  EXPECT_EQ(redis->at(now + 1h), now + 1h + 10s);
  EXPECT_EQ(said(), "PING");
  EXPECT_EQ(redis->at(now + 1h + 10s), std::nullopt);
}

TEST_F(Dialogue, WhatIsTakenIsForgottenAndInOrder) {
  greet();
  for (const char* channel : {"a", "b", "c"}) redis->publish(redis_command{"PUBLISH", channel, "1"});
  EXPECT_EQ(redis->take(1).size(), 1u);
  EXPECT_TRUE(redis->has_more());
  EXPECT_EQ(said(), "PUBLISH b 1, PUBLISH c 1");
  EXPECT_FALSE(redis->has_more());
}

TEST(Backoff, DoublesUpToItsMost) {
  backoff pauses(100ms, 500ms);
  for (const auto expected : {100ms, 200ms, 400ms, 500ms, 500ms}) EXPECT_EQ(pauses.next(0s), expected);
}

TEST(Backoff, BeginsAnewAfterAConnectionThatHeld) {
  backoff pauses(100ms, 500ms);
  pauses.next(0s);
  pauses.next(0s);
  EXPECT_EQ(pauses.next(499ms), 400ms);
  EXPECT_EQ(pauses.next(500ms), 100ms);
}

} // namespace
} // namespace socketio::cluster
