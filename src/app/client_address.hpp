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

  // The client's address: the peer's or, when the peer is a trusted proxy, the last address in its
  // X-Forwarded-For that is no trusted proxy. Of an IPv6 address only the /64 counts, which is what a
  // provider gives to one customer; ::ffff:192.0.2.1 is 192.0.2.1. A peer that is no address is given back as
  // it is.
  std::string client(std::string_view peer, std::string_view forwarded_for) const;

private:
  bool trusts(const boost::asio::ip::address& address) const;
  std::vector<boost::asio::ip::network_v4> of_four_;
  std::vector<boost::asio::ip::network_v6> of_six_;
};

} // namespace tickwire
