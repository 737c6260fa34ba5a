// One person, one id, whatever form Meta used; two people never share one.
#include "core/memory_views.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

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

TEST(Identity, NamesComeFromTheNewestWebhookWhateverTheOrder) {
  std::vector<entry> facts{received("wamid.1", person("15550000101", "US.9001", "Ana"), "hi", 1),
                           received("wamid.2", person("15550000101", "US.9001", "Ana Maria"), "hi", 2),
                           received("wamid.3", person("15550000101", "US.9001"), "no name", 3)};
  std::sort(facts.begin(), facts.end(), [](const entry& a, const entry& b) { return a.key < b.key; });
  do {
    memory_log log;
    for (const entry& fact : facts) log.append(fact);
    EXPECT_EQ(log.rows.contacts.at("15550000101").profile_name, "Ana Maria");
  } while (std::next_permutation(facts.begin(), facts.end(),
                                 [](const entry& a, const entry& b) { return a.key < b.key; }));
}

TEST(Identity, ANameThatNobodyCanSeeIsNone) {
  memory_log log;
  log.append(received("wamid.1", person("15550000101", "", "\u3164\u200B"), "hi"));
  EXPECT_EQ(log.rows.contacts.at("15550000101").title(), "+15550000101");
  log.append(received("wamid.2", person("15550000101", "", "\u202Eana\u202C"), "hi", 1));
  EXPECT_EQ(log.rows.contacts.at("15550000101").title(), "ana");
}

// One customer, one chat, in whatever order the forms of the number come and whoever writes first.
TEST(Identity, OneLineIsOneChatInBrazilMexicoAndArgentina) {
  for (const std::vector<std::string>& forms :
       std::vector<std::vector<std::string>>{{"5531987770101", "553187770101"},
                                             {"5215557770301", "525557770301"},
                                             {"5491112345678", "541112345678", "54111512345678"}})
    for (const std::string& first : forms)
      for (const std::string& second : forms)
        for (const char* user_id : {"", "XX.1"}) {
          memory_log customer; // the customer writes twice
          customer.append(received("wamid.1", person(first, "", "Lia"), "oi"));
          customer.append(received("wamid.2", person(second, user_id, "Lia"), "oi", 1));
          EXPECT_EQ(chat_of(customer, "wamid.2"), chat_of(customer, "wamid.1")) << first << " " << second;

          memory_log team; // we wrote first, to the number as it was typed
          contact_changed by_hand;
          by_hand.contact.phone = first;
          by_hand.opens_chat = true;
          team.append(proposal("ct:hand", at(0), by_hand));
          team.append(accepted("m_1", first, "olá"));
          team.append(received("wamid.2", person(second, user_id, "Lia"), "oi", 1));
          EXPECT_EQ(chat_of(team, "wamid.2"), first) << first << " " << second;
        }
}

TEST(Identity, WhatGraphAndStatusesCallTheAddresseeLeadsToTheChat) {
  const auto begun = [] {
    memory_log log;
    contact_changed by_hand;
    by_hand.contact.phone = "5511955500001";
    by_hand.opens_chat = true;
    log.append(proposal("ct:hand", at(0), by_hand));
    log.append(accepted("m_1", "5511955500001", "olá"));
    return log;
  };
  // No rule makes these two forms of one line; only WhatsApp can know.
  memory_log log = begun();
  entry answer = answered("m_1", 1, send_outcome_kind::accepted, "wamid.O");
  std::get<send_result>(answer.data).wa_id = "551155500001";
  log.append(answer);
  log.append(received("wamid.1", person("551155500001"), "oi", 3));
  EXPECT_EQ(chat_of(log, "wamid.1"), "5511955500001");

  log = begun();
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.O"));
  entry sent = changed("wamid.O", status_word::sent, 2);
  std::get<status_changed>(sent.data).recipient = person("551155500001", "BR.7", "Lia");
  log.append(sent);
  log.append(received("wamid.1", person("551155500001"), "oi", 3));
  identity hidden;
  hidden.user_id = "BR.7";
  log.append(received("wamid.2", hidden, "oi", 4));
  EXPECT_EQ(chat_of(log, "wamid.1"), "5511955500001");
  EXPECT_EQ(chat_of(log, "wamid.2"), "5511955500001");
  EXPECT_EQ(log.rows.contacts.at("5511955500001").title(), "Lia");
}

TEST(Identity, AnAnswerThatNamesAnotherNumberGivesNobodysChatAway) {
  memory_log log;
  log.append(received("wamid.1", person("15550000102", "", "Ben"), "hi"));
  log.append(received("wamid.2", person("15550000101", "", "Ana"), "hi"));
  log.append(accepted("m_1", "15550000101", "hello"));
  entry answer = answered("m_1", 1, send_outcome_kind::accepted, "wamid.O");
  std::get<send_result>(answer.data).wa_id = "15550000102";
  log.append(answer);
  entry sent = changed("wamid.O", status_word::sent, 2);
  std::get<status_changed>(sent.data).recipient = person("15550000103", "US.3", "Cem");
  log.append(sent);
  log.append(received("wamid.3", person("15550000103"), "hi", 3));
  EXPECT_EQ(log.rows.chats.size(), 3u);
  EXPECT_EQ(log.rows.contacts.at("15550000101").user_id, "");
}

TEST(Identity, WhoNamesNobodyIsTheUnknownSender) {
  memory_log log;
  log.append(received("wamid.1", identity{}, "who am I?"));
  const std::string chat_id = chat_of(log, "wamid.1");
  EXPECT_EQ(log.rows.contacts.at(chat_id).title(), "Unknown sender");
  log.append(received("wamid.2", identity{}, "and I?", 1));
  EXPECT_EQ(chat_of(log, "wamid.2"), chat_id);
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
