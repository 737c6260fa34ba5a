#include "simulator/webhook/retry_schedule.hpp"

#include <gtest/gtest.h>

namespace simulator {
namespace {

using std::chrono::milliseconds;

TEST(retry_schedule, is_at_once_then_doubles_up_to_the_longest_gap) {
  const retry_schedule schedule{milliseconds(100), milliseconds(450), milliseconds(10'000)};
  const auto gap = [&](int failed) { return schedule.gap(failed, milliseconds(0)).value().count(); };
  EXPECT_EQ(gap(1), 0);
  EXPECT_EQ(gap(2), 100);
  EXPECT_EQ(gap(3), 200);
  EXPECT_EQ(gap(4), 400);
  EXPECT_EQ(gap(5), 450);
  EXPECT_EQ(gap(1'000'000), 450);
}

TEST(retry_schedule, gives_up_when_the_next_try_would_be_too_late) {
  const retry_schedule schedule{milliseconds(100), milliseconds(1'000), milliseconds(500)};
  EXPECT_TRUE(schedule.gap(2, milliseconds(400)));
  EXPECT_FALSE(schedule.gap(2, milliseconds(401)));
  EXPECT_FALSE(schedule.gap(1, milliseconds(501)));
}

} // namespace
} // namespace simulator
