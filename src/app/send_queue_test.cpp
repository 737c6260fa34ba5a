#include "app/send_queue.hpp"

#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>

namespace tickwire {
namespace {

using namespace std::chrono_literals;
using testing::seed;
using testing::seed_note;

const steady_time start{std::chrono::hours{1}};
const steady_time awake = start + 1min; // credit is whole

send_job job(std::string chat, std::string id) {
  send_job made;
  made.chat_id = std::move(chat);
  made.message_id = std::move(id);
  return made;
}

std::vector<std::string> ids(const std::vector<send_job>& jobs) {
  std::vector<std::string> result;
  for (const send_job& one : jobs) result.push_back(one.message_id);
  return result;
}

using names = std::vector<std::string>;

TEST(SendQueue, KeepsTheOrderOfAChatAndLetsOthersPass) {
  send_queue queue({}, start);
  queue.add(job("a", "a1"));
  queue.add(job("a", "a2"));
  queue.add(job("b", "b1"));
  EXPECT_EQ(ids(queue.next(awake).start), (names{"a1", "b1"}));
  EXPECT_TRUE(queue.next(awake).start.empty()); // a1 hangs: a2 waits
  queue.finished("b", std::nullopt);
  queue.add(job("b", "b2"));
  EXPECT_EQ(ids(queue.next(awake).start), (names{"b2"}));
  queue.finished("a", std::nullopt);
  EXPECT_EQ(ids(queue.next(awake).start), (names{"a2"}));
}

TEST(SendQueue, ATryThatWasNotTakenGoesFirstWhenItsTimeHasCome) {
  send_queue queue({}, start);
  queue.add(job("a", "a1"));
  queue.add(job("a", "a2"));
  auto started = queue.next(awake).start;
  started[0].not_before = awake + 4s;
  queue.finished("a", started[0]);
  const auto waiting = queue.next(awake);
  EXPECT_TRUE(waiting.start.empty());
  EXPECT_EQ(waiting.look_again, awake + 4s);
  EXPECT_EQ(ids(queue.next(awake + 4s).start), (names{"a1"}));
}

TEST(SendQueue, HoldsTheRateOfOnePersonAndOfTheNumber) {
  send_queue queue({{1ms, 80}, {6s, 3}, 32}, start);
  for (int i = 0; i < 5; ++i) queue.add(job("a", std::to_string(i)));
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(queue.next(awake).start.size(), 1u);
    queue.finished("a", std::nullopt);
  }
  const auto waiting = queue.next(awake);
  EXPECT_TRUE(waiting.start.empty());
  EXPECT_EQ(waiting.look_again, awake + 6s);

