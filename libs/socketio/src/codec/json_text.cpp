#include "codec/json_text.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cmath>

namespace socketio::codec {

namespace json = boost::json;

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Only with an exponent, or with more digits than a float's range.
bool may_hold_infinities(std::string_view text) {
  if (text.size() > 300) return true;
  for (std::size_t at = text.find_first_of("eE", 1); at != std::string_view::npos;
       at = text.find_first_of("eE", at + 1))
    if (is_digit(text[at - 1])) return true;
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

} // namespace

bool all_finite(const json::value& value) {
  if (const auto* array = value.if_array()) return std::all_of(array->begin(), array->end(), all_finite);
  if (const auto* object = value.if_object())
    return std::all_of(object->begin(), object->end(),
                       [](const auto& member) { return all_finite(member.value()); });
  return !value.is_double() || std::isfinite(value.get_double());
}

std::optional<json::value> parse_json(std::string_view text, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(text.data(), text.size()), error, {}, options);
  if (error) return std::nullopt;
  if (may_hold_infinities(text)) drop_infinities(value);
  return value;
}

std::string json_text(const json::value& value) {
  if (all_finite(value)) return json::serialize(value);
  json::value finite = value;
  drop_infinities(finite);
  return json::serialize(finite);
}

} // namespace socketio::codec
