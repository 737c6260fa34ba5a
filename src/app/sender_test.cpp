// The sender with a log in memory and a Graph that answers as told: what it does when things go wrong.
#include "app/sender.hpp"

#include "app/send_message.hpp"
#include "base/clock.hpp"
#include "contract/log_in_memory.hpp"
#include "contract/wait_for.hpp"
#include "core/memory_views.hpp"
#include "core/testing.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace tickwire {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;
using testing::log_in_memory;
using testing::person;
using testing::wait_for;

send_outcome taken(std::string wamid) {
  send_outcome outcome;
  outcome.kind = send_outcome_kind::accepted;
  outcome.whatsapp_message_id = std::move(wamid);
  return outcome;
}
send_outcome refused(int code) { return outcome_of({code, "", ""}, 400); }

class graph_as_told : public graph_api {
public:
  std::function<send_outcome(const outgoing_message&)> answer = [](const outgoing_message& message) {
    return taken("wamid." + message.text);
  };
  std::function<bool(const std::string&)> held = [](const std::string&) { return false; }; // by text
  bool reachable = true;
  int connects = 0, connects_over = 0;
  bool stopped = false;
  std::vector<outgoing_message> posts;
  std::vector<steady_time> begun; // the sends, as they were asked for

  task<send_outcome> send(outgoing_message message) override {
    begun.push_back(std::chrono::steady_clock::now());
    co_await asio::post(asio::use_awaitable);
    if (!reachable) co_return not_reached("the connection was refused");
    if (stopped) co_return put_back("the server stopped before");
    posts.push_back(message);
    while (held(message.text)) co_await asio::post(asio::use_awaitable);
    co_return answer(message);
  }
  task<std::optional<send_outcome>> reach() override {
    co_await asio::post(asio::use_awaitable);
    ++connects;
    while (held("")) co_await asio::post(asio::use_awaitable);
    ++connects_over;
    if (reachable) co_return std::nullopt;
    co_return not_reached("the connection was refused");
  }
  void stop() override { stopped = true; }

  std::vector<std::string> texts() const {
    std::vector<std::string> found;
    for (const outgoing_message& message : posts) found.push_back(message.text);
    return found;
  }
};

using names = std::vector<std::string>;

class Sender : public ::testing::Test {
protected:
  Sender() {
    settings.rates = {{1us, 1'000}, {1us, 1'000}, 256};
    settings.wait = [](int, int) { return std::chrono::milliseconds{2}; };
    log.rows.append(testing::received("wamid.in.a", person("15550000101"), "hello", now_second()));
    log.rows.append(testing::received("wamid.in.b", person("15550000102"), "hello", now_second()));
  }

  static int now_second() {
    return static_cast<int>(
        std::chrono::duration_cast<std::chrono::seconds>(wall_now() - testing::at(0)).count());
  }

  void make(bool begin = true) {
    outbox.emplace(io, log, graph, service, testing::inbox, settings);
    log.on_committed([this](std::uint64_t, const std::vector<entry_news>& news) {
      for (const entry_news& one : news) {
        if (one.asked) outbox->asked(*one.asked);
        if (one.sending_term) outbox->term_taken(*one.sending_term);
        if (one.merged) outbox->chats_merged(one.merged->from, one.merged->into);
      }
    });
    people.emplace(log, *outbox, testing::inbox);
    if (begin) outbox->begin();
  }

  std::string write(const std::string& chat, const std::string& text, const std::string& reply_to = "") {
    send_request request;
    request.chat_id = chat;
    request.text = text;
    request.reply_to = reply_to;
    const auto sent = wait_for(io, people->send(ana, request));
    EXPECT_TRUE(sent) << sent.error().detail;
    return sent ? sent->row.id : "";
  }

  template <class Condition>
  void until(Condition holds) {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (!holds()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "waited in vain";
      io.restart();
      io.run_one_for(5ms);
    }
  }
  void until_idle() {
    until([&] { return outbox->waiting() == 0 && outbox->in_flight() == 0; });
  }
  const message& row(const std::string& id) { return log.rows.rows.messages.at(id); }

  const user ana{"u_ana", "Ana", role::agent};
  asio::io_context io;
  log_in_memory log;
  graph_as_told graph;
  service_state service;
  sender_settings settings;
  std::optional<sender> outbox;
  std::optional<messaging> people;
};

