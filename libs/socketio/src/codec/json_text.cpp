#include "codec/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serializer.hpp>

#include <algorithm>
#include <cmath>

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
  if (error) return std::nullopt;
  if (may_hold_infinities(text)) drop_infinities(value);
  return value;
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
