#include "websocket_client.hpp"

#include <array>
#include <cstring>

namespace load {

namespace {

constexpr unsigned text_frame = 1, close_frame = 8, ping_frame = 9, pong_frame = 10;
// Not zero, with which a server could save itself the unmasking.
constexpr std::array<unsigned char, 4> mask{0x5a, 0xc3, 0x96, 0x3c};
constexpr std::size_t max_payload = 4096;

// What Chromium sends with the handshake of a page that is logged in, beside the headers it cannot do
// without.
constexpr std::string_view browser_headers =
    "Pragma: no-cache\r\nCache-Control: no-cache\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/142.0.0.0 Safari/537.36\r\n"
    "Origin: https://inbox.example.org\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9,de;q=0.8\r\n"
    "Cookie: session=6f1c0a4d9b7e42538c61f0d2a9e7b3c4; theme=dark; consent=necessary\r\n"
    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

} // namespace

void websocket_client::connect(poller& poller, std::uint16_t port, bool browser) {
  fd_ = poller.connect(port, this);
  phase_ = phase::http;
  send_all(fd_, "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"
                "Host: 127.0.0.1:" +
                    std::to_string(port) + "\r\n" + std::string(browser ? browser_headers : "") +
                    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
}

void websocket_client::close() {
  if (fd_ >= 0) close_at_once(fd_);
  fd_ = -1;
  phase_ = phase::idle;
}

void websocket_client::send(std::string_view text) { send_frame(text_frame, text); }

void websocket_client::send_frame(unsigned opcode, std::string_view payload) {
  if (payload.size() > max_payload) throw fault("a message is too long for the load");
  std::array<unsigned char, max_payload + 8> frame;
  std::size_t size = 0;
  frame[size++] = static_cast<unsigned char>(0x80 | opcode);
  if (payload.size() < 126) {
    frame[size++] = static_cast<unsigned char>(0x80 | payload.size());
  } else {
    frame[size++] = 0x80 | 126;
    frame[size++] = static_cast<unsigned char>(payload.size() >> 8);
    frame[size++] = static_cast<unsigned char>(payload.size());
  }
  for (const auto byte : mask) frame[size++] = byte;
  for (std::size_t i = 0; i < payload.size(); ++i)
    frame[size + i] = static_cast<unsigned char>(payload[i]) ^ mask[i % 4];
  send_all(fd_, {reinterpret_cast<const char*>(frame.data()), size + payload.size()});
}

void websocket_client::readable() {
  if (fd_ < 0) return;
  std::string_view bytes;
  try {
    bytes = receive(fd_);
  } catch (const connection_ended&) {
    close();
    return events_->ended(*this);
  }
  std::string joined;
  if (!rest_.empty()) {
    joined = std::move(rest_) + std::string(bytes);
    rest_.clear();
    bytes = joined;
  }
  while (!bytes.empty() && fd_ >= 0) {
    const auto used = take(bytes);
    if (used == 0) break;
    bytes.remove_prefix(used);
  }
  if (!bytes.empty()) rest_ = bytes;
}

std::size_t websocket_client::take(std::string_view bytes) {
  return phase_ == phase::http ? take_http(bytes) : take_frame(bytes);
}

std::size_t websocket_client::take_http(std::string_view bytes) {
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  if (!bytes.starts_with("HTTP/1.1 101") ||
      bytes.substr(0, end).find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") == bytes.npos)
    throw fault("refused: " + std::string(bytes.substr(0, end)));
  phase_ = phase::open;
  return end + 4;
}

std::size_t websocket_client::take_frame(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t head = 2, size = byte(1);
  if (size & 0x80) throw fault("the server masks its frames");
  if (size == 126) {
    if (bytes.size() < 4) return 0;
    head = 4;
    size = byte(2) * 256u + byte(3);
  } else if (size == 127) {
    throw fault("a frame of more than 64 KiB");
  }
  if (bytes.size() < head + size) return 0;
  const auto payload = bytes.substr(head, size);
  switch (byte(0)) {
  case 0x80 | text_frame:
    packet(payload);
    break;
  case 0x80 | ping_frame:
    send_frame(pong_frame, payload);
    break;
  case 0x80 | pong_frame:
    break;
  case 0x80 | close_frame:
    close();
    events_->ended(*this);
    break;
  default:
    throw fault("an unexpected frame");
  }
  return head + size;
}

void websocket_client::packet(std::string_view text) {
  if (text.starts_with("42") || text.starts_with("43")) return events_->message(*this, text);
  if (text == "2") return send("3");
  if (phase_ == phase::open && text.starts_with("0{")) {
    phase_ = phase::joining;
    return send("40");
  }
  if (phase_ == phase::joining && text.starts_with("40{")) {
    phase_ = phase::connected;
    return events_->connected(*this);
  }
  throw fault("an unexpected packet: " + std::string(text));
}

} // namespace load
