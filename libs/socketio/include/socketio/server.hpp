// A Socket.IO v5 server over Engine.IO v4: long-polling, WebSocket, upgrade; namespaces, rooms,
// acknowledgements.
//
//   boost::asio::io_context io;
//   socketio::server server(io, {});
//   auto& main = server.of("/");
//   main.on_connection([](socketio::socket& socket) { socket.join("everybody"); });
//   main.on("hello", [](socketio::socket& socket, const socketio::incoming& event) {
//     socket.emit("hello", event.arguments);
//   });
//   server.listen("127.0.0.1", 3000);
//   io.run();
//
// Everything here belongs to the thread that runs the io_context: call it there, and handlers are called
// there.
#pragma once

#include "socketio/config.hpp"
#include "socketio/http.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <any>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

class server;
class socket;
class nsp;

namespace detail {
class hub;
class client;
} // namespace detail

// Answers an event that asked for it. May be called later, once; later calls and calls after the client left
// do nothing.
using acknowledge = std::function<void(boost::json::array arguments)>;

// An event from a client. Binary arguments stand in `arguments` as {"_placeholder":true,"num":i} for
// attachments[i].
struct incoming {
  std::string_view name;
  boost::json::array arguments;         // without the name
  std::vector<std::string> attachments; // binary parts
  acknowledge ack;                      // empty when the client did not ask
};

// An event to clients, encoded once, whoever and however many get it. Cheap to copy.
class outgoing {
public:
  // `arguments_json`: the arguments as JSON text, separated by commas and valid; may be empty. Throws
  // std::invalid_argument for reserved names.
  static outgoing event(std::string_view nsp, std::string_view name, std::string_view arguments_json);

private:
  friend class detail::hub;
  friend class detail::client;
  friend class nsp;
  friend class socket;
  std::shared_ptr<const std::string> frame_; // one WebSocket text frame; the payload follows the header
  std::size_t header_ = 0;
};

struct handshake {
  boost::json::value auth; // payload of CONNECT, an object
  std::string address;
  std::string query;                                        // raw query of the Engine.IO handshake
  std::vector<std::pair<std::string, std::string>> headers; // of the same request; names in lower case
  std::string_view header(std::string_view lower_case_name) const;
};

// Why a connection to a namespace is refused: CONNECT_ERROR {message, data}.
struct connect_error {
  std::string message;
  std::optional<boost::json::value> data;
};
using next = std::function<void(std::optional<connect_error>)>;

// One client in one namespace. Lives until its disconnect handlers have run.
class socket : public std::enable_shared_from_this<socket> {
public:
  socket(detail::client& client, nsp& nsp, std::string id, handshake handshake);
  ~socket();
  const std::string& id() const { return id_; } // public; not the secret session id
  const handshake& shake() const { return handshake_; }
  bool connected() const { return client_ != nullptr; }

  void emit(const outgoing& event);
  void emit(std::string_view name, const boost::json::array& arguments);
  void emit(std::string_view name, const boost::json::array& arguments, std::vector<std::string> attachments);
  // `answered` gets the arguments of the acknowledgement, or nothing when the time is over or the client
  // left.
  void emit_with_ack(std::string_view name, const boost::json::array& arguments,
                     std::chrono::milliseconds timeout,
                     std::function<void(std::optional<boost::json::array>)> answered);

  void join(std::string_view room);
  void leave(std::string_view room);
  bool in(std::string_view room) const;

  // Sends DISCONNECT: the person is thrown out, and a stock client does not come back by itself.
  void disconnect();
  // Closes the transport under it: a stock client reconnects.
  void close_transport(std::string_view reason);

  // Whatever the application wants to keep with it.
  std::any data;

private:
  friend class nsp;
  friend class detail::client;
  friend class detail::hub;
  struct pending_ack;

  detail::client* client_; // null once disconnected
  nsp& nsp_;
  std::string id_;
  handshake handshake_;
  std::vector<std::string> rooms_;
  std::vector<std::shared_ptr<pending_ack>> acks_;
  std::uint64_t next_ack_ = 0;
};

// A set of sockets: everybody, or those in some rooms, without those in others.
class selection {
public:
  selection to(std::string_view room) const;
  selection except(std::string_view room) const;
  void emit(const outgoing& event) const;
  void emit(std::string_view name, const boost::json::array& arguments) const;

private:
  friend class nsp;
  explicit selection(nsp& nsp)
      : nsp_(&nsp) {}
  nsp* nsp_;
  std::vector<std::string> rooms_, except_;
};

// A namespace.
class nsp {
public:
  nsp(std::string name, detail::hub& hub);
  ~nsp();
  const std::string& name() const { return name_; }

  // Asked in order before a client is let in; each must call next() once, now or later. connect_error
  // refuses.
  void use(std::function<void(const handshake&, std::any& data, next)> middleware);
  void on_connection(std::function<void(socket&)> handler);
  void on_disconnect(std::function<void(socket&, std::string_view reason)> handler);
  void on(std::string_view event, std::function<void(socket&, const incoming&)> handler);
  void on_any(std::function<void(socket&, const incoming&)> handler); // events without a handler of their own

  selection to(std::string_view room) { return selection(*this).to(room); }
  selection except(std::string_view room) { return selection(*this).except(room); }
  void emit(const outgoing& event) { selection(*this).emit(event); }
  void emit(std::string_view name, const boost::json::array& arguments) {
    selection(*this).emit(name, arguments);
  }

  std::size_t size() const;
  std::vector<std::shared_ptr<socket>> sockets() const;
  std::vector<std::shared_ptr<socket>> sockets_in(std::string_view room) const;

private:
  friend class detail::hub;
  friend class detail::client;
  friend class socket;
  friend class selection;
  struct state;
  std::string name_;
  std::unique_ptr<state> state_;
};

class server {
public:
  server(boost::asio::io_context& io, config config);
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  // The namespace of that name, made when it is not there. Clients may connect to namespaces that were asked
  // for.
  nsp& of(std::string_view name);

  // Requests outside the Socket.IO path. Without a handler they are answered 404.
  void on_http(http_handler handler);

  // Port 0 takes a free one. Gives the port, or why not.
  boost::system::result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  // Accepts nothing more, answers what is under way, closes transports (without DISCONNECT, so that clients
  // reconnect), and calls `done` when the last connection is gone, at the latest after `patience`.
  void close(std::chrono::milliseconds patience, std::function<void()> done);

  std::size_t connections() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace socketio
