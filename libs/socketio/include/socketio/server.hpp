// A Socket.IO v5 server over Engine.IO v4: long-polling, WebSocket, upgrade; namespaces, rooms,
// acknowledgements, recovery, clusters.
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
// Threads. A socket lives on one I/O thread; its handlers are called there. With config.threads == 1 that is the
// thread that runs the io_context, for everybody. What sends, joins, asks or disconnects may be called from any
// thread and takes effect on the socket's own; what reads a socket (rooms, data) belongs to its thread. Handlers
// are called in the order in which the client sent its events.
#pragma once

#include "socketio/cluster.hpp"
#include "socketio/config.hpp"
#include "socketio/error.hpp"
#include "socketio/handshake.hpp"
#include "socketio/http.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>

#include <any>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
class nsp_slice;
struct ack_once;
struct broadcast_event;
struct packet_line;
struct pending_ack;
struct recovery_state;
struct room;
} // namespace detail

// Answers an event that asked for it: once, later too, on any thread. Later calls and calls after the client left
// do nothing.
class acknowledge {
public:
  acknowledge() = default;
  explicit acknowledge(std::shared_ptr<detail::ack_once> once)
      : once_(std::move(once)) {}
  explicit operator bool() const { return once_ != nullptr; } // whether the client asked
  void operator()(boost::json::array arguments, std::vector<std::string> attachments = {}) const;

private:
  std::shared_ptr<detail::ack_once> once_;
};

// An event from a client. Good until its handler returns: copy what is needed later. Binary arguments stand in
// `arguments` as {"_placeholder":true,"num":i} for attachments[i].
struct incoming {
  std::string_view name;
  boost::json::array arguments;         // without the name
  std::vector<std::string> attachments; // binary parts
  acknowledge ack;                      // false when the client did not ask
};

// An event to clients, encoded once, whoever and however many get it. Immutable, cheap to copy, any thread.
class outgoing {
public:
  // `arguments_json`: the arguments as JSON text, separated by commas and valid; may be empty. Throws
  // std::invalid_argument for reserved names.
  static outgoing event(std::string_view nsp, std::string_view name, std::string_view arguments_json);

private:
  friend class socket;
  friend class broadcast_operator;
  std::shared_ptr<const detail::broadcast_event> event_; // to nobody yet
};

// Why a connection to a namespace is refused: CONNECT_ERROR {message, data}.
struct connect_error {
  std::string message;
  std::optional<boost::json::value> data = {};
};
// Goes on to the next middleware, or refuses. To be called once, now or later, on any thread.
using next = std::function<void(std::optional<connect_error>)>;

// Answers a server-side event; empty when nobody waits.
using acknowledge_server = std::function<void(packet_data answer)>;
// What a client answered, or error::timed_out, error::disconnected, error::too_many_pending.
using ack_handler = std::function<void(boost::system::error_code, packet_data answer)>;
// What those who were asked answered; with error::timed_out, those who did so in time.
using acks_handler = std::function<void(boost::system::error_code, std::vector<packet_data> answers)>;
using sockets_handler = std::function<void(boost::system::error_code, std::vector<remote_socket>)>;

// A set of sockets (everybody, or those in some rooms, without those in others) and how to send to them. A value;
// any thread.
class broadcast_operator {
public:
  [[nodiscard]] broadcast_operator to(std::string_view room) const;
  [[nodiscard]] broadcast_operator in(std::string_view room) const { return to(room); }
  [[nodiscard]] broadcast_operator except(std::string_view room) const;
  [[nodiscard]] broadcast_operator local() const;     // this server only, not its cluster
  [[nodiscard]] broadcast_operator volatile_() const; // dropped for a client that cannot take it this instant
  [[nodiscard]] broadcast_operator timeout(std::chrono::milliseconds patience) const; // of emit_with_ack

  void emit(std::string_view name, const boost::json::array& arguments,
            const std::vector<std::string>& attachments = {}) const;
  // To this server's sockets and, where there is a cluster, to the others' by decoding it.
  void emit(const outgoing& event) const;
  // `answered` once, when all have answered or time is over (10 s unless timeout() says otherwise).
  void emit_with_ack(std::string_view name, const boost::json::array& arguments, acks_handler answered) const;