const std::string a = "15550000101", b = "15550000102";

TEST_F(Sender, TellsGraphWhichAttemptItIs) {
  make();
  const std::string id = write(a, "one");
  until_idle();
  ASSERT_EQ(graph.posts.size(), 1u);
  EXPECT_EQ(graph.posts[0].callback_data, id + ":1");
  EXPECT_EQ(graph.posts[0].to, "+" + a);
  EXPECT_EQ(row(id).status, status::sent);
}

TEST_F(Sender, WhatWasStoredWithoutAnAnswerGoesOutWhenItIsAskedAgain) {
  make();
  send_request request;
  request.chat_id = a;
  request.client_id = "once";
  request.text = "one";
  log.mute = true;
  EXPECT_EQ(wait_for(io, people->send(ana, request)).error().kind, failure_kind::store_unavailable);
  log.mute = false;
  const auto sent = wait_for(io, people->send(ana, request));
  ASSERT_TRUE(sent);
  until_idle();
  EXPECT_EQ(graph.texts(), names{"one"});
  EXPECT_EQ(row(sent->row.id).status, status::sent);
  EXPECT_EQ(wait_for(io, people->send(ana, request))->row.id, sent->row.id);
  until_idle();
  EXPECT_EQ(graph.posts.size(), 1u);

  // With other words it is another message, and what was stored goes out all the same.
  request.client_id = "twice";
  log.mute = true;
  wait_for(io, people->send(ana, request));
  log.mute = false;
  request.text = "two";
  EXPECT_EQ(wait_for(io, people->send(ana, request)).error().code, "client_id_reused");
  until_idle();
  EXPECT_EQ(graph.texts(), (names{"one", "one"}));
}

TEST_F(Sender, AFaultOfOursWhileSendingEndsOnlyThatJob) {
  make();
  graph.answer = [](const outgoing_message& message) {
    if (message.text == "one") throw std::runtime_error("injected");
    return taken("wamid." + message.text);
  };
  const std::string one = write(a, "one"), two = write(a, "two");
  until_idle();
  EXPECT_TRUE(row(one).unconfirmed());
  EXPECT_EQ(row(two).status, status::sent);
}

TEST_F(Sender, AFaultOfOursInTheStoreEndsOnlyThatJobToo) {
  make();
  for (const char* kind : {"send_attempted", "send_result"}) {
    int thrown = 0;
    log.before_append = [&](const entry& proposal) {
      if (kind_of(proposal.data) == kind && thrown++ == 0) throw std::runtime_error("injected");
    };
    const std::string one = write(a, "one"), two = write(a, "two");
    until_idle();
    EXPECT_TRUE(row(one).unconfirmed()) << kind;
    EXPECT_EQ(row(two).status, status::sent) << kind;
  }
  log.before_append = [](const entry&) {};
  log.breaks = [](const entry& proposal) {
    const auto* said = std::get_if<send_result>(&proposal.data);
    return said && said->outcome == send_outcome_kind::accepted &&
           said->whatsapp_message_id == "wamid.breaks";
  };
  const std::string breaks = write(a, "breaks"), next = write(a, "next");
  until_idle();
  EXPECT_TRUE(row(breaks).unconfirmed());
  EXPECT_EQ(row(next).status, status::sent);
  // Even when nothing about it can be stored, the chat goes on.
  std::string broken;
  log.before_append = [&](const entry& proposal) {
    if (!broken.empty() && proposal.message_id == broken) throw std::runtime_error("injected");
  };
  broken = write(a, "broken");
  const std::string after = write(a, "after");
  until_idle();
  EXPECT_EQ(row(after).status, status::sent);
}

