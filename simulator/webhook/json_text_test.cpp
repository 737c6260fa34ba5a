#include "simulator/webhook/json_text.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace simulator {
namespace {

namespace json = boost::json;

TEST(webhook_text, escapes_slashes_and_everything_outside_ascii_and_stays_compact) {
  const json::value value{
      {"a", "https://x/y?b=1"}, {"b", "Così 🚀"}, {"c", json::array{1, -2, true, nullptr, 1.5}}};
  EXPECT_EQ(webhook_text(value),
            R"({"a":"https:\/\/x\/y?b=1","b":"Cos\u00ec \ud83d\ude80","c":[1,-2,true,null,1.5E0]})");
}

TEST(webhook_text, reads_back_as_it_was) {
  std::string every;
  for (int byte = 0; byte < 0x80; ++byte) every += static_cast<char>(byte);
  every += "é€𝄞﷽";
  const json::value value{{"text", every}};
  EXPECT_EQ(json::parse(webhook_text(value)), value);
}

TEST(webhook_text, replaces_bytes_that_are_no_utf8) {
  for (const std::string bad : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80"}) {
    const auto text = webhook_text(json::string(bad));
    EXPECT_NE(text.find("\\ufffd"), std::string::npos) << text;
    for (const unsigned char byte : text) EXPECT_LT(byte, 0x80);
  }
}

} // namespace
} // namespace simulator
