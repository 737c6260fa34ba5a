#include "net/silent_connections.hpp"

#include <gtest/gtest.h>

namespace socketio::detail {
namespace {

TEST(SilentConnections, SoManyOfOneAddressAndSoManyInAll) {
  silent_connections all(5, 2);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(all.enter("1.1.1.1", false), "");
  EXPECT_EQ(all.enter("1.1.1.1", false), "max_silent_per_address");
  for (const char* address : {"2.2.2.2", "2.2.2.2", "3.3.3.3"}) EXPECT_EQ(all.enter(address, false), "");
  EXPECT_EQ(all.enter("4.4.4.4", false), "max_silent_connections");
}

TEST(SilentConnections, WhoLeavesMakesRoom) {
  silent_connections all(3, 2);
  for (int round = 0; round < 100; ++round) {
    for (const char* address : {"1.1.1.1", "1.1.1.1", "2.2.2.2"}) EXPECT_EQ(all.enter(address, false), "");
    EXPECT_EQ(all.enter("1.1.1.1", false), "max_silent_connections");
    all.leave("2.2.2.2");
    EXPECT_EQ(all.enter("1.1.1.1", false), "max_silent_per_address");
    all.leave("1.1.1.1");
    EXPECT_EQ(all.enter("1.1.1.1", false), "");
    for (int i = 0; i < 2; ++i) all.leave("1.1.1.1");
  }
}

TEST(SilentConnections, OfAProxyThereMayBeMoreThanOfAnAddressButNotMoreThanInAll) {
  silent_connections all(3, 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(all.enter("10.0.0.1", true), "");
  EXPECT_EQ(all.enter("10.0.0.1", true), "max_silent_connections");
}

TEST(SilentConnections, NoneMayBeSilentWhereNoneIsAllowed) {
  silent_connections nobody(10, 0);
  EXPECT_EQ(nobody.enter("1.1.1.1", false), "max_silent_per_address");
  silent_connections none(0, 10);
  EXPECT_EQ(none.enter("1.1.1.1", false), "max_silent_connections");
}

} // namespace
} // namespace socketio::detail
