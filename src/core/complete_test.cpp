// One person, one id, whatever form Meta used; two people never share one.
#include "core/memory_views.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace testing;

std::string chat_of(const memory_log& log, const std::string& wamid) {
  return log.rows.messages.at(log.rows.bindings.at(wamid).message_id).chat_id;
}

TEST(Identity, NumberAndUserIdLeadToOneChat) {
  memory_log log;
  log.append(received("wamid.1", person("15550000101"), "before user ids"));
  log.append(received("wamid.2", person("15550000101", "US.9001"), "both"));
  identity hidden;
  hidden.user_id = "US.9001";
  hidden.username = "ana";
  log.append(received("wamid.3", hidden, "number withheld"));
  EXPECT_EQ(chat_of(log, "wamid.2"), chat_of(log, "wamid.1"));
  EXPECT_EQ(chat_of(log, "wamid.3"), chat_of(log, "wamid.1"));
  EXPECT_EQ(log.rows.contacts.at("15550000101").username, "ana");
}

TEST(Identity, TheExtraDigitOfBrazilAndMexicoDoesNotSplitAPerson) {
  memory_log log;
  identity who = person("5511955500001", "BR.1");
  who.wa_id = "551155500001";
  log.append(received("wamid.1", who, "oi"));
  log.append(received("wamid.2", person("551155500001"), "oi"));
  EXPECT_EQ(chat_of(log, "wamid.2"), chat_of(log, "wamid.1"));
}

TEST(Identity, AChangeOfNumberKeepsTheChatAndFreesTheOldNumber) {
  memory_log log;
  log.append(received("wamid.1", person("15550000101", "US.9001", "Ana"), "old number"));
  entry moved = received("wamid.2", person("15550000101"), "Ana changed from … to …");
  auto& data = std::get<message_received>(moved.data);
  data.type = "system";
  data.became = person("15550000199", "US.9002");
  log.append(moved);
  log.append(received("wamid.3", person("15550000199", "US.9002"), "new number"));
  log.append(received("wamid.4", person("15550000101"), "somebody else, without user id"));
  EXPECT_EQ(chat_of(log, "wamid.3"), chat_of(log, "wamid.1"));
  EXPECT_NE(chat_of(log, "wamid.4"), chat_of(log, "wamid.1"));
  EXPECT_EQ(log.rows.contacts.at("15550000101").phone, "15550000199");
}

TEST(Identity, ANumberWithAnotherUserIdHasANewOwner) {
  memory_log log;
  log.append(received("wamid.1", person("15550000101", "US.9001"), "first owner"));
  log.append(received("wamid.2", person("15550000101", "US.7777"), "second owner"));
  log.append(received("wamid.3", person("15550000101"), "whoever has the number now"));
  EXPECT_NE(chat_of(log, "wamid.2"), chat_of(log, "wamid.1"));
  EXPECT_EQ(chat_of(log, "wamid.3"), chat_of(log, "wamid.2"));
}

TEST(Identity, AnOldMessageRepeatedDoesNotBringBackAnOldName) {
  memory_log log;
  const entry first = received("wamid.1", person("15550000101", "US.9001", "Ana"), "hi");
  log.append(first);
  log.append(received("wamid.2", person("15550000101", "US.9001", "Ana Maria"), "hi"));
  log.append(first);
  EXPECT_EQ(log.rows.contacts.at("15550000101").profile_name, "Ana Maria");
}

TEST(Identity, AContactMadeByHandIsWhereTheCustomerWrites) {
  memory_log log;
  contact_changed by_hand;
  by_hand.contact.phone = "491701234567";
  by_hand.contact.name = "Herr Weber";
  by_hand.opens_chat = true;
  log.append(proposal("ct:hand", at(0), by_hand));
  log.append(received("wamid.1", person("491701234567", "DE.1", "weber"), "Guten Tag"));
  ASSERT_EQ(log.rows.contacts.size(), 1u);
  const contact& row = log.rows.contacts.begin()->second;
  EXPECT_EQ(row.title(), "Herr Weber");
  EXPECT_EQ(row.user_id, "DE.1");
  EXPECT_EQ(chat_of(log, "wamid.1"), row.id);
}

TEST(Identity, PeopleInAGroupKeepTheirOwnIdsAndTheGroupIsTheChat) {
  memory_log log;
  log.append(received("wamid.1", person("15550000101", "US.1"), "hello", 1, "group-7"));
  log.append(received("wamid.2", person("15550000102", "US.2"), "hello", 2, "group-7"));
  EXPECT_EQ(chat_of(log, "wamid.1"), "group-7");
  EXPECT_EQ(chat_of(log, "wamid.2"), "group-7");
  EXPECT_EQ(log.rows.chats.at("group-7").kind, chat_kind::group);
  EXPECT_EQ(log.rows.messages.at(log.rows.bindings.at("wamid.2").message_id).sender_id, "15550000102");
  EXPECT_FALSE(log.rows.chats.contains("15550000101"));
}

} // namespace
} // namespace tickwire
