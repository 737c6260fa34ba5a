// SHA-256 of bytes that come piece by piece.
#pragma once

#include <array>
#include <memory>
#include <string_view>

namespace tickwire {

class sha256 {
public:
  using digest = std::array<unsigned char, 32>;

  sha256();
  ~sha256();
  void add(std::string_view bytes);
  digest finish(); // once; nothing is added after it

private:
  struct state;
  std::unique_ptr<state> state_;
};

sha256::digest sha256_of(std::string_view bytes);

} // namespace tickwire
