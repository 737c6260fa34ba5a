#include "net/handshake_rate.hpp"

#include <gtest/gtest.h>

namespace socketio::detail {
namespace {

using namespace std::chrono_literals;
const time_point start{1h};

int taken(handshake_rate& rate, time_point now, int asked = 1000) {
  int got = 0;
  for (int i = 0; i < asked; ++i) got += rate.take(now);
  return got;
}

TEST(HandshakeRate, SoManyAtOnceAndThenAsTimePasses) {
  handshake_rate rate(10, 1);
  EXPECT_EQ(taken(rate, start), 10);
  EXPECT_EQ(taken(rate, start + 99ms), 0);
  EXPECT_EQ(taken(rate, start + 101ms), 1);
  EXPECT_EQ(taken(rate, start + 602ms), 5) << "one each 100 ms";
}

TEST(HandshakeRate, WhoComesAfterALongTimeFindsOneSecondsWorth) {
  handshake_rate rate(10, 1);
  EXPECT_EQ(taken(rate, start), 10);
  EXPECT_EQ(taken(rate, start + 1h), 10);
}

TEST(HandshakeRate, ThreadsShareIt) {
  handshake_rate rate(10, 4);
  EXPECT_EQ(taken(rate, start), 2) << "of 2.5";
  EXPECT_EQ(taken(rate, start + 1s), 2);
  handshake_rate little(1, 4);
  EXPECT_EQ(taken(little, start), 1) << "one at least";
}

TEST(HandshakeRate, NoLimitIsNone) {
  handshake_rate rate(0, 4);
  EXPECT_EQ(taken(rate, start), 1000);
}

} // namespace
} // namespace socketio::detail
