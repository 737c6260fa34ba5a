#include "codec/websocket.hpp"

#include "codec/base64.hpp"
#include "codec/utf8.hpp"

#include <boost/uuid/detail/sha1.hpp>

#include <algorithm>
#include <cstring>
#include <set>

namespace socketio::codec {

std::size_t write_frame_header(char* out, opcode opcode, std::size_t size) {
  out[0] = static_cast<char>(0x80u | static_cast<unsigned>(opcode));
  if (size < 126) {
    out[1] = static_cast<char>(size);
    return 2;
  }
  const std::size_t length = size < 65536 ? 2 : 8;
  out[1] = static_cast<char>(length == 2 ? 126 : 127);
  for (std::size_t i = 0; i < length; ++i)
    out[2 + i] = static_cast<char>(static_cast<std::uint64_t>(size) >> (8 * (length - 1 - i)) & 255);
  return 2 + length;
}

std::string control_frame(opcode opcode, std::string_view payload) {
  char header[frame_header_max];
  std::string frame(header, write_frame_header(header, opcode, payload.size()));
  frame += payload;
  return frame;
}

std::string close_frame(std::uint16_t code) {
  if (code == close_code::none) return control_frame(opcode::close, {});
  const char payload[2] = {static_cast<char>(code >> 8), static_cast<char>(code & 255)};
  return control_frame(opcode::close, {payload, 2});
}

std::string accept_key(std::string_view client_key) {
  boost::uuids::detail::sha1 hash;
  hash.process_bytes(client_key.data(), client_key.size());
  static constexpr std::string_view guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  hash.process_bytes(guid.data(), guid.size());
  boost::uuids::detail::sha1::digest_type digest; // five words, or since Boost 1.86 twenty bytes
  hash.get_digest(digest);
  std::string bytes;
  for (const auto part : digest)
    for (int shift = 8 * (static_cast<int>(sizeof part) - 1); shift >= 0; shift -= 8)
      bytes += static_cast<char>(part >> shift & 255);
  return base64_encode(bytes);
}

std::optional<std::string_view> first_subprotocol(std::string_view offered) {
  if (offered.empty()) return "";
  static constexpr std::string_view token_marks = "!#$%&'*+-.^_`|~"; // RFC 9110, 5.6.2
  const auto is_token = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           token_marks.find(c) != std::string_view::npos;
  };
  std::string_view first;
  std::set<std::string_view> seen;
  for (;;) {
    const std::size_t end = std::min(offered.find(','), offered.size());
    std::string_view one = offered.substr(0, end);
    while (one.starts_with(' ') || one.starts_with('\t')) one.remove_prefix(1);
    while (one.ends_with(' ') || one.ends_with('\t')) one.remove_suffix(1);
    if (one.empty() || !std::all_of(one.begin(), one.end(), is_token) || !seen.insert(one).second)
      return std::nullopt;
    if (first.empty()) first = one;
    if (end == offered.size()) return first;
    offered.remove_prefix(end + 1);
  }
}

websocket_reader::partial_state& websocket_reader::partial() {
  if (!partial_) partial_ = std::make_unique<partial_state>();
  return *partial_;
}

void websocket_reader::feed(char* data, std::size_t size, std::size_t max_message, websocket_sink& sink) {
  if (!partial_ || partial_->bytes.empty()) {
    const std::size_t taken = take_frames(data, size, max_message, sink);
    if (taken < size && sink.reading()) partial().bytes.assign(data + taken, size - taken);
  } else {
    std::string bytes = std::move(partial_->bytes);
    bytes.append(data, size);
    const std::size_t taken = take_frames(bytes.data(), bytes.size(), max_message, sink);
    bytes.erase(0, taken);
    if (sink.reading()) partial_->bytes = std::move(bytes);
  }
  if (partial_ && partial_->bytes.empty() && partial_->kind == opcode::continuation) partial_.reset();
}

