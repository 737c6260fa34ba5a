// Views are joins: whatever the order, repetition and batching in which facts come, the same views come out.
#include "core/memory_views.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace tickwire {
namespace {

using namespace testing;

// What people see, without what depends on the order of arrival by definition (positions, and when we learned
// things).
std::map<std::string, message> seen(const memory_views& rows) {
  std::map<std::string, message> result;
  for (auto [id, row] : rows.messages) {
    row.seq = row.known() ? 1 : 0;
    row.updated_at = {};
    result.emplace(id, row);
  }
  return result;
}

std::vector<entry> story() {
  const identity ana = person("15550000101", "US.9001", "Ana");
  std::vector<entry> facts{
      unavailable("wamid.A", ana, 1),
      received("wamid.A", ana, "hello", 1),
      reacted("wamid.R1", "wamid.A", ana, "👍", 5),
      reacted("wamid.R2", "wamid.A", ana, "", 6),
      reacted("wamid.R3", "wamid.A", ana, "🎉", 6),
      edited("wamid.E1", "wamid.A", "hello again", 7),
      edited("wamid.E2", "wamid.A", "hello once more", 9),
      revoked("wamid.V", "wamid.A", 12),
      changed("wamid.B", status_word::sent, 20),
      changed("wamid.B", status_word::delivered, 21),
      changed("wamid.B", status_word::read, 22),
      changed("wamid.B", status_word::failed, 21),
      changed("wamid.B", status_word::played, 25),
      answered("m_1", 1, send_outcome_kind::accepted, "wamid.B", 19),
      accepted("m_1", "15550000101", "answer", 18),
  };
  return facts;
}

TEST(Views, AllOrdersRepeatsAndBatchingsConverge) {
  std::mt19937 random(seed());
  const std::vector<entry> facts = story();

  memory_log reference;
  for (const entry& fact : facts) reference.append(fact);

  for (int round = 0; round < 500; ++round) {
    std::vector<entry> shuffled = facts;
    for (const entry& fact : facts)
      if (random() % 3 == 0) shuffled.push_back(fact);
    std::shuffle(shuffled.begin(), shuffled.end(), random);

    memory_log log;
    for (const entry& fact : shuffled) log.append(fact);

    EXPECT_EQ(seen(log.rows), seen(reference.rows)) << seed_note();
    EXPECT_EQ(log.rows.contacts.size(), 1u) << seed_note();
    EXPECT_TRUE(log.rows.parked.empty()) << seed_note();
    if (HasFailure()) return;
  }
}

TEST(Views, ApplyingTheSameLogInAnyOrderAndTwiceGivesTheSameViews) {
  std::mt19937 random(seed());
  memory_log log;
  for (const entry& fact : story()) log.append(fact);

  for (int round = 0; round < 300; ++round) {
    std::vector<entry> again = log.entries;
    again.insert(again.end(), log.entries.begin(), log.entries.end());
    std::shuffle(again.begin(), again.end(), random);

    memory_views rows;
    for (const entry& entry : again) apply(rows, entry);

    auto without_times = [](auto messages) {
      for (auto& [id, row] : messages) row.updated_at = {};
      return messages;
    };
    EXPECT_EQ(without_times(rows.messages), without_times(log.rows.messages)) << seed_note();
    EXPECT_EQ(rows.chats, log.rows.chats) << seed_note();
    EXPECT_EQ(rows.contacts, log.rows.contacts) << seed_note();
    EXPECT_EQ(rows.aliases, log.rows.aliases) << seed_note();
    if (HasFailure()) return;
  }
}

// Each event carries the whole status, so that a page which joins events by `status` ends at what is stored.
TEST(Views, StatusEventsOnlyRiseAndEndAtWhatIsStored) {
  std::vector<int> order(5);
  std::iota(order.begin(), order.end(), 0);
  const std::array words{status_word::sent, status_word::delivered, status_word::read, status_word::failed,
                         status_word::played};
  do {
    memory_log log;
    log.append(accepted("m_1", "15550000101", "hi"));
    log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.B"));
    for (int i : order) log.append(changed("wamid.B", words[static_cast<std::size_t>(i)], 3 + i));

    status last = status::sending;
    for (const event& said : log.events)
      if (const auto* change = std::get_if<status_event>(&said.what)) {
        EXPECT_GE(change->value.status, last);
        last = change->value.status;
      }
    EXPECT_EQ(last, status::read);
    EXPECT_EQ(log.rows.messages.at("m_1").status, status::read);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Views, AReplayChangesNothingAndSaysNothing) {
  memory_log log;
  for (const entry& fact : story()) log.append(fact);
  const auto messages = log.rows.messages;
  const auto said = log.events.size();
  const auto head = log.head;
  for (const entry& fact : story()) EXPECT_FALSE(log.append(fact));
  EXPECT_EQ(log.rows.messages, messages);
  EXPECT_EQ(log.events.size(), said);
  EXPECT_EQ(log.head, head);
}

TEST(Views, TheFirstOfTheTeamToReadAMessageMakesItRead) {
  memory_log log;
  for (int i = 0; i < 4; ++i)
    log.append(received("wamid." + std::to_string(i), person("15550000101"), "text", i));
  std::vector<std::uint64_t> places;
  for (const entry& one : log.entries)
    if (std::holds_alternative<message_received>(one.data)) places.push_back(one.seq);
  const std::uint64_t third = places[2];
  const auto mark = [&](const std::string& user, std::uint64_t up_to, int second) {
    entry entry = proposal(keys::read_mark(user, "15550000101", up_to, 0), at(second), read_mark{up_to});
    entry.chat_id = "15550000101";
    entry.actor = user;
    return entry;
  };
  const auto statuses = [&] {
    std::map<std::uint64_t, status> by_seq;
    for (const auto& [id, row] : log.rows.messages) by_seq[row.seq] = row.status;
    std::vector<status> rows;
    for (const auto& [seq, value] : by_seq) rows.push_back(value);
    return rows;
  };
  log.append(mark("u_ana", third, 10));
  EXPECT_EQ(statuses(), (std::vector{status::read, status::read, status::read, status::delivered}));
  const std::size_t said = log.events.size();
  log.append(mark("u_ben", third, 11)); // they are read already: only Ben's own mark is new
  EXPECT_EQ(log.events.size(), said + 1);
  log.append(mark("u_ben", log.head, 12));
  EXPECT_EQ(statuses(), std::vector<status>(4, status::read));
  for (const auto& [id, row] : log.rows.messages)
    EXPECT_EQ(row.times.read, row.seq <= static_cast<std::int64_t>(third) ? at(10) : at(12));
}

TEST(Views, AStatusOfAnEarlierAttemptDoesNotMoveTheOneAfterIt) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "hi"));
  log.append(answered("m_1", 1, send_outcome_kind::unconfirmed));
  log.append(retried("m_1", 2));
  log.append(answered("m_1", 2, send_outcome_kind::accepted, "wamid.second"));
  log.append(changed("wamid.first", status_word::failed, 9, "m_1:1"));
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::sent);
  EXPECT_EQ(log.rows.messages.at("m_1").whatsapp_message_id, "wamid.second");
  log.append(changed("wamid.second", status_word::delivered, 10, "m_1:2"));
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::delivered);
}

