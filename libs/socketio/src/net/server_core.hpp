// The server's inside: sessions by their secret id, and the connections that carry them.
#pragma once

#include "hub/hub.hpp"
#include "session/session.hpp"
#include "socketio/server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace socketio::detail {

class connection;
class server_core;

// A session with what it runs on.
class live_session final : public client_link {
public:
  live_session(server_core& core, std::string sid, session::transport transport, session::time_point now);

  void send(codec::packet packet) override;
  void send(std::vector<codec::packet> packets) override;
  void close(std::string_view reason) override;
  void cut(std::string_view reason) override;

  session::engine_session engine;
  std::shared_ptr<client> peer;
  connection* websocket = nullptr;
  connection* probing = nullptr;
  std::shared_ptr<exchange> parked;
  std::shared_ptr<exchange> posting;
  boost::asio::steady_timer timer;
  session::time_point armed = session::time_point::max();
  session::time_point connect_by;
  session::time_point stalled_until = session::time_point::max();
  bool dirty = false;

private:
  server_core& core_;
};

class server_core final : public session::session_shell {
public:
  server_core(boost::asio::io_context& io, socketio::config config);
  ~server_core();

  // --- for the public server ---
  boost::system::result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  void close(std::chrono::milliseconds patience, std::function<void()> done);
  hub& namespaces() { return hub_; }
  http_handler on_http;
  std::size_t connections() const { return connections_.size(); }

  // --- for connections ---
  const socketio::config& settings() const { return config_; }
  boost::asio::io_context& io() { return io_; }
  bool closing() const { return closing_; }
  std::shared_ptr<const bool> alive() const { return alive_; }
  void log(std::string_view line) const { hub_.log(line); }
  bool is_ours(std::string_view path) const { return path.starts_with(config_.path); }
  void opened(connection& connection);
  void gone(connection& connection);
  // A request for our path that is not an upgrade.
  void on_engine_request(std::shared_ptr<exchange> exchange);
  // An upgrade; gives the refusal's HTTP status and text, or nothing when `connection` may become a
  // WebSocket.
  struct refusal {
    unsigned status;
    std::string text;
  };
  std::optional<refusal> on_upgrade(const http_request& request, connection& connection);
  void websocket_ready(connection& connection); // the 101 is on its way: packets may follow
  void websocket_message(connection& connection, bool binary, std::string_view data);
  void websocket_gone(connection& connection, std::string_view reason);
  void request_aborted(const exchange& exchange);
  void stalled(connection& connection, bool is);
  std::vector<std::pair<std::string, std::string>> cors_headers(const http_request& request,
                                                                bool preflight) const;

  // --- for live_session ---
  void mark_dirty(live_session& session);
  void rearm(live_session& session);

private:
  friend class live_session;
  void accept_next();

  // session_shell
  void answer_poll(session::engine_session& session, std::string body) override;
  void wants_to_write(session::engine_session& session) override;
  void end_websocket(session::engine_session& session) override;
  void end_probe(session::engine_session& session) override;
  void write_probe(session::engine_session& session, const codec::packet& packet) override;
  void probe_became_transport(session::engine_session& session) override;
  void on_message(session::engine_session& session, bool binary, std::string_view data) override;
  void on_closed(session::engine_session& session, std::string_view reason) override;

  live_session* find(std::string_view sid);
  live_session& of(session::engine_session& session);
  live_session& make_session(session::transport transport, const http_request& request);
  void handshake_by_polling(std::shared_ptr<exchange> exchange);
  void on_poll(live_session& session, std::shared_ptr<exchange> exchange);
  void on_post(live_session& session, std::shared_ptr<exchange> exchange);
  bool answer_tombstone(const std::string& sid, std::shared_ptr<exchange>& exchange);
  void flush_dirty();
  void on_timer(const std::string& sid);
  void finish_closing();

  struct tombstone {
    std::string sid;
    session::time_point until;
  };

  boost::asio::io_context& io_;
  const socketio::config config_;
  hub hub_;
  boost::asio::ip::tcp::acceptor acceptor_;
  boost::asio::steady_timer accept_pause_;
  std::unordered_set<connection*> connections_;
  std::unordered_map<std::string, std::unique_ptr<live_session>> sessions_;
  std::unordered_map<session::engine_session*, live_session*> by_engine_;
  std::vector<std::unique_ptr<live_session>> ended_; // closed in this turn; freed at the next
  std::deque<tombstone> tombstones_;
  std::vector<std::string> dirty_;
  bool flush_posted_ = false;
  bool closing_ = false;
  boost::asio::steady_timer close_timer_;
  std::function<void()> closed_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

} // namespace socketio::detail
