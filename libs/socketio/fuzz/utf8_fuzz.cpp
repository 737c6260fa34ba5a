// UTF-8 against a decoder that makes code points.
#include "must.hpp"

#include "codec/utf8.hpp"

#include <string>

using socketio::fuzz::must;

namespace {

bool decodes(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = [&](std::size_t i) -> unsigned { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = byte(at);
    const std::size_t size = lead < 0x80         ? 1
                             : (lead >> 5) == 6  ? 2
                             : (lead >> 4) == 14 ? 3
                             : (lead >> 3) == 30 ? 4
                                                 : 0;
    if (size == 0 || at + size > text.size()) return false;
    unsigned point = size == 1 ? lead : lead & (0x7Fu >> size);
    for (std::size_t i = 1; i < size; ++i) {
      if (byte(at + i) >> 6 != 2) return false;
      point = point << 6 | (byte(at + i) & 0x3F);
    }
    static constexpr unsigned least[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < least[size] || point > 0x10FFFF || (point >= 0xD800 && point <= 0xDFFF)) return false;
    at += size;
  }
  return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // In memory of its own size, so that a look behind the end is seen.
  const std::string text(socketio::fuzz::text_of(data, size));
  must(socketio::codec::valid_utf8(text) == decodes(text), "two decoders agree");
  // Its eight-bytes-at-a-time path starts at other places then.
  for (const char* before : {"a", "abcd", "abcdefg"})
    must(socketio::codec::valid_utf8(before + text) == decodes(text), "ASCII in front changes nothing");
  return 0;
}