TEST_F(Sender, ADeadTokenFailsOneMessageHoldsTheOthersAndThenAllGoInOrder) {
  make();
  bool expired = true;
  graph.answer = [&](const outgoing_message& message) {
    return expired ? refused(190) : taken("wamid." + message.text);
  };
  const std::string first = write(a, "first");
  until([&] { return row(first).status == status::failed; });
  EXPECT_EQ(row(first).error->code, 190);
  EXPECT_TRUE(service.sending().paused);
  names ids;
  for (int i = 0; i < 6; ++i) ids.push_back(write(i % 2 == 0 ? a : b, "m" + std::to_string(i)));
  until([&] { return graph.posts.size() >= 10; }); // asked again and again, by one message at a time
  EXPECT_TRUE(service.sending().paused);
  EXPECT_NE(service.sending().reason.find("access token"), std::string::npos);
  EXPECT_EQ(service.sending().waiting + outbox->in_flight(), 6u);
  EXPECT_TRUE(service.sending().next_try_at);
  for (const std::string& id : ids) EXPECT_EQ(row(id).status, status::sending);
  expired = false;
  graph.posts.clear();
  until_idle();
  EXPECT_FALSE(service.sending().paused);
  names of_a, of_b;
  for (const outgoing_message& post : graph.posts) (post.to == "+" + a ? of_a : of_b).push_back(post.text);
  EXPECT_EQ(of_a, (names{"m0", "m2", "m4"}));
  EXPECT_EQ(of_b, (names{"m1", "m3", "m5"}));
  EXPECT_EQ(row(first).status, status::failed);
}

TEST_F(Sender, WhatWasUnderWayWhenTheTokenDiedWaitsToo) {
  make(false);
  bool expired = true;
  graph.answer = [&](const outgoing_message& message) {
    return expired ? refused(190) : taken("wamid." + message.text);
  };
  const std::string one = write(a, "one"), two = write(b, "two");
  outbox->begin(); // both at once
  until([&] { return graph.posts.size() >= 4; });
  EXPECT_EQ((row(one).status == status::failed) + (row(two).status == status::failed), 1);
  expired = false;
  until_idle();
  EXPECT_EQ((row(one).status == status::sent) + (row(two).status == status::sent), 1);
}

TEST_F(Sender, AnUnreachableGraphIsAskedWithoutWritingARow) {
  make();
  graph.reachable = false;
  const std::string one = write(a, "one");
  until([&] { return service.sending().paused; });
  const std::string two = write(b, "two");
  until([&] { return graph.connects >= 3; });
  const std::uint64_t head = log.head();
  until([&] { return graph.connects >= 20; });
  EXPECT_EQ(log.head(), head);
  EXPECT_EQ(log.count("send_attempted"), 1u);
  graph.reachable = true;
  until_idle();
  EXPECT_FALSE(service.sending().paused);
  EXPECT_EQ(row(one).status, status::sent);
  EXPECT_EQ(row(two).status, status::sent);
  EXPECT_NE(metrics_text().find("tickwire_sender_pauses_total 1"), std::string::npos);
}

TEST_F(Sender, TheBarGoesWhenGraphIsBackEvenIfNothingWaitsAnyMore) {
  settings.max_age = 1s;
  make();
  graph.reachable = false;
  const std::string one = write(a, "one");
  until([&] { return row(one).status == status::failed && outbox->waiting() == 0; });
  EXPECT_TRUE(service.sending().paused);
  graph.reachable = true;
  until([&] { return !service.sending().paused; });
  EXPECT_TRUE(graph.posts.empty());
}

TEST_F(Sender, WhatGrewTooOldAsksItsAuthor) {
  settings.max_age = 2s;
  make();
  graph.reachable = false;
  const std::string one = write(a, "one");
  until([&] { return row(one).status == status::failed; });
  EXPECT_TRUE(row(one).error->can_retry);
  EXPECT_NE(row(one).error->reason.find("Send it again"), std::string::npos);
  graph.reachable = true;
  const auto again = wait_for(io, people->retry(ana, one));
  ASSERT_TRUE(again);
  until_idle();
  EXPECT_EQ(row(one).status, status::sent);
  EXPECT_EQ(graph.texts(), (names{"one"}));
}

