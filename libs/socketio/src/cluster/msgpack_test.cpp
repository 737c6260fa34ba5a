// msgpack as notepack.io writes and reads it: its own bytes as vectors, random values there and back, and
// every kind of damage refused.
#include "cluster/msgpack.hpp"
#include "cluster/testing/values.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace socketio::cluster::msgpack {
namespace {

namespace json = boost::json;
using testing::from_hex;
using testing::js;
using testing::to_hex;

std::string decoded(std::string_view hex) {
  const auto document = decode(from_hex(hex));
  return document ? json::serialize(document->value) : "refused";
}

TEST(Msgpack, WritesAndReadsTheBytesOfNotepack) {
  const struct {
    const char *text, *hex;
  } vectors[] = {
      {"null", "c0"},
      {"true", "c3"},
      {"false", "c2"},
      {"0", "00"},
      {"1", "01"},
      {"127", "7f"},
      {"128", "cc80"},
      {"255", "ccff"},
      {"256", "cd0100"},
      {"65535", "cdffff"},
      {"65536", "ce00010000"},
      {"4294967295", "ceffffffff"},
      {"4294967296", "cf0000000100000000"},
      {"9007199254740991", "cf001fffffffffffff"},
      {"-1", "ff"},
      {"-32", "e0"},
      {"-33", "d0df"},
      {"-128", "d080"},
      {"-129", "d1ff7f"},
      {"-32768", "d18000"},
      {"-32769", "d2ffff7fff"},
      {"-2147483648", "d280000000"},
      {"-2147483649", "d3ffffffff7fffffff"},
      {"-9007199254740991", "d3ffe0000000000001"},
      {"3.5", "cb400c000000000000"},
      {"-0.1", "cbbfb999999999999a"},
      {"5e-324", "cb0000000000000001"},
      {R"("")", "a0"},
      {R"("a")", "a161"},
      {R"("é€😀")", "a9c3a9e282acf09f9880"},
      {"[]", "90"},
      {"{}", "80"},
      {R"({"a":[1,{"b":null}]})", "81a161920181a162c0"},
  };
  for (const auto& [text, hex] : vectors) {
    EXPECT_EQ(to_hex(encode(js(text))), hex) << text;
    EXPECT_EQ(decoded(hex), json::serialize(js(text))) << text;
  }
}

TEST(Msgpack, SizesHaveTheSmallestHead) {
  const struct {
    std::size_t size;
    const char *text, *binary, *array;
  } vectors[] = {
      {15, "af", "c40f", "9f"},
      {16, "b0", "c410", "dc0010"},
      {31, "bf", "c41f", "dc001f"},
      {32, "d920", "c420", "dc0020"},
      {255, "d9ff", "c4ff", "dc00ff"},
      {256, "da0100", "c50100", "dc0100"},
      {65535, "daffff", "c5ffff", "dcffff"},
      {65536, "db00010000", "c600010000", "dd00010000"},
  };
  for (const auto& [size, text, binary, array] : vectors) {
    const std::string letters(size, 'x');
    EXPECT_EQ(encode(json::value(letters)), from_hex(text) + letters);
    const std::vector<std::string> attachments{letters};
    EXPECT_EQ(encode(js(R"({"_placeholder":true,"num":0})"), attachments), from_hex(binary) + letters);
    const std::string zeros(size, '\0');
    EXPECT_EQ(encode(json::array(size, 0)), from_hex(array) + zeros);
    for (const std::string& bytes :
         {from_hex(text) + letters, from_hex(binary) + letters, from_hex(array) + zeros}) {
      const auto document = decode(bytes);
      ASSERT_TRUE(document);
      EXPECT_EQ(encode(document->value, document->attachments), bytes);
    }
  }
  json::object many;
  for (int i = 0; i < 16; ++i) many.emplace("k" + std::to_string(i), 0);
  EXPECT_EQ(to_hex(encode(many).substr(0, 7)), "de0010a26b3000");
  EXPECT_EQ(decode(encode(many))->value, many);
}

// JavaScript does not know that 3.0 is no integer.
TEST(Msgpack, WholeFloatsAreIntegers) {
  EXPECT_EQ(to_hex(encode(3.0)), "03");
  EXPECT_EQ(to_hex(encode(-0.0)), "00");
  EXPECT_EQ(to_hex(encode(-129.0)), "d1ff7f");
  EXPECT_EQ(to_hex(encode(18446744073709549568.0)), "cffffffffffffff800");
  EXPECT_EQ(to_hex(encode(-9223372036854775808.0)), "d38000000000000000");
  EXPECT_EQ(decoded("cb4008000000000000"), "3");
  EXPECT_EQ(decoded("ca40400000"), "3");
  EXPECT_EQ(decoded("cb4370000000000000"), "72057594037927936");
  EXPECT_EQ(decoded("cb43e0000000000000"), "9223372036854775808");
  EXPECT_EQ(decoded("cbc3e0000000000000"), "-9223372036854775808");
  EXPECT_EQ(decoded("ca40600000"), json::serialize(json::value(3.5)));
}

TEST(Msgpack, WhatDoesNotFitInto64BitsIsAFloat) {
  EXPECT_EQ(to_hex(encode(18446744073709551616.0)), "cb43f0000000000000");
  EXPECT_EQ(decode(encode(1e300))->value, json::value(1e300));
  EXPECT_EQ(decode(encode(-1e300))->value, json::value(-1e300));
}

TEST(Msgpack, WhatJsonCannotSayIsNull) {
  EXPECT_EQ(decoded(to_hex(encode(std::nan("")))), "null");
  EXPECT_EQ(decoded("cb7ff0000000000000"), "null"); // infinity
  EXPECT_EQ(decoded("cb7ff8000000000000"), "null"); // NaN
  EXPECT_EQ(decoded("ca7fc00000"), "null");
  EXPECT_EQ(decoded("d40000"), "null"); // undefined of older versions
}

TEST(Msgpack, DatesBecomeTheTextOfJsonStringify) {
  const struct {
    const char *hex, *text;
  } vectors[] = {
      {"d6ff00000000", "1970-01-01T00:00:00.000Z"},
      {"d6ff00000001", "1970-01-01T00:00:01.000Z"},
      {"d6ff6553f100", "2023-11-14T22:13:20.000Z"},
      {"d7ff1d5353006553f100", "2023-11-14T22:13:20.123Z"},
      {"c70cff3b8b87c00000003afff4417f", "9999-12-31T23:59:59.999Z"},
      {"c70cff000000000000003afff44180", "+010000-01-01T00:00:00.000Z"},
      {"c70cff3b8b87c0ffffffffffffffff", "1969-12-31T23:59:59.999Z"},
      {"c70cff00000000fffffff1886e0900", "0001-01-01T00:00:00.000Z"},
      {"c70cff3b8b87c0fffffff184aa507f", "-000002-12-31T23:59:59.999Z"},
      {"c70cff00000000000007dba8218000", "+275760-09-13T00:00:00.000Z"},
      {"c70cff00000000fffffff82457de8000", "refused"}, // a byte too many
      {"d6ffffffffff", "2106-02-07T06:28:15.000Z"},
      {"d7ff0000000100000000", "2106-02-07T06:28:16.000Z"},
      {"d7ffee2e1f00ffffffff", "2106-02-07T06:28:15.999Z"},
      {"d7ff00000003ffffffff", "2514-05-30T01:53:03.000Z"},
      {"c70cff000000000000000400000000", "2514-05-30T01:53:04.000Z"},
      {"c70cff000f42400000000400000000", "2514-05-30T01:53:04.001Z"},
      {"d7000000018bcfe56800", "2023-11-14T22:13:20.000Z"}, // of older versions
  };
  for (const auto& [hex, text] : vectors) {
    const auto document = decode(from_hex(hex));
    EXPECT_EQ(document ? std::string(document->value.as_string()) : "refused", text) << hex;
  }
  EXPECT_EQ(iso_text(-8.64e15), "-271821-04-20T00:00:00.000Z");
  EXPECT_EQ(iso_text(8.64e15 + 1), std::nullopt);
  EXPECT_EQ(iso_text(std::nan("")), std::nullopt);
  EXPECT_EQ(decoded("c70cff000000007fffffffffffffff"), "null"); // later than any date
}

TEST(Msgpack, OtherExtensionsAreTypeAndBytes) {
  const auto document = decode(from_hex("d505abcd"));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->value, js(R"([5,{"_placeholder":true,"num":0}])"));
  EXPECT_EQ(document->attachments, std::vector{from_hex("abcd")});
  EXPECT_EQ(decode(from_hex("c70300010203"))->attachments, std::vector{from_hex("010203")}); // ArrayBuffer
  EXPECT_EQ(decode(from_hex("c80001fe01"))->value, js(R"([-2,{"_placeholder":true,"num":0}])"));
  EXPECT_EQ(decode(from_hex("c900000001fe01"))->value, js(R"([-2,{"_placeholder":true,"num":0}])"));
  EXPECT_EQ(decode(from_hex("d80100000000000000000000000000000000"))->attachments[0].size(), 16u);
}

