#include "core/lease_watch.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace std::chrono_literals;

lease_watch::time at(std::chrono::milliseconds moment) { return lease_watch::time{moment}; }

TEST(LeaseWatch, NobodysMayBeTakenAtOnce) {
  lease_watch watch(5s);
  EXPECT_TRUE(watch.may_be_taken("", 0, at(0s)));
  EXPECT_TRUE(watch.may_be_taken("", 7, at(1s)));
}

TEST(LeaseWatch, OneThatIsRaisedIsKept) {
  lease_watch watch(5s);
  for (std::uint64_t beat = 0; beat < 100; ++beat)
    EXPECT_FALSE(watch.may_be_taken("a", beat, at(std::chrono::seconds(beat * 4))));
}

TEST(LeaseWatch, OneThatIsNotRaisedMayBeTakenAfterOurPatience) {
  lease_watch watch(5s);
  EXPECT_FALSE(watch.may_be_taken("a", 7, at(0s)));
  EXPECT_FALSE(watch.may_be_taken("a", 7, at(4'999ms)));
  EXPECT_TRUE(watch.may_be_taken("a", 7, at(5s)));
  EXPECT_FALSE(watch.may_be_taken("a", 8, at(6s))) << "it only slept";
  EXPECT_FALSE(watch.may_be_taken("b", 8, at(11s))) << "somebody took it";
  EXPECT_TRUE(watch.may_be_taken("b", 8, at(16s)));
}

TEST(LeaseWatch, TimeInWhichNobodyCouldRaiseItDoesNotCount) {
  lease_watch watch(5s);
  EXPECT_FALSE(watch.may_be_taken("a", 7, at(0s)));
  watch.not_seen();
  EXPECT_FALSE(watch.may_be_taken("a", 7, at(60s)));
  EXPECT_FALSE(watch.may_be_taken("a", 7, at(64s)));
  EXPECT_TRUE(watch.may_be_taken("a", 7, at(65s)));
}

} // namespace
} // namespace tickwire
