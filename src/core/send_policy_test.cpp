#include "core/send_policy.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace std::chrono_literals;

TEST(SendPolicy, SurelyRefusedFailsSurelyNotTakenWaitsAnythingElseIsUnconfirmed) {
  for (int code : {131030, 131026, 190, 100, 131047, 368, 10, 131009})
    EXPECT_EQ(outcome_of({code, "", ""}, 400).kind, send_outcome_kind::refused) << code;
  for (int code : {130429, 131056, 4, 80007})
    EXPECT_EQ(outcome_of({code, "", ""}, 400).kind, send_outcome_kind::not_taken) << code;
  for (int code : {1, 2, 131000, 131016})
    EXPECT_EQ(outcome_of({code, "", ""}, 500).kind, send_outcome_kind::unconfirmed) << code;
  EXPECT_EQ(outcome_of({999999, "new", ""}, 400).kind, send_outcome_kind::refused);
  EXPECT_EQ(outcome_of({999999, "new", ""}, 500).kind, send_outcome_kind::unconfirmed);
}

TEST(SendPolicy, EveryErrorHasATitleAndASentenceThatSaysWhatToDo) {
  for (int code : {0, 1, 2, 4, 100, 190, 130429, 131026, 131047, 131056, 424242}) {
    const message_error error = explain({code, "Some title", "Some details"});
    EXPECT_FALSE(error.title.empty());
    EXPECT_GT(error.reason.size(), 20u);
    EXPECT_EQ(error.reason.back(), '.');
  }
  EXPECT_FALSE(explain({131047, "", ""}).can_retry);
  EXPECT_NE(explain({424242, "Some title", "Some details"}).reason.find("Some details"), std::string::npos);
}

TEST(SendPolicy, WaitsGrowAndStayWithinWhatTheContractPromises) {
  EXPECT_EQ(wait_before_next_try(131056, 1), 1s);
  EXPECT_EQ(wait_before_next_try(131056, 2), 4s);
  EXPECT_EQ(wait_before_next_try(0, 99), 10s);
  for (int code : {131056, 130429, 4})
    for (int n = 1; n < 100; ++n) {
      EXPECT_GT(wait_before_next_try(code, n), 0s);
      EXPECT_LE(wait_before_next_try(code, n), code == 4 ? 60s : 25s);
    }
}

send_outcome refusal(int code) { return outcome_of({code, "", ""}, 400); }

TEST(SendPolicy, KnowsWhatIsTheWholeNumbersFault) {
  for (int code : {0, 190, 4, 80007, 130429, 131031, 10, 368, 230})
    EXPECT_TRUE(refusal(code).of_number) << code;
  for (int code : {131030, 131026, 131056, 100, 131047}) EXPECT_FALSE(refusal(code).of_number) << code;
  EXPECT_FALSE(outcome_of({131000, "", ""}, 500).of_number);
  EXPECT_TRUE(not_reached("refused").of_number);
  EXPECT_FALSE(put_back("the server stopped").of_number);
}

TEST(SendPause, AsksAfterGrowingPausesAndSaysWhy) {
  send_pause pause;
  steady_time now{};
  EXPECT_FALSE(pause.paused());
  EXPECT_TRUE(pause.fault(refusal(190), now, false)); // this one fails
  EXPECT_TRUE(pause.paused());
  EXPECT_EQ(pause.ask_at(), now + 1s);
  EXPECT_EQ(pause.reason().find("then retry"), std::string::npos);
  EXPECT_NE(pause.reason().find("administrator"), std::string::npos);
  EXPECT_FALSE(pause.fault(refusal(190), now, false)); // was under way: waits with the others
  EXPECT_EQ(pause.ask_at(), now + 1s);
  for (const auto wait : {2s, 4s, 8s, 16s, 32s, 60s, 60s}) {
    now = pause.ask_at();
    EXPECT_FALSE(pause.fault(refusal(190), now, true));
    EXPECT_EQ(pause.ask_at(), now + wait);
  }
  EXPECT_EQ(pause.since(), steady_time{});
  EXPECT_TRUE(pause.fault(refusal(131031), now, true)); // another reason: its message is told
  EXPECT_NE(pause.reason().find("locked"), std::string::npos);
  pause.over();
  EXPECT_FALSE(pause.paused());
  pause.fault(refusal(190), now, false);
  EXPECT_EQ(pause.ask_at(), now + 1s);
}

TEST(SendPause, AnUnreachableGraphIsAskedByConnecting) {
  send_pause pause;
  pause.fault(refusal(4), {}, false);
  EXPECT_FALSE(pause.unreached());
  pause.over();
  pause.fault(not_reached("the connection was refused"), {}, false);
  EXPECT_TRUE(pause.unreached());
  steady_time now{};
  for (int i = 0; i < 20; ++i)
    pause.fault(not_reached("the connection was refused"), now = pause.ask_at(), true);
  EXPECT_EQ(pause.ask_at(), now + 10s);
}

TEST(TokenBucket, LetsTheBurstThroughThenTheRate) {
  token_bucket bucket(2.0, 3.0);
  auto now = std::chrono::steady_clock::time_point{};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(now), 0ms);
  EXPECT_EQ(bucket.take(now), 500ms);
  now += 500ms;
  EXPECT_EQ(bucket.take(now), 0ms);
  EXPECT_EQ(bucket.take(now), 500ms);
  now += 1h;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(bucket.take(now), 0ms);
  EXPECT_GT(bucket.take(now), 0ms);
}

} // namespace
} // namespace tickwire
