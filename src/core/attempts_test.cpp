// Attempts of one message: whatever order their facts come in, what is about an old attempt stays with it,
// what the customer has they have, and nothing goes out twice when once is enough.
#include "core/memory_views.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

namespace tickwire {
namespace {

using namespace testing;

TEST(Callback, NamesTheAttemptAndTheOldFormIsTheFirst) {
  EXPECT_EQ(to_text({"m_1", 2}), "m_1:2");
  EXPECT_EQ(callback_from("m_1:2")->message_id, "m_1");
  EXPECT_EQ(callback_from("m_1:2")->attempt, 2);
  EXPECT_EQ(callback_from("m_1")->attempt, 1);
  for (const char* other : {"", ":1", "m_1:", "m_1:0", "m_1:-1", "m_1:x", "m_1:1:2", "m_1:99999999999"})
    EXPECT_FALSE(callback_from(other)) << other;
}

// Facts of two attempts in every order. What cannot have happened yet is left out: no retry of what has not
// failed, no answer of Graph to an attempt that did not begin.
struct scenario {
  bool first_has_wamid; // Graph's answer to the first attempt came
  status_word last_of_first;
  bool old_form; // callback data without the attempt
};

class every_order : public ::testing::TestWithParam<scenario> {};

TEST_P(every_order, OldAttemptsNeverFailNewOnesAndWhatArrivedHasArrived) {
  const scenario given = GetParam();
  enum fact { result1, failed1, last1, retry, attempt2, result2, failed2, count };
  const std::string first = given.old_form ? "m_1" : "m_1:1";
  std::vector<int> order(count);
  std::iota(order.begin(), order.end(), 0);
  do {
    memory_log log;
    log.append(accepted("m_1", "15550000101", "hi"));
    log.append(attempted("m_1", 1));
    bool retried = false, began = false, arrived = false, failed_second = false;
    std::string told;
    for (int what : order) {
      switch (what) {
      case result1:
        log.append(given.first_has_wamid ? answered("m_1", 1, send_outcome_kind::accepted, "wamid.1")
                                         : answered("m_1", 1, send_outcome_kind::unconfirmed));
        break;
      case failed1:
        log.append(changed("wamid.1", status_word::failed, 3, first));
        break;
      case last1:
        log.append(changed("wamid.1", given.last_of_first, 4, first));
        arrived |=
            given.last_of_first >= status_word::delivered && given.last_of_first <= status_word::played;
        break;
      case retry: {
        const message before = log.rows.messages.at("m_1");
        retried = log.append(tickwire::testing::retried("m_1", 2));
        EXPECT_EQ(retried, before.can_retry());
        if (arrived) EXPECT_FALSE(retried);
        break;
      }
      case attempt2:
        if (!retried) break;
        began = log.append(attempted("m_1", 2));
        EXPECT_EQ(began, !arrived) << "a new try of what has arrived must not begin";
        break;
      case result2:
        if (began) log.append(answered("m_1", 2, send_outcome_kind::accepted, "wamid.2"));
        break;
      case failed2:
        if (!began) break;
        log.append(changed("wamid.2", status_word::failed, 9, "m_1:2"));
        failed_second = true;
        break;
      default:
        break;
      }
      const message row = log.rows.messages.at("m_1");
      told += std::string(to_string(row.status)) + " ";
      if (arrived) ASSERT_GE(row.status, status::delivered) << told;
      if (retried && !failed_second) ASSERT_NE(row.status, status::failed) << told;
      if (arrived) ASSERT_FALSE(row.wamid().empty()) << told;
    }
    const message row = log.rows.messages.at("m_1");
    if (retried && failed_second && !arrived) ASSERT_EQ(row.status, status::failed) << told;
    ASSERT_TRUE(log.rows.parked.empty());

    // The same log, applied in another order, twice.
    std::vector<entry> again = log.entries;
    again.insert(again.end(), log.entries.begin(), log.entries.end());
    std::reverse(again.begin(), again.end());
    memory_views rows;
    for (const entry& entry : again) apply(rows, entry);
    message other = rows.messages.at("m_1");
    other.updated_at = row.updated_at;
    ASSERT_EQ(other, row) << told;
  } while (std::next_permutation(order.begin(), order.end()));
}

INSTANTIATE_TEST_SUITE_P(Attempts, every_order,
                         ::testing::Values(scenario{false, status_word::delivered, false},
                                           scenario{false, status_word::read, false},
                                           scenario{false, status_word::sent, false},
                                           scenario{true, status_word::delivered, false},
                                           scenario{true, status_word::played, false},
                                           scenario{true, status_word::sent, false},
                                           scenario{false, status_word::delivered, true},
                                           scenario{false, status_word::sent, true}));

TEST(Attempts, ALateFailureOfTheFirstLeavesTheSecondAlone) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "hi"));
  log.append(attempted("m_1", 1));
  log.append(answered("m_1", 1, send_outcome_kind::unconfirmed));
  EXPECT_TRUE(log.append(retried("m_1", 2)));
  EXPECT_TRUE(log.append(attempted("m_1", 2)));
  for (const char* callback : {"m_1:1", "m_1"})
    log.append(changed(std::string("wamid.") + callback, status_word::failed, 5, callback));
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::sending);
  log.append(answered("m_1", 2, send_outcome_kind::accepted, "wamid.2"));
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::sent);
  EXPECT_EQ(log.rows.messages.at("m_1").wamid(), "wamid.2");
  log.append(changed("wamid.m_1:1", status_word::delivered, 6, "m_1:1"));
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::delivered);
  EXPECT_EQ(log.rows.messages.at("m_1").attempt, 2);
}

