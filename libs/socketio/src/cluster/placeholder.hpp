// {"_placeholder":true,"num":i}: where a binary part stands in JSON.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>

namespace socketio::cluster {

inline boost::json::object placeholder(std::size_t number) {
  return {{"_placeholder", true}, {"num", number}};
}

// Clients take any object with `_placeholder: true` for one.
inline bool poses_as_placeholder(const boost::json::object& object) {
  const boost::json::value* mark = object.if_contains("_placeholder");
  return mark && mark->is_bool() && mark->get_bool();
}

// Which of `count` attachments it stands for.
inline std::optional<std::size_t> placeholder_number(const boost::json::object& object, std::size_t count) {
  if (object.size() != 2 || !poses_as_placeholder(object)) return std::nullopt;
  const boost::json::value* number = object.if_contains("num");
  if (!number) return std::nullopt;
  boost::system::error_code failed;
  const auto index = number->to_number<std::size_t>(failed);
  if (failed || index >= count) return std::nullopt;
  return index;
}

} // namespace socketio::cluster
