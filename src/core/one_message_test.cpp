// One message is one row, whoever tells of it first and by which of its ids; one person is one chat.
#include "core/memory_views.hpp"
#include "core/shown.hpp"
#include "core/testing.hpp"
#include "core/wamid.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickwire {
namespace {

using namespace testing;

// One token, made from a number and from a user id.
constexpr const char* by_number = "wamid.HBgLMTU1NTc3NzcxMDEVAgASGBRBQzAwMDAwMDAwMDAwMDAwMDAxMAA=";
constexpr const char* by_user_id =
    "wamid.HBgTVVMuODAwMTAwMDAwMDAwMDAwMRUCABIYFEFDMDAwMDAwMDAwMDAwMDAwMDEwAA==";

entry echo_of(const std::string& wamid, const std::string& receiver, int second = 2) {
  entry echo = received(wamid, person(receiver), "sent once", second);
  auto& data = std::get<message_received>(echo.data);
  data.from_business = true;
  data.initial = status::sent;
  return echo;
}

message shown(memory_log& log, const std::string& id) {
  message row = log.rows.messages.at(id);
  complete_as_shown(row, log.rows);
  return row;
}

TEST(OneMessage, AnEchoIsTheMessageThatWeSentWheneverItComes) {
  const identity kai = person("15550000101", "", "Kai");
  std::vector<entry> facts{accepted("m_1", "15550000101", "sent once", 1),
                           answered("m_1", 1, send_outcome_kind::accepted, "wamid.O", 2),
                           echo_of("wamid.O", "15550000101"),
                           changed("wamid.O", status_word::delivered, 3),
                           reacted("wamid.R", "wamid.O", kai, "👍", 4),
                           received("wamid.C", kai, "answer", 5)};
  std::vector<int> order{0, 1, 2, 3, 4, 5};
  do {
    memory_log log;
    log.append(received("wamid.A", kai, "hello"));
    for (int i : order) log.append(facts[static_cast<std::size_t>(i)]);
    ASSERT_EQ(log.rows.messages.size(), 3u)
        << order[0] << order[1] << order[2] << order[3] << order[4] << order[5];
    const message& row = log.rows.messages.at("m_1");
    EXPECT_EQ(row.status, status::delivered);
    EXPECT_EQ(row.client_id, "c-m_1");
    EXPECT_EQ(row.whatsapp_message_id, "wamid.O");
    ASSERT_EQ(row.reactions.size(), 1u);
    EXPECT_EQ(log.rows.bindings.at("wamid.O").message_id, "m_1");
    const chat& chat = log.rows.chats.at("15550000101");
    EXPECT_EQ(chat.last_message_id, log.rows.newest_message("15550000101")->id);
    // Who joins events has the same messages.
    std::set<std::string> told;
    for (const event& said : log.events) {
      if (const auto* fresh = std::get_if<new_message_event>(&said.what)) told.insert(fresh->value.id);
      if (const auto* joined = std::get_if<message_joined_event>(&said.what)) told.erase(joined->from);
    }
    std::set<std::string> stored;
    for (const auto& [id, message] : log.rows.messages) stored.insert(id);
    EXPECT_EQ(told, stored);
    if (HasFailure()) return;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(OneMessage, TheEchoOfAMessageWhoseAnswerWasLostJoinsByTheCallbackData) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "sent once", 1));
  log.append(answered("m_1", 1, send_outcome_kind::unconfirmed));
  log.append(echo_of("wamid.O", "15550000101"));
  EXPECT_EQ(log.rows.messages.size(), 2u);
  log.append(changed("wamid.O", status_word::delivered, 4, "m_1"));
  ASSERT_EQ(log.rows.messages.size(), 1u);
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::delivered);
}

