// Engine.IO v4 packets. One packet is encoded once, as the WebSocket frame that carries it; polling takes the
// payload out.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace socketio::codec {

inline constexpr char separator = '\x1e'; // between the packets of one polling body

// Immutable and shared: a broadcast is one frame in many queues.
struct packet {
  std::shared_ptr<const std::string> frame;
  std::uint8_t header = 0; // bytes before the payload
  bool binary = false;
  std::string_view payload() const { return std::string_view(*frame).substr(header); }
};

packet text_packet(std::string_view payload);
packet binary_packet(std::string_view bytes);

// How a packet stands in a polling body.
void append_to_payload(std::string& body, const packet& packet);

enum class packet_type : char {
  open = '0',
  close = '1',
  ping = '2',
  pong = '3',
  message = '4',
  upgrade = '5',
  noop = '6'
};

struct decoded_packet {
  packet_type type = packet_type::noop;
  bool binary = false;
  std::string_view data; // after the type; for base64 binary a view of `decoded`
  std::string decoded;
};

// One packet of text, from a polling body or a text frame; "b…" is binary. False: parse error.
bool decode_packet(std::string_view text, decoded_packet& packet);

// The pieces of a polling body; an empty body gives one empty piece, which is a parse error further on.
std::vector<std::string_view> split_payload(std::string_view body);

} // namespace socketio::codec
