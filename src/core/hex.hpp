// Bytes as hexadecimal digits.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tickwire {

inline constexpr std::string_view hex_digits = "0123456789abcdef";

// Two lower-case digits for each byte.
inline std::string to_hex(const unsigned char* bytes, std::size_t size) {
  std::string digits;
  digits.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    digits += hex_digits[bytes[i] >> 4];
    digits += hex_digits[bytes[i] & 15];
  }
  return digits;
}

} // namespace tickwire
