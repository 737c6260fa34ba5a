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
// Protocol: https://socket.io/docs/v4/socket-io-protocol/ (version 5) over version 4 of Engine.IO. The words
// are those of the Node server; where a promise differs from it, the comment says so.
//
// Threads. A socket lives on one I/O thread; its handlers are called there, one after another, in the order
// in which the client sent its events. With config.threads == 1 that is the thread that runs the io_context,
// for everybody. What sends, joins, asks, answers or disconnects may be called from any thread and takes
// effect on the socket's own: at once when that is the calling thread, else soon. What reads a socket (rooms,
// data) belongs to its thread.
//
// Order. What one thread asks of a socket (emit, emit_with_ack, emit_volatile, an answer, join, leave,
// disconnect, and broadcasts by the rooms it is in) happens to that socket in the order in which it was
// asked, in a handler and outside; with recovery, watchers, more threads and a cluster too. So what was sent
// to a room before a leave() arrives, and what was sent before a disconnect(). What two threads ask has no
// order.
//
// Lifetime. Nothing here may be used once the server is gone: no socket that is still held, no `next` that
// was kept, no broadcast_operator. Only `acknowledge`, `responder` and `admit` may be called then, on any
// thread, and do nothing.
//
// Texts (names, rooms, arguments) are UTF-8. Arguments are Boost.JSON arrays; to send one argument that is
// itself an array write {boost::json::value(list)}, since {list} may be taken for `list`.
//
// What a handler throws, whatever it is, is told to config.log, and no one else suffers. A middleware that
// throws refuses, with "Internal error".
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

// Answers an event that asked for it: once, later too, on any thread, for as long as one likes. Later calls
// and calls after the client left do nothing. A client that came back by recovery is not answered: it asks
// again if it wants.
class acknowledge {
public:
  acknowledge() = default;
  explicit acknowledge(std::shared_ptr<detail::ack_once> once)
      : once_(std::move(once)) {}
  explicit operator bool() const { return once_ != nullptr; } // whether the client asked
  // `attachments` as in `incoming`. To be called only where the client asked; else it does nothing.
  void operator()(boost::json::array arguments, std::vector<std::string> attachments = {}) const;

private:
  std::shared_ptr<detail::ack_once> once_;
};

// An event from a client. Good until its handler returns: copy what is needed later. Binary arguments stand
// in `arguments` as {"_placeholder":true,"num":i} for attachments[i]; each such number is below
// attachments.size(), but not every attachment need be named. Limits: config.max_payload, max_attachments,
// max_event_name, max_json_depth; what breaks them, or is no Socket.IO packet at all, ends the connection
// ("forced close").
struct incoming {
  std::string_view name;                // never one of the reserved names: see socket::emit()
  boost::json::array arguments;         // without the name; whatever the client likes: check before use
  std::vector<std::string> attachments; // binary parts, raw bytes
  acknowledge ack;                      // false when the client did not ask
};

// An event to clients, encoded once, whoever and however many get it: for who has JSON text already, or sends
// the same to several. Immutable, cheap to copy, any thread. Without attachments.
class outgoing {
public:
  // `nsp`: the name of the namespace in which it will be sent, "/" or "/admin", since it is part of what is
  // encoded; sent in another one it is lost. (The namespace that of_matching() gives encodes it anew for each
  // of its own.) `arguments_json`: the arguments as JSON text, separated by commas and valid (not checked);
  // may be empty. Throws std::invalid_argument for reserved names.
  static outgoing event(std::string_view nsp, std::string_view name, std::string_view arguments_json);

private:
  friend class socket;
  friend class broadcast_operator;
  std::shared_ptr<const detail::broadcast_event> event_; // to nobody yet
};

// Why a connection to a namespace is refused: the client gets CONNECT_ERROR {"message":…,"data":…}, `data`
// only when there is some, and keeps its connection and its other namespaces.
struct connect_error {
  std::string message;
  std::optional<boost::json::value> data = {};
};
// Goes on to the next middleware ({} or std::nullopt), or refuses. To be called once, now or later, on any
// thread; later calls do nothing. A client whose middleware never calls it waits until
// config.connect_timeout.
using next = std::function<void(std::optional<connect_error>)>;

// Answers a server-side event: once, later too, on any thread; empty when nobody waits. Over Redis only the
// first argument travels (the format of Node's adapter).
using acknowledge_server = std::function<void(packet_data answer)>;
// What a client answered (without a name before it), or error::timed_out, error::disconnected,
// error::too_many_pending. Called once, on the socket's thread; not at all when the server ends before.
using ack_handler = std::function<void(boost::system::error_code, packet_data answer)>;
// What those who were asked answered, in the order in which it came. With an error, those who did:
// error::timed_out, not all did in time; error::disconnected, some left or had config.max_pending_acks
// questions open already; error::cluster_away, other servers could not be asked. Called once, on an I/O
// thread; not when the server ends before.
using acks_handler = std::function<void(boost::system::error_code, std::vector<packet_data> answers)>;
using sockets_handler = std::function<void(boost::system::error_code, std::vector<remote_socket>)>;