  send_queue many({{500ms, 2}, {1s, 1}, 32}, start);
  for (int i = 0; i < 5; ++i) many.add(job("chat" + std::to_string(i), std::to_string(i)));
  EXPECT_EQ(many.next(awake).start.size(), 2u);
  EXPECT_EQ(many.next(awake).look_again, awake + 500ms);
  EXPECT_EQ(many.next(awake + 500ms).start.size(), 1u);
}

TEST(SendQueue, ChatsThatHangDelayNoOtherUntilThereAreVeryMany) {
  send_queue queue({}, start);
  for (int i = 0; i < 200; ++i) queue.add(job("hangs" + std::to_string(i), std::to_string(i)));
  std::size_t hanging = 0;
  steady_time now = awake;
  for (; hanging < 200; now += 100ms) hanging += queue.next(now).start.size();
  queue.add(job("other", "other"));
  EXPECT_EQ(ids(queue.next(now).start), (names{"other"}));
}

TEST(SendQueue, SendsToSoManyChatsAtOnceAndNoMore) {
  send_queue queue({{1ms, 80}, {1s, 45}, 2}, start);
  for (int i = 0; i < 4; ++i) queue.add(job("chat" + std::to_string(i), std::to_string(i)));
  EXPECT_EQ(queue.next(awake).start.size(), 2u);
  EXPECT_TRUE(queue.next(awake).start.empty());
  EXPECT_FALSE(queue.next(awake).look_again);
  queue.finished("chat0", std::nullopt);
  EXPECT_EQ(ids(queue.next(awake).start), (names{"2"}));
  queue.finished("chat1", std::nullopt);
  queue.finished("chat2", std::nullopt);
  EXPECT_EQ(ids(queue.next(awake).start), (names{"3"}));
  queue.finished("chat3", std::nullopt);
  EXPECT_EQ(queue.waiting() + queue.in_flight(), 0u);
}

TEST(SendQueue, WhileItIsHeldNothingStartsAndWhatGrowsTooOldIsGivenOut) {
  send_queue queue({}, start);
  send_job old = job("a", "a1");
  old.give_up_at = awake + 10s;
  queue.add(old);
  queue.add(job("a", "a2"));
  const auto held = queue.next(awake, 0);
  EXPECT_TRUE(held.start.empty());
  EXPECT_EQ(held.look_again, awake + 10s);
  const auto later = queue.next(awake + 10s, 0);
  EXPECT_EQ(ids(later.too_old), (names{"a1"}));
  EXPECT_TRUE(queue.next(awake + 10s).start.empty()); // its failure is told before the next one goes
  queue.finished("a", std::nullopt);
  EXPECT_EQ(ids(queue.next(awake + 10s).start), (names{"a2"}));
}

TEST(SendQueue, OneAtATimeWhenOneIsAskedFor) {
  send_queue queue({}, start);
  for (const char* chat : {"a", "b", "c"}) queue.add(job(chat, chat));
  EXPECT_EQ(ids(queue.next(awake, 1).start), (names{"a"}));
  send_job again = job("a", "a");
  queue.finished("a", again);
  EXPECT_EQ(ids(queue.next(awake, 1).start), (names{"b"})); // another one next time
}

TEST(SendQueue, WhatWaitsInChatsThatBecameOneGoesInTheOrderInWhichItWasAdded) {
  send_queue queue({}, start);
  queue.add(job("a", "1"));
  queue.add(job("b", "2"));
  queue.add(job("a", "3"));
  queue.merge("a", "b", awake);
  queue.add(job("b", "4"));
  queue.add(job("a", "5")); // from before it was one
  for (const char* next : {"1", "2", "3", "4", "5"}) {
    EXPECT_EQ(ids(queue.next(awake).start), (names{next}));
    EXPECT_TRUE(queue.next(awake).start.empty());
    queue.finished("b", std::nullopt);
  }
  EXPECT_EQ(queue.waiting() + queue.in_flight(), 0u);
}

TEST(SendQueue, ChatsThatBecameOneWaitForWhatWasOnItsWayInEither) {
  send_queue queue({}, start);
  for (const char* chat : {"a", "b", "c"}) queue.add(job(chat, chat));
  auto started = queue.next(awake).start;
  ASSERT_EQ(ids(started), (names{"a", "b", "c"}));
  queue.merge("a", "b", awake);
  queue.merge("b", "c", awake);
  queue.add(job("c", "next"));
  EXPECT_TRUE(queue.next(awake).start.empty());
  queue.finished("b", started[1]);
  queue.finished("a", started[0]);
  EXPECT_TRUE(queue.next(awake).start.empty());
  queue.finished("c", std::nullopt);
  for (const char* next : {"a", "b", "next"}) {
    EXPECT_EQ(ids(queue.next(awake + 1s).start), (names{next})); // the number has credit again
    queue.finished("c", std::nullopt);
  }
}

TEST(SendQueue, WhatWasSentToEitherCountsForChatsThatBecameOne) {
  send_queue queue({{1ms, 80}, {6s, 3}, 32}, start);
  for (const char* chat : {"a", "b"}) {
    queue.add(job(chat, chat));
    ASSERT_EQ(queue.next(awake).start.size(), 1u);
    queue.finished(chat, std::nullopt);
  }
  queue.merge("a", "b", awake);
  queue.add(job("a", "third"));
  queue.add(job("b", "fourth"));
  EXPECT_EQ(ids(queue.next(awake).start), (names{"third"}));
  queue.finished("a", std::nullopt);
  EXPECT_TRUE(queue.next(awake).start.empty());
  EXPECT_EQ(queue.next(awake).look_again, awake + 6s);
}

// What the queue is to do, written as simply as can be: everything in one list, looked through from the
// beginning each time.
class naive_queue {
public:
  explicit naive_queue(send_rates rates)
      : rates_(rates) {}

