#include "simulator/faults/fault_plan.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace simulator {
namespace {

using testing::ElementsAre;

std::vector<std::string> names(const std::vector<status_step>& steps) {
  std::vector<std::string> list;
  for (const auto& step : steps)
    for (int copy = 0; copy < step.copies; ++copy) list.push_back(step.status);
  return list;
}

TEST(plan_statuses, without_faults_depends_on_the_phone_only) {
  const options set;
  seeded_random random(1);
  EXPECT_THAT(names(plan_statuses(set, {}, {true, true}, random)), ElementsAre("sent", "delivered", "read"));
  EXPECT_THAT(names(plan_statuses(set, {}, {true, false}, random)), ElementsAre("sent", "delivered"));
  EXPECT_THAT(names(plan_statuses(set, {}, {false, true}, random)), ElementsAre("sent"));
  EXPECT_THAT(names(plan_arrival(set, {true, true}, random)), ElementsAre("delivered", "read"));
}

TEST(plan_statuses, gives_every_step_its_delay) {
  options set;
  set.step_delay = 1500;
  seeded_random random(1);
  for (const auto& step : plan_statuses(set, {}, {true, true}, random)) EXPECT_EQ(step.delay, 1500);
}

TEST(plan_statuses, of_a_failure_follows_sent_only_where_meta_had_sent_it) {
  const options set;
  seeded_random random(1);
  EXPECT_THAT(names(plan_statuses(set, {.fails_with = 131026}, {true, true}, random)),
              ElementsAre("sent", "failed"));
  EXPECT_THAT(names(plan_statuses(set, {.fails_with = 131047}, {true, true}, random)), ElementsAre("failed"));
}

TEST(plan_statuses, at_full_rates_does_what_the_rates_say) {
  seeded_random random(1);
  options twice;
  twice.duplicate = 1;
  EXPECT_THAT(names(plan_statuses(twice, {}, {true, false}, random)),
              ElementsAre("sent", "sent", "delivered", "delivered"));
  options lost;
  lost.drop = 1;
  EXPECT_THAT(names(plan_statuses(lost, {}, {true, true}, random)), ElementsAre());
  options skipping;
  skipping.skip_delivered = 1;
  EXPECT_THAT(names(plan_statuses(skipping, {}, {true, true}, random)), ElementsAre("sent", "read"));
  EXPECT_THAT(names(plan_statuses(skipping, {}, {true, false}, random)),
              ElementsAre("sent", "delivered")); // nobody reads

  options disorder;
  disorder.reorder = 1;
  for (int n = 0; n < 100; ++n) {
    const auto steps = names(plan_statuses(disorder, {}, {true, true}, random));
    EXPECT_THAT(steps, testing::UnorderedElementsAre("sent", "delivered", "read"));
    EXPECT_NE(steps, (std::vector<std::string>{"sent", "delivered", "read"}));
  }
}

TEST(plans, are_the_same_for_the_same_seed_and_near_their_rates) {
  options set;
  set.duplicate = 0.2;
  set.accept_then_reset = 0.1;
  set.refuse = 0.05;
  const auto story = [&](std::uint64_t seed) {
    seeded_random random(seed);
    next_send next;
    std::vector<std::pair<answer, std::vector<status_step>>> made;
    for (int n = 0; n < 5'000; ++n) {
      const auto plan = plan_send(set, next, random);
      made.emplace_back(plan.kind, plan_statuses(set, plan, {true, true}, random));
    }
    return made;
  };
  const auto first = story(2081);
  EXPECT_EQ(story(2081), first);
  EXPECT_NE(story(2082), first);

  const auto resets =
      std::ranges::count_if(first, [](const auto& one) { return one.first == answer::accept_then_reset; });
  EXPECT_NEAR(static_cast<double>(resets), 475, 100); // a refusal wins over it
}

TEST(plans, keep_their_run_of_numbers_when_another_fault_is_switched_on) {
  // Else no failure could be narrowed down by switching faults off one by one.
  const auto duplicates = [](double drop) {
    options set;
    set.duplicate = 0.3;
    set.reorder = drop;
    seeded_random random(5);
    std::vector<int> copies;
    for (int n = 0; n < 200; ++n) copies.push_back(plan_copies(set, random));
    return copies;
  };
  EXPECT_EQ(duplicates(0), duplicates(1));
}

TEST(plan_send, uses_up_what_was_ordered_for_the_next_sends) {
  const options set;
  seeded_random random(1);
  next_send next{"error", 131056, 2};
  EXPECT_EQ(plan_send(set, next, random).kind, answer::refuse);
  EXPECT_EQ(plan_send(set, next, random).code, 131056);
  EXPECT_EQ(plan_send(set, next, random).kind, answer::as_usual);

  next = {"error", 131047, 1};
  const auto later = plan_send(set, next, random);
  EXPECT_EQ(later.kind, answer::as_usual);
  EXPECT_EQ(later.fails_with, 131047);

  next = {"refuse", 131047, 1}; // said outright
  EXPECT_EQ(plan_send(set, next, random).kind, answer::refuse);
}

TEST(answer_names, can_be_read_back) {
  for (int n = 0; n <= static_cast<int>(answer::broken_json); ++n) {
    const auto kind = static_cast<answer>(n);
    EXPECT_EQ(answer_from_name(name_of(kind)), kind);
  }
  EXPECT_FALSE(answer_from_name("perhaps"));
}

} // namespace
} // namespace simulator