// The proof came to the row of the echo, and only then it is known that it was an attempt that is past.
TEST(OneMessage, WhatTheEchoOfAnOldAttemptProvesIsProvenOfTheMessage) {
  for (const bool proof_first : {true, false}) {
    memory_log log;
    log.append(accepted("m_1", "15550000101", "sent twice", 1));
    log.append(answered("m_1", 1, send_outcome_kind::unconfirmed));
    log.append(retried("m_1", 2));
    log.append(echo_of("wamid.O", "15550000101"));
    const entry proof = changed("wamid.O", status_word::delivered, 4);
    if (proof_first) log.append(proof);
    log.append(changed("wamid.O", status_word::sent, 3, "m_1:1"));
    if (!proof_first) log.append(proof);
    ASSERT_EQ(log.rows.messages.size(), 1u);
    const message& row = log.rows.messages.at("m_1");
    EXPECT_EQ(row.attempt, 2);
    EXPECT_EQ(row.status, status::delivered) << proof_first;
    EXPECT_EQ(row.times.delivered, at(4)) << proof_first;
    EXPECT_EQ(row.wamid(), "wamid.O") << proof_first;
  }
}

TEST(OneMessage, TheEchoOfWhatWeSentOpensNoOtherChatHoweverItNamesThePerson) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "sent once", 1));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.O", 2));
  entry echo = echo_of("wamid.O", "15550000101");
  std::get<message_received>(echo.data).sender = {};
  std::get<message_received>(echo.data).sender.user_id = "US.7";
  log.append(echo);
  EXPECT_EQ(log.rows.chats.size(), 1u);
  EXPECT_EQ(log.rows.messages.size(), 1u);
}

// The echo came first and named the person by what we had never seen.
TEST(OneMessage, TheChatThatOnlyAnEchoOpenedIsThatOfTheMessageItEchoes) {
  for (const bool another_number : {false, true}) {
    memory_log log;
    log.append(received("wamid.A", person("15550000101", "", "Kai"), "hello"));
    log.append(accepted("m_1", "15550000101", "sent once", 1));
    entry echo = echo_of("wamid.O", "15550000101");
    std::get<message_received>(echo.data).sender = another_number ? person("4930123456") : person("", "US.7");
    log.append(echo);
    EXPECT_EQ(log.rows.chats.size(), 2u);
    log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.O", 2));
    EXPECT_EQ(log.rows.messages.size(), 2u);
    EXPECT_EQ(log.rows.messages.at("m_1").chat_id, "15550000101");
    EXPECT_EQ(log.rows.chats.at("15550000101").last_message_id, "m_1");
    if (another_number) { // nobody's chat is given away for that
      EXPECT_EQ(log.rows.chats.at("4930123456").last_message_id, "");
      continue;
    }
    EXPECT_EQ(log.rows.chats.size(), 1u);
    EXPECT_EQ(log.rows.contacts.at("15550000101").user_id, "US.7");
  }
}

TEST(OneMessage, PagesHearOfAJoinedMessageWithAllThatBelongsToIt) {
  memory_log log;
  log.append(received("wamid.A", person("15550000101"), "hello"));
  entry answer = accepted("m_1", "15550000101", "to you, too", 1);
  const std::string quoted = log.rows.bindings.at("wamid.A").message_id;
  std::get<message_accepted>(answer.data).reply_to_message_id = quoted;
  log.append(answer);
  log.append(echo_of("wamid.O", "15550000101"));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.O", 2));
  const auto told = std::find_if(log.events.begin(), log.events.end(), [](const event& said) {
    return std::holds_alternative<message_joined_event>(said.what);
  });
  ASSERT_NE(told, log.events.end());
  EXPECT_EQ(std::get<message_joined_event>(told->what).into.reply, (reply_to{"wamid.A", quoted}));
}

TEST(OneMessage, WhatWasWrittenInTheAppStaysAMessageOfItsOwn) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "sent once", 1));
  log.append(echo_of("wamid.E", "15550000101"));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.O", 3));
  EXPECT_EQ(log.rows.messages.size(), 2u);
}

TEST(Wamid, TheTokenIsTheSameInBothScopes) {
  EXPECT_EQ(token_of(by_number), "AC000000000000000010");
  EXPECT_EQ(token_of(by_user_id), "AC000000000000000010");
  for (const char* none : {"", "wamid.", "wamid.A", "wamid.c2FtcGxlL3RleHQvMDE0", "AC000000000000000010",
                           "wamid.QUMwMDAwMDAwMDAwMDAwMDAwMTA="})
    EXPECT_EQ(token_of(none), "") << none;
}

