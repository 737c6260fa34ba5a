// Imported history takes its place by its time.
#include "core/memory_views.hpp"
#include "core/position.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickwire {
namespace {

using namespace testing;

constexpr int month = 30 * 86'400;

entry imported(std::string wamid, std::string phone, int second, bool ours = false) {
  entry fact = received(std::move(wamid), person(std::move(phone)), "long ago", second);
  fact.at = at(1000);
  auto& data = std::get<message_received>(fact.data);
  data.history = true;
  data.from_business = ours;
  return fact;
}

TEST(Positions, OfHistoryRiseWithTimeAndFitIntoJavaScript) {
  const auto place = [](std::int64_t second) { return first_history_place(from_unix_seconds(second)); };
  EXPECT_EQ(place(-5), place(0));
  EXPECT_GE(place(0), -(std::int64_t{1} << 53) + 1);
  EXPECT_LT(place(4'294'967'295) + history_places_per_second - 1, 0);
  EXPECT_EQ(place(99'999'999'999), place(4'294'967'295));
  EXPECT_EQ(place(1'790'000'001) - place(1'790'000'000), history_places_per_second);
}

TEST(Positions, HistoryAmongLiveMessagesIsOrderedByTimeBelowThemAndNoPositionComesTwice) {
  std::mt19937 random(seed());
  for (int round = 0; round < 20; ++round) {
    memory_log log;
    std::map<std::string, std::int64_t> first_seen; // a position never changes
    for (int i = 0; i < 60; ++i) {
      const std::string phone = "1555000010" + std::to_string(random() % 3);
      const std::string wamid = "wamid." + std::to_string(random() % 80);
      const int second = static_cast<int>(random() % 20);
      switch (random() % 4) {
      case 0:
        log.append(received(wamid, person(phone), "now", 100 + i));
        break;
      case 1:
        log.append(accepted("m_" + std::to_string(i), phone, "ours", 100 + i));
        break;
      default:
        log.append(imported(wamid, phone, second - month, random() % 2 == 0));
        break;
      }
      for (const auto& [id, row] : log.rows.messages)
        EXPECT_EQ(first_seen.emplace(id, row.seq).first->second, row.seq) << seed_note();
    }
    std::map<std::int64_t, const message*> in_order;
    for (const auto& [id, row] : log.rows.messages)
      EXPECT_TRUE(in_order.emplace(row.seq, &row).second) << seed_note();
    timestamp last{};
    for (const auto& [seq, row] : in_order) {
      if (seq > 0) break;
      EXPECT_LE(last, row->created_at) << seed_note();
      last = row->created_at;
    }
    for (const auto& [id, chat] : log.rows.chats) {
      std::int64_t newest = std::numeric_limits<std::int64_t>::min();
      for (const auto& [seq, row] : in_order)
        if (row->chat_id == id) newest = seq;
      EXPECT_EQ(chat.last_seq, newest) << seed_note();
      EXPECT_EQ(activity(chat), newest) << seed_note();
    }
    if (HasFailure()) return;
  }
}

TEST(Positions, HistoryIsNeverNewNeverUnreadAndMovesNoChatAndNoWindow) {
  memory_log log;
  log.append(received("wamid.A", person("15550000101"), "today", 1));
  log.append(received("wamid.B", person("15550000102"), "today too", 2));
  const chat before = log.rows.chats.at("15550000101");
  const std::size_t said = log.events.size();
  log.append(imported("wamid.H", "15550000101", -month));
  log.append(imported("wamid.O", "15550000101", -month, true));
  EXPECT_EQ(log.rows.chats.at("15550000101"), before);
  EXPECT_EQ(log.rows.count_unread("15550000101", 0, unread_cap), 1u);
  for (std::size_t i = said; i < log.events.size(); ++i) {
    EXPECT_EQ(name_of(log.events[i]), "history_message");
    if (i > 0) EXPECT_GT(log.events[i].seq, log.events[i - 1].seq);
  }
  EXPECT_EQ(log.events.size(), said + 2);
}

TEST(Positions, AChatOfHistoryAloneStandsBelowLiveOnesByItsTime) {
  memory_log log;
  log.append(imported("wamid.1", "15550000101", -month));
  log.append(imported("wamid.2", "15550000102", -2 * month));
  log.append(imported("wamid.3", "15550000103", -month / 2));
  log.append(received("wamid.4", person("15550000104"), "today", 1));
  const auto place = [&](const std::string& id) { return activity(log.rows.chats.at(id)); };
  EXPECT_GT(place("15550000104"), place("15550000103"));
  EXPECT_GT(place("15550000103"), place("15550000101"));
  EXPECT_GT(place("15550000101"), place("15550000102"));
  EXPECT_EQ(log.rows.chats.at("15550000101").last_message_id, log.rows.bindings.at("wamid.1").message_id);
}

} // namespace
} // namespace tickwire
