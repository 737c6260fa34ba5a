// base64 against a decoder that goes bit by bit.
#include "must.hpp"

#include "codec/base64.hpp"

#include <string>

using namespace socketio::codec;
using socketio::fuzz::must;

namespace {

std::optional<std::string> bit_by_bit(std::string_view lines) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (const char letter : lines)
    if (letter != '\r' && letter != '\n') text += letter;
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t letters = std::min(text.find('='), text.size());
  if (text.size() - letters > 2 || text.find_first_not_of('=', letters) != text.npos) return std::nullopt;
  std::string bits;
  for (const char letter : std::string_view(text).substr(0, letters)) {
    const std::size_t value = alphabet.find(letter);
    if (value == alphabet.npos) return std::nullopt;
    for (int bit = 5; bit >= 0; --bit) bits += static_cast<char>(value >> bit & 1);
  }
  std::string bytes;
  for (std::size_t at = 0; at + 8 <= bits.size(); at += 8) {
    unsigned byte = 0;
    for (std::size_t i = 0; i < 8; ++i) byte = byte << 1 | static_cast<unsigned>(bits[at + i]);
    bytes += static_cast<char>(byte);
  }
  return bytes;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = socketio::fuzz::text_of(data, size);
  const std::string text = base64_encode(input);
  must(text.size() == (size + 2) / 3 * 4, "four letters for three bytes");
  must(base64_decode(text) == input, "what was encoded decodes to itself");

  const auto decoded = base64_decode(input);
  must(decoded == bit_by_bit(input), "two decoders agree");
  if (decoded) must(base64_decode(base64_encode(*decoded)) == decoded, "and what was decoded encodes");
  return 0;
}
