#include "app/client_address.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tickwire {
namespace {

TEST(ClientAddress, WithoutTrustedProxiesItIsThePeerWhateverAHeaderSays) {
  EXPECT_EQ(trusted_proxies().client("192.0.2.1", "198.51.100.7"), "192.0.2.1");
  EXPECT_EQ(trusted_proxies({"10.0.0.0/8"}).client("192.0.2.1", "198.51.100.7"), "192.0.2.1");
}

TEST(ClientAddress, BehindProxiesItIsTheLastOneThatIsNone) {
  const trusted_proxies proxies({"10.0.0.0/8", "127.0.0.1", "2001:db8:1::/48"});
  EXPECT_EQ(proxies.client("127.0.0.1", "198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(proxies.client("127.0.0.1", "203.0.113.5, 198.51.100.7, 10.1.2.3"), "198.51.100.7");
  EXPECT_EQ(proxies.client("2001:db8:1::5", "198.51.100.7:4431"), "198.51.100.7");
  EXPECT_EQ(proxies.client("::ffff:127.0.0.1", "198.51.100.7"), "198.51.100.7");
  EXPECT_EQ(proxies.client("127.0.0.1", "10.9.9.9"), "10.9.9.9"); // all of them are ours
  EXPECT_EQ(proxies.client("127.0.0.1", ""), "127.0.0.1");
  EXPECT_EQ(proxies.client("127.0.0.1", "198.51.100.7, rubbish"), "127.0.0.1");
}

TEST(ClientAddress, AnIpv6AddressStandsForItsNetwork) {
  const trusted_proxies proxies({"::1"});
  EXPECT_EQ(proxies.client("2001:db8:5:6:1:2:3:4", ""), "2001:db8:5:6::/64");
  EXPECT_EQ(proxies.client("::1", "[2001:db8:5:6:9:9:9:9]:443"), "2001:db8:5:6::/64");
  EXPECT_EQ(proxies.client("::1", "2001:db8:5:7::1"), "2001:db8:5:7::/64");
}

TEST(ClientAddress, WhatIsNoNetworkIsSaid) {
  for (const char* wrong : {"proxy", "10.0.0.0/33", "10.0.0", "::1/129", ""})
    EXPECT_THROW(trusted_proxies({wrong}), std::invalid_argument) << wrong;
}

} // namespace
} // namespace tickwire