TEST(OneMessage, WhatNamesItByTheOtherScopesIdIsAboutTheSamePersonsMessage) {
  const identity mira = person("15557777101", "US.8001000000000001", "Mira");
  memory_log log;
  log.append(received(by_number, mira, "the green one?"));
  const std::string first = log.rows.bindings.at(by_number).message_id;

  const auto quoting = [&](const std::string& wamid, const identity& who) {
    entry quote = received(wamid, who, "this one", 2);
    std::get<message_received>(quote.data).reply_to_whatsapp_id = by_user_id;
    log.append(quote);
    message row = log.rows.messages.at(log.rows.bindings.at(wamid).message_id);
    complete_as_shown(row, log.rows);
    return row.reply ? row.reply->message_id : "";
  };
  EXPECT_EQ(quoting("wamid.Q", mira), first);
  EXPECT_EQ(quoting("wamid.T", person("15557777102", "US.8001000000000002")), "") << "another person's";

  log.append(reacted("wamid.R", by_user_id, mira, "👍", 3));
  EXPECT_EQ(log.rows.messages.at(first).reactions.size(), 1u);
  log.append(reacted("wamid.R2", by_user_id, person("15557777102"), "👎", 4));
  EXPECT_EQ(log.rows.messages.at(first).reactions.size(), 1u);

  entry edit = edited("wamid.E", by_user_id, "the blue one?", 5);
  std::get<tickwire::edit>(edit.data).with = mira;
  log.append(edit);
  EXPECT_EQ(log.rows.messages.at(first).shown_text(), "the blue one?");
  entry revoke = revoked("wamid.V", by_user_id, 6);
  std::get<tickwire::revoke>(revoke.data).with = mira;
  log.append(revoke);
  EXPECT_TRUE(log.rows.messages.at(first).revoked_at);

  const std::size_t before = log.rows.messages.size();
  log.append(received(by_user_id, mira, "the green one?"));
  EXPECT_EQ(log.rows.messages.size(), before) << "the same message under its other id";
}

TEST(OneMessage, WhatNamesItByTheOtherScopesIdMayComeFirst) {
  const identity mira = person("15557777101", "US.8001000000000001", "Mira");
  entry quote = received("wamid.Q", mira, "this one", 2);
  std::get<message_received>(quote.data).reply_to_whatsapp_id = by_user_id;
  entry edit = edited("wamid.E", by_user_id, "the blue one?", 5);
  std::get<tickwire::edit>(edit.data).with = mira;
  const std::vector<entry> facts{received(by_number, mira, "the green one?", 1), quote, edit,
                                 reacted("wamid.R", by_user_id, mira, "👍", 3)};
  std::vector<std::size_t> order{0, 1, 2, 3};
  do {
    memory_log log;
    for (const std::size_t i : order) log.append(facts[i]);
    const message row = shown(log, log.rows.bindings.at(by_number).message_id);
    EXPECT_EQ(row.shown_text(), "the blue one?");
    EXPECT_EQ(row.reactions.size(), 1u);
    const message quoting = shown(log, log.rows.bindings.at("wamid.Q").message_id);
    EXPECT_EQ(quoting.reply, (reply_to{by_number, row.id}));
    std::optional<reply_to> told;
    for (const event& said : log.events) {
      if (const auto* fresh = std::get_if<new_message_event>(&said.what);
          fresh && fresh->value.id == quoting.id)
        told = fresh->value.reply;
      if (const auto* update = std::get_if<message_update_event>(&said.what);
          update && update->value.id == quoting.id)
        told = update->value.reply;
    }
    EXPECT_EQ(told, quoting.reply) << "pages hear of it";
    if (HasFailure()) return;
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(OnePerson, WhatWaitsForAMessageWaitsForItInTheOneChat) {
  memory_log log;
  const std::string user_id = "US.8001000000000001";
  log.append(received("wamid.1", person("15557777101", "", "Mira"), "hello", 1));
  log.append(reacted("wamid.R", by_user_id, person("", user_id), "👍", 3));
  log.append(received("wamid.2", person("15557777101", user_id, "Mira"), "both at once", 4));
  ASSERT_EQ(log.rows.contacts.at(user_id).merged_into, "15557777101");
  log.append(received(by_number, person("15557777101"), "the green one?", 2));
  EXPECT_EQ(shown(log, log.rows.bindings.at(by_number).message_id).reactions.size(), 1u);
}

// "\x1C\x18<length>" and who it is made from, then "\x18<length>" and the token.
std::string made_from(const std::string& who, const std::string& token) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes = "\x1C\x18";
  bytes += static_cast<char>(who.size());
  bytes += who + std::string("\x15\x02\x00\x11\x18", 5);
  bytes += static_cast<char>(token.size());
  bytes += token + '\0';
  while (bytes.size() % 3 != 0) bytes += '\0';
  std::string wamid = "wamid.";
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t n) {
      return static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i + n]));
    };
    const std::uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    for (int shift = 18; shift >= 0; shift -= 6) wamid += alphabet[bits >> shift & 63];
  }
  return wamid;
}

