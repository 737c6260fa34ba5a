// The server below Socket.IO: threads, the listening socket, and the way to an end.
#pragma once

#include "net/log_throttle.hpp"
#include "net/loop.hpp"
#include "net/shard.hpp"
#include "net/silent_connections.hpp"
#include "socketio/config.hpp"
#include "socketio/http.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/system/result.hpp>

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace socketio::detail {

// What sessions are for: Socket.IO, or a bare Engine.IO application.
class application {
public:
  virtual std::unique_ptr<session_peer> make_peer(live_session& session) = 0; // on the session's thread
  virtual void began(session_peer&) {}                                        // the open packet is on its way

protected:
  ~application() = default;
};

class runtime final : pollable {
public:
  runtime(boost::asio::io_context& io, config config, application& application);
  ~runtime();
  // Ends the threads; nothing calls the application any more.
  void stop();

  boost::system::result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  void close(std::chrono::milliseconds patience, std::function<void()> done);

  const socketio::config& settings() const { return config_; }
  application& app() { return application_; }
  http_handler on_http;
  std::size_t threads() const { return shards_.size(); }
  loop& loop_at(std::size_t index) { return *loops_[index]; }
  shard& shard_at(std::size_t index) { return *shards_[index]; }
  // The loop of the calling thread, else the first.
  loop& nearest_loop();
  // Some thread has more mail than it may: who reads from clients makes no more of it. Any thread.
  bool mail_is_full() const;

  silent_connections silent;
  std::atomic<std::size_t> connections = 0, sessions = 0;
  const byte_total in_flight = std::make_shared<std::atomic<std::size_t>>(0);
  // The last one of both ends a close().
  void connection_gone();
  void session_gone();

private:
  void on_events(std::uint32_t events) override; // of the listening socket
  void accept_some();
  void start_threads();
  void finish_closing();

  boost::asio::io_context& io_;
  const socketio::config config_;
  application& application_;
  std::vector<std::unique_ptr<loop>> loops_;
  std::vector<std::unique_ptr<shard>> shards_;
  int listener_ = -1;
  std::size_t next_shard_ = 0;
  bool started_ = false;
  std::atomic<bool> closing_ = false;
  std::vector<std::function<void()>> closed_;
};

// 20 url-safe characters of the kernel's randomness.
session::session_id random_id();
// The same, naming the thread that the session lives on.
session::session_id session_id_on(std::size_t loop_index);
// Which one that is; beyond all threads when the text is no such id.
std::size_t loop_of(std::string_view sid);

} // namespace socketio::detail