  void fetch_sockets(sockets_handler found) const;
  void sockets_join(const std::vector<std::string>& rooms) const;
  void sockets_leave(const std::vector<std::string>& rooms) const;
  void disconnect_sockets(bool close = false) const;

private:
  friend class nsp;
  friend class socket;
  explicit broadcast_operator(nsp& nsp)
      : nsp_(&nsp) {}
  cluster_adapter* others() const;
  bool for_children(const std::function<void(const broadcast_operator&)>& act) const;
  nsp* nsp_;
  target_options whom_;
  broadcast_flags flags_;
  bool local_ = false;
};

// One client in one namespace. Lives until its disconnect handlers have run, longer when held by shared_ptr.
class socket : public std::enable_shared_from_this<socket> {
public:
  socket(detail::client& client, std::shared_ptr<nsp> nsp, detail::nsp_slice& slice, handshake handshake);
  ~socket();
  std::string_view id() const { return {id_.data(), id_.size()}; } // public; not the secret session id
  const handshake& shake() const { return handshake_; }
  nsp& of() const { return *nsp_; }
  bool connected() const { return member_; } // its thread
  bool recovered() const { return recovered_; }         // came back with its id, rooms and data

  void emit(const outgoing& event);
  void emit(std::string_view name, const boost::json::array& arguments,
            const std::vector<std::string>& attachments = {});
  // Dropped when the client cannot take it this instant: no poll waits, or its WebSocket is not writable.
  void emit_volatile(std::string_view name, const boost::json::array& arguments);
  void emit_with_ack(std::string_view name, const boost::json::array& arguments, std::chrono::milliseconds timeout,
                     ack_handler answered, const std::vector<std::string>& attachments = {});

  // The others: everybody in the namespace, or in a room, but this one.
  broadcast_operator broadcast() const;
  broadcast_operator to(std::string_view room) const { return broadcast().to(room); }

  // False: the socket is in config.max_rooms_per_socket rooms (from its own thread; else always true).
  bool join(std::string_view room);
  void leave(std::string_view room);
  bool in(std::string_view room) const;
  std::vector<std::string> rooms() const; // its own id among them

  // Sends DISCONNECT: the person is thrown out, and a stock client does not come back by itself. With `close`, the
  // whole connection ends, other namespaces too.
  void disconnect(bool close = false);
  // Closes the transport under it: a stock client reconnects.
  void close_transport(std::string_view reason);

  std::any data;                  // whatever the application wants to keep with it; survives a recovery
  boost::json::value shared_data; // the same, for the eyes of other servers: fetch_sockets() shows it

private:
  friend class nsp;
  friend class acknowledge;
  friend class broadcast_operator;
  friend class detail::client;
  friend class detail::hub;
  friend class detail::nsp_slice;
  friend struct detail::pending_ack;
  struct membership {
    detail::room* room;
    std::uint32_t index; // in the room's list
  };

  void send(const detail::broadcast_event& event);
  void send_or_post(std::shared_ptr<detail::broadcast_event> event);
  void ask(const detail::broadcast_event& event, std::chrono::milliseconds patience, ack_handler answered);

  detail::client* client_; // null once disconnected
  std::shared_ptr<nsp> nsp_;
  detail::nsp_slice& slice_;
  handshake handshake_;
  std::array<char, 20> id_;
  bool recovered_ = false;
  bool member_ = false;      // connected: in the list of its namespace
  std::uint32_t index_ = 0;  // in that list
  std::vector<membership> rooms_;
  std::vector<std::unique_ptr<detail::pending_ack>> acks_;
  std::unique_ptr<detail::packet_line> line_;
  std::unique_ptr<detail::recovery_state> recovery_;
};

// A namespace. Handlers may be set at any time, on any thread; set before listen() they miss nobody.
class nsp : public std::enable_shared_from_this<nsp> {
public:
  nsp(std::string name, detail::hub& hub);
  ~nsp();
  const std::string& name() const { return name_; }

