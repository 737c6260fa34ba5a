// The WebSocket reader: the same bytes give the same events however they are cut, within the limits. The
// first two bytes choose the limit and the cuts.
#include "must.hpp"

#include "codec/utf8.hpp"
#include "codec/websocket.hpp"

#include <random>
#include <string>
#include <vector>

using namespace socketio::codec;
using socketio::fuzz::must;

namespace {

struct events final : websocket_sink {
  explicit events(std::size_t max_message)
      : max_message(max_message) {}
  void on_message(bool binary, std::string_view payload) override {
    must(open, "nothing follows the end");
    must(payload.size() <= max_message, "no message is over the limit");
    must(binary || valid_utf8(payload), "texts are UTF-8");
    all.push_back((binary ? "binary " : "text ") + std::string(payload));
  }
  void on_ping(std::string_view payload) override {
    must(open, "nothing follows the end");
    must(payload.size() <= 125, "control frames are short");
    all.push_back("ping " + std::string(payload));
  }
  void on_close(std::uint16_t) override {
    must(open, "nothing follows the end");
    all.push_back("close");
    open = false;
  }
  void on_violation(std::uint16_t code, std::string_view what) override {
    must(open, "nothing follows the end");
    must(code == close_code::protocol_error || code == close_code::invalid_data ||
             code == close_code::too_big,
         "a code that RFC 6455 has for it");
    all.push_back("violation " + std::to_string(code) + " " + std::string(what));
    open = false;
  }
  bool reading() const override { return open; }

  std::size_t max_message;
  std::vector<std::string> all;
  bool open = true;
};

template <class NextSize>
std::vector<std::string> read(std::string_view bytes, std::size_t max_message, NextSize next_size) {
  websocket_reader reader;
  events found(max_message);
  while (!bytes.empty() && found.open) {
    const std::size_t size = std::clamp<std::size_t>(next_size(), 1, bytes.size());
    std::string piece(bytes.substr(0, size)); // is changed in place
    bytes.remove_prefix(size);
    reader.feed(piece.data(), piece.size(), max_message, found);
  }
  return found.all;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = socketio::fuzz::text_of(data, size);
  static constexpr std::size_t limits[] = {0, 1, 16, 125, 126, 300, 65535, 65536, 1'000'000};
  const std::size_t max_message = limits[socketio::fuzz::take_byte(bytes) % std::size(limits)];
  std::minstd_rand random(socketio::fuzz::take_byte(bytes) + 1u);

  const auto whole = read(bytes, max_message, [&] { return bytes.size(); });
  must(read(bytes, max_message, [&] { return random() % 24; }) == whole, "cut anywhere");
  if (bytes.size() <= 4096) must(read(bytes, max_message, [] { return 1; }) == whole, "byte by byte");
  return 0;
}