// A set of sockets (everybody, or those in any of some rooms, without those in some others) and how to send
// to them. Who is in several of the rooms gets an event once. The id of a socket is a room with only that
// socket. A value: each call gives a changed copy; any thread. Not to be kept longer than its namespace
// (which lasts as long as the server, unless of_matching() made it).
//
// Of the namespace that of_matching() gives, emit, sockets_join, sockets_leave and disconnect_sockets concern
// all that it has made; emit_with_ack and fetch_sockets find nobody there.
class broadcast_operator {
public:
  [[nodiscard]] broadcast_operator to(std::string_view room) const; // in one more room
  [[nodiscard]] broadcast_operator in(std::string_view room) const { return to(room); }
  [[nodiscard]] broadcast_operator except(std::string_view room) const;
  [[nodiscard]] broadcast_operator local() const; // this server only, not its cluster
  // Dropped for a client that cannot take it this instant: see socket::emit_volatile().
  [[nodiscard]] broadcast_operator volatile_() const;
  // Of emit_with_ack; 10 s without it.
  [[nodiscard]] broadcast_operator timeout(std::chrono::milliseconds patience) const;

  // Encodes once and puts the same frame into the queue of each socket, here and, through the cluster,
  // elsewhere. Throws std::invalid_argument for a reserved name. Sockets of the calling thread have it in
  // their queue when this returns.
  void emit(std::string_view name, const boost::json::array& arguments,
            const std::vector<std::string>& attachments = {}) const;
  // To this server's sockets and, where there is a cluster, to the others' by decoding it.
  void emit(const outgoing& event) const;
  // Asks all of them; `answered` once, when all have answered or left, or time is over. Nobody there: at
  // once, empty.
  void emit_with_ack(std::string_view name, const boost::json::array& arguments, acks_handler answered) const;

  // Copies of what is known of them, of all servers unless local(). error::timed_out and error::cluster_away:
  // the sockets of those servers that answered, this one's among them. On an I/O thread, once.
  void fetch_sockets(sockets_handler found) const;
  // Beyond config.max_rooms_per_socket a socket does not join.
  void sockets_join(const std::vector<std::string>& rooms) const;
  void sockets_leave(const std::vector<std::string>& rooms) const;
  void disconnect_sockets(bool close = false) const; // as socket::disconnect()

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

// One client in one namespace. Lives until its disconnect handlers have run, longer when held
// (shared_from_this()), but not to be used after its server. Once it has left, what sends, joins or
// disconnects does nothing. Before its on_connection handlers are called, in middlewares, it may join rooms
// and have data; what is sent to it then is lost.
class socket : public std::enable_shared_from_this<socket> {
public:
  socket(detail::client& client, std::shared_ptr<nsp> nsp, detail::nsp_slice& slice, handshake handshake);
  ~socket();
  // 20 url-safe characters of the kernel's randomness, the same from on_connection on to the socket's end (a
  // recovered socket has its old one; in middlewares too, with rooms and data). Others may know it: it is not
  // the id of the session, which grants access.
  std::string_view id() const { return {id_.data(), id_.size()}; }
  const handshake& shake() const { return handshake_; } // any thread
  nsp& of() const { return *nsp_; }                     // its namespace; any thread
  bool connected() const { return member_; }            // from on_connection until it leaves; its thread
  bool recovered() const { return recovered_; }         // came back with its id, rooms and data; its thread

  // Sends an event. It is in the client's queue when this returns (or soon, from another thread) and leaves
  // at the end of the turn or before; a client that lets too much wait is cut off (config.max_queued_bytes).
  // Where a binary argument belongs, `arguments` has {"_placeholder":true,"num":i} for attachments[i]. Throws
  // std::invalid_argument for the reserved names: connect, connect_error, disconnect, disconnecting,
  // newListener, removeListener.
  void emit(const outgoing& event);
  void emit(std::string_view name, const boost::json::array& arguments,
            const std::vector<std::string>& attachments = {});
  // Dropped when the client cannot take it this instant: no poll waits, or what waits already fills its
  // answer; or the kernel has refused something for its WebSocket. Throws as emit().
  void emit_volatile(std::string_view name, const boost::json::array& arguments);
  // An event that asks for an answer. `answered` once, on this socket's thread: with the answer,
  // error::timed_out, error::disconnected, or, without asking, error::too_many_pending
  // (config.max_pending_acks). Throws as emit().
  void emit_with_ack(std::string_view name, const boost::json::array& arguments,
                     std::chrono::milliseconds timeout, ack_handler answered,
                     const std::vector<std::string>& attachments = {});

