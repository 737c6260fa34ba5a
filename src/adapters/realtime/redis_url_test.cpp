#include "adapters/realtime/redis_url.hpp"

#include <gtest/gtest.h>

namespace tickwire::realtime {
namespace {

TEST(RedisUrl, NamesHostPortAndWho) {
  EXPECT_EQ(problem_of_redis_url("redis://db.example.org"), "");
  EXPECT_EQ(redis_options_of("redis://db.example.org").host, "db.example.org");
  EXPECT_EQ(redis_options_of("redis://db.example.org").port, 6379);
  const socketio::redis_options whole = redis_options_of("redis://ana:can%2Fary@10.0.0.1:6380/0");
  EXPECT_EQ(whole.host, "10.0.0.1");
  EXPECT_EQ(whole.port, 6380);
  EXPECT_EQ(whole.username, "ana");
  EXPECT_EQ(whole.password, "can/ary");
  EXPECT_EQ(redis_options_of("redis://[::1]:6379").host, "::1");
  EXPECT_EQ(redis_options_of("redis://:secret@h").username, "");
}

TEST(RedisUrl, WhatCannotBeTakenIsToldWithoutThePassword) {
  for (const char* wrong :
       {"", "localhost", "localhost:6379", "http://localhost", "redis://", "redis://host:0",
        "redis://host:99999", "redis://host/1", "redis://host/x", "redis://host?db=1", "redis://host#1",
        "redis://ana:can/ary@host", "rediss://ana:canary@host"}) {
    const std::string problem = problem_of_redis_url(wrong);
    EXPECT_NE(problem, "") << wrong;
    EXPECT_EQ(problem.find("/ary"), std::string::npos) << problem;
    EXPECT_EQ(problem.find("canary"), std::string::npos) << problem;
  }
}

TEST(RedisUrl, IsShownWithoutNameAndPassword) {
  EXPECT_EQ(shown_redis_url("redis://ana:canary@db.example.org"), "db.example.org:6379");
}

} // namespace
} // namespace tickwire::realtime
