#include "app/login_throttle.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace std::chrono_literals;
using time_point = login_throttle::clock::time_point;

struct LoginThrottle : ::testing::Test {
  login_throttle throttle{{}};
  time_point now{24h};
  login_source from(std::string name, std::string address, std::string device = "") {
    return {std::move(name), std::move(address), std::move(device)};
  }
};

TEST_F(LoginThrottle, SomeFailuresAreFreeThenItTakesWaitingUpToALimit) {
  const auto source = from("ana", "192.0.2.1");
  for (int i = 0; i < 21; ++i) EXPECT_EQ(throttle.begin(source, now), 0s) << i;
  EXPECT_EQ(throttle.begin(source, now), 1s);
  for (int i = 0; i < 30; ++i) {
    const auto wait = throttle.begin(source, now);
    EXPECT_LE(wait, 15s);
    now += wait;
  }
  EXPECT_EQ(throttle.begin(source, now + 16min), 0s) << "forgotten";
}

TEST_F(LoginThrottle, ManyAtOnceCountAlthoughNoneHasFailedYet) {
  int let_in = 0;
  for (int i = 0; i < 1'000; ++i) let_in += throttle.begin(from("ana", "192.0.2.1"), now) == 0s;
  EXPECT_EQ(let_in, 21);
}

TEST_F(LoginThrottle, WhoKnowsThePasswordIsNotHeldUpByStrangers) {
  // The device has a cookie of an earlier login; the desk has logged in since the server runs.
  const auto device = from("ana", "192.0.2.1", "device-hash"), desk = from("ana", "192.0.2.2");
  EXPECT_EQ(throttle.begin(desk, now), 0s);
  throttle.succeeded(desk);
  for (int i = 0; i < 20'000; ++i)
    throttle.begin(from(i % 2 ? "ana" : "n" + std::to_string(i), "198.51." + std::to_string(i % 5'000)), now);
  for (int i = 0; i < 1'000; ++i) throttle.begin(from("eve", "192.0.2.1"), now); // from Ana's own network
  for (const auto& source : {device, desk}) {
    EXPECT_TRUE(throttle.known(source));
    EXPECT_EQ(throttle.begin(source, now), 0s);
    throttle.succeeded(source);
  }
  // One who was never here waits for seconds, not more.
  EXPECT_LE(throttle.begin(from("ana", "203.0.113.9"), now), 4s);
}

TEST_F(LoginThrottle, AnAddressThatTriesManyNamesMustWait) {
  int let_in = 0;
  for (int i = 0; i < 10'000; ++i)
    let_in += throttle.begin(from("name" + std::to_string(i), "192.0.2.1"), now) == 0s;
  EXPECT_EQ(let_in, 101);
  EXPECT_EQ(throttle.begin(from("ben", "192.0.2.2"), now), 0s) << "others do not";
}

TEST_F(LoginThrottle, RememberingManyNamesForgetsTheOldestAndNobodyElsesThrottle) {
  const auto source = from("ana", "192.0.2.1");
  for (int i = 0; i < 22; ++i) throttle.begin(source, now);
  ASSERT_GT(throttle.begin(source, now), 0s);
  // 10,001 names reset everybody's once.
  for (int i = 0; i < 10'001; ++i) {
    throttle.begin(from("name" + std::to_string(i), "198.51." + std::to_string(i)), now);
    if (i % 1'000 == 0) EXPECT_GT(throttle.begin(source, now), 0s) << i;
  }
  EXPECT_GT(throttle.begin(source, now), 0s);
}

TEST_F(LoginThrottle, ALoginAndATryThatWasNotLookedAtDoNotCount) {
  const auto source = from("ana", "192.0.2.1");
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(throttle.begin(source, now), 0s);
    i % 2 ? throttle.withdrawn(source) : throttle.succeeded(source);
  }
  const auto other = from("ben", "192.0.2.1");
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_EQ(throttle.begin(other, now), 0s);
    throttle.withdrawn(other);
  }
}

} // namespace
} // namespace tickwire
