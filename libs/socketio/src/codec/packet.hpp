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
  std::shared_ptr<const std::string> bytes; // some unused bytes, the frame's header, the payload
  std::uint8_t frame_at = 0;
  std::uint8_t payload_at = 0;
  bool binary = false;
  std::string_view frame() const { return std::string_view(*bytes).substr(frame_at); }
  std::string_view payload() const { return std::string_view(*bytes).substr(payload_at); }
};

// Builds a packet in place: append the payload to text(), then take finish().
class packet_builder {
public:
  explicit packet_builder(std::size_t payload_size_hint = 64);
  std::string& text() { return *bytes_; }
  packet finish(bool binary = false);

private:
  std::shared_ptr<std::string> bytes_;
};

packet text_packet(std::string_view payload);
packet binary_packet(std::string_view bytes);
// Bytes as they are, not a packet: an HTTP answer, a control frame.
packet raw_bytes(std::string bytes);

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

// Takes the next packet's text off the front of a polling body; false: there is no further one. An empty body
// holds one empty piece, which is a parse error further on.
class payload_pieces {
public:
  explicit payload_pieces(std::string_view body)
      : rest_(body) {}
  bool next(std::string_view& piece);

private:
  std::string_view rest_;
  bool ended_ = false;
};

} // namespace socketio::codec