  // The others: everybody in the namespace, or in a room, but this one.
  broadcast_operator broadcast() const;
  broadcast_operator to(std::string_view room) const { return broadcast().to(room); }

  // Rooms are names, made by the first who joins and gone with the last. Ids are rooms too: take names that
  // cannot be one. False: it has left, or is in config.max_rooms_per_socket rooms (told on its own thread;
  // from others always true).
  bool join(std::string_view room);
  void leave(std::string_view room);      // not its own id
  bool in(std::string_view room) const;   // its thread
  std::vector<std::string> rooms() const; // its own id first; its thread

  // Sends DISCONNECT after what is queued: the person is thrown out, and a stock client does not come back by
  // itself. on_disconnect says "server namespace disconnect", before this returns when on its thread. With
  // `close`, the same in every namespace of the connection, which then ends.
  void disconnect(bool close = false);
  // Closes the transport under it after what is queued (over a WebSocket within two seconds, by polling when
  // the next poll comes, at most 30 s later): a stock client reconnects. `reason` is told to on_disconnect.
  void close_transport(std::string_view reason);

  // Whatever the application wants to keep with it; survives a recovery. Its thread.
  std::any data;
  // The same, for the eyes of other servers: fetch_sockets() shows it.
  boost::json::value shared_data;

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

  void queue(const detail::broadcast_event& event);
  bool send(const detail::broadcast_event& event);
  void tell_watchers(const detail::broadcast_event& event);
  void send_here(const detail::broadcast_event& event);
  void send_or_post(std::shared_ptr<detail::broadcast_event> event);
  void ask(const detail::broadcast_event& event, std::chrono::milliseconds patience, ack_handler answered);

  detail::client* client_; // null once disconnected
  std::shared_ptr<nsp> nsp_;
  detail::nsp_slice& slice_;
  handshake handshake_;
  std::array<char, 20> id_;
  bool recovered_ = false;
  bool leaving_ = false;    // its end has begun
  bool member_ = false;     // connected: in the list of its namespace
  std::uint32_t index_ = 0; // in that list
  std::vector<membership> rooms_;
  std::vector<std::unique_ptr<detail::pending_ack>> acks_;
  std::unique_ptr<detail::packet_line> line_;
  std::unique_ptr<detail::recovery_state> recovery_;
};

// A namespace: who may come, what is done with what they say, and everybody who is there. Handlers are of the
// namespace, not of a socket (what differs between sockets is in socket::data), are called in the order in
// which they were set, and stay. They may be set at any time, on any thread; set before listen() they miss
// nobody.
class nsp : public std::enable_shared_from_this<nsp> {
public:
  nsp(std::string name, detail::hub& hub);
  ~nsp();
  const std::string& name() const { return name_; }

  // --- who comes ---
  // Asked one after another before a client is let in, on its thread; a recovered client is not asked again
  // unless recovery_options::skip_middlewares is false.
  void use(std::function<void(socket&, next)> middleware);
  // A client is in: CONNECT has been answered, its events come after this.
  void on_connection(std::function<void(socket&)> handler);
  // It is about to leave: its rooms are still there, and what is sent to it may not arrive.
  void on_disconnecting(std::function<void(socket&, std::string_view reason)> handler);
  // It has left. Once for each on_connection, but for those that are there when the server is destroyed.
  // Reasons as in Node: "transport close", "transport error", "ping timeout", "parse error", "forced close"
  // (also: an invalid packet), "client namespace disconnect", "server namespace disconnect", "server shutting
  // down", or the one given to close_transport(); `detail` is for people and may be empty ("slow client: …",
  // "message over the limit of …").
  void on_disconnect(std::function<void(socket&, std::string_view reason, std::string_view detail)> handler);

  // --- what they say ---
  // Throws std::invalid_argument for reserved names. An event that nobody handles is gone, its
  // acknowledgement too.
  void on(std::string_view event, std::function<void(socket&, const incoming&)> handler);
  // Asked one after another for each event before its handlers, in the order of the events: while one waits
  // for `next` those behind it wait too, until config.max_queued_packets events or config.max_queued_bytes of
  // their packets wait; with one more the client is cut off ("forced close"). An error is told to
  // on_packet_refused (the client hears nothing) and the event is gone.
  void use_packet(std::function<void(socket&, const incoming&, next)> middleware);
  void on_packet_refused(std::function<void(socket&, const connect_error&)> handler);
  void on_any(std::function<void(socket&, const incoming&)> handler); // every event, before its handler
  // Every event to a client of here, with its name first, once it is queued for all who get it; no answers,
  // nothing that recovery repeats. It costs decoding each event for each client. It may send too, but not to
  // whom it watches without end.
  void on_any_outgoing(std::function<void(socket&, const packet_data&)> handler);

