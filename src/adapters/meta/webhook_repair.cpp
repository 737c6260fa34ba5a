#include "adapters/meta/webhook_repair.hpp"

#include "adapters/meta/json_validity.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace tickwire::meta {

namespace {

constexpr std::size_t depth_max = 64; // Meta's own bodies have ten; the parser recurses

// The same JSON with U+FFFD for each escaped half of a surrogate pair without its other: JSON by its grammar,
// and what somebody gets who cuts a text by UTF-16 units, but our parser refuses it.
std::string without_halves_of_pairs(std::string_view body) {
  const auto unit_at = [&](std::size_t i) -> int { // of "\\uXXXX" at i, else -1
    if (i + 6 > body.size() || body[i] != '\\' || body[i + 1] != 'u') return -1;
    int unit = 0;
    const auto read = std::from_chars(body.data() + i + 2, body.data() + i + 6, unit, 16);
    return read.ptr == body.data() + i + 6 ? unit : -1;
  };
  const auto is_high = [](int unit) { return unit >= 0xD800 && unit <= 0xDBFF; };
  const auto is_low = [](int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
  std::string repaired;
  repaired.reserve(body.size());
  for (std::size_t i = 0; i < body.size();) {
    const int unit = unit_at(i);
    std::size_t length = unit >= 0 ? 6 : body[i] == '\\' && i + 1 < body.size() ? 2 : 1;
    if (is_high(unit) && is_low(unit_at(i + 6)))
      length = 12;
    else if (is_high(unit) || is_low(unit)) {
      repaired += "\\uFFFD";
      i += length;
      continue;
    }
    repaired += body.substr(i, length);
    i += length;
  }
  return repaired;
}

// Numbers beyond all floats are infinities for our parser, which JSON cannot say; what is kept and shown of a
// message has null in their place.
void drop_infinities(json::value& value) {
  if (auto* array = value.if_array())
    for (json::value& item : *array) drop_infinities(item);
  else if (auto* object = value.if_object())
    for (auto& member : *object) drop_infinities(member.value());
  else if (value.is_double() && !std::isfinite(value.get_double()))
    value = nullptr;
}

} // namespace

parsed_body parse_body(std::string_view body, json::storage_ptr memory) {
  json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code error;
  parsed_body parsed{body_kind::json, json::parse(as_json(body), error, memory, options)};
  if (error && error != json::error::too_deep)
    if (const std::string repaired = without_halves_of_pairs(body); repaired != body)
      parsed.value = json::parse(repaired, error, memory, options);
  if (error)
    parsed.kind = error == json::error::too_deep && is_json(body) ? body_kind::too_deep : body_kind::not_json;
  drop_infinities(parsed.value);
  return parsed;
}

} // namespace tickwire::meta