TEST(Wamid, AShortTokenIsNoneAndTheUserIdBeforeItIsNoToken) {
  EXPECT_EQ(token_of(made_from("US.8001000000000001", "AC000000000000000010")), "AC000000000000000010");
  EXPECT_EQ(token_of(made_from("US.8001000000000001", "3EB012345678")), "");
}

TEST(OneMessage, MessagesWithShortTokensAreNeverTakenForOne) {
  memory_log log;
  const identity mira = person("15557777101", "US.8001000000000001", "Mira");
  log.append(received(made_from(mira.user_id, "3EB012345678"), mira, "one", 1));
  log.append(received(made_from(mira.user_id, "3EB087654321"), mira, "two", 2));
  EXPECT_EQ(log.rows.messages.size(), 2u);
}

// --- two chats that turn out to be one person ---

entry mark(const memory_log& log, const std::string& user, const std::string& chat_id, std::uint64_t up_to) {
  entry entry = proposal(keys::read_mark(user, chat_id, up_to, log.head), at(50), read_mark{up_to});
  entry.chat_id = chat_id;
  entry.actor = user;
  return entry;
}

identity by_user_name() {
  identity who;
  who.user_id = "US.7";
  who.username = "ivo.b";
  return who;
}

TEST(OnePerson, TwoChatsBecomeOneAndNothingIsLost) {
  memory_log log;
  log.append(received("wamid.1", person("15550000107", "", "Ivo"), "by number", 1));
  log.append(received("wamid.2", by_user_name(), "by user name", 2));
  log.append(received("wamid.3", by_user_name(), "again", 3));
  ASSERT_EQ(log.rows.chats.size(), 2u);
  log.append(received("wamid.4", person("15550000107", "US.7", "Ivo"), "both at once", 4));

  ASSERT_EQ(log.rows.chats.size(), 1u);
  const chat& chat = log.rows.chats.begin()->second;
  EXPECT_EQ(log.rows.messages.size(), 4u);
  for (const auto& [id, row] : log.rows.messages) {
    EXPECT_EQ(row.chat_id, chat.id);
    EXPECT_EQ(row.sender_id, chat.id);
  }
  EXPECT_EQ(chat.last_message_id, log.rows.bindings.at("wamid.4").message_id);
  EXPECT_EQ(log.rows.count_unread(chat.id, log.rows.find_read_mark("u_ana", chat.id), unread_cap), 4u);
  const contact& whole = log.rows.contacts.at(chat.id);
  EXPECT_EQ(whole.phone, "15550000107");
  EXPECT_EQ(whole.user_id, "US.7");
  EXPECT_EQ(whole.profile_name, "Ivo");
  EXPECT_EQ(whole.username, "ivo.b");

  // Whoever still uses the old id means the new chat.
  const std::string old = chat.id == "US.7" ? "15550000107" : "US.7";
  EXPECT_EQ(log.rows.contacts.at(old).merged_into, chat.id);
  log.append(accepted("m_1", old, "answer", 5));
  EXPECT_EQ(log.rows.messages.at("m_1").chat_id, chat.id);
  log.append(mark(log, "u_ana", old, log.head));
  EXPECT_EQ(log.rows.count_unread(chat.id, log.rows.find_read_mark("u_ana", chat.id), unread_cap), 0u);

  int told = 0;
  for (const event& said : log.events)
    if (const auto* merged = std::get_if<chat_merged_event>(&said.what)) {
      ++told;
      EXPECT_EQ(merged->from, old);
      EXPECT_EQ(merged->into, chat.id);
    }
  EXPECT_EQ(told, 1);
}

