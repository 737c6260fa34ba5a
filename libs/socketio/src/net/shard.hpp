// What one I/O thread has: its connections and sessions, and the rules by which requests become sessions.
#pragma once

#include "net/connection.hpp"
#include "net/guarded.hpp"
#include "net/handshake_rate.hpp"
#include "net/live_session.hpp"
#include "net/loop.hpp"
#include "socketio/config.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace socketio::detail {

class runtime;

class shard {
public:
  shard(runtime& all, loop& loop, std::size_t threads); // `threads`: how many there will be
  ~shard();

  loop& its_loop() { return loop_; }
  const socketio::config& settings() const;
  runtime& all() { return all_; }
  bool closed() const { return closing_ && sessions_.empty(); }

  // --- connections ---
  void adopt(int descriptor, std::string remote); // an accepted connection
  void opened(connection& connection);
  void gone(connection& connection);
  void resume_later(connection& connection, std::string rest) {
    resumable_.push_back({&connection, std::move(rest)});
    loop_.need_turn();
  }
  void hand_over(connection& connection, shard& to);
  // The connection with most bytes of a request that is not whole; null: none has any.
  connection* heaviest_unfinished() const;
  bool is_ours(std::string_view path) const { return path.starts_with(settings().path); }
  // A request for our path. A session of another thread takes the connection with it.
  void on_engine_request(connection& from, std::shared_ptr<exchange> exchange);

  live_session* find(std::string_view sid);
  // The shard that a session of that id lives on; null: this one, or none.
  shard* elsewhere(std::string_view sid) const;

  // --- sessions ---
  void mark_dirty(live_session& session) {
    dirty_.push_back(&session);
    loop_.need_turn();
  }
  void ended(live_session& session); // its last act: freed at the end of the turn
  void report(const http_request* request, int code, std::string_view message,
              std::string_view context) const;
  void log(std::string_view line) const;
  void reply(exchange& exchange, http_response response) const; // with CORS headers
  template <class Work>
  bool guard(std::string_view what, Work&& work) const {
    return guarded(settings().log, what, std::forward<Work>(work));
  }

  // --- closing ---
  void close_all(std::string_view reason);
  void destroy_all();

private:
  friend class connection;
  bool end_of_turn();
  void destroy_idle();
  void handshake(std::shared_ptr<exchange> exchange, bool websocket);
  void admitted(std::shared_ptr<exchange> exchange, bool websocket);
  live_session& make_session(session::transport transport, const http_request& request);
  void busy(exchange& exchange, bool websocket, std::string_view why);
  bool answer_tombstone(std::string_view sid, exchange& exchange);
  void refuse(exchange& exchange, bool upgrade, unsigned status, int code, std::string_view message,
              std::string_view context = {}, header_list headers = {}) const;
  bool opens_websocket(exchange& exchange) const;

  struct tombstone {
    session::session_id sid;
    time_point until;
  };

  runtime& all_;
  loop& loop_;
  connection* first_ = nullptr;
  struct resumable {
    connection* which; // not freed before the end of the turn in which it is resumed
    std::string rest;
  };
  std::vector<resumable> resumable_;
  std::unordered_map<std::string_view, std::unique_ptr<live_session>> sessions_; // keys live in the sessions
  std::vector<live_session*> dirty_;
  std::deque<tombstone> tombstones_;
  handshake_rate handshakes_;
  bool closing_ = false;
  bool destroyed_ = false; // destroy_all() was called
};

// Headers and body of a polling answer, compressed when that is worth it and the client takes it.
http_response polling_answer(const socketio::config& settings, const http_request& request, std::string body);

} // namespace socketio::detail
