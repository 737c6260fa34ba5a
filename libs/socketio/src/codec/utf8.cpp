#include "codec/utf8.hpp"

#include <cstdint>
#include <cstring>

namespace socketio::codec {

namespace {

// Steps over one letter that begins at `at`. False: it is none, and `at` stands behind what of it might have
// been one, at least a byte.
bool step(const unsigned char*& at, const unsigned char* end) {
  const unsigned lead = *at++;
  if (lead < 0x80) return true;
  int more = 0;
  unsigned low = 0x80, high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF)
    more = 1;
  else if (lead >= 0xE0 && lead <= 0xEF) {
    more = 2;
    if (lead == 0xE0) low = 0xA0;  // overlong
    if (lead == 0xED) high = 0x9F; // surrogates
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    more = 3;
    if (lead == 0xF0) low = 0x90;  // overlong
    if (lead == 0xF4) high = 0x8F; // above U+10FFFF
  } else {
    return false;
  }
  for (; more > 0; --more) {
    if (at == end || *at < low || *at > high) return false;
    ++at;
    low = 0x80;
    high = 0xBF;
  }
  return true;
}

// Steps over what is plain ASCII, eight bytes at a time: nearly all of what is checked.
void skip_ascii(const unsigned char*& at, const unsigned char* end) {
  while (end - at >= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    if (word & 0x8080808080808080ULL) return;
    at += 8;
  }
}

} // namespace

bool valid_utf8(std::string_view text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  for (;;) {
    skip_ascii(at, end);
    if (at == end) return true;
    if (!step(at, end)) return false;
  }
}

std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const auto* const end = at + bytes.size();
  while (at != end) {
    const auto* const from = at;
    if (step(at, end))
      text.append(reinterpret_cast<const char*>(from), static_cast<std::size_t>(at - from));
    else
      text += "\xEF\xBF\xBD";
  }
  return text;
}

} // namespace socketio::codec
