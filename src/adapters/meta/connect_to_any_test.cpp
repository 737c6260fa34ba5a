#include "adapters/meta/connect_to_any.hpp"

#include "contract/wait_for.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/beast/core/error.hpp>

#include <gtest/gtest.h>

#include <list>

#include <sys/socket.h>

namespace tickwire::meta {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using tickwire::testing::wait_for;
using namespace std::chrono_literals;

constexpr boost::beast::error timeout = boost::beast::error::timeout;

// Listens, and takes as many connections as its backlog holds; with that full, who comes gets no answer.
class listener {
public:
  listener(asio::io_context& io, int backlog)
      : acceptor_(io) {
    acceptor_.open(tcp::v4());
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen(backlog);
  }
  void fill(asio::io_context& io) {
    for (int i = 0; i < 4; ++i) {
      tcp::socket& socket = fill_.emplace_back(io);
      socket.open(tcp::v4());
      socket.native_non_blocking(true);
      const tcp::endpoint to = address();
      ::connect(socket.native_handle(), to.data(), static_cast<socklen_t>(to.size())); // under way
    }
  }
  tcp::endpoint address() const { return acceptor_.local_endpoint(); }

private:
  tcp::acceptor acceptor_;
  std::list<tcp::socket> fill_;
};

struct ConnectToAny : ::testing::Test {
  asio::io_context io;
  listener open{io, 16}, silent{io, 0};
  boost::beast::tcp_stream stream{io};
  ConnectToAny() { silent.fill(io); }

  error_code connect(std::vector<tcp::endpoint> addresses, std::chrono::milliseconds within) {
    return wait_for(io, connect_to_any(stream, std::move(addresses), within));
  }
};

TEST_F(ConnectToAny, ASilentAddressLeavesTimeForTheNext) {
  ASSERT_EQ(connect({silent.address()}, 300ms), timeout);
  EXPECT_FALSE(connect({silent.address(), open.address()}, 600ms));
  EXPECT_EQ(stream.socket().remote_endpoint(), open.address());
  EXPECT_FALSE(
      connect({silent.address(), silent.address(), open.address()}, 3ms)); // at least the least share
}

TEST_F(ConnectToAny, ARefusalIsFollowedByTheNextAddressOfWhateverFamily) {
  tcp::endpoint gone;
  {
    listener for_a_moment(io, 1);
    gone = for_a_moment.address();
  }
  const tcp::endpoint other_family(asio::ip::address_v6::loopback(), gone.port());
  EXPECT_FALSE(connect({other_family, gone, open.address()}, 2s));
  EXPECT_EQ(stream.socket().remote_endpoint(), open.address());
  EXPECT_TRUE(connect({open.address(), gone}, 2s) == error_code()) << "the first that answers";
  EXPECT_EQ(connect({silent.address(), gone}, 600ms), asio::error::connection_refused);
  EXPECT_EQ(connect({}, 2s), asio::error::host_not_found);
}

} // namespace
} // namespace tickwire::meta