std::size_t websocket_reader::take_frames(char* data, std::size_t size, std::size_t max_message,
                                          websocket_sink& sink) {
  std::size_t taken = 0;
  while (sink.reading() && !sink.pausing() && size - taken >= 2) {
    auto* frame = reinterpret_cast<unsigned char*>(data) + taken;
    const std::size_t there = size - taken;
    const bool final = frame[0] & 0x80;
    const unsigned code = frame[0] & 0x0F;
    const bool control = code >= 8;
    if (frame[0] & 0x70) return sink.on_violation(close_code::protocol_error, "reserved bits"), taken;
    if (code > 10 || (code > 2 && code < 8))
      return sink.on_violation(close_code::protocol_error, "unknown opcode"), taken;
    if (!(frame[1] & 0x80)) return sink.on_violation(close_code::protocol_error, "frame without mask"), taken;

    std::uint64_t length = frame[1] & 0x7F;
    std::size_t header = 2;
    if (length == 126) {
      if (there < 4) break;
      length = static_cast<std::uint64_t>(frame[2]) << 8 | frame[3];
      if (length < 126) return sink.on_violation(close_code::protocol_error, "length not minimal"), taken;
      header = 4;
    } else if (length == 127) {
      if (there < 10) break;
      length = 0;
      for (int i = 2; i < 10; ++i) length = length << 8 | frame[i];
      if (length < 65536 || length >> 63)
        return sink.on_violation(close_code::protocol_error, "length not minimal"), taken;
      header = 10;
    }
    if (control && (!final || length > 125))
      return sink.on_violation(close_code::protocol_error, "control frame too long or in pieces"), taken;
    if (!control && length > max_message)
      return sink.on_violation(close_code::too_big, "message over the limit"), taken;
    header += 4;
    if (there < header || there - header < length) break;

    const unsigned char* mask = frame + header - 4;
    unsigned char* payload = frame + header;
    const auto payload_size = static_cast<std::size_t>(length);
    std::uint32_t key;
    std::memcpy(&key, mask, 4);
    std::size_t i = 0;
    for (; i + 4 <= payload_size; i += 4) {
      std::uint32_t word;
      std::memcpy(&word, payload + i, 4);
      word ^= key;
      std::memcpy(payload + i, &word, 4);
    }
    for (; i < payload_size; ++i) payload[i] ^= mask[i & 3];

    taken += header + payload_size;
    if (!on_frame(final, static_cast<opcode>(code), {reinterpret_cast<char*>(payload), payload_size},
                  max_message, sink))
      break;
  }
  return taken;
}

bool websocket_reader::on_frame(bool final, opcode kind, std::string_view payload, std::size_t max_message,
                                websocket_sink& sink) {
  switch (kind) {
  case opcode::ping:
    sink.on_ping(payload);
    return true;
  case opcode::pong:
    return true;
  case opcode::close: {
    const bool has_code = payload.size() >= 2;
    const unsigned code = has_code ? static_cast<unsigned>(static_cast<unsigned char>(payload[0])) << 8 |
                                         static_cast<unsigned char>(payload[1])
                                   : 1000;
    const bool known = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                       (code >= 3000 && code <= 4999);
    if (payload.size() == 1 || !known)
      sink.on_violation(close_code::protocol_error, "close code");
    else if (has_code && !valid_utf8(payload.substr(2)))
      sink.on_violation(close_code::invalid_data, "close reason is not UTF-8");
    else
      sink.on_close(has_code ? static_cast<std::uint16_t>(code) : close_code::none);
    return false;
  }
  case opcode::text:
  case opcode::binary:
    if (partial_ && partial_->kind != opcode::continuation)
      return sink.on_violation(close_code::protocol_error, "new message inside a fragmented one"), false;
    if (final) {
      if (kind == opcode::text && !valid_utf8(payload))
        return sink.on_violation(close_code::invalid_data, "text is not UTF-8"), false;
      sink.on_message(kind == opcode::binary, payload);
      return sink.reading();
    }
    partial().kind = kind;
    partial().message.assign(payload);
    return true;
  case opcode::continuation:
    break;
  }
  if (!partial_ || partial_->kind == opcode::continuation)
    return sink.on_violation(close_code::protocol_error, "continuation of nothing"), false;
  if (partial_->message.size() + payload.size() > max_message)
    return sink.on_violation(close_code::too_big, "message over the limit"), false;
  partial_->message.append(payload);
  if (!final) return true;
  const std::string message = std::move(partial_->message);
  const bool binary = partial_->kind == opcode::binary;
  partial_->kind = opcode::continuation;
  if (!binary && !valid_utf8(message))
    return sink.on_violation(close_code::invalid_data, "text is not UTF-8"), false;
  sink.on_message(binary, message);
  return sink.reading();
}

} // namespace socketio::codec
