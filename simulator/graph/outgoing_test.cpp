#include "simulator/graph/outgoing.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

namespace simulator {
namespace {

namespace json = boost::json;

json::object text_message() {
  return json::parse(
             R"({"messaging_product":"whatsapp","to":"+15550001111","type":"text","text":{"body":"Hi"}})")
      .as_object();
}

int code_of(const json::value& body) {
  const auto read = read_call(body);
  return read ? 0 : read.error().code;
}

json::object of_type(const char* type, const char* content) {
  auto body = text_message();
  body["type"] = type;
  body[type] = json::parse(content);
  return body;
}

TEST(read_call, reads_a_text_with_all_that_may_stand_beside_it) {
  auto body = text_message();
  body["context"] = {{"message_id", "wamid.Q"}};
  body["biz_opaque_callback_data"] = "m_1";
  body["something_new"] = json::array{1};
  const auto read = read_call(body);
  ASSERT_TRUE(read);
  const auto& message = std::get<outgoing>(*read);
  EXPECT_EQ(message.type, "text");
  EXPECT_EQ(message.to, "+15550001111");
  EXPECT_EQ(message.quoted, "wamid.Q");
  EXPECT_EQ(message.callback_data, "m_1");
  EXPECT_FALSE(message.group);
}

TEST(read_call, counts_characters_and_not_bytes) {
  auto body = text_message();
  std::string longest;
  for (int n = 0; n < 4096; ++n) longest += "€";
  body["text"] = {{"body", longest}};
  EXPECT_EQ(code_of(body), 0);
  body["text"] = {{"body", longest + "€"}};
  EXPECT_EQ(code_of(body), 131009);
  body["text"] = {{"body", ""}};
  EXPECT_EQ(code_of(body), 131008);
}

TEST(read_call, names_what_is_missing_or_wrong_in_the_frame) {
  EXPECT_EQ(code_of(json::array{}), 100);
  const auto without = [](const char* name) {
    auto body = text_message();
    body.erase(name);
    return code_of(body);
  };
  EXPECT_EQ(without("messaging_product"), 100);
  EXPECT_EQ(without("to"), 131008);
  EXPECT_EQ(without("text"), 131008);
  EXPECT_EQ(without("type"), 0); // text is what it defaults to
  const auto with = [](const char* name, json::value value) {
    auto body = text_message();
    body[name] = std::move(value);
    return code_of(body);
  };
  EXPECT_EQ(with("messaging_product", "telegram"), 100);
  EXPECT_EQ(with("to", 15550001111), 100);
  EXPECT_EQ(with("type", "hologram"), 100);
  EXPECT_EQ(with("recipient_type", "crowd"), 100);
  EXPECT_EQ(with("biz_opaque_callback_data", json::string(513, 'x')), 131009);
}

TEST(read_call, lets_to_win_over_recipient) {
  auto body = text_message();
  body["recipient"] = "US.9";
  EXPECT_EQ(std::get<outgoing>(*read_call(body)).recipient, "");
  body.erase("to");
  EXPECT_EQ(std::get<outgoing>(*read_call(body)).recipient, "US.9");
}

TEST(read_call, checks_every_type_by_its_own_rules) {
  EXPECT_EQ(code_of(of_type("image", R"({"id":"1","caption":"x"})")), 0);
  EXPECT_EQ(code_of(of_type("image", R"({})")), 131008);
  EXPECT_EQ(code_of(of_type("image", R"({"link":"file:///etc/passwd"})")), 131009);
  EXPECT_EQ(code_of(of_type("audio", R"({"id":"1","caption":"x"})")), 100);
  EXPECT_EQ(code_of(of_type("location", R"({"latitude":48,"longitude":16.37})")), 0);
  EXPECT_EQ(code_of(of_type("location", R"({"latitude":91,"longitude":0})")), 131009);
  EXPECT_EQ(code_of(of_type("location", R"({"latitude":"48.1"})")), 131008);
  EXPECT_EQ(code_of(of_type("contacts", R"([{"name":{"formatted_name":"A","first_name":"A"}}])")), 0);
  EXPECT_EQ(code_of(of_type("contacts", R"([{"name":{"formatted_name":"A"}}])")), 100);
  EXPECT_EQ(code_of(of_type("contacts", R"([])")), 100);
  EXPECT_EQ(code_of(of_type("reaction", R"({"message_id":"wamid.A","emoji":""})")), 0);
  EXPECT_EQ(code_of(of_type("reaction", R"({"message_id":"wamid.A"})")), 131008);
  EXPECT_EQ(code_of(of_type("template", R"({"name":"hello_world","language":{"code":"en_US"}})")), 0);
  EXPECT_EQ(code_of(of_type("template", R"({"name":"hello_world"})")), 131008);
}

TEST(read_call, checks_buttons_and_lists) {
  const auto buttons = [](const char* list) {
    return code_of(of_type(
        "interactive",
        (R"({"type":"button","body":{"text":"?"},"action":{"buttons":)" + std::string(list) + "}}").c_str()));
  };
  EXPECT_EQ(buttons(R"([{"type":"reply","reply":{"id":"a","title":"Yes"}}])"), 0);
  EXPECT_EQ(buttons(R"([])"), 131008);
  EXPECT_EQ(buttons(R"([{"reply":{"id":"a","title":"123456789012345678901"}}])"), 131009);
  EXPECT_EQ(buttons(R"([{"reply":{"id":"a","title":"Yes"}},{"reply":{"id":"a","title":"No"}}])"), 131009);
  EXPECT_EQ(buttons(R"([{"reply":{"id":"a","title":"Yes"}},{"reply":{"id":"b","title":"Yes"}}])"), 131009);

  const auto rows = [](int count) {
    std::string list;
    for (int n = 0; n < count; ++n)
      list += (n == 0 ? "" : ",") + (R"({"id":")" + std::to_string(n)) + R"(","title":"row"})";
    return code_of(
        of_type("interactive",
                (R"({"type":"list","body":{"text":"?"},"action":{"button":"Choose","sections":[{"rows":[)" +
                 list + "]}]}}")
                    .c_str()));
  };
  EXPECT_EQ(rows(10), 0);
  EXPECT_EQ(rows(11), 131009);
}

TEST(read_call, keeps_interactive_messages_out_of_groups) {
  auto body = of_type("interactive", R"({"type":"cta_url"})");
  body["recipient_type"] = "group";
  EXPECT_EQ(code_of(body), 131051);
}

TEST(read_call, reads_receipts_with_and_without_typing) {
  const auto read = [](const char* text) { return read_call(json::parse(text)); };
  const auto plain = read(R"({"messaging_product":"whatsapp","status":"read","message_id":"wamid.A"})");
  ASSERT_TRUE(plain);
  EXPECT_FALSE(std::get<read_receipt>(*plain).typing);
  const auto typing = read(
      R"({"messaging_product":"whatsapp","status":"read","message_id":"wamid.A","typing_indicator":{"type":"text"}})");
  EXPECT_TRUE(std::get<read_receipt>(*typing).typing);
  EXPECT_FALSE(read(R"({"messaging_product":"whatsapp","status":"read"})"));
  EXPECT_FALSE(read(R"({"messaging_product":"whatsapp","status":"seen","message_id":"wamid.A"})"));
}

} // namespace
} // namespace simulator