  // Message ids are numbers, in the order in which they were added.
  void add(send_job job) {
    job.chat_id = today(job.chat_id);
    waiting_.push_back(std::move(job));
  }
  void finished(const std::string& chat, std::optional<send_job> again) {
    in_flight_.erase(std::find(in_flight_.begin(), in_flight_.end(), today(chat)));
    if (!again) return;
    again->chat_id = today(chat);
    const auto later = [&](const send_job& one) {
      return std::stoi(one.message_id) > std::stoi(again->message_id);
    };
    waiting_.insert(std::find_if(waiting_.begin(), waiting_.end(), later), *again);
  }
  void merge(const std::string& from, const std::string& into, steady_time now) {
    became_[from] = into;
    for (send_job& job : waiting_) job.chat_id = today(job.chat_id);
    for (std::string& chat : in_flight_) chat = today(chat);
    if (credit_whole_at_[from] > now)
      credit_whole_at_[into] = std::max(credit_whole_at_[into], now) + (credit_whole_at_[from] - now);
  }
  std::string today(std::string chat) const {
    while (became_.contains(chat)) chat = became_.at(chat);
    return chat;
  }
  // Chats that could begin now, if the number's rate allowed as many as there are.
  std::vector<std::string> could_begin(steady_time now) const {
    std::vector<std::string> found, seen;
    for (const send_job& job : waiting_) {
      if (std::find(seen.begin(), seen.end(), job.chat_id) != seen.end()) continue;
      seen.push_back(job.chat_id);
      const bool busy = std::find(in_flight_.begin(), in_flight_.end(), job.chat_id) != in_flight_.end();
      if (!busy && job.not_before <= now && job.give_up_at > now && pair_free(job.chat_id, now))
        found.push_back(job.message_id);
    }
    return found;
  }
  std::vector<std::string> too_old(steady_time now) const {
    std::vector<std::string> found, seen;
    for (const send_job& job : waiting_) {
      if (std::find(seen.begin(), seen.end(), job.chat_id) != seen.end()) continue;
      seen.push_back(job.chat_id);
      const bool busy = std::find(in_flight_.begin(), in_flight_.end(), job.chat_id) != in_flight_.end();
      if (!busy && job.give_up_at <= now) found.push_back(job.message_id);
    }
    return found;
  }
  void began(const send_job& job, steady_time now, bool sent) {
    waiting_.erase(std::find_if(waiting_.begin(), waiting_.end(),
                                [&](const send_job& one) { return one.message_id == job.message_id; }));
    const std::string chat = today(job.chat_id);
    in_flight_.push_back(chat);
    if (sent) credit_whole_at_[chat] = std::max(credit_whole_at_[chat], now) + rates_.pair.period;
  }
  std::size_t waiting() const { return waiting_.size(); }
  std::size_t in_flight() const { return in_flight_.size(); }

private:
  bool pair_free(const std::string& chat, steady_time now) const {
    const auto place = credit_whole_at_.find(chat);
    return place == credit_whole_at_.end() ||
           place->second - rates_.pair.period * (rates_.pair.burst - 1) <= now;
  }

