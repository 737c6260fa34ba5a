#pragma once
// The one listening socket: HTTP/1.1 with keep-alive, and every way of treating a client badly.

#include "simulator/net/http.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <string>

namespace simulator {

class http_server {
public:
  static constexpr std::size_t body_max = 4 << 20;
  static constexpr std::size_t media_body_max = 101 << 20; ///< paths that end in /media
  static constexpr std::size_t header_max = 32 << 10;
  static constexpr long connections_max = 4'000; ///< more are closed at once

  /// Binds at once; throws boost::system::system_error when it cannot. The handler runs on `executor`.
  http_server(const boost::asio::any_io_executor& executor, const std::string& host, unsigned short port,
              http_handler handler);
  ~http_server();

  unsigned short port() const;
  void start();

private:
  struct implementation;
  std::shared_ptr<implementation> self_;
};

} // namespace simulator
