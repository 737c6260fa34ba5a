// Small rules of the Graph: numbers, error bodies, limits, forms.
#include "simulator/graph/graph_error.hpp"
#include "simulator/graph/multipart.hpp"
#include "simulator/graph/rate_limits.hpp"
#include "simulator/graph/recipient.hpp"
#include "simulator/graph/sample_media.hpp"

#include <gtest/gtest.h>

namespace simulator {
namespace {

TEST(recipient_digits, takes_numbers_as_people_write_them) {
  EXPECT_EQ(recipient_digits("+1 (555) 000-1111"), "15550001111");
  EXPECT_EQ(recipient_digits("15550001111"), "15550001111");
  EXPECT_FALSE(recipient_digits(""));
  EXPECT_FALSE(recipient_digits("+1234"));
  EXPECT_FALSE(recipient_digits("+1234567890123456"));
  EXPECT_FALSE(recipient_digits("+1555000111x"));
  EXPECT_FALSE(recipient_digits("1+5550001111"));
}

TEST(recipient_digits, may_put_the_own_country_in_front_of_numbers_without_plus) {
  EXPECT_EQ(recipient_digits("0550001111", "39"), "390550001111");
  EXPECT_EQ(recipient_digits("390550001111", "39"), "390550001111");
  EXPECT_EQ(recipient_digits("+15550001111", "39"), "15550001111");
  EXPECT_EQ(country_code_of("15550001000"), "1");
  EXPECT_EQ(country_code_of("393550100201"), "39");
  EXPECT_EQ(country_code_of("971550100202"), "971");
}

TEST(error_body, of_messaging_errors_has_data_and_of_token_errors_has_none) {
  const auto messaging = error_body({131030, {}}, "A1");
  const auto& inner = messaging.at("error").as_object();
  EXPECT_EQ(inner.at("message"), "(#131030) Recipient phone number not in allowed list");
  EXPECT_EQ(inner.at("type"), "OAuthException");
  EXPECT_EQ(inner.at("error_data").at("messaging_product"), "whatsapp");
  EXPECT_EQ(inner.at("fbtrace_id"), "A1");
  EXPECT_FALSE(error_body({190, {}}, "A1").at("error").as_object().contains("error_data"));

  const auto unknown = error_body({100, "x", 33}, "A1");
  EXPECT_EQ(unknown.at("error").at("type"), "GraphMethodException");
  EXPECT_EQ(unknown.at("error").at("error_subcode"), 33);
}

TEST(error_codes, have_the_status_and_the_moment_of_metas_table) {
  EXPECT_EQ(http_status(190), 401);
  EXPECT_EQ(http_status(131056), 400);
  EXPECT_EQ(http_status(2), 503);
  EXPECT_EQ(http_status(131016), 500);
  EXPECT_EQ(http_status(230), 403);
  for (const int code : {131047, 131026, 131049, 131050, 130472, 131053, 131042, 131000})
    EXPECT_TRUE(told_later(code)) << code;
  for (const int code : {190, 104, 100, 131008, 131021, 131030, 130429, 131056, 133010, 4, 80007, 2})
    EXPECT_FALSE(told_later(code)) << code;
}

TEST(pair_limit, lets_forty_five_through_and_then_one_every_six_seconds) {
  pair_limit limit;
  auto now = pair_limit::time() + std::chrono::hours(1);
  int taken = 0;
  while (limit.take("1", now)) {
    ++taken;
    now += std::chrono::milliseconds(10);
  }
  EXPECT_EQ(taken, 45);
  EXPECT_TRUE(limit.take("2", now)); // others are not touched
  EXPECT_TRUE(limit.take("1", now + std::chrono::seconds(6)));
  EXPECT_FALSE(limit.take("1", now + std::chrono::seconds(6)));
  EXPECT_TRUE(limit.take("1", now + std::chrono::hours(1)));
}

TEST(throughput_limit, lets_a_second_full_through_at_once) {
  throughput_limit limit;
  auto now = throughput_limit::time() + std::chrono::hours(1);
  int taken = 0;
  while (limit.take(80, now)) ++taken;
  EXPECT_EQ(taken, 80);
  EXPECT_TRUE(limit.take(80, now + std::chrono::milliseconds(13)));
  EXPECT_FALSE(limit.take(80, now + std::chrono::milliseconds(13)));
}

TEST(read_form, finds_the_parts_whatever_bytes_they_hold) {
  const std::string file("\x00\r\n--x\r\n\xFF", 9);
  const auto body = "--line\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n"
                    "--line\r\ncontent-disposition: form-data; filename=\"a \\\"b\\\".png\"; "
                    "name=\"file\"\r\nContent-Type: image/png\r\n\r\n" +
                    file + "\r\n--line--\r\n";
  const auto parts = read_form("multipart/form-data; boundary=line", body);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2U);
  EXPECT_EQ(parts->at(0).content, "whatsapp");
  EXPECT_EQ(parts->at(1).name, "file");
  EXPECT_EQ(parts->at(1).filename, "a \"b\".png");
  EXPECT_EQ(parts->at(1).content_type, "image/png");
  EXPECT_EQ(parts->at(1).content, file);
}

TEST(read_form, refuses_what_is_cut_short_at_any_byte) {
  const std::string body = "--line\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nabc\r\n--line--";
  ASSERT_TRUE(read_form("multipart/form-data; boundary=\"line\"", body));
  for (std::size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(read_form("multipart/form-data; boundary=\"line\"", body.substr(0, size))) << size;
  EXPECT_FALSE(read_form("application/json", body));
  EXPECT_FALSE(read_form("multipart/form-data", body));
}

TEST(sample_media, are_what_their_types_say) {
  EXPECT_TRUE(sample_picture(1).starts_with("\x89PNG\r\n"));
  EXPECT_NE(sample_picture(1), sample_picture(2));
  EXPECT_TRUE(sample_voice_note(2).starts_with("OggS"));
  EXPECT_NE(sample_voice_note(2).find("OpusHead"), std::string::npos);
}

} // namespace
} // namespace simulator
