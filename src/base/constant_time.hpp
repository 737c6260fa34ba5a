// Comparing secrets.
#pragma once

#include <cstddef>
#include <string_view>

namespace tickwire {

// Takes the same time wherever two texts of one length differ, so that nobody finds a secret letter by
// letter. Two empty texts are not equal: an unset secret opens nothing.
inline bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size() || a.empty()) return false;
  volatile unsigned char difference = 0; // volatile: the compiler may not stop at the first one
  for (std::size_t i = 0; i < a.size(); ++i)
    difference = static_cast<unsigned char>(difference | (a[i] ^ b[i]));
  return difference == 0;
}

} // namespace tickwire