  send_rates rates_;
  std::list<send_job> waiting_;
  std::vector<std::string> in_flight_;
  std::map<std::string, steady_time> credit_whole_at_;
  std::map<std::string, std::string> became_;
};

TEST(SendQueue, DoesWhatTheSimplestQueueWouldDo) {
  std::mt19937 random(seed());
  for (int round = 0; round < 20; ++round) {
    const send_rates rates{{20ms, 3}, {300ms, 2}, 5};
    send_queue queue(rates, start);
    naive_queue naive(rates);
    steady_time now = awake;
    send_pace number(rates.number, start);
    std::vector<send_job> under_way;
    int made = 0;
    for (int step = 0; step < 600; ++step) {
      if (random() % 2 == 0) {
        send_job fresh = job("chat" + std::to_string(random() % 8), std::to_string(made++));
        if (random() % 3 == 0) fresh.give_up_at = now + std::chrono::milliseconds{random() % 2'000};
        queue.add(fresh);
        naive.add(fresh);
      }
      if (!under_way.empty() && random() % 2 == 0) {
        const std::size_t which = random() % under_way.size();
        send_job done = under_way[which];
        under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(which));
        std::optional<send_job> again;
        if (random() % 4 == 0) {
          again = done;
          again->not_before = now + std::chrono::milliseconds{random() % 500};
        }
        queue.finished(done.chat_id, again);
        naive.finished(done.chat_id, again);
      }
      if (random() % 100 == 0) {
        const std::string from = naive.today("chat" + std::to_string(random() % 8));
        const std::string into = naive.today("chat" + std::to_string(random() % 8));
        if (from != into) {
          queue.merge(from, into, now);
          naive.merge(from, into, now);
        }
      }
      const std::size_t start_max = random() % 5 == 0 ? random() % 2 : SIZE_MAX;
      names old = naive.too_old(now);
      const auto plan = queue.next(now, start_max);
      const std::size_t slots_before = rates.in_flight_max - naive.in_flight();
      names given = ids(plan.too_old);
      if (old.size() <= slots_before) {
        std::sort(old.begin(), old.end());
        std::sort(given.begin(), given.end());
        ASSERT_EQ(given, old) << seed_note();
      } else {
        ASSERT_EQ(given.size(), slots_before) << seed_note();
      }
      for (const send_job& one : plan.too_old) {
        naive.began(one, now, false);
        under_way.push_back(one);
      }
      // As many as slots, the number's rate and the caller allow, each of them one that may go.
      const names could = naive.could_begin(now);
      std::size_t allowed = 0;
      const std::size_t slots = rates.in_flight_max - naive.in_flight();
      while (allowed < std::min({could.size(), slots, start_max}) && number.free_at() <= now) {
        number.take(now);
        ++allowed;
      }
      ASSERT_EQ(plan.start.size(), allowed) << seed_note() << " step " << step;
      for (const send_job& one : plan.start) {
        ASSERT_NE(std::find(could.begin(), could.end(), one.message_id), could.end()) << seed_note();
        naive.began(one, now, true);
        under_way.push_back(one);
      }
      ASSERT_EQ(queue.waiting(), naive.waiting());
      ASSERT_EQ(queue.in_flight(), naive.in_flight());
      // Nothing may come due before the time to look again.
      if (start_max == SIZE_MAX && naive.in_flight() < rates.in_flight_max) {
        const steady_time until = plan.look_again.value_or(now + 10s);
        for (steady_time t = now; t < until && t < now + 600ms; t += 7ms) {
          ASSERT_TRUE(naive.too_old(t).empty()) << seed_note();
          ASSERT_TRUE(naive.could_begin(t).empty() || number.free_at() > t) << seed_note();
        }
      }
      now += std::chrono::milliseconds{random() % 40};
    }
  }
}

TEST(SendQueue, EachCallCostsTheSameHoweverMuchWaits) {
  send_queue queue({{1ns, 1'000'000}, {6s, 45}, 256}, start);
  steady_time now = awake;
  for (int i = 0; i < 200'000; ++i) {
    send_job one = job("chat" + std::to_string(i), std::to_string(i));
    one.not_before = now + 1h; // all of them asleep
    queue.add(std::move(one));
  }
  queue.next(now);
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 20'000; ++i) {
    const std::string chat = "person" + std::to_string(i);
    queue.add(job(chat, "m" + std::to_string(i)));
    const auto plan = queue.next(now);
    ASSERT_EQ(plan.start.size(), 1u);
    queue.finished(chat, std::nullopt);
    now += 13ms;
  }
  // Walking 200,000 chats each time would take minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  EXPECT_LT(queue.people_remembered(), 1'000u);
}

} // namespace
} // namespace tickwire
