#include "simulator/webhook/signature.hpp"

#include "simulator/state/base64.hpp"
#include "simulator/webhook/json_text.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace simulator {
namespace {

TEST(signature_header, is_that_of_the_known_vector) {
  EXPECT_EQ(signature_header("sample-app-secret", R"({"object":"whatsapp_business_account","entry":[]})"),
            "sha256=4345305ed97f01246987e15cca2024ef5b01055892ae2b906ec4d8c5b6c89aa1");
}

TEST(signature_header, is_that_of_the_known_escaped_body_which_our_writer_makes_byte_for_byte) {
  // The second vector of the fact sheet. Reading and writing it again must give the very same bytes.
  const std::string body =
      R"({"object":"whatsapp_business_account","entry":[{"id":"200000000000001","changes":[{"value":{"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550001000","phone_number_id":"100000000000001"},"contacts":[{"profile":{"name":"Ada Quill"},"wa_id":"15550001111","user_id":"US.90000000000000001111"}],"messages":[{"from":"15550001111","from_user_id":"US.90000000000000001111","id":"wamid.c2FtcGxlL3Jhdy8+Pz8\/MQ==","timestamp":"1790000000","text":{"body":"See https:\/\/example.com\/a?b=1&c=2 \ud83d\ude80"},"type":"text"}]},"field":"messages"}]}]})";
  EXPECT_EQ(webhook_text(boost::json::parse(body)), body);
  EXPECT_EQ(signature_header("sample-app-secret", body),
            "sha256=40f886227c42be684581538e8bd9052a1d4125a4419100dbd7f8db1863d6f594");
}

TEST(base64, pads_as_the_standard_says) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64("\xFB\xEF\xFF"), "++//");
}

} // namespace
} // namespace simulator
