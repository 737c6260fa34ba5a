// Reading JSON of which nothing is certain: a member that is missing or of another kind is simply not there.
#pragma once

#include "wire/json_reader.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickwire::meta {

namespace json = boost::json;

inline json::string_view as_json(std::string_view text) { return {text.data(), text.size()}; }

inline const json::object* object_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(as_json(name));
  return value ? value->if_object() : nullptr;
}

inline const json::array* array_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(as_json(name));
  return value ? value->if_array() : nullptr;
}

// Texts, and numbers where Meta should have sent a text.
inline std::string text_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(as_json(name));
  if (!value) return {};
  return value->is_number() ? json::serialize(*value) : wire::text_of(*value);
}

inline std::optional<std::int64_t> number_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(as_json(name));
  if (!value) return std::nullopt;
  if (value->is_int64()) return value->get_int64();
  if (value->is_uint64())
    return static_cast<std::int64_t>(std::min<std::uint64_t>(value->get_uint64(), INT64_MAX));
  if (value->is_double())
    return value->get_double() > -1e15 && value->get_double() < 1e15
               ? std::optional(static_cast<std::int64_t>(value->get_double()))
               : std::nullopt;
  if (const auto* text = value->if_string()) {
    if (text->empty() || text->size() > 15) return std::nullopt;
    std::int64_t number = 0;
    for (char c : *text) {
      if (c < '0' || c > '9') return std::nullopt;
      number = number * 10 + (c - '0');
    }
    return number;
  }
  return std::nullopt;
}

inline bool flag_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(as_json(name));
  return value && value->is_bool() && value->get_bool();
}

} // namespace tickwire::meta