TEST(OnePerson, WhatWasReadStaysReadAndWhatWasNotStaysUnread) {
  memory_log log;
  log.append(received("wamid.1", person("15550000107"), "read", 1));
  log.append(mark(log, "u_ana", "15550000107", log.head));
  log.append(received("wamid.2", by_user_name(), "not read", 2));
  log.append(received("wamid.3", person("15550000107", "US.7"), "nor this", 3));
  const std::string id = log.rows.chats.begin()->first;
  ASSERT_EQ(log.rows.chats.size(), 1u);
  EXPECT_EQ(log.rows.count_unread(id, log.rows.find_read_mark("u_ana", id), unread_cap), 2u);
  EXPECT_EQ(log.rows.count_unread(id, log.rows.find_read_mark("u_ben", id), unread_cap), 3u);
}

TEST(OnePerson, OfThreeChatsNoMessageCountsAsReadThatWasNot) {
  memory_log log;
  log.append(received("wamid.1", by_user_name(), "not read", 1));
  log.append(received("wamid.2", person("5215512345678"), "read", 2));
  for (const char* wamid : {"wamid.3", "wamid.4"})
    log.append(received(wamid, person("525598765432"), "read", 3));
  for (const char* chat : {"5215512345678", "525598765432"}) log.append(mark(log, "u_ana", chat, log.head));
  // One item that names all three.
  identity whole = person("5215512345678", "US.7");
  whole.wa_id = "525598765432";
  log.append(received("wamid.5", whole, "all", 4));
  ASSERT_EQ(log.rows.chats.size(), 1u);
  const std::string id = log.rows.chats.begin()->first;
  std::set<std::string> unread;
  for (const unseen_message& row :
       log.rows.unread_between(id, log.rows.find_read_mark("u_ana", id), log.head, 10))
    unread.insert(row.whatsapp_message_id);
  EXPECT_TRUE(unread.contains("wamid.1"));
}

TEST(OnePerson, WhatCountsAsUnreadAgainCanBeReadAgain) {
  memory_log log;
  log.append(received("wamid.1", by_user_name(), "not read", 1));
  log.append(received("wamid.2", person("15550000107"), "read", 2));
  log.append(received("wamid.3", person("15550000107"), "read", 3));
  const std::uint64_t newest = log.head;
  log.append(mark(log, "u_ana", "15550000107", newest));
  // The two become one without a new message.
  log.append(reacted("wamid.R", "wamid.1", person("15550000107", "US.7"), "👍", 4));
  ASSERT_EQ(log.rows.chats.size(), 1u);
  const std::string id = log.rows.chats.begin()->first;
  EXPECT_GT(log.rows.count_unread(id, log.rows.find_read_mark("u_ana", id), unread_cap), 0u);
  log.append(mark(log, "u_ana", id, newest));
  EXPECT_EQ(log.rows.count_unread(id, log.rows.find_read_mark("u_ana", id), unread_cap), 0u);
}

TEST(OnePerson, TheirReactionInAChatThatBecamePartOfAnotherIsStillTheirs) {
  for (const bool target_late : {false, true}) {
    memory_log log;
    const identity by_number_only = person("15550000107", "", "Ivo");
    const entry ours = answered("m_1", 1, send_outcome_kind::accepted, "wamid.O", 2);
    log.append(received("wamid.1", by_number_only, "by number", 1));
    log.append(accepted("m_1", "15550000107", "answer", 2));
    if (!target_late) log.append(ours);
    log.append(reacted("wamid.R1", "wamid.O", by_number_only, "👍", 3));
    for (int i = 0; i < 4; ++i)
      log.append(received("wamid.u" + std::to_string(i), by_user_name(), "by user name", 4 + i));
    log.append(received("wamid.2", person("15550000107", "US.7", "Ivo"), "both at once", 10));
    ASSERT_EQ(log.rows.chats.size(), 1u);
    ASSERT_EQ(log.rows.chats.begin()->first, "US.7");
    if (target_late) log.append(ours);
    log.append(reacted("wamid.R2", "wamid.O", person("15550000107", "US.7"), "", 11));
    const auto reactions = shown(log, "m_1").reactions;
    ASSERT_EQ(reactions.size(), 1u) << target_late;
    EXPECT_EQ(reactions[0].from, "US.7");
    EXPECT_EQ(reactions[0].emoji, "");
  }
}