TEST_F(Sender, WhatWaitedTooLongOverARestartIsNotSentEither) {
  log.rows.append(testing::accepted("m_old", a, "old", now_second() - 7'200));
  make();
  until([&] { return row("m_old").status == status::failed; });
  EXPECT_TRUE(graph.posts.empty());
}

TEST_F(Sender, WhatGrewTooOldWhileTheStoreWasAwayIsNotSentEither) {
  settings.max_age = 1s;
  make();
  const std::string one = write(a, "one");
  log.away = true; // before its first try can be stored
  until([&] { return wall_now() > row(one).created_at + 1s; });
  EXPECT_EQ(outbox->in_flight(), 1u);
  log.away = false;
  until_idle();
  EXPECT_EQ(row(one).status, status::failed);
  EXPECT_TRUE(row(one).error->can_retry);
  EXPECT_TRUE(graph.posts.empty());
}

TEST_F(Sender, WhatIsRefusedHereIsNoAnswerOfWhatsApps) {
  graph.answer = [](const outgoing_message&) { return refused(190); };
  log.rows.append(testing::accepted("m_dead", a, "dead", now_second()));
  log.rows.append(testing::accepted("m_nowhere", "u.no-address", "nowhere", now_second()));
  log.rows.append(testing::accepted("m_waits", b, "waits", now_second()));
  settings.rates.in_flight_max = 1;
  make();
  until([&] { return row("m_nowhere").status == status::failed && graph.posts.size() >= 3; });
  EXPECT_EQ(row("m_dead").error->code, 190);
  EXPECT_EQ(row("m_waits").status, status::sending); // the pause did not end by it
  EXPECT_TRUE(service.sending().paused);
  EXPECT_NE(metrics_text().find("tickwire_sender_pauses_total 1"), std::string::npos);
}

class SenderWhileConnecting : public Sender, public ::testing::WithParamInterface<bool> {};

TEST_P(SenderWhileConnecting, WhetherItIsReachedSaysNothingAboutTheToken) {
  std::set<std::string> held{"slow", ""};
  graph.held = [&](const std::string& text) { return held.contains(text); };
  graph.answer = [](const outgoing_message&) { return refused(190); };
  make();
  const std::string slow = write(a, "slow");
  until([&] { return graph.posts.size() == 1; });
  graph.reachable = false;
  const std::string waits = write(b, "waits");
  until([&] { return graph.connects == 1; });
  held.erase("slow"); // while a connection is tried
  until([&] { return row(slow).status == status::failed; });
  graph.reachable = GetParam();
  held.clear();
  until([&] { return graph.connects_over == 1; });
  graph.reachable = true;
  until([&] { return graph.posts.size() >= 3; });
  EXPECT_EQ(row(waits).status, status::sending) << "the pause for the token ended by itself";
  EXPECT_TRUE(service.sending().paused);
  EXPECT_EQ(graph.connects, 1);
}

INSTANTIATE_TEST_SUITE_P(ReachedOrNot, SenderWhileConnecting, ::testing::Bool());

TEST_F(Sender, AMessageRepeatedAfterItsChatBecamePartOfAnotherIsTheSame) {
  make();
  send_request request;
  request.chat_id = a;
  request.text = "once";
  request.client_id = "c-1";
  const auto first = wait_for(io, people->send(ana, request));
  ASSERT_TRUE(first);
  until_idle();
  entry merged = testing::proposal("merge", wall_now(), contacts_merged{a, {}});
  merged.chat_id = b;
  log.rows.append(merged);
  request.chat_id = b; // where the old id leads
  const auto again = wait_for(io, people->send(ana, request));
  ASSERT_TRUE(again) << again.error().detail;
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->row.id, first->row.id);
  EXPECT_EQ(graph.posts.size(), 1u);
}

TEST_F(Sender, WhatWaitsInChatsThatBecomeOneGoesInTheOrderInWhichItWasWritten) {
  make();
  graph.reachable = false;
  write(a, "0");
  until([&] { return service.sending().paused && outbox->in_flight() == 0; });
  write(b, "1");
  write(a, "2");
  write(b, "3");
  entry merged = testing::proposal("merge", wall_now(), contacts_merged{b, {}});
  merged.chat_id = a;
  std::vector<entry> proposals{merged};
  ASSERT_TRUE(wait_for(io, log.append(std::move(proposals))));
  write(a, "4");
  graph.reachable = true;
  // Each has its answer before the next one goes.
  std::string under_way;
  graph.held = [&](const std::string& text) { return text == under_way; };
  for (const char* text : {"0", "1", "2", "3", "4"}) {
    under_way = text;
    until([&] { return !graph.posts.empty() && graph.posts.back().text == text; });
    EXPECT_EQ(outbox->in_flight(), 1u);
    EXPECT_EQ(graph.posts.back().to, "+" + a);
  }
  under_way.clear();
  until_idle();
  EXPECT_EQ(graph.texts(), (names{"0", "1", "2", "3", "4"}));
}

// --- one node among several ---

TEST_F(Sender, WhoeverRestsSendsNothingAndDropsWhatWaits) {
  make();
  graph.reachable = false;
  const std::string before = write(a, "before");
  until([&] { return service.sending().paused && outbox->in_flight() == 0; });
  EXPECT_EQ(outbox->waiting(), 1u);
  outbox->rest();
  EXPECT_EQ(outbox->waiting(), 0u);
  graph.reachable = true;
  const std::string meanwhile = write(b, "meanwhile");
  for (int i = 0; i < 50; ++i) io.run_one_for(1ms);
  EXPECT_TRUE(graph.posts.empty());
  outbox->begin(); // and finds both in the log
  until([&] { return row(before).status == status::sent && row(meanwhile).status == status::sent; });
  EXPECT_EQ(graph.posts.size(), 2u);
}

TEST_F(Sender, AnAttemptOfAnEarlierTermIsNotPosted) {
  make();
  until([&] { return log.count("sending_taken") == 1; });
  // Another node takes over between the decision to send and its entry.
  log.before_append = [&](const entry& proposal) {
    if (!std::holds_alternative<send_attempted>(proposal.data)) return;
    log.before_append = [](const entry&) {};
    log.rows.append(testing::sending_taken_by("another"));
  };
  const std::string id = write(a, "whose?");
  until_idle();
  EXPECT_TRUE(graph.posts.empty());
  EXPECT_EQ(row(id).status, status::sending);
  EXPECT_FALSE(row(id).reported_unconfirmed) << "the other one has yet to send it";
  EXPECT_EQ(log.count("send_attempted"), 0u);
  // It only said so, and we are to send after all.
  EXPECT_TRUE(outbox->outdone());
  outbox->rest();
  outbox->begin();
  until([&] { return row(id).status == status::sent; });
}

TEST_F(Sender, ATermIsNotTakenForATurnThatIsOver) {
  log.away = true;
  make();
  for (int i = 0; i < 20; ++i) io.run_one_for(1ms);
  outbox->rest(); // the first turn waits for the store
  outbox->begin();
  log.away = false;
  write(a, "one");
  until([&] { return graph.posts.size() == 1; });
  until_idle();
  EXPECT_EQ(log.count("sending_taken"), 1u);
  EXPECT_FALSE(outbox->outdone());
}

// Two nodes know different things about one try: what is known comes before what is doubted.
TEST_F(Sender, TheAnswerToATryCountsAlsoAfterAnotherNodeHasDoubtedIt) {
  make();
  bool held = true;
  graph.held = [&](const std::string&) { return held; };
  graph.answer = [](const outgoing_message&) { return taken("wamid.known"); };
  const std::string id = write(a, "slow");
  until([&] { return graph.posts.size() == 1; });
  log.rows.append(testing::sending_taken_by("another"));
  entry doubt = testing::answered(id, 1, send_outcome_kind::unconfirmed);
  doubt.key = keys::doubt(id, 1, 1);
  std::get<send_result>(doubt.data).term = 2;
  log.rows.append(doubt);
  EXPECT_TRUE(row(id).reported_unconfirmed);
  held = false;
  until([&] { return row(id).status == status::sent; });
  EXPECT_EQ(row(id).wamid(), "wamid.known");
  entry late = doubt;
  late.key = keys::doubt(id, 1, 2);
  EXPECT_FALSE(log.rows.append(late)) << "it is known by now";
}

TEST_F(Sender, AMessageThatIsAskedForAnewWhileTheUnfinishedAreReadIsQueuedOnce) {
  log.rows.append(testing::accepted("m_1", a, "again", now_second()));
  log.rows.append(testing::answered("m_1", 1, send_outcome_kind::refused));
  make(false);
  outbox->begin();
  // Behind our term, and before the unfinished are read.
  log.after_append = [&](const entry& proposal) {
    if (std::holds_alternative<sending_taken>(proposal.data))
      log.rows.append(testing::retried("m_1", 2, now_second()));
  };
  until([&] { return row("m_1").status == status::sent; });
  until_idle();
  EXPECT_EQ(log.count("send_attempted"), 1u);
  EXPECT_EQ(graph.posts.size(), 1u);
}

TEST_F(Sender, AnAttemptThatAnotherNodeHasCalledUnconfirmedIsNotPosted) {
  make();
  until([&] { return log.count("sending_taken") == 1; });
  log.mute = true; // our attempt is stored, and we cannot hear it
  std::string id;
  log.before_append = [&](const entry& proposal) {
    if (std::holds_alternative<message_accepted>(proposal.data)) log.mute = false;
    if (!std::holds_alternative<send_attempted>(proposal.data)) return;
    id = proposal.message_id;
    log.mute = log.count("send_attempted") == 0;
    if (log.mute) return;
    log.rows.append(testing::sending_taken_by("another"));
    log.rows.append(testing::answered(id, 1, send_outcome_kind::unconfirmed));
  };
  write(a, "in doubt");
  until_idle();
  EXPECT_TRUE(graph.posts.empty());
  EXPECT_TRUE(row(id).reported_unconfirmed);
}

TEST_F(Sender, NoPostBeginsWhenAnotherNodeMaySend) {
  make();
  outbox->sends_until(std::chrono::steady_clock::now());
  const std::string id = write(a, "late");
  until([&] { return log.count("send_result") == 1; });
  EXPECT_TRUE(graph.posts.empty());
  EXPECT_EQ(row(id).status, status::sending);
  outbox->sends_until(steady_time::max());
  until([&] { return row(id).status == status::sent; });
}

TEST_F(Sender, WhatCameTogetherWhileTheStoreWasSlowGoesNoFasterThanAnythingElse) {
  const send_rate number{10ms, 5};
  settings.rates.number = number;
  for (int i = 0; i < 40; ++i) {
    const std::string phone = "155500002" + std::to_string(10 + i);
    log.rows.append(testing::received("wamid.in." + phone, person(phone), "hello", now_second()));
    log.rows.append(testing::accepted("m_" + phone, phone, "to " + phone, now_second()));
  }
  log.before_append = [&](const entry& proposal) {
    if (std::holds_alternative<sending_taken>(proposal.data)) log.slow = true; // from the next one on
  };
  make();
  until([&] { return outbox->in_flight() == 40; });
  log.slow = false;
  until_idle();
  ASSERT_EQ(graph.begun.size(), 40u);
  // From before the first of them was allowed, which is after the one before it had begun: exact under any
  // load.
  for (std::size_t first = 1; first < 40; ++first)
    for (std::size_t last = first; last < 40; ++last) {
      const auto more = static_cast<int>(last - first + 1) - number.burst;
      ASSERT_GE(graph.begun[last] - graph.begun[first - 1], number.period * more) << first << " to " << last;
    }
}

TEST_F(Sender, NothingBeginsAfterTheStopEvenWhatIsAboutTo) {
  make();
  bool done = false;
  log.before_append = [&](const entry& proposal) {
    if (std::holds_alternative<send_attempted>(proposal.data)) outbox->stop([&] { done = true; });
  };
  const std::string one = write(a, "one"), two = write(b, "two");
  until([&] { return done; });
  EXPECT_TRUE(graph.posts.empty());
  EXPECT_EQ(row(one).status, status::sending);
  EXPECT_FALSE(row(one).unconfirmed()); // surely not sent: the next run sends it
  EXPECT_EQ(log.count("send_attempted"), log.count("send_result"));
  EXPECT_EQ(row(two).status, status::sending);
}

TEST_F(Sender, AQuoteOfAMessageStillBeingSentWaitsForItsId) {
  make();
  const std::string one = write(a, "one"), two = write(a, "two", one);
  until_idle();
  ASSERT_EQ(graph.texts(), (names{"one", "two"}));
  EXPECT_EQ(graph.posts[1].reply_to_whatsapp_id, "wamid.one");
}

TEST_F(Sender, AQuoteOfWhatFailedIsLeftOutAndTheTextGoes) {
  make();
  graph.answer = [](const outgoing_message& message) {
    return message.text == "one" ? refused(131026) : taken("wamid." + message.text);
  };
  const std::string one = write(a, "one"), two = write(a, "two", one);
  until_idle();
  EXPECT_EQ(row(two).status, status::sent);
  EXPECT_EQ(graph.posts[1].reply_to_whatsapp_id, "");
}

TEST_F(Sender, AQuoteIsFoundAfterARestartAndOnARetryToo) {
  log.rows.append(testing::accepted("m_1", a, "one", now_second()));
  entry quoting = testing::accepted("m_2", a, "two", now_second());
  std::get<message_accepted>(quoting.data).reply_to_message_id = "m_1";
  log.rows.append(quoting);
  make();
  int tries = 0;
  graph.answer = [&](const outgoing_message& message) {
    return message.text == "two" && ++tries == 1 ? refused(131026) : taken("wamid." + message.text);
  };
  until([&] { return row("m_2").status == status::failed; });
  ASSERT_TRUE(wait_for(io, people->retry(ana, "m_2")));
  until_idle();
  ASSERT_EQ(graph.texts(), (names{"one", "two", "two"}));
  EXPECT_EQ(graph.posts[1].reply_to_whatsapp_id, "wamid.one");
  EXPECT_EQ(graph.posts[2].reply_to_whatsapp_id, "wamid.one");
  EXPECT_EQ(graph.posts[2].callback_data, "m_2:2");
}

TEST_F(Sender, WhatArrivedInBetweenIsNeitherRetriedNorSentAgain) {
  make();
  graph.answer = [](const outgoing_message&) { return unsure("it did not answer in time"); };
  const std::string one = write(a, "one");
  until([&] { return row(one).unconfirmed(); });
  // Between the look at the message and the entry of the retry.
  log.before_append = [&](const entry& proposal) {
    if (std::holds_alternative<retry_requested>(proposal.data))
      log.rows.append(testing::changed("wamid.1", status_word::delivered, now_second(), one + ":1"));
  };
  const auto again = wait_for(io, people->retry(ana, one));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, failure_kind::conflict);
  EXPECT_EQ(row(one).status, status::delivered);

  // Between the retry and its first try.
  log.before_append = [](const entry&) {};
  const std::string two = write(a, "two");
  until([&] { return row(two).unconfirmed(); });
  log.before_append = [&](const entry& proposal) {
    if (std::holds_alternative<send_attempted>(proposal.data))
      log.rows.append(testing::changed("wamid.2", status_word::delivered, now_second(), two + ":1"));
  };
  ASSERT_TRUE(wait_for(io, people->retry(ana, two)));
  until_idle();
  EXPECT_EQ(row(two).status, status::delivered);
  EXPECT_EQ(graph.posts.size(), 2u);
}