TEST(Msgpack, RandomValuesComeBack) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    testing::random_values random(seed);
    std::vector<std::string> attachments;
    const json::value value = random.value(attachments);
    const auto document = decode(encode(value, attachments));
    ASSERT_TRUE(document) << "seed " << seed;
    EXPECT_EQ(document->value, value) << "seed " << seed;
    EXPECT_EQ(document->attachments, attachments) << "seed " << seed;
  }
}

TEST(Msgpack, RandomFloatsComeBackToTheBit) {
  std::mt19937_64 random(5);
  for (int i = 0; i < 100'000; ++i) {
    const auto number = std::bit_cast<double>(random());
    if (!std::isfinite(number)) continue;
    const auto document = decode(encode(number));
    ASSERT_TRUE(document);
    EXPECT_EQ(document->value.to_number<double>(), number);
  }
}

TEST(Msgpack, NothingIsReadBeyondAnyCut) {
  std::vector<std::string> attachments;
  testing::random_values random(7);
  json::array all;
  while (encode(all, attachments).size() < 2000) all.push_back(random.value(attachments, 4));
  const std::string whole = encode(all, attachments);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    // Its own allocation, so that a sanitizer sees each byte beyond it.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(decode({cut.data(), cut.size()}));
  }
  EXPECT_FALSE(decode(whole + '\0'));
}

