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
  std::chrono::milliseconds request_timeout{5'000}; // patience with the answers of other servers
  bool publish_on_specific_response_channel =
      false; // answer only to who asked (every server must listen there)
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds reconnect_delay{
      100}; // after a lost connection, doubled up to reconnect_delay_max
  std::chrono::milliseconds reconnect_delay_max{5'000};
  std::chrono::milliseconds ping_interval{10'000}; // a silent Redis is noticed after twice that
  std::size_t max_queued_bytes =
      16 * 1024 * 1024; // waiting to be written; beyond it publications are lost, with a line in the log
  std::size_t max_message_bytes = 64 * 1024 * 1024; // of one message from Redis
  std::function<void(std::string_view)> log;        // connected, lost, refused: one short line each
};

// Its sockets live on `io`, which must run as long as the server. Redis away: reconnects by itself, and costs
// only the cluster. Throws nothing; problems are told to `log`.
std::shared_ptr<cluster_adapter> make_redis_adapter(boost::asio::io_context& io, redis_options options);

} // namespace socketio
