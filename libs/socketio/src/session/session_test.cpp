// The session machine, told what happens and what time it is.
#include "session/session.hpp"

#include <gtest/gtest.h>

namespace socketio::session {
namespace {

using namespace std::chrono_literals;

struct Session : ::testing::Test, session_shell {
  config settings;
  time_point now{};
  std::vector<std::string> polls, messages, websocket, probe;
  std::string closed, detail;
  bool deaf = false; // the WebSocket takes nothing
  int offers = 0, turns = 0;
  bool websocket_ended = false, probe_ended = false, switched = false;
  std::optional<engine_session> session;

  void begin(transport transport) {
    session_id id;
    id.fill('x');
    session.emplace(settings, *this, id, transport, now);
  }
  void pass(std::chrono::nanoseconds time) {
    now += time;
    session->on_time(now);
  }
  void emit(std::string text) {
    session->send(codec::text_packet(text));
    session->flush(now);
  }
  void upgrade() {
    ASSERT_TRUE(session->begin_upgrade(now));
    session->probe_message(false, "2probe", now);
  }

  call_result post(std::string_view body) {
    if (session->begin_post() != call_result::ok) return call_result::overlap;
    codec::payload_pieces packets(body);
    for (turns = 1;; ++turns)
      if (const call_result result = session->hear_post(packets, now); result != call_result::unheard)
        return result;
  }

