#include "simulator/webhook/json_text.hpp"

#include <boost/json/serialize.hpp>

#include <string_view>

namespace simulator {
namespace {

void add_unit(std::string& out, unsigned unit) {
  static constexpr char digits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[(unit >> shift) & 0xF];
}

void add_code_point(std::string& out, std::uint32_t point) {
  if (point < 0x10000) return add_unit(out, point);
  point -= 0x10000;
  add_unit(out, 0xD800 + (point >> 10));
  add_unit(out, 0xDC00 + (point & 0x3FF));
}

/// Decodes the sequence that begins at `at` and moves `at` behind it; U+FFFD for anything malformed.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto first = static_cast<unsigned char>(text[at++]);
  const int more = first >= 0xF0 && first < 0xF5   ? 3
                   : first >= 0xE0 && first < 0xF0 ? 2
                   : first >= 0xC2 && first < 0xE0 ? 1
                                                   : 0;
  if (more == 0) return 0xFFFD;

  std::uint32_t point = first & (0x3F >> more);
  for (int n = 0; n < more; ++n) {
    if (at == text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80) return 0xFFFD;
    point = point << 6 | (static_cast<unsigned char>(text[at++]) & 0x3F);
  }
  static constexpr std::uint32_t least[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  return point < least[more] || point > 0x10FFFF || surrogate ? 0xFFFD : point;
}

void add_string(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    switch (byte) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '/':
      out += "\\/";
      break;
    case '\b':
      out += "\\b";
      break;
    case '\f':
      out += "\\f";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      if (byte >= 0x80) {
        add_code_point(out, next_code_point(text, at));
        continue;
      }
      if (byte < 0x20)
        add_unit(out, byte);
      else
        out += static_cast<char>(byte);
    }
    ++at;
  }
  out += '"';
}

void add(std::string& out, const boost::json::value& value) {
  if (const auto* object = value.if_object()) {
    out += '{';
    const char* comma = "";
    for (const auto& [name, member] : *object) {
      out += comma;
      add_string(out, name);
      out += ':';
      add(out, member);
      comma = ",";
    }
    out += '}';
  } else if (const auto* array = value.if_array()) {
    out += '[';
    const char* comma = "";
    for (const auto& element : *array) {
      out += comma;
      add(out, element);
      comma = ",";
    }
    out += ']';
  } else if (const auto* string = value.if_string()) {
    add_string(out, {string->data(), string->size()});
  } else {
    out += boost::json::serialize(value);
  }
}

} // namespace

std::string webhook_text(const boost::json::value& value) {
  std::string out;
  out.reserve(768);
  add(out, value);
  return out;
}

} // namespace simulator
