#include "core/text.hpp"

#include <cstdint>

namespace tickwire {

std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto continues = [&](std::size_t i, std::uint8_t low = 0x80, std::uint8_t high = 0xBF) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return continues(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : 0x80;  // no overlong forms
    const std::uint8_t high = lead == 0xED ? 0x9F : 0xBF; // no surrogates
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const std::uint8_t low = lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xF4 ? 0x8F : 0xBF; // nothing above U+10FFFF
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

std::optional<std::size_t> characters(std::string_view utf8) {
  std::size_t count = 0;
  while (!utf8.empty()) {
    const std::size_t length = sequence_length(utf8);
    if (length == 0) return std::nullopt;
    utf8.remove_prefix(length);
    ++count;
  }
  return count;
}

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_blank(std::string_view utf8) {
  while (!utf8.empty()) {
    const char c = utf8.front();
    if (c >= 0 && c <= ' ') // white space, and controls that show nothing
      utf8.remove_prefix(1);
    else if (utf8.starts_with("\u00A0"))
      utf8.remove_prefix(2);
    else if (utf8.starts_with("\u200B") || utf8.starts_with("\u2003") || utf8.starts_with("\u2009") ||
             utf8.starts_with("\u3000") || utf8.starts_with("\uFEFF"))
      utf8.remove_prefix(3);
    else
      return false;
  }
  return true;
}

} // namespace tickwire
