#include "app/send_queue.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace std::chrono_literals;

send_job job(std::string chat, std::string id) {
  send_job made;
  made.chat_id = std::move(chat);
  made.message.message_id = std::move(id);
  return made;
}

std::vector<std::string> ids(const send_queue::plan& plan) {
  std::vector<std::string> result;
  for (const send_job& started : plan.start) result.push_back(started.message.message_id);
  return result;
}

TEST(SendQueue, KeepsTheOrderOfAChatAndLetsOthersPass) {
  send_queue queue;
  const steady_time now{};
  queue.add(job("a", "a1"));
  queue.add(job("a", "a2"));
  queue.add(job("b", "b1"));
  EXPECT_EQ(ids(queue.next(now)), (std::vector<std::string>{"a1", "b1"}));
  EXPECT_TRUE(queue.next(now).start.empty()); // a1 hangs: a2 waits
  queue.finished("b", std::nullopt);
  queue.add(job("b", "b2"));
  EXPECT_EQ(ids(queue.next(now)), (std::vector<std::string>{"b2"}));
  queue.finished("a", std::nullopt);
  EXPECT_EQ(ids(queue.next(now)), (std::vector<std::string>{"a2"}));
}

TEST(SendQueue, ATryThatWasNotTakenGoesFirstWhenItsTimeHasCome) {
  send_queue queue;
  steady_time now{};
  queue.add(job("a", "a1"));
  queue.add(job("a", "a2"));
  auto started = queue.next(now).start;
  started[0].not_before = now + 4s;
  queue.finished("a", started[0]);
  const auto waiting = queue.next(now);
  EXPECT_TRUE(waiting.start.empty());
  EXPECT_EQ(waiting.look_again, now + 4s);
  now += 4s;
  EXPECT_EQ(ids(queue.next(now)), (std::vector<std::string>{"a1"}));
}

TEST(SendQueue, HoldsWhatsAppsRatesForOnePersonAndForTheNumber) {
  send_queue queue({80, 80, 1.0 / 6, 3, 32});
  steady_time now{};
  for (int i = 0; i < 5; ++i) queue.add(job("a", std::to_string(i)));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(queue.next(now).start.size(), 1u);
    queue.finished("a", std::nullopt);
  }
  const auto waiting = queue.next(now);
  EXPECT_TRUE(waiting.start.empty());
  EXPECT_EQ(waiting.look_again, now + 6s);

  send_queue many({2, 2, 1, 1, 32});
  for (int i = 0; i < 5; ++i) many.add(job("chat" + std::to_string(i), std::to_string(i)));
  EXPECT_EQ(many.next(now).start.size(), 2u);
  EXPECT_EQ(many.next(now + 500ms).start.size(), 1u);
}

TEST(SendQueue, SendsToSoManyChatsAtOnceAndNoMore) {
  send_queue queue({80, 80, 1, 45, 2});
  for (int i = 0; i < 4; ++i) queue.add(job("chat" + std::to_string(i), std::to_string(i)));
  EXPECT_EQ(queue.next({}).start.size(), 2u);
  EXPECT_TRUE(queue.next({}).start.empty());
  queue.finished("chat0", std::nullopt);
  EXPECT_EQ(ids(queue.next({})), (std::vector<std::string>{"2"}));
  queue.finished("chat1", std::nullopt);
  queue.finished("chat2", std::nullopt);
  EXPECT_EQ(ids(queue.next({})), (std::vector<std::string>{"3"}));
  queue.finished("chat3", std::nullopt);
  EXPECT_TRUE(queue.idle());
}

} // namespace
} // namespace tickwire