  // --- who comes ---
  // Asked in order before a client is let in, on its thread.
  void use(std::function<void(socket&, next)> middleware);
  void on_connection(std::function<void(socket&)> handler);
  void on_disconnecting(std::function<void(socket&, std::string_view reason)> handler); // its rooms are still there
  // Reasons as in Node: "transport close", "ping timeout", "client namespace disconnect", …; `detail` is for people
  // and may be empty.
  void on_disconnect(std::function<void(socket&, std::string_view reason, std::string_view detail)> handler);

  // --- what they say ---
  void on(std::string_view event, std::function<void(socket&, const incoming&)> handler);
  // Asked in order for each event before its handlers; an error is told to on_packet_refused and the event is gone.
  void use_packet(std::function<void(socket&, const incoming&, next)> middleware);
  void on_packet_refused(std::function<void(socket&, const connect_error&)> handler);
  void on_any(std::function<void(socket&, const incoming&)> handler);       // every event, before its handler
  void on_any_outgoing(std::function<void(socket&, const packet_data&)> handler); // every event to a client of here

  // --- everybody in it ---
  broadcast_operator to(std::string_view room) { return broadcast_operator(*this).to(room); }
  broadcast_operator in(std::string_view room) { return to(room); }
  broadcast_operator except(std::string_view room) { return broadcast_operator(*this).except(room); }
  broadcast_operator local() { return broadcast_operator(*this).local(); }
  broadcast_operator volatile_() { return broadcast_operator(*this).volatile_(); }
  broadcast_operator timeout(std::chrono::milliseconds patience) { return broadcast_operator(*this).timeout(patience); }
  broadcast_operator all() { return broadcast_operator(*this); }
  void emit(const outgoing& event) { all().emit(event); }
  void emit(std::string_view name, const boost::json::array& arguments,
            const std::vector<std::string>& attachments = {}) {
    all().emit(name, arguments, attachments);
  }

  // --- the other servers of the cluster ---
  void on_server(std::string_view event, std::function<void(const packet_data&, acknowledge_server)> handler);
  void server_side_emit(std::string_view name, const boost::json::array& arguments);
  void server_side_emit_with_ack(std::string_view name, const boost::json::array& arguments, acks_handler answered);

  // Calls it for each socket of this server (in that room), on the socket's thread; those of the calling thread
  // before it returns.
  void for_each_socket(std::function<void(socket&)> visit);
  void for_each_socket_in(std::string_view room, std::function<void(socket&)> visit);
  std::size_t size() const; // sockets of this server; any thread

private:
  friend class detail::hub;
  friend class detail::client;
  friend class detail::nsp_slice;
  friend class socket;
  friend class acknowledge;
  friend class broadcast_operator;
  friend struct detail::pending_ack;
  struct state;
  std::string name_;
  std::unique_ptr<state> state_;
};

class server {
public:
  server(boost::asio::io_context& io, config config);
  ~server(); // on the thread of the io_context, not inside a handler
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  // The namespace of that name, made when it is not there. Clients may connect to namespaces that were asked
  // for. Any thread.
  nsp& of(std::string_view name);
  // Namespaces that come to be when a client asks for one whose name fits (`auth` is what its CONNECT says). Each
  // has the middlewares and handlers of the one given back; emitting there reaches them all.
  nsp& of_matching(std::function<bool(std::string_view name, const boost::json::value& auth)> fits);
  // Called when of_matching() has made one.
  void on_new_namespace(std::function<void(nsp&)> handler);

  // Requests outside the Socket.IO path. Without a handler they are answered 404. On the connection's thread.
  void on_http(http_handler handler);

  // Port 0 takes a free one. Gives the port, or why not.
  boost::system::result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  // Accepts nothing more, answers what is under way, closes transports (without DISCONNECT, so that clients
  // reconnect), and calls `done` when the last connection is gone, at the latest after `patience`.
  void close(std::chrono::milliseconds patience, std::function<void()> done);

  std::size_t connections() const; // any thread

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace socketio
