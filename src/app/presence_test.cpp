#include "app/presence.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace std::chrono_literals;
using names = std::vector<std::string>;

timestamp second(int n) { return timestamp{std::chrono::seconds{n}}; }
presence::steady_time at(std::chrono::seconds moment) { return presence::steady_time{moment}; }

TEST(Presence, AUserComesWithTheFirstConnectionAndGoesWithTheLast) {
  presence present;
  EXPECT_EQ(present.arrived("ana").came, names{"ana"});
  const auto again = present.arrived("ana");
  EXPECT_TRUE(again.came.empty());
  EXPECT_FALSE(again.own_changed);
  EXPECT_TRUE(present.left("ana", second(1)).went.empty());
  EXPECT_TRUE(present.online("ana"));
  const auto gone = present.left("ana", second(2));
  EXPECT_EQ(gone.went, names{"ana"});
  EXPECT_TRUE(gone.own_changed);
  EXPECT_FALSE(present.online("ana"));
  EXPECT_EQ(present.last_seen("ana"), second(2));
}

TEST(Presence, WhoIsConnectedToAnotherNodeIsOnlineToo) {
  presence present;
  EXPECT_EQ(present.heard("b", {"ana", "ben"}, second(0), at(0s)).came, (names{"ana", "ben"}));
  const auto here = present.arrived("ana");
  EXPECT_TRUE(here.came.empty()) << "online already";
  EXPECT_TRUE(here.own_changed) << "but this node has to tell the others";
  EXPECT_EQ(present.heard("b", {}, second(1), at(1s)).went, names{"ben"}) << "ana is here";
  EXPECT_EQ(present.last_seen("ben"), second(1));
  EXPECT_EQ(present.left("ana", second(2)).went, names{"ana"});
}

TEST(Presence, ALotOfInventedNodesTakeLittleRoom) {
  presence present;
  for (std::size_t i = 0; i < 2 * presence::nodes_max; ++i)
    present.heard("n" + std::to_string(i), {"u" + std::to_string(i)}, second(0), at(0s));
  EXPECT_TRUE(present.online("u0"));
  EXPECT_FALSE(present.online("u" + std::to_string(presence::nodes_max)));
}

TEST(Presence, ANodeThatSaysNothingMoreIsForgotten) {
  presence present;
  present.heard("b", {"ana"}, second(0), at(0s));
  present.heard("c", {"ana", "ben"}, second(0), at(5s));
  EXPECT_TRUE(present.forget_silent_since(at(0s), second(12)).went.empty()) << "c has ana too";
  EXPECT_EQ(present.forget_silent_since(at(5s), second(17)).went, (names{"ana", "ben"}));
  EXPECT_EQ(present.heard("b", {"ana"}, second(20), at(20s)).came, names{"ana"});
}

} // namespace
} // namespace tickwire