  // --- everybody in it ---
  broadcast_operator to(std::string_view room) { return broadcast_operator(*this).to(room); }
  broadcast_operator in(std::string_view room) { return to(room); }
  broadcast_operator except(std::string_view room) { return broadcast_operator(*this).except(room); }
  broadcast_operator local() { return broadcast_operator(*this).local(); }
  broadcast_operator volatile_() { return broadcast_operator(*this).volatile_(); }
  broadcast_operator timeout(std::chrono::milliseconds patience) {
    return broadcast_operator(*this).timeout(patience);
  }
  broadcast_operator all() { return broadcast_operator(*this); }
  void emit(const outgoing& event) { all().emit(event); }
  void emit(std::string_view name, const boost::json::array& arguments,
            const std::vector<std::string>& attachments = {}) {
    all().emit(name, arguments, attachments);
  }

  // --- the other servers of the cluster ---
  // An event that another server sent to all servers but itself; on the first I/O thread.
  void on_server(std::string_view event, std::function<void(const packet_data&, acknowledge_server)> handler);
  // To the other servers, not to this one; without a cluster nothing, or an empty answer at once. Throws
  // std::invalid_argument for reserved names.
  void server_side_emit(std::string_view name, const boost::json::array& arguments);
  void server_side_emit_with_ack(std::string_view name, const boost::json::array& arguments,
                                 acks_handler answered);

  // Calls it for each socket of this server (in that room), on the socket's thread; those of the calling
  // thread before it returns. It may do anything with them, disconnect too.
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
  // `io` is run by one thread, always the same (on another one run() throws std::logic_error), outlives the
  // server, and is not run from inside a handler. Starts the
  // cluster's adapter; threads and clients come with listen(). Throws std::system_error when the kernel gives
  // no epoll descriptor.
  server(boost::asio::io_context& io, config config);
  // On the thread of the io_context and not inside a handler, or when nobody runs it any more. Waits for its
  // own threads. Connections end at once and no handler is called: close() is the polite way.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  // The namespace of that name ("/" is put before one that lacks it), made when it is not there, and there as
  // long as the server. Clients may connect to namespaces that were asked for, "/" too, and to no others
  // ("Invalid namespace"). A name that fits an of_matching() is one of its namespaces, whoever asks first,
  // and stays once it was asked for here. Any thread.
  nsp& of(std::string_view name);
  // Namespaces that come to be when a client asks for one whose name fits (asked in the order of the calls to
  // of_matching(), for names that of() has not made before). `auth` is what the client's CONNECT says, or
  // null when of() asks, so it is the middlewares that decide who gets in. On the thread of who asks. Each
  // has the middlewares and handlers of the one given back, which has no clients itself; emitting there, and
  // for_each_socket(), reach them all. One goes with its last socket (config.cleanup_empty_child_namespaces);
  // with that off, who is admitted under made-up names may fill the memory.
  nsp& of_matching(std::function<bool(std::string_view name, const boost::json::value& auth)> fits);
  // Called for each namespace that of_matching() makes, when its first client has been admitted (before its
  // connection handlers, also those that are set here) or of() asks for it, on that thread. To be set before
  // listen().
  void on_new_namespace(std::function<void(nsp&)> handler);

  // Requests outside config.path. Without a handler they are answered 404. On the connection's thread; when
  // it throws the answer is 500. To be set before listen().
  void on_http(http_handler handler);

  // Once, before io runs or on its thread. `host` is an IPv4 or IPv6 address or "localhost" (127.0.0.1); port
  // 0 takes a free one. Starts the threads. Gives the port, or why not: an address that is none,
  // boost::asio::error::already_open, or what the kernel says.
  boost::system::result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  // Accepts nothing more, answers what is under way, closes transports (without DISCONNECT, so that clients
  // reconnect; on_disconnect says "server shutting down"), and posts `done` to the io_context when the last
  // connection and session are gone, at the latest after `patience`, when what is left of them ends. Any
  // thread; called again, it waits for the same end. New handshakes are refused with 503.
  void close(std::chrono::milliseconds patience, std::function<void()> done);

  // Open TCP connections; a client that polls is without one at times. Any thread.
  std::size_t connections() const;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace socketio
