// A TCP connection to a host that has several addresses.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/tcp_stream.hpp>

#include <chrono>
#include <vector>

namespace tickwire::meta {

// Tries one address after the other until one answers. Each gets an equal share of what is left of `within`,
// and at least connect_share_min, so that a silent one (IPv6 that leads nowhere) leaves time for the next.
// Otherwise the error of the last one, host_not_found without any; beast::error::timeout: it was silent.
inline constexpr std::chrono::milliseconds connect_share_min{250};
boost::asio::awaitable<boost::system::error_code>
connect_to_any(boost::beast::tcp_stream& stream, std::vector<boost::asio::ip::tcp::endpoint> addresses,
               std::chrono::milliseconds within);

} // namespace tickwire::meta
