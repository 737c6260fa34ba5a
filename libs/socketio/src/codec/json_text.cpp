#include "codec/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serializer.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>

namespace socketio::codec {

namespace json = boost::json;

namespace {

// Only with an exponent, or with more digits than a float's range.
bool may_hold_infinities(std::string_view text) {
  if (text.size() > 300) return true;
  for (std::size_t at = text.find_first_of("eE", 1); at != std::string_view::npos;
       at = text.find_first_of("eE", at + 1))
    if (text[at - 1] >= '0' && text[at - 1] <= '9') return true;
  return false;
}

void drop_infinities(json::value& value) {
  if (auto* array = value.if_array())
    for (json::value& item : *array) drop_infinities(item);
  else if (auto* object = value.if_object())
    for (auto& member : *object) drop_infinities(member.value());
  else if (value.is_double() && !std::isfinite(value.get_double()))
    value = nullptr;
}

bool all_finite(const json::value& value) {
  if (const auto* array = value.if_array()) return std::all_of(array->begin(), array->end(), all_finite);
  if (const auto* object = value.if_object())
    return std::all_of(object->begin(), object->end(),
                       [](const auto& member) { return all_finite(member.value()); });
  return !value.is_double() || std::isfinite(value.get_double());
}

template <class Value>
void append_finite(std::string& out, const Value& value) {
  static thread_local json::serializer serializer;
  serializer.reset(&value);
  char piece[4096];
  while (!serializer.done()) {
    const auto part = serializer.read(piece, sizeof piece);
    out.append(part.data(), part.size());
  }
}

} // namespace

std::optional<json::value> parse_json(std::string_view text, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) { // seldom: so only now it is looked for what the parser does not take and JavaScript sends
    const auto mended = without_lone_surrogates(text);
    return mended ? parse_json(*mended, max_depth) : std::nullopt;
  }
  if (may_hold_infinities(text)) drop_infinities(value);
  return value;
}

namespace {

// The code unit of an escape "\uXXXX" at the front; nothing: there is none.
std::optional<unsigned> escaped_unit(std::string_view text) {
  unsigned unit = 0;
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return std::nullopt;
  const auto [end, error] = std::from_chars(text.data() + 2, text.data() + 6, unit, 16);
  if (error != std::errc() || end != text.data() + 6) return std::nullopt;
  return unit;
}

bool is_high(unsigned unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
bool is_low(unsigned unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

} // namespace

std::optional<std::string> without_lone_surrogates(std::string_view text) {
  std::string mended;
  for (std::size_t at = text.find('\\'); at != std::string_view::npos; at = text.find('\\', at)) {
    const auto unit = escaped_unit(text.substr(at));
    if (!unit) {
      at += 2; // another escape, whose second letter may be a backslash
      if (at >= text.size()) break;
      continue;
    }
    const auto after = escaped_unit(text.substr(at + 6));
    if (is_high(*unit) && after && is_low(*after)) {
      at += 12;
      continue;
    }
    if (is_high(*unit) || is_low(*unit)) {
      if (mended.empty()) mended = text;
      mended.replace(at, 6, "\\ufffd");
    }
    at += 6;
  }
  if (mended.empty()) return std::nullopt;
  return mended;
}

std::string number_text(const json::value& number) {
  const auto value = number.to_number<double>(); // as all numbers are for JavaScript
  if (value == 0) return "0";
  // The shortest digits that say it, and where its point stands.
  char text[40];
  const char* const end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  std::string digits;
  const char* at = text;
  const bool negative = *at == '-';
  if (negative) ++at;
  for (; at != end && *at != 'e'; ++at)
    if (*at != '.') digits += *at;
  int exponent = 0;
  if (at != end) {
    ++at;
    if (*at == '+') ++at;
    std::from_chars(at, end, exponent);
  }
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1; // digits before it
  std::string result;
  if (point > 21 || point < -5) { // ECMA-262, Number::toString
    result = digits.substr(0, 1);
    if (count > 1) result += '.' + digits.substr(1);
    result += (exponent < 0 ? "e-" : "e+") + std::to_string(std::abs(exponent));
  } else if (point <= 0) {
    result = "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  } else if (count <= point) {
    result = digits + std::string(static_cast<std::size_t>(point - count), '0');
  } else {
    result = digits.substr(0, static_cast<std::size_t>(point)) + '.' +
             digits.substr(static_cast<std::size_t>(point));
  }
  return negative ? '-' + result : result;
}

void append_json(std::string& out, const json::value& value) {
  if (all_finite(value)) return append_finite(out, value);
  json::value finite = value;
  drop_infinities(finite);
  append_finite(out, finite);
}

void append_json(std::string& out, const json::array& array) {
  if (std::all_of(array.begin(), array.end(), all_finite)) return append_finite(out, array);
  append_json(out, json::value(array));
}

std::string json_text(const json::value& value) {
  std::string text;
  append_json(text, value);
  return text;
}

} // namespace socketio::codec