TEST(OnePerson, AMemberOfAGroupIsNamedAsWhoTheyAreNow) {
  memory_log log;
  const identity by_number_only = person("15550000107", "", "Ivo");
  const auto receipt_of = [](const identity& who, status_word word, int second) {
    entry entry = changed("wamid.O", word, second);
    entry.key += who.user_id + who.phone;
    std::get<status_changed>(entry.data).participant = who;
    return entry;
  };
  log.append(received("wamid.1", by_number_only, "in the group", 1, "group-1"));
  log.append(accepted("m_1", "group-1", "answer", 2));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.O", 2));
  log.append(receipt_of(by_number_only, status_word::delivered, 3));
  log.append(reacted("wamid.R1", "wamid.O", by_number_only, "👍", 3));
  for (int i = 0; i < 2; ++i)
    log.append(received("wamid.u" + std::to_string(i), by_user_name(), "by user name", 4 + i));
  const identity whole = person("15550000107", "US.7", "Ivo");
  log.append(received("wamid.2", whole, "both at once", 10));
  ASSERT_EQ(log.rows.contacts.at("15550000107").merged_into, "US.7");

  EXPECT_EQ(shown(log, log.rows.bindings.at("wamid.1").message_id).sender_id, "US.7");
  log.append(reacted("wamid.R2", "wamid.O", whole, "🎉", 11));
  log.append(receipt_of(whole, status_word::read, 12));
  const message row = shown(log, "m_1");
  ASSERT_EQ(row.reactions.size(), 1u);
  EXPECT_EQ(row.reactions[0].from, "US.7");
  EXPECT_EQ(row.reactions[0].emoji, "🎉");
  ASSERT_EQ(row.receipts.size(), 1u);
  EXPECT_EQ(row.receipts[0].contact_id, "US.7");
  EXPECT_EQ(row.receipts[0].delivered_at, at(3));
  EXPECT_EQ(row.receipts[0].value, status::read);
  ASSERT_TRUE(std::holds_alternative<status_event>(log.events.back().what));
  EXPECT_EQ(std::get<status_event>(log.events.back().what).value, row) << "pages hear the same";
}

TEST(OnePerson, TheMessageThatShowsTwoChatsToBeOneMayQuoteEitherByItsOtherId) {
  memory_log log;
  log.append(received(by_number, person("15557777101", "", "Mira"), "the green one?"));
  identity hidden;
  hidden.user_id = "US.8001000000000001";
  for (int i = 0; i < 3; ++i)
    log.append(received("wamid.u" + std::to_string(i), hidden, "by user name", 1 + i));
  entry quote = received("wamid.B", person("15557777101", hidden.user_id, "Mira"), "this one", 5);
  std::get<message_received>(quote.data).reply_to_whatsapp_id = by_user_id;
  log.append(quote);
  ASSERT_EQ(log.rows.chats.size(), 1u);
  EXPECT_EQ(shown(log, log.rows.bindings.at("wamid.B").message_id).reply->message_id,
            log.rows.bindings.at(by_number).message_id);
}

TEST(OnePerson, AMessageOfTheChatThatBecamePartOfAnotherIsStillFoundByItsOtherId) {
  memory_log log;
  log.append(received(by_number, person("15557777101", "", "Mira"), "the green one?"));
  identity hidden;
  hidden.user_id = "US.8001000000000001";
  for (int i = 0; i < 3; ++i)
    log.append(received("wamid.u" + std::to_string(i), hidden, "by user name", 1 + i));
  const identity mira = person("15557777101", "US.8001000000000001", "Mira");
  log.append(received("wamid.B", mira, "both at once", 5));
  ASSERT_EQ(log.rows.chats.size(), 1u);
  log.append(reacted("wamid.R", by_user_id, mira, "👍", 6));
  EXPECT_EQ(log.rows.messages.at(log.rows.bindings.at(by_number).message_id).reactions.size(), 1u);
}

