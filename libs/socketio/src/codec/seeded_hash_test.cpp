#include "codec/seeded_hash.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace socketio::codec {
namespace {

// As Python 3.11 hashes bytes with PYTHONHASHSEED=0.
TEST(SeededHash, IsSipHash13) {
  EXPECT_EQ(siphash13({}, "a"), 4644417185603328019u);
  EXPECT_EQ(siphash13({}, "abc"), 13851880170939887858u);
  EXPECT_EQ(siphash13({}, "abcdefgh"), 4574395652268504554u);
  EXPECT_EQ(siphash13({}, "the same letters again and again"), 15627189788208679247u);
}

TEST(SeededHash, AnotherKeyPutsNamesIntoOtherBuckets) {
  std::set<std::uint64_t> here, there;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "room " + std::to_string(i);
    if (siphash13({1, 2}, name) % 64 == 0) here.insert(siphash13({1, 2}, name) % 64);
    if (siphash13({1, 2}, name) % 64 == 0) there.insert(siphash13({3, 4}, name) % 64);
  }
  EXPECT_EQ(here.size(), 1u);
  EXPECT_GT(there.size(), 5u) << "names that met in one bucket part under another key";
  EXPECT_EQ(seeded_hash("a"), seeded_hash("a"));
}

} // namespace
} // namespace socketio::codec