TEST(Msgpack, RandomDamageIsRefusedOrRead) {
  std::mt19937_64 random(1);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    testing::random_values values(seed);
    std::vector<std::string> attachments;
    std::string bytes = encode(values.value(attachments), attachments);
    for (int flips = 0; flips < 8; ++flips) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
      if (const auto document = decode(bytes)) {
        const auto again = decode(encode(document->value, document->attachments));
        ASSERT_TRUE(again);
        EXPECT_EQ(again->value, document->value);
      }
    }
  }
}

TEST(Msgpack, ClaimedSizesCostNothing) {
  for (const char* hex :
       {"ddffffffff", "dfffffffff", "dbffffffff", "c6ffffffff", "c9ffffffff00", "dcffff", "deffff"})
    EXPECT_FALSE(decode(from_hex(hex))) << hex;
  // Each list claims as many elements as there are bytes.
  std::string nested;
  for (int i = 0; i < 60; ++i) nested += from_hex("dd00000200");
  nested += std::string(600, '\0');
  EXPECT_FALSE(decode(nested));
}

TEST(Msgpack, LimitsAreKept) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '\x91') + '\x01'; };
  EXPECT_TRUE(decode(nested(1'100)));
  EXPECT_FALSE(decode(nested(1'101)));
  EXPECT_FALSE(decode(nested(1'000'000)));
  // An extension becomes an array.
  const auto extended = [](std::size_t depth) { return std::string(depth, '\x91') + from_hex("d40100"); };
  EXPECT_TRUE(decode(extended(1'099)));
  EXPECT_FALSE(decode(extended(1'100)));

  EXPECT_TRUE(decode(encode(json::array(99, 0)), {.max_elements = 100}));
  EXPECT_FALSE(decode(encode(json::array(100, 0)), {.max_elements = 100}));
  EXPECT_TRUE(decode("\x01", {.max_bytes = 1}));
  EXPECT_FALSE(decode(from_hex("cc80"), {.max_bytes = 1}));
  EXPECT_TRUE(decode(from_hex("92c400c400"), {.max_attachments = 2}));
  EXPECT_FALSE(decode(from_hex("92c400c400"), {.max_attachments = 1}));
}

TEST(Msgpack, WhatIsNoJsonIsRefused) {
  EXPECT_FALSE(decode(from_hex("a1ff")));     // not UTF-8
  EXPECT_FALSE(decode(from_hex("a3eda080"))); // half a surrogate pair
  EXPECT_FALSE(decode(from_hex("81a1ff01"))); // the same in a key
  EXPECT_FALSE(decode(from_hex("810101")));   // a key that is no text
  EXPECT_FALSE(decode(from_hex("c1")));       // never used
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode(from_hex("82a16101a16102"))); // a key twice
}

// Else a text could point at somebody's binary part.
TEST(Msgpack, NoMapPosesAsAPlaceholder) {
  EXPECT_FALSE(decode(encode(js(R"({"_placeholder":true,"num":0})"))));
  EXPECT_FALSE(decode(encode(js(R"({"a":[{"_placeholder":true,"num":"x","more":1}]})"))));
  EXPECT_EQ(decode(encode(js(R"({"_placeholder":false,"num":0})")))->value,
            js(R"({"_placeholder":false,"num":0})"));
}

} // namespace
} // namespace socketio::cluster::msgpack
