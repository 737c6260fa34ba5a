// What an application wants to be told of a namespace.
#pragma once

#include "hub/text_map.hpp"
#include "socketio/server.hpp"

#include <functional>
#include <string_view>
#include <vector>

namespace socketio::detail {

// Immutable: a change makes a new one, which each thread gets.
struct handlers {
  std::vector<std::function<void(socket&, next)>> middlewares;
  std::vector<std::function<void(socket&, const incoming&, next)>> packet_middlewares;
  std::vector<std::function<void(socket&)>> on_connection;
  std::vector<std::function<void(socket&, std::string_view)>> on_disconnecting;
  std::vector<std::function<void(socket&, std::string_view, std::string_view)>> on_disconnect;
  std::vector<std::function<void(socket&, const connect_error&)>> on_packet_refused;
  std::vector<std::function<void(socket&, const incoming&)>> any;
  std::vector<std::function<void(socket&, const packet_data&)>> any_outgoing;
  text_map<std::vector<std::function<void(socket&, const incoming&)>>> events;
  text_map<std::vector<std::function<void(const packet_data&, acknowledge_server)>>> server_events;
};

} // namespace socketio::detail
