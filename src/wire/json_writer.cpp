#include "wire/json_writer.hpp"

#include "core/hex.hpp"
#include "core/text.hpp"

#include <array>
#include <charconv>

namespace tickwire::wire {

namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD"; // U+FFFD

// Bytes that stand for themselves inside a literal: everything from space on, but quote, backslash and
// non-ASCII.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  for (int i = 0x20; i < 0x80; ++i) table[static_cast<std::size_t>(i)] = i != '"' && i != '\\';
  return table;
}();

void append_escape(std::string& out, unsigned code) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += hex_digits[(code >> shift) & 15u];
}

void append_control(std::string& out, unsigned char c) {
  switch (c) {
  case '"':
    out += "\\\"";
    break;
  case '\\':
    out += "\\\\";
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
    append_escape(out, c);
  }
}

} // namespace

void append_string(std::string& out, std::string_view text) {
  out += '"';
  std::size_t from = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (plain[c]) {
      ++at;
      continue;
    }
    out.append(text, from, at - from);
    if (c < 0x80) {
      append_control(out, c);
      ++at;
    } else if (const std::size_t length = sequence_length(text.substr(at))) {
      const std::string_view sequence = text.substr(at, length);
      // Line and paragraph separator end a line in JavaScript source.
      if (sequence == "\u2028")
        append_escape(out, 0x2028);
      else if (sequence == "\u2029")
        append_escape(out, 0x2029);
      else
        out += sequence;
      at += length;
    } else {
      out += replacement;
      ++at;
    }
    from = at;
  }
  out.append(text, from, text.size() - from);
  out += '"';
}

void object_writer::separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

void object_writer::name(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name; // names are ours: nothing to escape
  out_ += "\":";
}

void object_writer::member(std::string_view name, std::string_view text) {
  this->name(name);
  append_string(out_, text);
}

void object_writer::member(std::string_view name, bool value) { raw(name, value ? "true" : "false"); }

void object_writer::member(std::string_view name, std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  raw(name, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

void object_writer::member(std::string_view name, int value) { member(name, std::int64_t{value}); }

void object_writer::member(std::string_view name, std::int64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  raw(name, std::string_view(digits, static_cast<std::size_t>(end - digits)));
}

void object_writer::null(std::string_view name) { raw(name, "null"); }

void object_writer::raw(std::string_view name, std::string_view json) {
  this->name(name);
  out_ += json;
}

std::string& object_writer::open(std::string_view name) {
  this->name(name);
  return out_;
}

std::string& object_writer::open_foreign(std::string_view name) {
  separate();
  append_string(out_, name);
  out_ += ':';
  return out_;
}

} // namespace tickwire::wire
