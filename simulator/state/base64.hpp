#pragma once
#include <string>
#include <string_view>

namespace simulator {

/// Base64 with `+`, `/` and padding.
inline std::string base64(std::string_view bytes) {
  static constexpr char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const auto byte = [&](std::size_t n) -> unsigned {
      return at + n < bytes.size() ? static_cast<unsigned char>(bytes[at + n]) : 0U;
    };
    const unsigned bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    out += letters[bits >> 18 & 63];
    out += letters[bits >> 12 & 63];
    out += at + 1 < bytes.size() ? letters[bits >> 6 & 63] : '=';
    out += at + 2 < bytes.size() ? letters[bits & 63] : '=';
  }
  return out;
}

} // namespace simulator
