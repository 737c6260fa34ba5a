#include "base/bounded_table.hpp"
#include "base/constant_time.hpp"
#include "base/metrics.hpp"
#include "base/throttled_log.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace std::chrono_literals;

TEST(BoundedTable, ForgetsTheOldestNeverAll) {
  bounded_table<int> table(4'000);
  for (int i = 0; i < 1'000; ++i) {
    table.at("key " + std::to_string(i)) = i;
    ASSERT_LE(table.bytes(), 4'000u);
  }
  EXPECT_GT(table.size(), 10u);
  ASSERT_TRUE(table.find("key 999"));
  EXPECT_EQ(*table.find("key 999"), 999);
  EXPECT_FALSE(table.find("key 0"));
}

TEST(BoundedTable, WhatIsAskedForStays) {
  bounded_table<int> table(4'000);
  table.at("kept") = 1;
  for (int i = 0; i < 1'000; ++i) {
    table.at(std::to_string(i));
    ASSERT_TRUE(table.find("kept"));
  }
  table.erase("kept");
  EXPECT_FALSE(table.find("kept"));
}

TEST(BoundedTable, LongKeysCountByTheirBytes) {
  bounded_table<int> table(100'000);
  for (int i = 0; i < 100; ++i) table.at(std::string(30'000, 'n') + std::to_string(i));
  EXPECT_LE(table.size(), 3u);
}

TEST(ConstantTime, EqualIsEqualAndNothingIsNot) {
  EXPECT_TRUE(equal_in_constant_time("secret", "secret"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secreT"));
  EXPECT_FALSE(equal_in_constant_time("secret", "secret2"));
  EXPECT_FALSE(equal_in_constant_time("", ""));
}

TEST(ThrottledLog, SaysTheFirstAtOnceAndTheRestWithACount) {
  throttled_log log(60s);
  const std::chrono::steady_clock::time_point start{1h};
  EXPECT_EQ(log.take(start), 1u);
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(log.take(start + 1s), 0u);
  EXPECT_EQ(log.take(start + 61s), 1'001u);
  EXPECT_EQ(log.take(start + 200s), 1u);
}

TEST(Metrics, AreShownAsLongAsTheyLive) {
  {
    counter one("test_things_total", "Things."), two("test_things_total", "Things.");
    gauge level("test_level", "A level.", [] { return 7; });
    one.add();
    two.add(2);
    EXPECT_NE(metrics_text().find("# HELP test_things_total Things.\n# TYPE test_things_total counter\n"
                                  "test_things_total 3\n"),
              std::string::npos);
    EXPECT_NE(metrics_text().find("# TYPE test_level gauge\ntest_level 7\n"), std::string::npos);
  }
  EXPECT_EQ(metrics_text().find("test_"), std::string::npos);
}

} // namespace
} // namespace tickwire
