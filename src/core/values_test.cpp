// Times, numbers, texts.
#include "core/phone.hpp"
#include "core/text.hpp"
#include "core/time.hpp"

#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

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

TEST(Phone, TheFormsOfOneLine) {
  const auto forms = [](std::string_view digits) {
    std::vector<std::string> sorted = variants_of(digits);
    std::sort(sorted.begin(), sorted.end());
    return sorted;
  };
  using list = std::vector<std::string>;
  // Brazil: with and without the ninth digit, from either side.
  const list brazil{"553187770101", "5531987770101"};
  EXPECT_EQ(forms("553187770101"), brazil);
  EXPECT_EQ(forms("5531987770101"), brazil);
  EXPECT_EQ(forms("551187654321"), (list{"551187654321", "5511987654321"}));
  // A land line and the mobile that has its digits behind a 9 are two people; 23 is no area.
  for (const char* alone : {"551134567890", "5511934567890", "552387654321", "5523987654321", "55318777010",
                            "55319877701012", "5531887654321"})
    EXPECT_EQ(forms(alone), list{alone});
  // Mexico: a 1 before the ten digits, or none.
  const list mexico{"5215557770301", "525557770301"};
  EXPECT_EQ(forms("525557770301"), mexico);
  EXPECT_EQ(forms("5215557770301"), mexico);
  for (const char* alone : {"521555777030", "5211555777030", "52055577703"})
    EXPECT_EQ(forms(alone), list{alone});
  // Argentina: a 9 before the area, none, or a 15 behind it.
  const list buenos_aires{"541112345678", "54111512345678", "5491112345678"};
  for (const std::string& form : buenos_aires) EXPECT_EQ(forms(form), buenos_aires);
  const list cordoba{"543511234567", "54351151234567", "5493511234567"};
  for (const std::string& form : cordoba) EXPECT_EQ(forms(form), cordoba);
  const list small_town{"542901123456", "54290115123456", "5492901123456"};
  for (const std::string& form : small_town) EXPECT_EQ(forms(form), small_town);
  for (const char* alone : {"54911123456789", "549411234567", "5441112345678"})
    EXPECT_EQ(forms(alone), list{alone});
  // Everybody else has one.
  for (const char* alone : {"15550000101", "491701234567", "5551", "", "55", "52", "54", "549"})
    EXPECT_EQ(forms(alone), list{alone});
}

// However one comes to a form, the same line has the same forms: nobody is of two lines.
TEST(Phone, FormsAreTheSameFromEachOfThem) {
  std::mt19937 random(testing::seed());
  for (int round = 0; round < 20'000; ++round) {
    static constexpr std::array<std::string_view, 6> countries{"55", "559", "52", "521", "54", "549"};
    std::string digits(countries[random() % countries.size()]);
    for (const std::size_t length = 11 + random() % 4; digits.size() < length;)
      digits += static_cast<char>('0' + random() % 10);
    std::vector<std::string> forms = variants_of(digits);
    std::sort(forms.begin(), forms.end());
    for (const std::string& form : forms) {
      std::vector<std::string> again = variants_of(form);
      std::sort(again.begin(), again.end());
      EXPECT_EQ(again, forms) << form << " " << testing::seed_note();
    }
  }
}

TEST(Text, NamesShowThemselvesAndTurnNothing) {
  EXPECT_EQ(visible_name("Ana  Maria\n"), "Ana Maria");
  EXPECT_EQ(visible_name("\u202Eanihc\u202C \u2066x"), "anihc x");
  EXPECT_EQ(visible_name("\u200Fعلي\u200F"), "علي");
  EXPECT_EQ(visible_name("👩\u200D💻"), "👩\u200D💻");
  EXPECT_EQ(visible_name(std::string_view("a\0b\x07", 4)), "ab");
  for (const char* nothing : {"", " ", "\u200B\u200D", "\u3164", "\u2800\u2800", "\u115F", "\uFEFF", "\u202E",
                              "\u00AD\u034F", "\uFE0F", "\U000E0061", "\u061C"})
    EXPECT_EQ(visible_name(nothing), "") << nothing;
}

TEST(Text, IsCutBetweenCharacters) {
  EXPECT_EQ(first_characters("día 👍🏽!", 4), "día ");
  EXPECT_EQ(first_characters("día 👍🏽!", 5), "día 👍");
  EXPECT_EQ(first_characters("abc", 9), "abc");
  EXPECT_EQ(first_characters("", 1), "");
}

TEST(Text, HalvesOfPairsAreReplacedAndWholePairsStay) {
  EXPECT_EQ(without_halves_of_pairs(R"({"a":"\ud83d \ud83d\udc4d \udc4d \\ud83d"})"),
            R"({"a":"\uFFFD \ud83d\udc4d \uFFFD \\ud83d"})");
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
