#include "simulator/webhook/shapes.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

namespace simulator {
namespace {

namespace json = boost::json;

const business_number number{"200000000000001", "100000000000001", "15550001000"};
const person ada{"15550001111", "US.90000000000000001111", "Ada Quill", "ada.quill"};

std::vector<std::string> names(const json::object& object) {
  std::vector<std::string> list;
  for (const auto& member : object) list.emplace_back(member.key());
  return list;
}

TEST(status_item, of_sent_and_delivered_has_contact_price_and_callback_data) {
  const auto item = status_item(
      number, ada,
      {.wamid = "wamid.A", .status = "delivered", .timestamp = 1790000002, .callback_data = "m_1"}, true);
  EXPECT_EQ(json::value(item.content),
            json::parse(R"({"id":"wamid.A","status":"delivered","timestamp":"1790000002",
    "recipient_id":"15550001111","recipient_user_id":"US.90000000000000001111","biz_opaque_callback_data":"m_1",
    "pricing":{"billable":false,"pricing_model":"PMP","type":"free_customer_service","category":"service"}})"));
  EXPECT_EQ(json::value(*item.contact), json::parse(R"({"profile":{"name":"Ada Quill","username":"ada.quill"},
    "wa_id":"15550001111","user_id":"US.90000000000000001111"})"));

  const auto sent = status_item(number, ada, {.wamid = "wamid.A", .status = "sent", .timestamp = 1}, true);
  EXPECT_FALSE(
      sent.contact->at("profile").as_object().contains("username")); // that comes with delivered and read
}

TEST(status_item, of_failed_has_errors_and_neither_contact_nor_price_nor_user_id) {
  const auto item = status_item(
      number, ada, {.wamid = "wamid.A", .status = "failed", .timestamp = 1, .error_code = 131026}, true);
  EXPECT_FALSE(item.contact);
  EXPECT_EQ(names(item.content),
            (std::vector<std::string>{"id", "status", "timestamp", "recipient_id", "errors"}));
  const auto& error = item.content.at("errors").at(0).as_object();
  EXPECT_EQ(error.at("code"), 131026);
  EXPECT_EQ(error.at("title"), error.at("message"));
  EXPECT_TRUE(error.at("error_data").as_object().contains("details"));
}

TEST(status_item, names_only_the_user_id_when_the_number_is_withheld) {
  person hidden = ada;
  hidden.digits.clear();
  const auto item =
      status_item(number, hidden, {.wamid = "wamid.A", .status = "read", .timestamp = 1}, false);
  EXPECT_FALSE(item.content.contains("recipient_id"));
  EXPECT_FALSE(item.contact->contains("wa_id"));
  EXPECT_EQ(item.content.at("recipient_user_id"), "US.90000000000000001111");
}

TEST(status_item, in_a_group_names_the_group_and_the_participant_but_sent_names_nobody) {
  const auto read =
      status_item(number, ada, {.wamid = "w", .status = "read", .timestamp = 1, .group_id = "G"}, false);
  EXPECT_EQ(read.content.at("recipient_id"), "G");
  EXPECT_EQ(read.content.at("recipient_type"), "group");
  EXPECT_EQ(read.content.at("recipient_participant_id"), "15550001111");

  const auto sent = status_item(
      number, {}, {.wamid = "w", .status = "sent", .timestamp = 1, .group_id = "G", .whole_group = true},
      true);
  EXPECT_FALSE(sent.content.contains("recipient_participant_id"));
  EXPECT_FALSE(sent.contact);
  EXPECT_EQ(sent.content.at("pricing").at("category"), "group_service");
}

TEST(message_item, puts_sender_id_and_time_before_the_body_and_lets_the_body_win) {
  const auto item =
      message_item(number, ada, "wamid.B", 1790000000, "", {{"type", "text"}, {"text", {{"body", "Hi"}}}});
  EXPECT_EQ(json::value(item.content),
            json::parse(R"({"from":"15550001111","from_user_id":"US.90000000000000001111",
    "id":"wamid.B","timestamp":"1790000000","type":"text","text":{"body":"Hi"}})"));

  const auto odd =
      message_item(number, ada, "wamid.B", 1790000000, "G", {{"type", "text"}, {"timestamp", 5}});
  EXPECT_EQ(odd.content.at("timestamp"), 5);
  EXPECT_EQ(odd.content.at("group_id"), "G");
}

TEST(envelope, merges_items_of_a_number_into_one_change_and_names_each_contact_once) {
  const business_number second{"200000000000002", "100000000000002", "15550002000"};
  const business_number third{"200000000000001", "100000000000003",
                              "15550003000"}; // same account, other number
  const json::object text{{"type", "text"}};
  const std::vector<webhook_item> items{
      message_item(number, ada, "wamid.1", 1, "", text), message_item(number, ada, "wamid.2", 1, "", text),
      status_item(number, ada, {.wamid = "wamid.3", .status = "failed", .timestamp = 1, .error_code = 1},
                  false),
      message_item(second, ada, "wamid.4", 1, "", text), message_item(third, ada, "wamid.5", 1, "", text)};
  const auto body = envelope(items);

  EXPECT_EQ(body.at("object"), "whatsapp_business_account");
  const auto& entries = body.at("entry").as_array();
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].at("changes").as_array().size(), 2U);
  const auto& value = entries[0].at("changes").at(0).at("value").as_object();
  EXPECT_EQ(value.at("contacts").as_array().size(), 1U);
  EXPECT_EQ(value.at("messages").as_array().size(), 2U);
  EXPECT_EQ(value.at("statuses").as_array().size(), 1U);
  EXPECT_EQ(entries[1].at("changes").at(0).at("value").at("metadata").at("phone_number_id"),
            "100000000000002");
}

} // namespace
} // namespace simulator
