// Polling bodies and text frames: what decodes is written again as it was read.
#include "must.hpp"

#include "codec/base64.hpp"
#include "codec/packet.hpp"
#include "codec/websocket.hpp"

#include <string>
#include <vector>

using namespace socketio::codec;
using socketio::fuzz::must;

namespace {

// The header that stands before a payload of that size, read by the letter of RFC 6455.
void check_frame(const packet& packet) {
  const std::string_view frame = packet.frame();
  const auto byte = [&](std::size_t at) -> std::size_t { return static_cast<unsigned char>(frame[at]); };
  must(frame.size() >= 2 && byte(0) == (packet.binary ? 0x82u : 0x81u), "a whole frame of its kind");
  std::size_t length = byte(1), header = 2;
  if (length == 126) {
    length = byte(2) << 8 | byte(3);
    header = 4;
    must(length >= 126, "the length is minimal");
  } else if (length == 127) {
    length = 0;
    for (std::size_t i = 2; i < 10; ++i) length = length << 8 | byte(i);
    header = 10;
    must(length >= 65536, "the length is minimal");
  }
  must(frame.size() - header == length, "the header tells the payload's size");
  must(frame.substr(header) == packet.payload(), "the payload stands behind the header");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = socketio::fuzz::text_of(data, size);
  payload_pieces pieces(body);
  std::string again, joined;
  bool all = true, first = true;
  std::size_t count = 0;
  for (std::string_view piece; pieces.next(piece); first = false) {
    must(++count <= size + 1, "no more pieces than separators");
    if (!first) joined += separator;
    joined += piece;
    decoded_packet decoded;
    if (!decode_packet(piece, decoded)) {
      all = false;
      continue;
    }
    must(decoded.type >= packet_type::open && decoded.type <= packet_type::noop, "a known type");
    if (decoded.binary) {
      const packet packet = binary_packet(decoded.data);
      check_frame(packet);
      must(packet.payload() == decoded.data, "bytes are kept");
      append_to_payload(again, packet);
    } else {
      must(decoded.data.data() == piece.data() + 1, "text is not copied");
      const packet packet = text_packet(piece);
      check_frame(packet);
      append_to_payload(again, packet);
    }
  }
  must(joined == body, "the pieces are the body");
  if (!all) return 0;

  // Once more: base64 with other unused bits is the same bytes.
  payload_pieces first_time(body), second_time(again);
  for (std::string_view piece, other; first_time.next(piece);) {
    must(second_time.next(other), "as many packets as before");
    decoded_packet a, b;
    must(decode_packet(piece, a) && decode_packet(other, b), "what was written can be read");
    must(a.type == b.type && a.binary == b.binary && a.data == b.data, "and is the same");
  }
  return 0;
}
