// Until when free text may be sent, and that it is told when it moves and only then.
#include "core/memory_views.hpp"
#include "core/testing.hpp"
#include "core/window.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace testing;

constexpr int hour = 3600;
const std::string ana = "15550000101";

entry from_ad(std::string wamid, int second) {
  entry fact = received(std::move(wamid), person(ana), "I saw your ad", second);
  std::get<message_received>(fact.data).referral = true;
  return fact;
}

std::optional<timestamp> window(const memory_log& log) { return log.rows.chats.at(ana).window_ends_at; }

// The windows that pages were told, in order.
std::vector<std::optional<timestamp>> told(const memory_log& log) {
  std::vector<std::optional<timestamp>> ends;
  for (const event& said : log.events)
    if (const auto* chat = std::get_if<chat_event>(&said.what); chat && chat->window)
      ends.push_back(chat->value.window_ends_at);
  return ends;
}

TEST(Window, IsADayFromTheNewestMessageOfTheCustomerAndToldWhenItMoves) {
  memory_log log;
  log.append(received("wamid.1", person(ana), "one", 10));
  log.append(received("wamid.2", person(ana), "late", 5));
  log.append(received("wamid.3", person(ana), "same second", 10));
  log.append(received("wamid.4", person(ana), "newer", 20));
  EXPECT_EQ(window(log), at(20) + service_window);
  EXPECT_EQ(told(log),
            (std::vector<std::optional<timestamp>>{at(10) + service_window, at(20) + service_window}));
}

TEST(Window, IsOpenedByNoSystemNoticeHistoryEchoOrAnswerOfOurs) {
  memory_log log;
  entry system = received("wamid.1", person(ana), "changed their number", 10);
  std::get<message_received>(system.data).type = "system";
  entry welcome = received("wamid.2", person(ana), "", 10);
  std::get<message_received>(welcome.data).type = "request_welcome";
  entry history = received("wamid.3", person(ana), "old", 10);
  std::get<message_received>(history.data).history = true;
  entry echo = received("wamid.4", person(ana), "from the phone", 10);
  std::get<message_received>(echo.data).from_business = true;
  for (const entry& fact : {system, welcome, history, echo, accepted("m_1", ana, "hi"),
                            answered("m_1", 1, send_outcome_kind::accepted, "wamid.5")})
    log.append(fact);
  EXPECT_FALSE(window(log));
  EXPECT_EQ(told(log), (std::vector<std::optional<timestamp>>{std::nullopt})); // when the chat began
}

TEST(Window, OfAMessageDatedInTheFutureEndsADayFromNowAndLaterOnesStillMoveIt) {
  memory_log log;
  entry ahead = received("wamid.1", person(ana), "from tomorrow", 10);
  std::get<message_received>(ahead.data).sent_at = at(40 * hour);
  log.append(ahead);
  EXPECT_EQ(window(log), at(10) + service_window);
  EXPECT_EQ(log.rows.messages.at(log.rows.bindings.at("wamid.1").message_id).created_at, at(10));
  log.append(received("wamid.2", person(ana), "now", 11));
  EXPECT_EQ(window(log), at(11) + service_window);
}

TEST(Window, OfAnAdIsThreeDaysFromOurFirstAnswerWithinADay) {
  memory_log log;
  log.append(from_ad("wamid.1", 0));
  EXPECT_EQ(window(log), at(0) + service_window);
  log.append(accepted("m_1", ana, "welcome", 2 * hour));
  EXPECT_EQ(window(log), at(0) + service_window); // Graph has not taken it yet
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.2", 2 * hour));
  EXPECT_EQ(window(log), at(2 * hour) + entry_point_window);
  // A second answer does not extend it, and a message of the customer only beyond its end.
  log.append(accepted("m_2", ana, "anything else?", 3 * hour));
  log.append(answered("m_2", 1, send_outcome_kind::accepted, "wamid.3", 3 * hour));
  log.append(received("wamid.4", person(ana), "no", 4 * hour));
  EXPECT_EQ(window(log), at(2 * hour) + entry_point_window);
  log.append(received("wamid.5", person(ana), "or yes", 60 * hour));
  EXPECT_EQ(window(log), at(60 * hour) + service_window);
  EXPECT_EQ(told(log).size(), 3u);
}

TEST(Window, OfAnAdOpensByAnAnswerFromThePhoneTooAndNotByALateOrRefusedOne) {
  memory_log by_phone;
  by_phone.append(from_ad("wamid.1", 0));
  entry echo = received("wamid.2", person(ana), "hello from the phone", hour);
  std::get<message_received>(echo.data).from_business = true;
  by_phone.append(echo);
  EXPECT_EQ(window(by_phone), at(hour) + entry_point_window);

  memory_log late;
  late.append(from_ad("wamid.1", 0));
  late.append(accepted("m_1", ana, "x", 1));
  late.append(answered("m_1", 1, send_outcome_kind::refused, "", 2));
  EXPECT_EQ(window(late), at(0) + service_window);
  late.append(answered("m_1", 2, send_outcome_kind::accepted, "wamid.3", 25 * hour));
  EXPECT_EQ(window(late), at(0) + service_window);
}

} // namespace
} // namespace tickwire
