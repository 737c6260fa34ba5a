#include "adapters/meta/webhook_repair.hpp"

#include "adapters/meta/json_validity.hpp"
#include "core/text.hpp"

#include <cmath>
#include <string>

namespace tickwire::meta {

namespace {

constexpr std::size_t depth_max = 64; // Meta's own bodies have ten; the parser recurses

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
  if (error == json::error::too_deep && is_json(without_halves_of_pairs(body)))
    parsed.kind = body_kind::too_deep;
  else if (error)
    parsed.kind = body_kind::not_json;
  drop_infinities(parsed.value);
  return parsed;
}

} // namespace tickwire::meta
