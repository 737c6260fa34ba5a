#include "core/send_pace.hpp"

#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <deque>

namespace tickwire {
namespace {

using namespace std::chrono_literals;
using testing::seed;
using testing::seed_note;

TEST(SendPace, NeverMoreThanEightyInAnySecondAlsoAfterASilenceAndAtTheStart) {
  std::mt19937 random(seed());
  const send_rate number{std::chrono::nanoseconds{1'000'000'000 / 75}, 5};
  steady_time now{std::chrono::hours{5}};
  send_pace pace(number, now);
  EXPECT_GT(pace.free_at(), now); // the run before may have used the credit
  std::deque<steady_time> last_second;
  for (int i = 0; i < 5'000; ++i) {
    if (random() % 200 == 0) now += std::chrono::milliseconds{random() % 3'000};
    now = std::max(now, pace.free_at());
    pace.take(now);
    last_second.push_back(now);
    while (last_second.front() + 1s <= now) last_second.pop_front();
    ASSERT_LE(last_second.size(), 80u) << seed_note();
  }
}

TEST(SendPace, OnceTheCreditIsWholeSoManyGoAtOnce) {
  steady_time now{};
  send_pace pace({1s, 3}, now);
  now += 1min;
  for (int i = 0; i < 3; ++i) {
    ASSERT_LE(pace.free_at(), now);
    pace.take(now);
  }
  EXPECT_EQ(pace.free_at(), now + 1s);
}

// Against a bucket for each person that never forgets anybody.
TEST(PairPaces, AreExactForEverybodyAndForgetWhoeverMattersNoMore) {
  std::mt19937 random(seed());
  const send_rate rate{6s, 45};
  pair_paces pairs(rate);
  std::map<std::string, double> credit;
  std::map<std::string, steady_time> of;
  steady_time now{};
  std::size_t most = 0;
  for (int i = 0; i < 60'000; ++i) {
    now += 13ms;
    // A few who get much, and many who get a message and no other.
    const std::string who =
        random() % 2 == 0 ? "busy" + std::to_string(random() % 20) : "p" + std::to_string(random() % 100'000);
    double& left = credit.try_emplace(who, 45.0).first->second;
    left = std::min(45.0, left + std::chrono::duration<double>(now - of[who]).count() / 6.0);
    of[who] = now;
    const bool free = pairs.free_at(who) <= now;
    if (std::abs(left - 1.0) > 1e-6) ASSERT_EQ(free, left > 1.0) << who << " " << left << " " << seed_note();
    if (!free) continue;
    pairs.take(who, now);
    left -= 1.0;
    most = std::max(most, pairs.size());
  }
  EXPECT_LT(most, 2'300u) << seed_note();
}

} // namespace
} // namespace tickwire
