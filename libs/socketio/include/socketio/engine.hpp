// A bare Engine.IO v4 server: messages over long-polling and WebSocket, without Socket.IO on top.
//
//   socketio::engine_server server(io, {.path = "/engine.io/"});
//   server.on_message([](socketio::engine_socket& socket, const socketio::engine_message& message) {
//     message.binary ? socket.send_binary(message.data) : socket.send(message.data);
//   });
//   server.listen("127.0.0.1", 3000);
//
// Handlers are set before listen() and called on the thread of their session.
#pragma once

#include "socketio/config.hpp"
#include "socketio/handshake.hpp"
#include "socketio/http.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/result.hpp>

#include <any>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace socketio {

namespace detail {
class engine_peer;
class loop;
}

struct engine_message {
  bool binary = false;
  std::string_view data;
  const http_request* request = nullptr; // the POST that carried it; null over a WebSocket
};

// One session. Held by shared_ptr it outlives its connection and then does nothing. Any thread.
class engine_socket : public std::enable_shared_from_this<engine_socket> {
public:
  explicit engine_socket(detail::engine_peer& peer);
  const handshake_request& request() const { return *request_; }
  void send(std::string_view text);
  void send_binary(std::string_view bytes);
  void close(); // after what is queued

  std::any data; // whatever the application wants to keep with it; the session's thread

private:
  friend class detail::engine_peer;
  void post(std::function<void(detail::engine_peer&)> work);
  detail::engine_peer* peer_; // null once closed; the session's thread
  detail::loop* home_;
  std::shared_ptr<const handshake_request> request_;
};

class engine_server {
public:
  engine_server(boost::asio::io_context& io, config config);
  ~engine_server();
  engine_server(const engine_server&) = delete;
  engine_server& operator=(const engine_server&) = delete;

  void on_connection(std::function<void(engine_socket&)> handler);
  void on_message(std::function<void(engine_socket&, const engine_message&)> handler);
  // Reasons: "transport close", "transport error", "ping timeout", "parse error", "forced close"; `detail` is for
  // people and may be empty.
  void on_close(std::function<void(engine_socket&, std::string_view reason, std::string_view detail)> handler);
  void on_http(http_handler handler);

  boost::system::result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  void close(std::chrono::milliseconds patience, std::function<void()> done);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace socketio
