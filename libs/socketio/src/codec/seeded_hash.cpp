#include "codec/seeded_hash.hpp"

#include <bit>
#include <random>

namespace socketio::codec {

namespace {

struct state {
  std::uint64_t a, b, c, d;
  void round() {
    a += b;
    b = std::rotl(b, 13) ^ a;
    a = std::rotl(a, 32);
    c += d;
    d = std::rotl(d, 16) ^ c;
    a += d;
    d = std::rotl(d, 21) ^ a;
    c += b;
    b = std::rotl(b, 17) ^ c;
    c = std::rotl(c, 32);
  }
};

// The first `size` bytes, the lowest first.
std::uint64_t little_endian(const char* at, std::size_t size) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size; ++i)
    word |= static_cast<std::uint64_t>(static_cast<unsigned char>(at[i])) << 8 * i;
  return word;
}

} // namespace

std::uint64_t siphash13(hash_key key, std::string_view text) {
  state s{key.first ^ 0x736f6d6570736575, key.second ^ 0x646f72616e646f6d, key.first ^ 0x6c7967656e657261,
          key.second ^ 0x7465646279746573};
  const char* at = text.data();
  std::size_t left = text.size();
  for (; left >= 8; at += 8, left -= 8) {
    const std::uint64_t word = little_endian(at, 8);
    s.d ^= word;
    s.round();
    s.a ^= word;
  }
  const std::uint64_t last = static_cast<std::uint64_t>(text.size()) << 56 | little_endian(at, left);
  s.d ^= last;
  s.round();
  s.a ^= last;
  s.c ^= 0xff;
  for (int i = 0; i < 3; ++i) s.round();
  return s.a ^ s.b ^ s.c ^ s.d;
}

std::size_t seeded_hash(std::string_view text) {
  static const hash_key key = [] {
    std::random_device random; // the kernel's
    const auto word = [&] { return static_cast<std::uint64_t>(random()) << 32 | random(); };
    return hash_key{word(), word()};
  }();
  return siphash13(key, text);
}

} // namespace socketio::codec
