// The Socket.IO layer: clients, namespaces, rooms. Knows sessions only as something to send to and to close.
#pragma once

#include "codec/packet.hpp"
#include "codec/socket_packet.hpp"
#include "socketio/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace socketio::detail {

// Where a client's packets go.
class client_link {
public:
  virtual void send(std::vector<codec::packet> packets) = 0; // in order, nothing in between
  virtual void send(codec::packet packet) = 0;
  virtual void close(std::string_view reason) = 0; // the transport, after what is queued
  virtual void cut(std::string_view reason) = 0;   // the transport, at once

protected:
  ~client_link() = default;
};

// One Engine.IO session seen from Socket.IO: the sockets it has joined, and the binary packet it is in the
// middle of.
class client : public std::enable_shared_from_this<client> {
public:
  client(hub& hub, client_link& link, handshake handshake);
  ~client();

  void on_message(bool binary, std::string_view data);
  void on_closed(std::string_view reason);

  client_link* link() const { return link_; }
  bool joined_any() const { return joined_any_; }

private:
  friend class socketio::socket;
  friend class socketio::nsp;
  friend class hub;

  void on_packet(codec::socket_packet packet, std::vector<std::string> attachments);
  void connect(const std::string& nsp_name, boost::json::value auth);
  void ask_middleware(std::shared_ptr<socket> socket, std::size_t index);
  void admitted(const std::shared_ptr<socket>& socket);
  void refused(nsp& nsp, const connect_error& error);
  void leave(socket& socket, std::string_view reason);
  void violation(std::string_view what);
  std::shared_ptr<socket> find(std::string_view nsp) const;

  hub& hub_;
  client_link* link_; // null once closed
  handshake handshake_;
  std::vector<std::shared_ptr<socket>> sockets_;    // connected
  std::vector<std::shared_ptr<socket>> connecting_; // middlewares are being asked
  std::optional<codec::socket_packet> awaiting_;    // binary packet whose attachments are on their way
  std::vector<std::string> attachments_;
  bool joined_any_ = false;
};

class hub {
public:
  hub(boost::asio::io_context& io, const config& config)
      : io_(io)
      , config_(config) {}

  nsp& of(std::string_view name);
  nsp* find(std::string_view name);
  const config& settings() const { return config_; }
  boost::asio::io_context& io() { return io_; }
  std::string new_id();
  void log(std::string_view line) const {
    if (config_.log) config_.log(line);
  }

private:
  boost::asio::io_context& io_;
  const config& config_;
  std::map<std::string, std::unique_ptr<nsp>, std::less<>> nsps_;
};

// 20 url-safe characters of the kernel's randomness.
std::string random_id();

} // namespace socketio::detail

namespace socketio {

struct nsp::state {
  detail::hub* hub = nullptr;
  std::vector<std::function<void(const handshake&, std::any&, next)>> middlewares;
  std::function<void(socket&)> on_connection;
  std::function<void(socket&, std::string_view)> on_disconnect;
  std::unordered_map<std::string, std::function<void(socket&, const incoming&)>> handlers;
  std::function<void(socket&, const incoming&)> any;
  std::unordered_map<socket*, std::shared_ptr<socket>> members;
  std::unordered_map<std::string, std::vector<socket*>> rooms;
};

struct socket::pending_ack {
  pending_ack(boost::asio::io_context& io, std::uint64_t id)
      : id(id)
      , timer(io) {}
  std::uint64_t id;
  boost::asio::steady_timer timer;
  std::function<void(std::optional<boost::json::array>)> answered;
};

} // namespace socketio
