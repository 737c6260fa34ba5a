#include "base/random.hpp"

#include <sys/random.h>

#include <stdexcept>
#include <string_view>
#include <vector>

namespace tickwire {

std::string random_text(std::size_t characters) {
  std::vector<unsigned char> bytes(characters);
  for (std::size_t filled = 0; filled < bytes.size();) {
    const ssize_t got = ::getrandom(bytes.data() + filled, bytes.size() - filled, 0);
    if (got <= 0) throw std::runtime_error("the kernel gives no random bytes");
    filled += static_cast<std::size_t>(got);
  }
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  for (unsigned char byte : bytes) text += alphabet[byte & 63];
  return text;
}

} // namespace tickwire
