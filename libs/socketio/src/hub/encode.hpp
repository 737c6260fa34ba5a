// Events and answers as packets.
#pragma once

#include "codec/packet.hpp"
#include "codec/socket_packet.hpp"
#include "socketio/cluster.hpp"

#include <boost/json/array.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::detail {

// Throws std::invalid_argument for names that an application may not use.
void refuse_reserved(std::string_view name);

// An event; its arguments as JSON text, separated by commas, or as values.
codec::packet event_packet(std::string_view nsp, std::optional<std::uint64_t> id, std::size_t attachments,
                           std::string_view name, std::string_view arguments_json);
codec::packet event_packet(std::string_view nsp, std::optional<std::uint64_t> id, std::size_t attachments,
                           std::string_view name, const boost::json::array& arguments);
// The same event with a text as its last argument.
codec::packet with_offset(const codec::packet& event, std::string_view offset);
codec::packet ack_packet(std::string_view nsp, std::uint64_t id, std::size_t attachments,
                         const boost::json::array& arguments);
// CONNECT, CONNECT_ERROR, DISCONNECT; `json` may be empty.
codec::packet control_packet(codec::socket_type type, std::string_view nsp, std::string_view json);

std::vector<codec::packet> binary_packets(const std::vector<std::string>& attachments);

// The arguments of an encoded event, its name first.
packet_data decode_event(const codec::packet& head, const std::vector<codec::packet>& attachments);
// The same from values.
packet_data event_data(std::string_view name, const boost::json::array& arguments,
                       const std::vector<std::string>& attachments);

} // namespace socketio::detail
