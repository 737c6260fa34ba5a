#include "core/text.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <utility>

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

namespace {

char32_t decoded(std::string_view sequence) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(sequence[i]); };
  switch (sequence.size()) {
  case 1:
    return byte(0);
  case 2:
    return static_cast<char32_t>((byte(0) & 0x1F) << 6 | (byte(1) & 0x3F));
  case 3:
    return static_cast<char32_t>((byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F));
  default:
    return static_cast<char32_t>((byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 |
                                 (byte(3) & 0x3F));
  }
}

struct span_of_characters {
  char32_t first, last;
};

template <std::size_t N>
bool is_in(const std::array<span_of_characters, N>& spans, char32_t c) {
  for (const auto& [first, last] : spans)
    if (c >= first && c <= last) return true;
  return false;
}

// Marks that embed, override or isolate a direction, and controls.
bool turns_or_controls(char32_t c) {
  static constexpr std::array<span_of_characters, 6> spans{
      {{0x00, 0x1F}, {0x7F, 0x9F}, {0x061C, 0x061C}, {0x200E, 0x200F}, {0x2028, 0x202E}, {0x2066, 0x206F}}};
  return is_in(spans, c);
}

// Space of all sorts, joiners, fillers, selectors, tags: nothing to see when there is nothing else.
bool is_invisible(char32_t c) {
  static constexpr std::array<span_of_characters, 19> spans{{{0x20, 0x20},
                                                             {0xA0, 0xA0},
                                                             {0xAD, 0xAD},
                                                             {0x034F, 0x034F},
                                                             {0x115F, 0x1160},
                                                             {0x1680, 0x1680},
                                                             {0x17B4, 0x17B5},
                                                             {0x180B, 0x180F},
                                                             {0x2000, 0x200D},
                                                             {0x202F, 0x202F},
                                                             {0x205F, 0x2064},
                                                             {0x2800, 0x2800},
                                                             {0x3000, 0x3000},
                                                             {0x3164, 0x3164},
                                                             {0xFE00, 0xFE0F},
                                                             {0xFEFF, 0xFEFF},
                                                             {0xFFA0, 0xFFA0},
                                                             {0xFFF0, 0xFFFB},
                                                             {0xE0000, 0xE0FFF}}};
  return is_in(spans, c);
}

} // namespace

std::string visible_name(std::string_view utf8) {
  std::string name;
  bool visible = false;
  bool space = false; // owed before the next character
  while (!utf8.empty()) {
    const std::size_t length = sequence_length(utf8);
    const std::string_view sequence = utf8.substr(0, length == 0 ? 1 : length);
    const char32_t c = length == 0 ? 0xFFFD : decoded(sequence);
    utf8.remove_prefix(sequence.size());
    if (c == ' ' || (c >= '\t' && c <= '\r') || c == 0x2028 || c == 0x2029) {
      space = !name.empty();
      continue;
    }
    if (turns_or_controls(c)) continue;
    if (std::exchange(space, false)) name += ' ';
    name += length == 0 ? std::string_view("\uFFFD") : sequence;
    visible = visible || !is_invisible(c);
  }
  return visible ? name : std::string();
}

std::string_view first_characters(std::string_view utf8, std::size_t limit) {
  std::size_t end = 0;
  for (; limit > 0 && end < utf8.size(); --limit) {
    const std::size_t length = sequence_length(utf8.substr(end));
    end += length == 0 ? 1 : length;
  }
  return utf8.substr(0, end);
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

std::string without_halves_of_pairs(std::string_view json) {
  const auto unit_at = [&](std::size_t i) -> int { // of "\\uXXXX" at i, else -1
    if (i + 6 > json.size() || json[i] != '\\' || json[i + 1] != 'u') return -1;
    int unit = 0;
    const auto read = std::from_chars(json.data() + i + 2, json.data() + i + 6, unit, 16);
    return read.ptr == json.data() + i + 6 ? unit : -1;
  };
  const auto is_high = [](int unit) { return unit >= 0xD800 && unit <= 0xDBFF; };
  const auto is_low = [](int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
  std::string repaired;
  repaired.reserve(json.size());
  for (std::size_t i = 0; i < json.size();) {
    const int unit = unit_at(i);
    std::size_t length = unit >= 0 ? 6 : json[i] == '\\' && i + 1 < json.size() ? 2 : 1;
    if (is_high(unit) && is_low(unit_at(i + 6)))
      length = 12;
    else if (is_high(unit) || is_low(unit)) {
      repaired += "\\uFFFD";
      i += length;
      continue;
    }
    repaired += json.substr(i, length);
    i += length;
  }
  return repaired;
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