TEST(Views, UnconfirmedIsHealedByAStatusThatCarriesOurId) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "hi"));
  log.append(answered("m_1", 1, send_outcome_kind::unconfirmed));
  EXPECT_TRUE(log.rows.messages.at("m_1").unconfirmed());
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::sending);

  log.append(changed("wamid.X", status_word::delivered, 9, "m_1"));
  const message& row = log.rows.messages.at("m_1");
  EXPECT_FALSE(row.unconfirmed());
  EXPECT_EQ(row.status, status::delivered);
  EXPECT_EQ(row.whatsapp_message_id, "wamid.X");
}

TEST(Views, AnotherAttemptStartsAnewAndLateNewsOfTheFirstDoesNotTouchIt) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "hi"));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.1"));
  log.append(changed("wamid.1", status_word::failed, 5));
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::failed);

  log.append(retried("m_1", 2));
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::sending);
  EXPECT_FALSE(log.rows.messages.at("m_1").error);

  log.append(answered("m_1", 2, send_outcome_kind::accepted, "wamid.2", 8));
  log.append(changed("wamid.1", status_word::sent, 4)); // late, of the first attempt
  const message& row = log.rows.messages.at("m_1");
  EXPECT_EQ(row.status, status::sent);
  EXPECT_EQ(row.attempt, 2);
  EXPECT_EQ(row.whatsapp_message_id, "wamid.2");
  EXPECT_EQ(log.rows.messages.size(), 1u);
}