TEST(OnePerson, ALateNoticeOfANewNumberJoinsTheTwoChats) {
  memory_log log;
  log.append(received("wamid.1", person("15550000110", "", "Ada"), "old number", 1));
  log.append(received("wamid.2", person("15550000191", "", "Ada"), "new number already", 2));
  entry notice = received("wamid.3", person("15550000110"), "Ada changed", 2);
  auto& data = std::get<message_received>(notice.data);
  data.type = "system";
  data.became = person("15550000191");
  log.append(notice);
  log.append(received("wamid.4", person("15550000191", "", "Ada"), "and one more", 4));
  EXPECT_EQ(log.rows.chats.size(), 1u);
  EXPECT_EQ(log.rows.contacts.at(log.rows.chats.begin()->first).phone, "15550000191");
  log.append(received("wamid.5", person("15550000110"), "the old number's next owner", 5));
  EXPECT_EQ(log.rows.chats.size(), 2u);
}

TEST(OnePerson, WhoHadTheNumberBeforeIsSomebodyElse) {
  memory_log log;
  log.append(received("wamid.1", person("15550000191", "", "Ben"), "I have had this number for months", 1));
  constexpr int months = 90 * 24 * 3600;
  log.append(received("wamid.2", person("15550000110", "", "Ada"), "old number", months));
  entry notice = received("wamid.3", person("15550000110"), "Ada changed", months + 10);
  auto& data = std::get<message_received>(notice.data);
  data.type = "system";
  data.became = person("15550000191");
  log.append(notice);
  EXPECT_EQ(log.rows.chats.size(), 2u);
  log.append(received("wamid.4", person("15550000191", "", "Ada"), "Ada again", months + 20));
  EXPECT_EQ(log.rows.messages.at(log.rows.bindings.at("wamid.4").message_id).chat_id, "15550000110");
}

TEST(OnePerson, ALateWebhookBringsNoOldUserIdBack) {
  memory_log log;
  log.append(received("wamid.1", person("", "US.1"), "old user id", 1));
  for (int i = 0; i < 3; ++i)
    log.append(received("wamid.n" + std::to_string(i), person("", "US.2"), "new user id", 2 + i));
  entry notice = received("wamid.2", person("", "US.1"), "a new user id", 6);
  std::get<message_received>(notice.data).became = person("", "US.2");
  log.append(notice);
  ASSERT_EQ(log.rows.chats.size(), 1u);
  log.append(received("wamid.3", person("", "US.1"), "written before the notice", 7));
  ASSERT_EQ(log.rows.chats.size(), 1u);
  EXPECT_EQ(log.rows.contacts.at(log.rows.chats.begin()->first).user_id, "US.2");
}

TEST(OnePerson, ANumberThatWasLeftIsFreeInAllItsForms) {
  memory_log log;
  log.append(received("wamid.1", person("525512345678"), "by number", 1));
  for (int i = 0; i < 3; ++i)
    log.append(received("wamid.u" + std::to_string(i), by_user_name(), "by user name", 2 + i));
  // The other form of the number shows the two to be one.
  log.append(received("wamid.2", person("5215512345678", "US.7"), "both", 6));
  ASSERT_EQ(log.rows.chats.size(), 1u);
  entry notice = received("wamid.3", person("5215512345678", "US.7"), "a new number", 7);
  std::get<message_received>(notice.data).became = person("15550000191", "US.7");
  log.append(notice);
  for (const char* form : {"525512345678", "5215512345678"}) {
    log.append(received(std::string("wamid.next.") + form, person(form), "the next owner", 8));
    EXPECT_EQ(log.rows.chats.size(), 2u) << form;
  }
}

TEST(OnePerson, PeopleWithUserIdsOfTheirOwnAreNeverOne) {
  memory_log log;
  log.append(received("wamid.1", person("5531987770101", "BR.1"), "one", 1));
  log.append(received("wamid.2", person("15550000107", "US.7"), "two", 2));
  log.append(received("wamid.3", person("15550000107", "BR.1"), "the number of the other", 3));
  log.append(received("wamid.4", person("553187770101", "BR.9"), "a form of the number of the first", 4));
  EXPECT_EQ(log.rows.chats.size(), 3u);
  for (const auto& [id, row] : log.rows.contacts) EXPECT_EQ(row.merged_into, "");
}

} // namespace
} // namespace tickwire
