#include "net/byte_share.hpp"

#include <gtest/gtest.h>

#include <utility>

namespace socketio::detail {
namespace {

struct ByteShare : ::testing::Test {
  byte_total total = std::make_shared<std::atomic<std::size_t>>(0);
};

TEST_F(ByteShare, IsCountedAsItGrowsAndShrinksAndGivenBackAtTheEnd) {
  {
    byte_share one, other;
    one.set(total, 100);
    other.set(total, 30);
    EXPECT_EQ(*total, 130u);
    one.set(total, 40);
    EXPECT_EQ(*total, 70u);
    EXPECT_EQ(one.bytes(), 40u);
    one.set(total, 0);
    EXPECT_EQ(*total, 30u);
  }
  EXPECT_EQ(*total, 0u);
}

TEST_F(ByteShare, GoesWithWhoTakesIt) {
  byte_share last;
  {
    byte_share one;
    one.set(total, 100);
    byte_share moved(std::move(one));
    EXPECT_EQ(one.bytes(), 0u);
    EXPECT_EQ(moved.bytes(), 100u);
    one.set(total, 5); // it may begin anew
    last = std::move(moved);
  }
  EXPECT_EQ(*total, 100u) << "counted once";
  last = byte_share();
  EXPECT_EQ(*total, 0u) << "what was there before is given back";
}

// A request that the application holds may end after the server.
TEST_F(ByteShare, OutlivesItsTotal) {
  byte_share one;
  one.set(total, 7);
  const std::weak_ptr<std::atomic<std::size_t>> left = total;
  total.reset();
  EXPECT_FALSE(left.expired());
  one = byte_share();
  EXPECT_TRUE(left.expired());
}

} // namespace
} // namespace socketio::detail
