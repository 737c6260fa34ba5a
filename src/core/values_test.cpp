// Times, numbers, texts.
#include "core/phone.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

TEST(Time, IsWrittenAndReadInUtcWithMilliseconds) {
  const timestamp time = from_unix_seconds(1'790'000'000) + std::chrono::milliseconds{7};
  EXPECT_EQ(to_iso8601(time), "2026-09-21T14:13:20.007Z");
  EXPECT_EQ(from_iso8601(to_iso8601(time)), time);
  EXPECT_EQ(from_iso8601("2024-02-29T00:00:00Z"), from_unix_seconds(1'709'164'800));
  for (const char* wrong : {"", "2026-02-30T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T24:00:00Z",
                            "2026-01-01T00:00:00.00Z", "2026-01-01T00:00:00.000+", "yesterday"})
    EXPECT_FALSE(from_iso8601(wrong)) << wrong;
}

TEST(Phone, IsTakenAsPeopleWriteIt) {
  EXPECT_EQ(phone_digits("+49 170 123-45 (67)"), "491701234567");
  EXPECT_EQ(phone_digits("0049 170 1234567"), "491701234567");
  EXPECT_EQ(phone_digits("15550000101"), "15550000101");
  for (const char* same :
       {"+49 (0)170 1234567", "+49 (0) 170-1234567", "0049 (0)170 1234567", "+49\u00A0170\u20111234567",
        "\u202A+49 170 1234567\u202C", "tel:+49-170-1234567", "\uFF0B49 170 1234567", "+49.170/1234567"})
    EXPECT_EQ(phone_digits(same), "491701234567") << same;
  for (const char* wrong : {"", "1234", "+", "call me", "+49 170 12345678901", "12345+6", "0170 1234567",
                            "(0)170 1234567", "+0170 1234567", "++49 170 1234567"})
    EXPECT_FALSE(phone_digits(wrong)) << wrong;
}

TEST(Text, CountsCharactersNotBytes) {
  EXPECT_EQ(characters("día 👍🏽"), 6u);
  EXPECT_EQ(characters(std::string_view("a\0b", 3)), 3u);
  for (const char* wrong : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82"})
    EXPECT_FALSE(characters(wrong));
}

TEST(Text, BlankIsBlankInEveryScript) {
  EXPECT_TRUE(is_blank(""));
  EXPECT_TRUE(is_blank(" \n\t\u00A0\u3000"));
  EXPECT_FALSE(is_blank(" . "));
  EXPECT_FALSE(is_blank("한"));
}

} // namespace
} // namespace tickwire
