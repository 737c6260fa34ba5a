#include "app/service_state.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace std::chrono_literals;

TEST(ServiceState, APauseIsToldAndSoIsItsEndButNotAQueueThatMoves) {
  service_state state;
  int told = 0;
  state.on_change = [&] { ++told; };
  sending_state now;
  now.waiting = 3;
  state.set_sending(now);
  EXPECT_EQ(told, 0);
  now.paused = true;
  now.reason = "WhatsApp cannot be reached.";
  state.set_sending(now);
  state.set_sending(now);
  EXPECT_EQ(told, 1);
  now.waiting = 4;
  state.set_sending(now);
  EXPECT_EQ(told, 2);
  state.set_sending({});
  EXPECT_EQ(told, 3);
}

TEST(ServiceState, ForeignNumbersAreCountedBoundedAndToldOnceInAWhile) {
  service_state state;
  int told = 0;
  state.on_change = [&] { ++told; };
  const timestamp start = from_unix_seconds(1'790'000'000);
  for (int i = 0; i < 1'000; ++i) state.add_foreign("200000000000002", "", 2, start);
  EXPECT_EQ(told, 1);
  state.add_foreign("200000000000002", "15550009999", 1, start + 11s);
  EXPECT_EQ(told, 2);
  ASSERT_EQ(state.foreign_numbers().size(), 1u);
  EXPECT_EQ(state.foreign_numbers()[0],
            (foreign_number{"200000000000002", "15550009999", 2'001, start + 11s}));
  for (int i = 0; i < 100; ++i) state.add_foreign(std::to_string(i), "", 1, start + 12s);
  EXPECT_EQ(state.foreign_numbers().size(), service_state::foreign_numbers_max);
  EXPECT_EQ(told, 1 + static_cast<int>(service_state::foreign_numbers_max));
}

} // namespace
} // namespace tickwire