TEST_F(Sender, AFullQueueRefusesBeforeAnythingIsStored) {
  settings.waiting_max = 3;
  make();
  graph.reachable = false;
  write(a, "0");
  until([&] { return service.sending().paused && outbox->in_flight() == 0; });
  write(a, "1");
  write(a, "2");
  const std::uint64_t head = log.head();
  send_request request;
  request.chat_id = b;
  request.text = "one too many";
  const auto refused = wait_for(io, people->send(ana, request));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, failure_kind::overloaded);
  EXPECT_GE(refused.error().retry_after, 1s);
  EXPECT_EQ(log.head(), head);
  graph.reachable = true;
  until_idle();
  write(b, "room again");
}

TEST_F(Sender, WhatAnEarlierRunLeftGoesFirstAndWhatIsInDoubtIsNotSent) {
  for (int i = 0; i < 600; ++i)
    log.rows.append(testing::accepted("m_" + std::to_string(1'000 + i), a, std::to_string(i), now_second()));
  entry attempt = testing::proposal(keys::attempted("m_1000", 1, 1), wall_now(), send_attempted{1, 1});
  attempt.message_id = "m_1000";
  log.rows.append(attempt);
  make();
  write(a, "new");
  until_idle();
  EXPECT_TRUE(row("m_1000").unconfirmed());
  names wanted;
  for (int i = 1; i < 600; ++i) wanted.push_back(std::to_string(i));
  wanted.push_back("new");
  EXPECT_EQ(graph.texts(), wanted);
}

} // namespace
} // namespace tickwire
