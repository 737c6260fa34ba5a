#include "answers.hpp"

#include "must.hpp"

#include "codec/packet.hpp"
#include "codec/utf8.hpp"

#include <zlib.h>

#include <algorithm>
#include <charconv>

namespace socketio::fuzz {

namespace {

std::string unpacked(std::string& packed) {
  std::string text(1024 * 1024, '\0');
  z_stream stream{};
  must(inflateInit2(&stream, 16 + 15) == Z_OK, "zlib begins");
  stream.next_in = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int ended = inflate(&stream, Z_FINISH);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  must(ended == Z_STREAM_END, "a compressed answer is whole");
  return text;
}

} // namespace

void answers::take(std::string_view bytes) {
  rest_ += bytes;
  if (blind_) {
    learn(rest_);
    rest_.clear();
    return;
  }
  while (!rest_.empty() && (websocket_ ? take_frame() : take_http())) {
  }
}

bool answers::take_http() {
  must(std::string_view("HTTP/1.").starts_with(std::string_view(rest_).substr(0, 7)), "an answer is HTTP");
  const std::size_t end = rest_.find("\r\n\r\n");
  if (end == rest_.npos) return false;
  const std::string head = rest_.substr(0, end + 2);
  must(head.size() > 12 && (head[7] == '0' || head[7] == '1') && head[8] == ' ', "of a version we know");
  int status = 0;
  std::from_chars(head.data() + 9, head.data() + 12, status);
  must(status >= 100 && status < 600, "with a status");
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    must(head.substr(at, line_end - at).find(':') != head.npos, "header lines have names");
    at = line_end + 2;
  }
  if (status == 100) {
    rest_.erase(0, end + 4);
    return true;
  }
  if (status == 101) {
    must(head.find("Sec-WebSocket-Accept: ") != head.npos, "a WebSocket begins as it should");
    websocket_ = true;
    ++count_;
    rest_.erase(0, end + 4);
    return true;
  }
  std::size_t length = 0;
  if (const std::size_t at = head.find("Content-Length: "); at != head.npos)
    std::from_chars(head.data() + at + 16, head.data() + head.size(), length);
  else
    must(status == 204 || status == 304, "a body has a length");
  if (rest_.size() - end - 4 < length) return false;
  std::string body = rest_.substr(end + 4, length);
  rest_.erase(0, end + 4 + length);
  ++count_;
  const bool packed = head.find("Content-Encoding: gzip") != head.npos;
  if (packed) body = unpacked(body);
  learn(body);
  if (head.find("charset=UTF-8") == head.npos) return true;
  must(codec::valid_utf8(body), "polled text is UTF-8");
  codec::payload_pieces pieces(body);
  for (std::string_view piece; known_.on_packet && pieces.next(piece);) known_.on_packet(piece);
  return true;
}

bool answers::take_frame() {
  must(!closed_, "nothing follows a close frame");
  if (rest_.size() < 2) return false;
  const auto byte = [&](std::size_t at) -> std::size_t { return static_cast<unsigned char>(rest_[at]); };
  const std::size_t code = byte(0) & 15;
  must((byte(0) & 0xF0) == 0x80, "whole frames without reserved bits");
  must(code == 1 || code == 2 || (code >= 8 && code <= 10), "a frame of a known kind");
  must(byte(1) < 128, "servers do not mask");
  std::size_t length = byte(1), header = 2;
  if (length >= 126) {
    header = length == 126 ? 4 : 10;
    if (rest_.size() < header) return false;
    length = 0;
    for (std::size_t i = 2; i < header; ++i) length = length << 8 | byte(i);
    must(length >= (header == 4 ? 126u : 65536u), "a minimal length");
  }
  must(code < 8 || length <= 125, "control frames are short");
  if (rest_.size() - header < length) return false;
  const std::string payload = rest_.substr(header, length);
  rest_.erase(0, header + length);
  if (code == 1) {
    must(codec::valid_utf8(payload), "text frames are UTF-8");
    learn(payload);
    if (known_.on_packet) known_.on_packet(payload);
  }
  if (code == 8) {
    must(length != 1, "a close code has two bytes");
    closed_ = true;
  }
  return true;
}

void answers::learn(std::string_view text) {
  const auto quoted_after = [&](std::string_view mark) -> std::string {
    const std::size_t at = text.find(mark);
    if (at == text.npos) return {};
    const std::string_view rest = text.substr(at + mark.size());
    return std::string(rest.substr(0, std::min<std::size_t>(rest.find('"'), 64)));
  };
  // An open packet comes first of all.
  if (text.starts_with("0{")) known_.sids.push_back(quoted_after("{\"sid\":\""));
  if (auto pid = quoted_after("\"pid\":\""); !pid.empty()) known_.pids.push_back(std::move(pid));
  // Of an event: its last argument.
  if (const std::size_t end = text.rfind("\"]"); end != text.npos)
    if (const std::size_t begin = text.rfind('"', end == 0 ? 0 : end - 1);
        begin != text.npos && begin + 1 < end)
      known_.last_offset = text.substr(begin + 1, std::min<std::size_t>(end - begin - 1, 64));
  known_.text += text;
  if (known_.text.size() > 65536) known_.text.erase(0, known_.text.size() - 4096);
}

} // namespace socketio::fuzz
