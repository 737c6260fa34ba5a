#include "simulator/state/customers.hpp"
#include "simulator/state/identifiers.hpp"
#include "simulator/state/journal.hpp"

#include <gtest/gtest.h>
#include <set>

namespace simulator {
namespace {

TEST(journal, forgets_the_oldest_and_counts_on) {
  journal log(3);
  for (int n = 0; n < 5; ++n) log.add(request_record{.path = std::to_string(n)});
  const auto listed = log.list(0, "", 100);
  EXPECT_EQ(listed.at("entries").as_array().size(), 3U);
  EXPECT_EQ(listed.at("oldest"), 3U);
  EXPECT_EQ(listed.at("head"), 5U);
  EXPECT_EQ(log.webhook(1), nullptr);
}

TEST(journal, lists_by_kind_and_from_a_number_on_in_pages) {
  journal log(100);
  for (int n = 0; n < 10; ++n) {
    log.add(request_record{});
    log.add(webhook_record{});
  }
  EXPECT_EQ(log.list(0, "webhook", 100).at("entries").as_array().size(), 10U);
  const auto page = log.list(4, "", 3);
  EXPECT_EQ(page.at("entries").at(0).at("seq"), 5U);
  EXPECT_EQ(page.at("last"), 7U);
}

TEST(journal, tells_watchers_of_changes) {
  journal log(10);
  std::vector<std::string> states;
  log.on_change = [&](const journal_entry& entry) {
    states.push_back(std::get<webhook_record>(entry.record).state);
  };
  const auto seq = log.add(webhook_record{});
  log.webhook(seq)->state = "delivered";
  log.changed(seq);
  EXPECT_EQ(states, (std::vector<std::string>{"pending", "delivered"}));
}

TEST(identifiers, never_repeat_not_even_between_two_runs) {
  identifiers one;
  identifiers other;
  std::set<std::string> seen;
  for (int n = 0; n < 1000; ++n) {
    EXPECT_TRUE(seen.insert(one.wamid("15550001111", true)).second);
    EXPECT_TRUE(seen.insert(other.wamid("15550001111", true)).second);
  }
  EXPECT_EQ(one.trace_id(11).size(), 11U);
  EXPECT_EQ(one.media_id().size(), 16U);
}

TEST(user_id_of, is_the_same_for_the_same_number_and_looks_like_metas) {
  EXPECT_EQ(user_id_of("15550001111"), "US.90000000015550001111");
  EXPECT_EQ(user_id_of("393550100201"), user_id_of("393550100201"));
  EXPECT_TRUE(user_id_of("393550100201").starts_with("IT."));
}

TEST(customers, keep_the_newest_messages_and_forget_who_held_the_others) {
  customers people;
  auto* ada = people.at("15550001111", true, true);
  for (std::size_t n = 0; n < customers::messages_max + 5; ++n)
    people.put(*ada, {.wamid = "wamid." + std::to_string(n)});
  EXPECT_EQ(ada->messages.size(), customers::messages_max);
  EXPECT_EQ(people.holder("wamid.0"), nullptr);
  EXPECT_EQ(people.holder("wamid.5"), ada);
  EXPECT_EQ(people.find_user(ada->who.user_id), ada);
}

TEST(customers, show_the_last_active_first) {
  customers people;
  people.at("15550001111", true, true)->last_active = wall_time(std::chrono::seconds(1));
  people.at("15550001112", true, true)->last_active = wall_time(std::chrono::seconds(3));
  people.at("15550001113", true, true)->last_active = wall_time(std::chrono::seconds(2));
  const auto newest = people.newest(2);
  ASSERT_EQ(newest.size(), 2U);
  EXPECT_EQ(newest[0]->who.digits, "15550001112");
  EXPECT_EQ(newest[1]->who.digits, "15550001113");
}

} // namespace
} // namespace simulator
