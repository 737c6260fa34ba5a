#include "net/log_throttle.hpp"

#include <gtest/gtest.h>

namespace socketio::detail {
namespace {

using namespace std::chrono_literals;
const time_point start{1h};

TEST(LogThrottle, LinesOfAKindAreToldSoOftenAndTheRestIsCounted) {
  log_throttle throttle(3);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(throttle.pass("refused " + std::to_string(i), start), "refused " + std::to_string(i));
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(throttle.pass("refused " + std::to_string(i), start + 9s));
  EXPECT_EQ(throttle.pass("something else", start + 9s), "something else");
  EXPECT_EQ(throttle.pass("refused 7", start + 10s), "refused 7 (100 more like it were left out)");
  EXPECT_EQ(throttle.pass("refused 8", start + 10s), "refused 8");
}

TEST(LogThrottle, NoLimitIsNone) {
  log_throttle throttle(0);
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(throttle.pass("line", start));
}

} // namespace
} // namespace socketio::detail
