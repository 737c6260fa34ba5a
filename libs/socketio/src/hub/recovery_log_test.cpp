// What is kept for those who come back, and what is known to be lost.
#include "hub/recovery_log.hpp"

#include "hub/broadcast_event.hpp"

#include <gtest/gtest.h>

namespace socketio::detail {
namespace {

using namespace std::chrono_literals;
using time_point = recovery_log::time_point;
const time_point start{1h};

struct kept {
  recovery_log log;
  kept(std::size_t max_packets, std::size_t max_bytes)
      : log(1min, max_packets, max_bytes, 0) {}
  void append(std::uint64_t number, std::size_t bytes, time_point when = start) {
    log.append(number, when, bytes, std::make_shared<broadcast_event>());
  }
  // How many were missed since; nothing: it cannot be told.
  std::optional<std::size_t> after(std::uint64_t number, time_point when = start) {
    const auto missed = log.missed_after(number, when, {});
    return missed ? std::optional(missed->size()) : std::nullopt;
  }
};

TEST(RecoveryLog, BeyondMaxPacketsTheOldestAreLostAndKnownToBe) {
  kept all(3, 1'000'000);
  for (std::uint64_t i = 1; i <= 5; ++i) all.append(i, 10);
  EXPECT_FALSE(all.after(1));
  EXPECT_EQ(all.after(2), 3u);
  EXPECT_EQ(all.after(4), 1u);
}

TEST(RecoveryLog, BeyondMaxBytesTheOldestAreLostAndKnownToBe) {
  kept all(1'000, 100);
  for (std::uint64_t i = 1; i <= 4; ++i) all.append(i, 40);
  EXPECT_FALSE(all.after(1));
  EXPECT_EQ(all.after(2), 2u);
  all.append(5, 1'000); // alone more than is kept
  EXPECT_FALSE(all.after(4));
  EXPECT_EQ(all.after(5), 0u);
}

TEST(RecoveryLog, WhatIsOlderThanTheTimeToKeepItWasReceived) {
  kept all(10, 1'000);
  all.append(1, 10);
  all.append(2, 10, start + 50s);
  EXPECT_EQ(all.after(0, start + 61s), 1u);
}

} // namespace
} // namespace socketio::detail
