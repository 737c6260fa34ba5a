#include "codec/packet.hpp"

#include "codec/base64.hpp"
#include "codec/websocket.hpp"

namespace socketio::codec {

namespace {
packet framed(opcode opcode, std::string_view payload) {
  auto frame = std::make_shared<std::string>();
  frame->reserve(payload.size() + 10);
  packet result;
  result.header = static_cast<std::uint8_t>(append_frame_header(*frame, opcode, payload.size()));
  *frame += payload;
  result.frame = std::move(frame);
  result.binary = opcode == opcode::binary;
  return result;
}
} // namespace

packet text_packet(std::string_view payload) { return framed(opcode::text, payload); }
packet binary_packet(std::string_view bytes) { return framed(opcode::binary, bytes); }

void append_to_payload(std::string& body, const packet& packet) {
  if (!body.empty()) body += separator;
  if (packet.binary) {
    body += 'b';
    body += base64_encode(packet.payload());
  } else {
    body += packet.payload();
  }
}

bool decode_packet(std::string_view text, decoded_packet& packet) {
  if (text.empty()) return false;
  if (text.front() == 'b') {
    auto bytes = base64_decode(text.substr(1));
    if (!bytes) return false;
    packet.type = packet_type::message;
    packet.binary = true;
    packet.decoded = std::move(*bytes);
    packet.data = packet.decoded;
    return true;
  }
  if (text.front() < '0' || text.front() > '6') return false;
  packet.type = static_cast<packet_type>(text.front());
  packet.binary = false;
  packet.data = text.substr(1);
  return true;
}

std::vector<std::string_view> split_payload(std::string_view body) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const std::size_t end = body.find(separator);
    pieces.push_back(body.substr(0, end));
    if (end == std::string_view::npos) return pieces;
    body.remove_prefix(end + 1);
  }
}

} // namespace socketio::codec
