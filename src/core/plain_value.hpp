// A value that is handed on as it came, because nobody here knows what it means: what Meta says beyond the
// members that we have names for.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace tickwire {

struct plain_member;

struct plain_value {
  using list = std::vector<plain_value>;
  using members = std::vector<plain_member>;
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, list, members> is;
};

struct plain_member {
  std::string name;
  plain_value value;
};

inline bool operator==(const plain_value& one, const plain_value& other);
inline bool operator==(const plain_member& one, const plain_member& other) {
  return one.name == other.name && one.value == other.value;
}
inline bool operator==(const plain_value& one, const plain_value& other) { return one.is == other.is; }

} // namespace tickwire
