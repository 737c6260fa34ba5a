// From where a request comes, as far as limits care.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

// The proxies whose word about their client counts.
class trusted_proxies {
public:
  // Addresses and networks ("10.0.0.0/8", "::1"); throws std::invalid_argument with the one that is neither.
  explicit trusted_proxies(const std::vector<std::string>& networks = {});

  // The address of who asks: the peer's or, when the peer is a trusted proxy, the last one in its
  // X-Forwarded-For that is none. An IPv6 address stands for its /64, which one customer of a provider has;
  // one that is an IPv4 address in IPv6's clothes is that. A peer that is no address is given back as it is.
  std::string client(std::string_view peer, std::string_view forwarded_for) const;

private:
  bool trusts(const boost::asio::ip::address& address) const;
  std::vector<boost::asio::ip::network_v4> of_four_;
  std::vector<boost::asio::ip::network_v6> of_six_;
};

} // namespace tickwire
