#include "net/peer_address.hpp"

#include <gtest/gtest.h>

namespace socketio::detail {
namespace {

TEST(PeerAddress, OnlyATrustedProxyIsBelieved) {
  EXPECT_EQ(client_address("1.1.1.1", "2.2.2.2", {}), "1.1.1.1");
  EXPECT_EQ(client_address("1.1.1.1", "2.2.2.2", {"9.9.9.9"}), "1.1.1.1");
  EXPECT_EQ(client_address("1.1.1.1", "2.2.2.2", {"1.1.1.1"}), "2.2.2.2");
}

TEST(PeerAddress, TheLastEntryThatIsNoProxyIsTheClient) {
  const std::vector<std::string> proxies{"10.0.0.1", "10.0.0.2"};
  EXPECT_EQ(client_address("10.0.0.1", "6.6.6.6, 2.2.2.2", proxies),
            "2.2.2.2"); // the first is what the client made up
  EXPECT_EQ(client_address("10.0.0.1", "6.6.6.6, 2.2.2.2, 10.0.0.2", proxies), "2.2.2.2");
  EXPECT_EQ(client_address("10.0.0.1", "10.0.0.2", proxies), "10.0.0.2");
  EXPECT_EQ(client_address("10.0.0.1", "", proxies), "10.0.0.1");
}

TEST(PeerAddress, PortsAndBracketsAreLeftOutAndNonsenseIsNoAddress) {
  const std::vector<std::string> proxies{"::1"};
  EXPECT_EQ(client_address("::1", "2.2.2.2:5678", proxies), "2.2.2.2");
  EXPECT_EQ(client_address("::1", "\"[2001:DB8::5]:80\"", proxies), "2001:db8::5");
  EXPECT_EQ(client_address("::1", "2001:db8::5", proxies), "2001:db8::5");
  for (const char* nonsense : {"unknown", "_hidden", "1.2.3", ",", "[::1", "2.2.2.2, x", " "})
    EXPECT_EQ(client_address("::1", nonsense, proxies), "::1") << nonsense;
}

} // namespace
} // namespace socketio::detail
