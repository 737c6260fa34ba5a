// A cluster over Redis PUB/SUB in the classic format of @socket.io/redis-adapter 8 and
// @socket.io/redis-emitter 5: Node servers, emitters and ours in one cluster.
#pragma once

#include "socketio/cluster.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace socketio {

struct redis_options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string username, password; // sent as AUTH when there is a password
  int database = 0;
  std::string key_prefix = "socket.io"; // of all channels, the same for every server of the cluster

  // Patience with the answers of other servers.
  std::chrono::milliseconds request_timeout{5'000};
  // Answers go to who asked only: less for the others to read. Node's servers listen there too.
  bool publish_on_specific_response_channel = false;

  std::chrono::milliseconds connect_timeout{5'000}; // until Redis has answered the greeting
  // After a lost connection, doubled up to reconnect_delay_max.
  std::chrono::milliseconds reconnect_delay{100};
  std::chrono::milliseconds reconnect_delay_max{5'000};
  std::chrono::milliseconds ping_interval{10'000}; // a silent Redis is noticed after twice that

  // Waiting to be written; beyond it publications are lost, with a line in the log.
  std::size_t max_queued_bytes = 16 * 1024 * 1024;
  // Of one message from Redis. Redis itself cuts a subscriber off who has more than its
  // client-output-buffer-limit (32 MB for pubsub) waiting.
  std::size_t max_message_bytes = 64 * 1024 * 1024;

  // Connected, lost, refused: one short line each, on any thread. No passwords.
  std::function<void(std::string_view)> log = {};
};

// Its sockets live on `io`, which must run as long as the server and outlive the adapter. Redis away:
// reconnects by itself, and costs only the cluster: what is said meanwhile is lost for the others, and
// questions end with error::cluster_away. Throws nothing; problems are told to `log`.
std::shared_ptr<cluster_adapter> make_redis_adapter(boost::asio::io_context& io, redis_options options);

} // namespace socketio
