#include "adapters/mongo/message_document.hpp"

#include "core/testing.hpp"

#include <gtest/gtest.h>

namespace tickwire::testing {
namespace {

message everything() {
  message m;
  m.id = "m_1";
  m.chat_id = "15550000101";
  m.sender_id = "u_ana";
  m.receiver_id = "15550000101";
  m.direction = direction::out;
  m.type = "image";
  m.text = "first \xF0\x9F\x99\x82";
  m.body = picture("1");
  m.client_id = "c-1";
  m.created_at = at(1);
  m.seq = -(std::int64_t{1} << 50);
  m.reply = reply_to{"wamid.q", ""};
  m.counts_unread = true;
  m.attempt = 3;
  m.status = status::failed;
  m.reported_unconfirmed = true;
  m.error = message_error{131026, "title", "reason", true};
  m.error_at = at(2);
  m.times = {at(3), at(4), at(5), at(6), at(7), at(8)};
  m.whatsapp_message_id = "wamid.3";
  m.arrived_attempt = 2;
  m.arrived_wamid = "wamid.2";
  m.reactions = {{"15550000101", "👍", at(9), "wamid.r"}, {"15550000102", "", at(10), ""}};
  m.receipts = {{"15550000101", status::read, at(11), at(12)}, {"15550000102", status::sent, {}, {}}};
  m.edited_text = "second";
  m.edit_id = "wamid.e";
  m.edited_at = at(13);
  m.revoked_at = at(14);
  m.updated_at = at(15);
  return m;
}

TEST(MessageDocument, WhatIsWrittenIsWhatIsRead) {
  const message all = everything();
  EXPECT_EQ(mongo::message_of(mongo::document_of(all, inbox)), all);
  message unknown; // only later facts about it have come
  unknown.id = "m_2";
  unknown.status = status::read;
  unknown.reply = reply_to{"", "m_1"};
  EXPECT_EQ(mongo::message_of(mongo::document_of(unknown, inbox)), unknown);
}

TEST(MessageDocument, PeopleCanReadIt) {
  const mongo::document row = mongo::document_of(everything(), inbox);
  const mongo::reader read(row);
  EXPECT_EQ(read.text("_id"), "m_1");
  EXPECT_EQ(read.text("chatId"), "15550000101");
  EXPECT_EQ(read.text("senderId"), "u_ana");
  EXPECT_EQ(read.text("receiverId"), "15550000101");
  EXPECT_EQ(read.text("text"), "second") << "as it is shown";
  EXPECT_EQ(read.text("status"), "failed");
  EXPECT_EQ(read.maybe_time("createdAt"), at(1));
  EXPECT_EQ(read.maybe_time("updatedAt"), at(15));
  EXPECT_EQ(read.text("whatsappMessageId"), "wamid.3");
}

} // namespace
} // namespace tickwire::testing
