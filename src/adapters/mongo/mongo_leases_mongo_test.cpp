// The lease of two nodes on one database.
#include "adapters/mongo/mongo_leases.hpp"

#include "adapters/mongo/testing.hpp"
#include "contract/wait_for.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

namespace tickwire::mongo {
namespace {

using tickwire::testing::wait_for;

class MongoLeases : public ::testing::Test {
protected:
  sending_lease beat(const std::string& node, sending_state told = {}) {
    return *wait_for(io, (node == "a" ? a : b)->beat(node, std::move(told)));
  }
  sending_lease take(const std::string& node, sending_lease seen) {
    return *wait_for(io, (node == "a" ? a : b)->take(node, std::move(seen)));
  }

  boost::asio::io_context io;
  testing::database database;
  client_pool pool{{.uri = database.uri(), .clients = 2}};
  std::unique_ptr<sending_leases> a = open_leases(pool, "1"), b = open_leases(pool, "1");
};

TEST_F(MongoLeases, AreTakenByOneAndKeptAliveByThatOne) {
  const sending_lease none = beat("a");
  EXPECT_EQ(none.holder, "");
  EXPECT_EQ(beat("b").holder, "");
  EXPECT_EQ(take("a", none).holder, "a");
  EXPECT_EQ(take("b", none).holder, "a") << "somebody was faster";

  sending_state told;
  told.paused = true;
  told.reason = "why";
  told.waiting = 3;
  told.since = timestamp{std::chrono::milliseconds{1'700'000'000'123}};
  const sending_lease first = beat("a", told);
  const sending_lease seen = beat("b", {});
  EXPECT_EQ(seen.holder, "a");
  EXPECT_EQ(seen.beat, first.beat) << "only its holder raises it";
  EXPECT_EQ(seen.told, told);
  EXPECT_GT(beat("a", told).beat, seen.beat);
  EXPECT_EQ(take("b", seen).holder, "a") << "it has shown life since";
  EXPECT_EQ(take("b", beat("b")).holder, "b");
  EXPECT_EQ(beat("a", {}).holder, "b");
}

TEST_F(MongoLeases, AreLeftOnlyByWhoeverHasThem) {
  take("a", beat("a"));
  ASSERT_TRUE(wait_for(io, b->leave("b")));
  EXPECT_EQ(beat("a").holder, "a");
  ASSERT_TRUE(wait_for(io, a->leave("a")));
  const sending_lease left = beat("b");
  EXPECT_EQ(left.holder, "");
  EXPECT_EQ(take("b", left).holder, "b");
}

TEST_F(MongoLeases, OfTwoThatTakeAtTheSameTimeOneHasIt) {
  for (int round = 0; round < 20; ++round) {
    const sending_lease seen = beat("a");
    std::optional<result<sending_lease>> by_a, by_b;
    boost::asio::co_spawn(io, a->take("a", seen),
                          [&](std::exception_ptr, auto got) { by_a = std::move(got); });
    boost::asio::co_spawn(io, b->take("b", seen),
                          [&](std::exception_ptr, auto got) { by_b = std::move(got); });
    io.restart();
    io.run();
    ASSERT_TRUE(by_a && *by_a && by_b && *by_b);
    // Whoever read first may have read before the other one took it; in the end both see the same.
    const std::string holder = beat("c").holder;
    EXPECT_EQ(beat("a").holder, holder);
    EXPECT_EQ(((*by_a)->holder == "a") + ((*by_b)->holder == "b"), 1);
    ASSERT_TRUE(wait_for(io, (holder == "a" ? a : b)->leave(holder)));
  }
}

} // namespace
} // namespace tickwire::mongo