  void answer_poll(engine_session&, std::string body) override { polls.push_back(std::move(body)); }
  void wants_to_write(engine_session& s) override {
    if (deaf) return;
    for (const codec::packet& packet : s.queued()) websocket.emplace_back(packet.payload());
    s.drop_front(s.queued_packets());
  }
  void offer(engine_session& s) override {
    ++offers;
    wants_to_write(s);
  }
  void end_websocket(engine_session&) override { websocket_ended = true; }
  void end_probe(engine_session&) override { probe_ended = true; }
  void write_probe(engine_session&, const codec::packet& packet) override {
    probe.emplace_back(packet.payload());
  }
  void probe_became_transport(engine_session&) override { switched = true; }
  void on_message(engine_session&, bool binary, std::string_view data) override {
    messages.push_back((binary ? "b:" : "t:") + std::string(data));
  }
  void on_closed(engine_session&, std::string_view reason, std::string_view why) override {
    EXPECT_TRUE(closed.empty()) << "closed twice";
    closed = reason;
    detail = why;
  }
};

using said = std::vector<std::string>;

TEST_F(Session, TheOpenPacketHasFiveKeys) {
  begin(transport::polling);
  EXPECT_EQ(
      session->open_packet(),
      R"(0{"sid":"xxxxxxxxxxxxxxxxxxxx","upgrades":["websocket"],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})");
  begin(transport::websocket);
  EXPECT_NE(session->open_packet().find("\"upgrades\":[]"), std::string::npos);
}

TEST_F(Session, HeartbeatIsExactAndEndsWhoDoesNotAnswer) {
  begin(transport::websocket);
  EXPECT_EQ(session->deadline(), now + 25s);
  pass(24'999ms);
  EXPECT_TRUE(websocket.empty());
  pass(1ms);
  EXPECT_EQ(websocket, said{"2"});
  session->websocket_message(false, "3", now);
  EXPECT_EQ(session->deadline(), now + 25s);
  pass(25s);
  pass(19'999ms);
  EXPECT_TRUE(closed.empty());
  pass(1ms);
  EXPECT_EQ(closed, "ping timeout");
}

// A turn that comes a little late does not move the rhythm; one that comes grossly late takes nobody's time
// to answer.
TEST_F(Session, ALatePingGivesItsPongTheTimeItNeeds) {
  for (const auto& [late, then] : {std::pair{20ms, 20'000ms - 20ms}, std::pair{50ms, 19'950ms},
                                   std::pair{1'000ms, 19'950ms}, std::pair{60'000ms, 19'950ms}}) {
    begin(transport::websocket);
    pass(25s + late);
    EXPECT_EQ(session->deadline(), now + then) << late.count();
  }
}

TEST_F(Session, APollWaitsUntilThereIsSomethingAndTakesSixteenAtMost) {
  begin(transport::polling);
  EXPECT_EQ(session->poll(now), call_result::ok);
  EXPECT_TRUE(polls.empty());
  emit("4one");
  EXPECT_EQ(polls, said{"4one"});
  for (int i = 0; i < 20; ++i) emit("4" + std::to_string(i));
  session->poll(now);
  session->poll(now);
  EXPECT_EQ(std::count(polls[1].begin(), polls[1].end(), '\x1e'), 15);
  EXPECT_EQ(std::count(polls[2].begin(), polls[2].end(), '\x1e'), 3);
}

TEST_F(Session, OverlapsEndIt) {
  begin(transport::polling);
  session->poll(now);
  EXPECT_EQ(session->poll(now), call_result::overlap);
  EXPECT_EQ(polls, said{"1"});
  EXPECT_EQ(closed, "transport error");

  closed.clear();
  begin(transport::polling);
  EXPECT_EQ(session->begin_post(), call_result::ok);
  EXPECT_EQ(session->begin_post(), call_result::overlap);
  EXPECT_EQ(closed, "transport error");
}

TEST_F(Session, PacketsBeforeABadOneAreHeardAndTheSessionEnds) {
  begin(transport::polling);
  EXPECT_EQ(post("4a\x1e"
                 "bAQI=\x1e"
                 "x\x1e"
                 "4b"),
            call_result::broken);
  EXPECT_EQ(messages, (said{"t:a", "b:\x01\x02"}));
  EXPECT_EQ(closed, "parse error");
}

TEST_F(Session, AClientThatSaysGoodbyeReleasesItsPoll) {
  begin(transport::polling);
  session->poll(now);
  EXPECT_EQ(post("1"), call_result::ok);
  EXPECT_EQ(polls, said{"6"});
  EXPECT_EQ(closed, "transport close");
}

TEST_F(Session, AnAbortedPollEndsIt) {
  begin(transport::polling);
  session->poll(now);
  session->poll_lost();
  EXPECT_EQ(closed, "transport close");
}

TEST_F(Session, UpgradeReleasesPollsAfterAWhileHoldsDataAndSwitches) {
  begin(transport::polling);
  session->poll(now);
  upgrade();
  EXPECT_EQ(probe, said{"3probe"});
  EXPECT_TRUE(polls.empty());
  EXPECT_EQ(session->deadline(), now + 50ms) << "not at once and not late";
  pass(session->deadline() - now);
  EXPECT_EQ(polls, said{"6"});
  session->poll(now); // a client that has not seen 3probe yet polls again
  EXPECT_EQ(session->deadline(), now + 50ms);
  pass(session->deadline() - now);
  EXPECT_EQ(polls, (said{"6", "6"}));
  emit("4held"); // no poll is there
  EXPECT_TRUE(websocket.empty());
  session->probe_message(false, "5", now);
  EXPECT_TRUE(switched);
  EXPECT_EQ(websocket, said{"4held"});
  EXPECT_EQ(session->poll(now), call_result::mismatch);
  EXPECT_FALSE(session->begin_upgrade(now));
  emit("4live");
  EXPECT_EQ(websocket, (said{"4held", "4live"}));
  EXPECT_TRUE(closed.empty());
  EXPECT_EQ(session->deadline(), now + 25s) << "a pong lost with the old transport is not waited for";
}

TEST_F(Session, APongThatIsLostInAnUpgradeIsNotWaitedFor) {
  begin(transport::polling);
  pass(25s);
  session->poll(now);
  ASSERT_EQ(polls, said{"2"});
  upgrade();
  session->probe_message(false, "5", now);
  EXPECT_EQ(session->deadline(), now + 25s);
  pass(25s);
  EXPECT_TRUE(closed.empty());
  EXPECT_EQ(websocket, said{"2"}) << "it is asked anew";
}

TEST_F(Session, DataEmittedWhileUpgradingGoesToAParkedPollAndNowhereElse) {
  begin(transport::polling);
  session->poll(now);
  upgrade();
  emit("4during");
  EXPECT_EQ(polls, said{"4during"});
  session->probe_message(false, "5", now);
  EXPECT_TRUE(websocket.empty());
}

TEST_F(Session, AFailedUpgradeLeavesPollingAlone) {
  for (const char* wrong : {"hello", "6", "", "5", "2", "2probe!"}) {
    probe_ended = false;
    begin(transport::polling);
    ASSERT_TRUE(session->begin_upgrade(now));
    session->probe_message(false, wrong, now);
    EXPECT_TRUE(probe_ended);
    EXPECT_EQ(session->poll(now), call_result::ok);
    emit("4still");
    EXPECT_EQ(polls.back(), "4still");
  }
  begin(transport::polling);
  upgrade();
  probe_ended = false;
  pass(10s);
  EXPECT_TRUE(probe_ended) << "never finished";
  EXPECT_TRUE(session->begin_upgrade(now)) << "and may be tried again";
  EXPECT_TRUE(closed.empty());
}

TEST_F(Session, WrongPacketsOnAWebSocketEndIt) {
  for (const char* wrong : {"", "x", "2", "0{}"}) {
    closed.clear();
    begin(transport::websocket);
    session->websocket_message(false, wrong, now);
    EXPECT_FALSE(closed.empty()) << wrong;
  }
}

TEST_F(Session, ABurstIsOfferedWhileItIsSentAndNeverTooMuchForWhoTakesIt) {
  settings.max_queued_bytes = 20'000;
  begin(transport::websocket);
  for (int i = 0; i < 10'000; ++i) session->send(codec::text_packet("4" + std::to_string(i)));
  EXPECT_GT(websocket.size(), 9'900u) << "before the end of the turn";
  EXPECT_LE(offers, 10'000 / 60) << "not for each";
  session->flush(now);
  ASSERT_EQ(websocket.size(), 10'000u);
  for (int i = 0; i < 10'000; ++i) EXPECT_EQ(websocket[i], "4" + std::to_string(i));
  EXPECT_TRUE(closed.empty());
}

TEST_F(Session, WhoTakesNothingIsCutByBytesAtTheEndOfTheTurnAndNotByCount) {
  settings.max_queued_bytes = 200'000;
  begin(transport::websocket);
  deaf = true;
  for (int i = 0; i < 2'000; ++i) session->send(codec::text_packet("4x"));
  session->flush(now);
  EXPECT_TRUE(closed.empty());
  EXPECT_FALSE(session->takes_more()) << "but it is not read any more";
  for (int i = 0; i < 2'000; ++i) session->send(codec::text_packet("4x"));
  EXPECT_TRUE(closed.empty()) << "not in the middle of a turn";
  EXPECT_LE(session->waiting_bytes(), 200'000 + 100);
  session->flush(now);
  EXPECT_EQ(closed, "transport close");
  EXPECT_EQ(detail, "slow client: too much waits for it");
}

TEST_F(Session, WhoTakesAllBehindALossIsCutAllTheSame) {
  settings.max_queued_bytes = 200'000;
  begin(transport::websocket);
  deaf = true;
  for (int i = 0; i < 4'000; ++i) session->send(codec::text_packet("4x"));
  session->drop_front(session->queued_packets()); // later in that turn the kernel took it
  session->flush(now);
  EXPECT_EQ(closed, "transport close") << "or all it is sent would be lost in silence";
}

TEST_F(Session, OnePacketIsNeverTooLarge) {
  settings.max_queued_bytes = 1'000;
  begin(transport::websocket);
  deaf = true;
  emit("4" + std::string(100'000, 'x'));
  EXPECT_TRUE(closed.empty());
  emit("4y");
  EXPECT_EQ(closed, "transport close");
}

TEST_F(Session, WhatWasSentBeforeAnAnsweredPingIsProven) {
  begin(transport::websocket);
  EXPECT_EQ(session->proven(), now);
  const auto begun = now;
  pass(25s);
  const auto asked = now;
  pass(3s);
  EXPECT_EQ(session->proven(), begun);
  session->websocket_message(false, "3", now);
  EXPECT_EQ(session->proven(), asked);
  pass(1s);
  session->websocket_message(false, "3", now);
  EXPECT_EQ(session->proven(), asked) << "an answer to nothing proves nothing";
}

TEST_F(Session, AWebSocketThatTakesNothingIsCutInTime) {
  begin(transport::websocket);
  deaf = true;
  session->send(codec::text_packet("4x"));
  session->stalled(now);
  pass(14'999ms);
  session->stalled(now); // still
  session->moving();
  session->stalled(now);
  pass(1ms);
  EXPECT_TRUE(closed.empty()) << "it took something";
  pass(14'999ms);
  EXPECT_EQ(closed, "transport close");
  EXPECT_EQ(detail, "slow client: nothing could be written to it");
}

// What is sent meanwhile is no reason to wait longer.
TEST_F(Session, TheTimeInWhichSomethingMustBeTakenIsNotBegunAnew) {
  begin(transport::websocket);
  deaf = true;
  for (int second = 0; second < 15; ++second) {
    session->send(codec::text_packet("4x"));
    session->stalled(now);
    EXPECT_TRUE(closed.empty()) << second;
    pass(1s);
  }
  EXPECT_EQ(detail, "slow client: nothing could be written to it");

  closed.clear();
  begin(transport::polling);
  for (int second = 0; second < 15; ++second) {
    emit("4x");
    EXPECT_TRUE(closed.empty()) << second;
    pass(1s);
  }
  EXPECT_EQ(detail, "slow client: it does not poll for what waits");
}

TEST_F(Session, WhoIsNotReadIsNotAskedForItsPong) {
  settings.max_queued_bytes = 80'000;
  begin(transport::websocket);
  pass(25s);
  EXPECT_EQ(websocket, said{"2"});
  deaf = true;
  emit("4" + std::string(20'000, 'x'));
  pass(20s);
  EXPECT_TRUE(closed.empty()) << "its pong may be there, unread";
  deaf = false;
  session->flush(now);
  EXPECT_TRUE(session->takes_more());
  pass(20s);
  EXPECT_EQ(closed, "ping timeout");
}

TEST_F(Session, APollingClientMayTakeABurstInManyPollsButMustPoll) {
  begin(transport::polling);
  for (int i = 0; i < 5'000; ++i) session->send(codec::text_packet("4" + std::to_string(i)));
  session->flush(now);
  while (session->queued_packets() > 0) session->poll(now);
  EXPECT_EQ(polls.size(), (5'000u + 15) / 16);
  int heard = 0;
  for (const std::string& answer : polls) {
    codec::payload_pieces pieces(answer);
    for (std::string_view piece; pieces.next(piece);) ASSERT_EQ(piece, "4" + std::to_string(heard++));
  }
  EXPECT_EQ(heard, 5'000);
  EXPECT_TRUE(closed.empty());

  emit("4one");
  pass(14'999ms);
  EXPECT_TRUE(closed.empty());
  pass(1ms);
  EXPECT_EQ(closed, "transport close");
  EXPECT_EQ(detail, "slow client: it does not poll for what waits");

  closed.clear();
  settings.max_queued_bytes = 10'000;
  begin(transport::polling);
  for (int i = 0; i < 200; ++i) session->send(codec::text_packet("4x"));
  session->flush(now);
  EXPECT_EQ(closed, "transport close");
}

TEST_F(Session, ALongPostIsHeardInManyTurnsAndNotWhileMuchWaitsForItsClient) {
  settings.max_queued_bytes = 80'000;
  begin(transport::polling);
  std::string body = "40";
  for (int i = 0; i < 999; ++i)
    body += "\x1e"
            "4" +
            std::to_string(i);
  EXPECT_EQ(post(body), call_result::ok);
  EXPECT_EQ(messages.size(), 1'000u);
  EXPECT_EQ(turns, 16);

  messages.clear();
  session->begin_post();
  codec::payload_pieces packets(body);
  EXPECT_EQ(session->hear_post(packets, now), call_result::unheard);
  emit("4" + std::string(20'000, 'x'));
  EXPECT_FALSE(session->takes_more());
  session->poll(now);
  EXPECT_TRUE(session->takes_more());
  EXPECT_EQ(session->begin_post(), call_result::overlap) << "it is still under way";
  EXPECT_EQ(session->hear_post(packets, now), call_result::broken) << "that ended it";
  EXPECT_EQ(messages.size(), 64u);
}

TEST_F(Session, VolatileEventsGoAsLongAsTheClientTakesThem) {
  begin(transport::websocket);
  for (int i = 0; i < 10; ++i) {
    EXPECT_TRUE(session->ready()) << i;
    session->send(codec::text_packet("4x"));
  }
  begin(transport::polling);
  EXPECT_FALSE(session->ready());
  session->poll(now);
  for (int i = 0; i < 16; ++i) {
    EXPECT_TRUE(session->ready()) << i;
    session->send(codec::text_packet("4x"));
  }
  EXPECT_FALSE(session->ready()) << "one answer takes no more";
}

TEST_F(Session, AnEndThatIsToBeApartComesInAPollOfItsOwn) {
  begin(transport::polling);
  session->send(codec::text_packet("441"));
  session->close("forced server close", now, true);
  session->poll(now);
  EXPECT_EQ(polls, said{"441"});
  EXPECT_TRUE(closed.empty());
  session->poll(now);
  EXPECT_EQ(polls.back(), "1");
  EXPECT_EQ(closed, "forced server close");
}

TEST_F(Session, WhateverEndsASessionAnswersItsPoll) {
  begin(transport::polling);
  session->poll(now);
  EXPECT_EQ(post("\xff"), call_result::broken);
  EXPECT_EQ(polls, said{"1"});
  EXPECT_EQ(closed, "parse error");
}

TEST_F(Session, OurCloseHandsOverEverythingHoweverManyPollsItTakes) {
  begin(transport::polling);
  for (int i = 0; i < 20; ++i) session->send(codec::text_packet("4x"));
  session->poll(now);
  session->close("server shutting down", now);
  session->poll(now);
  EXPECT_TRUE(polls.back().ends_with("\x1e"
                                     "1"));
  EXPECT_EQ(closed, "server shutting down");
}

TEST_F(Session, TheEndIsOneOfThePacketsThatAnAnswerHolds) {
  for (const int count : {15, 16}) {
    closed.clear();
    polls.clear();
    begin(transport::polling);
    for (int i = 0; i < count; ++i) session->send(codec::text_packet("4x"));
    session->close("server shutting down", now);
    while (closed.empty()) ASSERT_EQ(session->poll(now), call_result::ok);
    ASSERT_EQ(polls.size(), count == 15 ? 1u : 2u);
    EXPECT_EQ(std::count(polls[0].begin(), polls[0].end(), '\x1e'), 15) << "sixteen at most";
    EXPECT_TRUE(polls.back().ends_with("1"));
  }
}

TEST_F(Session, OurCloseWaitsForAPollAndTakesWhatWasQueuedAlong) {
  begin(transport::polling);
  emit("4last");
  session->close("server shutting down", now);
  EXPECT_TRUE(closed.empty());
  session->poll(now);
  EXPECT_EQ(polls, said{"4last\x1e"
                        "1"});
  EXPECT_FALSE(closed.empty());

  closed.clear();
  begin(transport::polling);
  session->close("server shutting down", now);
  pass(30s);
  EXPECT_FALSE(closed.empty()) << "nobody came";
}

} // namespace
} // namespace socketio::session
