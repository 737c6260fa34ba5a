// Socket.IO v5 packets: type [<attachments>-] [<namespace>,] [<ack id>] [JSON].
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::codec {

enum class socket_type : std::uint8_t {
  connect,
  disconnect,
  event,
  ack,
  connect_error,
  binary_event,
  binary_ack
};

struct socket_packet {
  socket_type type = socket_type::event;
  std::size_t attachments = 0;
  std::string nsp = "/";
  std::optional<std::uint64_t> id;
  boost::json::value payload; // null when there was none
};

struct socket_limits {
  std::size_t max_attachments = 10;
  std::size_t max_event_name = 256;
  std::size_t max_json_depth = 1'000;
};

// As a server receives them, and takes them as Node's does: payloads are of the right kind, event names are
// texts that are not reserved, or numbers (which become their texts), placeholders match the attachments. An
// EVENT or ACK may stand alone: then its payload is null and it concerns nobody, but an ACK with an id, which
// answers without arguments. Stricter than Node: ids are up to 15 digits
// and nothing else, what poses as a placeholder must be one, and the limits.
// Nothing: the connection is to be closed.
std::optional<socket_packet> parse_socket_packet(std::string_view text, const socket_limits& limits);

// Names that an application may neither send nor get.
bool reserved_event(std::string_view name);

// Appends what stands before the JSON, behind the "4" of an Engine.IO message.
void append_socket_head(std::string& out, socket_type type, std::size_t attachments, std::string_view nsp,
                        std::optional<std::uint64_t> id);

} // namespace socketio::codec
