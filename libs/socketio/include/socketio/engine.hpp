// A bare Engine.IO v4 server: messages over long-polling and WebSocket, without Socket.IO on top.
//
//   socketio::engine_server server(io, {.path = "/engine.io/"});
//   server.on_message([](socketio::engine_socket& socket, const socketio::engine_message& message) {
//     message.binary ? socket.send_binary(message.data) : socket.send(message.data);
//   });
//   server.listen("127.0.0.1", 3000);
//
// Of the config, what is under "Engine.IO", "threads", "slow readers" and "HTTP" counts. Handlers are set
// before listen(), called on the thread of their session, in the order of what happened; what they throw is
// told to config.log. Protocol: https://socket.io/docs/v4/engine-io-protocol/, version 4.
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
} // namespace detail

// Good until the handler returns.
struct engine_message {
  bool binary = false;
  std::string_view data;                 // UTF-8 when it is text
  const http_request* request = nullptr; // the POST that carried it; null over a WebSocket
};

// One session. Held (shared_from_this()) it outlives its connection and then does nothing; not to be used
// after its server. Any thread.
class engine_socket : public std::enable_shared_from_this<engine_socket> {
public:
  explicit engine_socket(detail::engine_peer& peer);
  const handshake_request& request() const { return *request_; }
  // Queued when this returns (or soon, from another thread); a client that lets too much wait is cut off
  // (config.max_queued_bytes). Text is UTF-8 without U+001E, which ends a packet in long-polling: pass on a
  // client's text only when it has none.
  void send(std::string_view text);
  void send_binary(std::string_view bytes);
  void close(); // after what is queued, as socket::close_transport(); on_close says "forced close"

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
  // As those of `server`.
  engine_server(boost::asio::io_context& io, config config);
  ~engine_server();
  engine_server(const engine_server&) = delete;
  engine_server& operator=(const engine_server&) = delete;

  void on_connection(std::function<void(engine_socket&)> handler);
  void on_message(std::function<void(engine_socket&, const engine_message&)> handler);
  // Once for each session that on_connection was told of. Reasons: "transport close", "transport error",
  // "ping timeout", "parse error", "forced close", "server shutting down"; `detail` is for people and may be
  // empty.
  void
  on_close(std::function<void(engine_socket&, std::string_view reason, std::string_view detail)> handler);
  void on_http(http_handler handler);

  // As those of `server`.
  boost::system::result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  void close(std::chrono::milliseconds patience, std::function<void()> done);

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace socketio