TEST(Views, OneParticipantOfAGroupNeverBreaksTheMessage) {
  memory_log log;
  log.append(accepted("m_1", "group-1", "hi all"));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.G"));
  for (auto [phone, word] :
       {std::pair{"15550000101", status_word::failed}, {"15550000102", status_word::read}}) {
    entry status = changed("wamid.G", word, 5);
    std::get<status_changed>(status.data).participant = person(phone);
    status.key += phone;
    log.append(status);
  }
  const message& row = log.rows.messages.at("m_1");
  EXPECT_EQ(row.status, status::sent);
  EXPECT_FALSE(row.error);
  ASSERT_EQ(row.receipts.size(), 2u);
  EXPECT_EQ(row.receipts[0].value, status::failed);
  EXPECT_EQ(row.receipts[1].value, status::read);
}

TEST(Views, UnreadEqualsARecountWhateverIsReadInWhateverOrder) {
  std::mt19937 random(seed());
  memory_log log;
  for (int i = 0; i < 200; ++i) {
    const std::string phone = "1555000010" + std::to_string(random() % 3);
    if (random() % 4 != 0) {
      log.append(received("wamid." + std::to_string(i), person(phone), "text", i));
    } else {
      entry mark = proposal("", at(i), read_mark{random() % (log.head + 1)});
      mark.actor = "u_ana";
      mark.chat_id = phone;
      mark.key = "rm" + std::to_string(i);
      const std::uint64_t before = log.rows.find_read_mark("u_ana", phone);
      log.append(mark);
      EXPECT_GE(log.rows.find_read_mark("u_ana", phone), before) << seed_note();
    }
  }
  for (const event& said : log.events)
    if (const auto* mark = std::get_if<read_mark_event>(&said.what)) {
      std::uint64_t expected = 0; // as it was when the mark was set
      for (const auto& [id, row] : log.rows.messages)
        if (row.chat_id == mark->chat_id && row.seq > static_cast<std::int64_t>(mark->up_to) &&
            row.seq < static_cast<std::int64_t>(said.seq))
          ++expected;
      EXPECT_EQ(mark->unread, expected) << seed_note();
      EXPECT_EQ(said.only_user, "u_ana");
    }
}

TEST(Views, HistoryAndOurOwnMessagesCountNothingAsUnreadAndOpenNoWindow) {
  memory_log log;
  entry old = received("wamid.H", person("15550000101"), "last week", 1);
  std::get<message_received>(old.data).history = true;
  log.append(old);
  entry echo = received("wamid.O", person("15550000101"), "from the phone", 2);
  std::get<message_received>(echo.data).from_business = true;
  log.append(echo);
  EXPECT_EQ(log.rows.count_unread("15550000101", 0, unread_cap), 0u);
  EXPECT_FALSE(log.rows.chats.at("15550000101").window_ends_at);
  const auto& row = log.rows.messages.at(log.rows.bindings.at("wamid.O").message_id);
  EXPECT_EQ(row.direction, direction::out);
  EXPECT_EQ(row.receiver_id, "15550000101");
}

TEST(Views, AReadMarkThatSaysNothingNewIsNotWritten) {
  memory_log log;
  log.append(received("wamid.A", person("15550000101", "US.9001"), "hello", 1));
  const auto mark = [&](std::uint64_t up_to, const char* user) {
    entry entry = proposal(keys::read_mark(user, "15550000101", up_to, 0), at(2), read_mark{up_to});
    entry.chat_id = "15550000101";
    entry.actor = user;
    return log.append(entry);
  };
  EXPECT_TRUE(mark(5, "u_ana"));
  for (std::uint64_t older = 0; older <= 5; ++older) EXPECT_FALSE(mark(older, "u_ana"));
  EXPECT_TRUE(mark(4, "u_ben"));
  EXPECT_TRUE(mark(6, "u_ana"));
}

} // namespace
} // namespace tickwire
