// WhatsApp may say first that there is a message, and only later, under the same id, what is in it. People
// see one message, which ends at its content whatever came first and however often.
#include "core/memory_views.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tickwire {
namespace {

using namespace testing;

const identity ana = person("15550000101", "US.9001", "Ana");

entry picture_message(int second = 1) {
  entry fact = received("wamid.A", ana, "Two cats", second);
  auto& data = std::get<message_received>(fact.data);
  data.type = "image";
  data.body = picture("1");
  data.reply_to_whatsapp_id = "wamid.first";
  return fact;
}

// Without what depends on the order by definition.
message seen(const memory_log& log) {
  message row = log.rows.messages.at(log.rows.bindings.at("wamid.A").message_id);
  row.seq = 1;
  row.updated_at = {};
  return row;
}

TEST(Placeholder, EndsAtTheMessageInWhateverOrderAndHoweverOften) {
  std::mt19937 random(seed());
  const std::vector<entry> others{
      received("wamid.first", ana, "hello", 0), reacted("wamid.R", "wamid.A", ana, "👍", 5),
      edited("wamid.E", "wamid.A", "Three cats", 7), revoked("wamid.V", "wamid.A", 9)};
  for (int round = 0; round < 500; ++round) {
    std::vector<entry> facts{unavailable("wamid.A", ana, 1), picture_message()};
    for (const entry& other : others)
      if (random() % 2) facts.push_back(other);
    std::vector<entry> told = facts;
    for (const entry& fact : facts)
      if (random() % 3 == 0) told.push_back(fact);
    std::shuffle(told.begin(), told.end(), random);

    memory_log without, log;
    for (const entry& fact : facts)
      if (fact.key != keys::placeholder("wamid.A")) without.append(fact);
    for (const entry& fact : told) log.append(fact);

    EXPECT_EQ(seen(log), seen(without)) << seed_note();
    EXPECT_EQ(log.rows.messages.size(), without.rows.messages.size()) << seed_note();
    EXPECT_EQ(log.rows.count_unread("15550000101", 0, unread_cap),
              without.rows.count_unread("15550000101", 0, unread_cap))
        << seed_note();
    if (HasFailure()) return;
  }
}

TEST(Placeholder, OnlyTheContentIsToldAndARepetitionTellsNothing) {
  memory_log log;
  log.append(unavailable("wamid.A", ana));
  ASSERT_TRUE(std::holds_alternative<new_message_event>(log.events.back().what));
  const std::int64_t place = log.rows.messages.begin()->second.seq;

  log.append(picture_message());
  const auto* update = std::get_if<message_update_event>(&log.events.back().what);
  ASSERT_TRUE(update && update->content);
  EXPECT_EQ(update->value.type, "image");
  EXPECT_EQ(update->value.text, "Two cats");
  EXPECT_EQ(update->value.body, picture("1"));
  EXPECT_EQ(update->value.seq, place);

  const auto before = log.events.size();
  for (const entry& again : {unavailable("wamid.A", ana), picture_message(), unavailable("wamid.A", ana)})
    log.append(again);
  EXPECT_EQ(log.events.size(), before);
}

TEST(Placeholder, AfterTheMessageSaysNothing) {
  memory_log log;
  log.append(picture_message());
  const auto before = log.rows.messages;
  const auto said = log.events.size();
  log.append(unavailable("wamid.A", ana, 1));
  EXPECT_EQ(log.rows.messages, before);
  EXPECT_EQ(log.events.size(), said);
}

// Of a kind that we do not know either, but that is what the customer sent.
TEST(Placeholder, GivesWayToAMessageOfAnUnknownKindToo) {
  memory_log log;
  log.append(unavailable("wamid.A", ana));
  entry unknown = received("wamid.A", ana, "Of a kind that Tickwire does not know.");
  std::get<message_received>(unknown.data).type = unsupported_type;
  log.append(unknown);
  EXPECT_EQ(seen(log).text, "Of a kind that Tickwire does not know.");
}

} // namespace
} // namespace tickwire
