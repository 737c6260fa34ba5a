#include "codec/packet.hpp"

#include "codec/base64.hpp"
#include "codec/websocket.hpp"

namespace socketio::codec {

packet_builder::packet_builder(std::size_t hint)
    : bytes_(std::make_shared<std::string>()) {
  bytes_->reserve(frame_header_max + hint);
  bytes_->assign(frame_header_max, '\0'); // the header's length is known only when the payload is
}

packet packet_builder::finish(bool binary) {
  char header[frame_header_max];
  const std::size_t payload = bytes_->size() - frame_header_max;
  const std::size_t size = write_frame_header(header, binary ? opcode::binary : opcode::text, payload);
  bytes_->replace(frame_header_max - size, size, header, size);
  packet result;
  result.frame_at = static_cast<std::uint8_t>(frame_header_max - size);
  result.payload_at = static_cast<std::uint8_t>(frame_header_max);
  result.binary = binary;
  result.bytes = std::move(bytes_);
  return result;
}

packet text_packet(std::string_view payload) {
  packet_builder builder(payload.size());
  builder.text() += payload;
  return builder.finish();
}

packet binary_packet(std::string_view bytes) {
  packet_builder builder(bytes.size());
  builder.text() += bytes;
  return builder.finish(true);
}

packet raw_bytes(std::string bytes) {
  packet result;
  result.bytes = std::make_shared<const std::string>(std::move(bytes));
  return result;
}

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

bool payload_pieces::next(std::string_view& piece) {
  if (ended_) return false;
  const std::size_t end = rest_.find(separator);
  piece = rest_.substr(0, end);
  ended_ = end == std::string_view::npos;
  if (!ended_) rest_.remove_prefix(end + 1);
  return true;
}

} // namespace socketio::codec
