// A session with what it runs on: connections, timer, and the application's side of it.
#pragma once

#include "net/exchange.hpp"
#include "net/loop.hpp"
#include "session/session.hpp"
#include "socketio/handshake.hpp"

#include <memory>
#include <string_view>

namespace socketio::detail {

class connection;
class live_session;
class shard;

// The application's side of a session. Lives as long as the session; everything on the session's thread.
class session_peer {
public:
  virtual ~session_peer() = default;
  virtual void on_message(bool binary, std::string_view data, const http_request* request) = 0;
  virtual void on_closed(std::string_view reason, std::string_view detail) = 0; // once
};

class live_session final : public mortal, timer, session::session_shell {
public:
  live_session(shard& home, const session::session_id& sid, session::transport transport,
               std::shared_ptr<const handshake_request> request, time_point now);
  ~live_session() override;

  // --- for the peer ---
  void send(codec::packet packet) {
    engine.send(std::move(packet));
    if (!dirty_) mark_dirty();
  }
  // Whether a packet would leave at once.
  bool ready() const;
  // What was sent until now leaves at once, what is sent from now on a moment later over a WebSocket, unless
  // the client says something before: clients that take one message at a time must not miss the second of
  // two.
  void let_first_packet_arrive();
  // After what is queued; `apart`: a polling client gets the end in a poll of its own.
  void close(std::string_view reason, bool apart = false);
  void cut(std::string_view reason, std::string_view detail = {}); // at once
  // Closed when nobody calls joined() in time.
  void expect_join(std::chrono::milliseconds patience);
  void joined() { join_by_ = time_point::max(); }
  loop& home_loop() const;
  const std::shared_ptr<const handshake_request>& request() const { return request_; }

  // --- for the shard and the connections ---
  void begin(std::unique_ptr<session_peer> peer);
  void flush();
  void prefetch() const { // what flush() reads first
    const char* const begin = reinterpret_cast<const char*>(this);
    for (std::size_t at = 0; at < sizeof *this; at += 64) __builtin_prefetch(begin + at);
  }
  void rearm();
  void stalled(); // the WebSocket takes nothing at the moment
  void websocket_message(connection& from, bool binary, std::string_view data);
  void websocket_gone(connection& which, std::string_view reason, std::string_view detail);
  void poll(std::shared_ptr<exchange> exchange);
  void post(std::shared_ptr<exchange> exchange, connection& from);
  void upgrade_began();
  bool begin_post(connection& from); // its body is still coming; false: another one's is
  void post_lost(connection& from);
  void poll_lost(const exchange& exchange); // its connection ended before the answer was out

  session::engine_session engine;
  connection* websocket = nullptr;
  connection* probing = nullptr;

private:
  friend class shard;
  // A POST: its body is coming, or is being handled, in several turns when it is long.
  struct incoming_post {
    connection* from = nullptr;         // while the body is coming
    std::shared_ptr<exchange> exchange; // then
    codec::payload_pieces unheard{{}};
    bool waits = false; // for the next turn, or until takes_more()
  };
  void mark_dirty();
  void go_on() override;
  void hear_post();
  void release(); // of let_first_packet_arrive()
  void on_time(time_point now) override;

  // session_shell
  void answer_poll(session::engine_session& session, std::string body) override;
  void wants_to_write(session::engine_session& session) override;
  void offer(session::engine_session& session) override;
  void end_websocket(session::engine_session& session) override;
  void end_probe(session::engine_session& session) override;
  void write_probe(session::engine_session& session, const codec::packet& packet) override;
  void probe_became_transport(session::engine_session& session) override;
  void on_message(session::engine_session& session, bool binary, std::string_view data) override;
  void on_closed(session::engine_session& session, std::string_view reason, std::string_view detail) override;

  shard& home_;
  std::unique_ptr<session_peer> peer_;
  std::shared_ptr<const handshake_request> request_;
  std::shared_ptr<exchange> parked_;
  std::unique_ptr<incoming_post> post_;
  time_point join_by_ = time_point::max();
  time_point held_until_ = time_point::min();
  bool dirty_ = false;
};

} // namespace socketio::detail
