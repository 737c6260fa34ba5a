// Reading JSON of which nothing is certain: a member that is missing or of another kind is simply not there.
#pragma once

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
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  if (value->is_number()) return json::serialize(*value);
  return {};
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

// "name":value members, for message::extra.
class members {
public:
  void add(std::string_view name, const json::value& value) {
    if (!text_.empty()) text_ += ',';
    text_ += json::serialize(json::string(as_json(name)));
    text_ += ':';
    text_ += json::serialize(value);
  }
  std::string take() { return std::move(text_); }

private:
  std::string text_;
};

} // namespace tickwire::meta
