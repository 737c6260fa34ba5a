#include "base/sha256.hpp"

#include "core/hex.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

std::string hex(const sha256::digest& digest) { return to_hex(digest.data(), digest.size()); }

// The examples of FIPS 180-2.
TEST(Sha256, IsThatOfTheStandardHoweverTheBytesCome) {
  EXPECT_EQ(hex(sha256_of("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256_of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  sha256 in_pieces;
  for (const char* piece : {"a", "", "bc"}) in_pieces.add(piece);
  EXPECT_EQ(in_pieces.finish(), sha256_of("abc"));
}

} // namespace
} // namespace tickwire