TEST(Attempts, ATryBeginsOnceAndOnlyForThePresentAttempt) {
  memory_log log;
  EXPECT_FALSE(log.append(attempted("m_1", 1))); // nobody knows the message
  log.append(accepted("m_1", "15550000101", "hi"));
  EXPECT_FALSE(log.append(attempted("m_1", 2))); // nobody asked for it
  EXPECT_TRUE(log.append(attempted("m_1", 1, 1)));
  EXPECT_FALSE(log.append(attempted("m_1", 1, 1)));
  log.append(answered("m_1", 1, send_outcome_kind::not_taken));
  EXPECT_TRUE(log.append(attempted("m_1", 1, 2)));
  log.append(changed("wamid.1", status_word::sent, 5, "m_1:1"));
  EXPECT_FALSE(log.append(attempted("m_1", 1, 3))); // Meta has it
}

TEST(Attempts, OnlyTheAttemptAfterThePresentOneMayBeAskedFor) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "hi"));
  EXPECT_FALSE(log.append(retried("m_1", 2))); // it is under way
  log.append(answered("m_1", 1, send_outcome_kind::refused));
  EXPECT_FALSE(log.append(retried("m_1", 3)));
  EXPECT_TRUE(log.append(retried("m_1", 2)));
  EXPECT_FALSE(log.append(retried("m_1", 3)));
}

TEST(Attempts, OneMemberOfAGroupHasItSoNoNewTryBegins) {
  memory_log log;
  log.append(accepted("m_1", "group-7", "hi"));
  log.append(attempted("m_1", 1));
  log.append(answered("m_1", 1, send_outcome_kind::unconfirmed));
  EXPECT_TRUE(log.append(retried("m_1", 2)));
  entry arrived = changed("wamid.1", status_word::delivered, 5, "m_1:1");
  std::get<status_changed>(arrived.data).participant = person("15550000101", "US.1");
  log.append(arrived);
  EXPECT_FALSE(log.append(attempted("m_1", 2)));
  EXPECT_EQ(log.rows.messages.at("m_1").status, status::sent);
}

TEST(Attempts, FreeTextIsDecidedByTheWindowAsItIsInTheLog) {
  memory_log log;
  log.append(received("wamid.A", person("15550000101", "US.9001"), "hello", 0));
  entry late = accepted("m_1", "15550000101", "hi", 25 * 3600);
  EXPECT_FALSE(log.append(late));
  log.append(received("wamid.B", person("15550000101", "US.9001"), "still there?", 25 * 3600));
  EXPECT_TRUE(log.append(late));
}

} // namespace
} // namespace tickwire
