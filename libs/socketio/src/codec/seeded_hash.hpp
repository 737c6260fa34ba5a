// A hash for names that clients may choose: SipHash-1-3 with a key that this process drew when it began, so
// that nobody can make up names that all fall into one bucket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace socketio::codec {

struct hash_key {
  std::uint64_t first = 0, second = 0;
};

std::uint64_t siphash13(hash_key key, std::string_view text);
// With this process' key.
std::size_t seeded_hash(std::string_view text);

} // namespace socketio::codec
