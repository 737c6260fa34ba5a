#include "adapters/meta/connect_to_any.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tickwire::meta {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::steady_clock;

asio::awaitable<error_code> connect_to_any(boost::beast::tcp_stream& stream,
                                           std::vector<asio::ip::tcp::endpoint> addresses,
                                           std::chrono::milliseconds within) {
  const steady_clock::time_point until = steady_clock::now() + within;
  error_code error = asio::error::host_not_found;
  std::size_t left = addresses.size();
  for (const asio::ip::tcp::endpoint& address : addresses) {
    const steady_clock::duration share = (until - steady_clock::now()) / static_cast<long>(left--);
    stream.close(); // of the address before, which may be of another family
    stream.expires_after(std::max<steady_clock::duration>(share, connect_share_min));
    std::tie(error) = co_await stream.async_connect(address, asio::as_tuple(asio::use_awaitable));
    if (!error) break;
  }
  co_return error;
}

} // namespace tickwire::meta
