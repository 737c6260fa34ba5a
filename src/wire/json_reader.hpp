// Reading JSON that pages and programs send: a member that is absent, null or of another kind is not there.
#pragma once

#include <boost/json.hpp>

#include <string>
#include <string_view>

namespace tickwire::wire {

// The member, unless it is absent or null.
inline const boost::json::value* member_at(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
  return value && !value->is_null() ? value : nullptr;
}

// The text of a value that is one; else empty.
inline std::string text_of(const boost::json::value& value) {
  const boost::json::string* text = value.if_string();
  return text ? std::string(text->data(), text->size()) : std::string();
}

inline std::string text_at(const boost::json::object& object, std::string_view name) {
  const boost::json::value* value = member_at(object, name);
  return value ? text_of(*value) : std::string();
}

} // namespace tickwire::wire
