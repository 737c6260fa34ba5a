// What all fuzz targets share: the entry point's bytes as text, and a property that must hold.
#pragma once

#include <boost/json/value.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace socketio::fuzz {

// Stays on in every build, unlike assert().
inline void must(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "a property does not hold: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes one byte off the front, 0 when there is none.
inline std::uint8_t take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<std::uint8_t>(input.front());
  input.remove_prefix(1);
  return byte;
}

// Equal for JavaScript, which knows one kind of number; Boost.JSON rounds the last digit of a float its own
// way.
inline bool similar(const boost::json::value& a, const boost::json::value& b) {
  namespace json = boost::json;
  if (a.is_number() && b.is_number()) {
    const double x = a.to_number<double>(), y = b.to_number<double>();
    return x == y || (std::isnan(x) && std::isnan(y)) || std::abs(x - y) <= std::abs(x) * 1e-14;
  }
  if (a.kind() != b.kind()) return false;
  if (const auto* list = a.if_array()) {
    const json::array& other = b.get_array();
    if (list->size() != other.size()) return false;
    for (std::size_t i = 0; i < list->size(); ++i)
      if (!similar((*list)[i], other[i])) return false;
    return true;
  }
  if (const auto* object = a.if_object()) {
    const json::object& other = b.get_object();
    if (object->size() != other.size()) return false;
    for (const auto& [key, value] : *object) {
      const json::value* its = other.if_contains(key);
      if (!its || !similar(value, *its)) return false;
    }
    return true;
  }
  return a == b;
}

} // namespace socketio::fuzz
