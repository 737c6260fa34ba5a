#include "hub/hub.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <gtest/gtest.h>

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace socketio::detail {
namespace {

// A child is asked for in the middle of a change of its parent: it has the change once, before it or with it.
TEST(Hub, AChildMadeWhileItsParentChangesHasEachHandlerOnce) {
  boost::asio::io_context io;
  hub all(io, {});
  nsp& parent = all.of_matching([](std::string_view, const boost::json::value&) { return true; });
  for (std::size_t round = 1; round <= 100; ++round) {
    std::atomic<bool> changing = false, asking = false;
    nsp* child = nullptr;
    std::thread maker([&] {
      while (!changing) std::this_thread::yield();
      asking = true;
      child = &all.of("/child-" + std::to_string(round));
    });
    all.change_handlers(parent, [&](handlers& its) {
      changing = true;
      while (!asking) std::this_thread::yield();
      for (int i = 0; i < 20; ++i) std::this_thread::yield(); // it is likely to wait for us by now
      its.on_connection.push_back([](socket&) {});
    });
    maker.join();
    all.change_handlers(*child, [&](const handlers& its) { EXPECT_EQ(its.on_connection.size(), round); });
  }
}

// As for Node's parent namespaces: it has what its parent has, now and later, and what is its own beside
// that.
TEST(Hub, AChildHasWhatItsParentGetsLater) {
  boost::asio::io_context io;
  hub all(io, {});
  nsp& parent = all.of_matching([](std::string_view, const boost::json::value&) { return true; });
  nsp& plain = all.of("/plain");
  nsp& with_its_own = all.of("/with-its-own");
  with_its_own.on("mine", [](socket&, const incoming&) {});
  parent.on("ours", [](socket&, const incoming&) {});
  parent.on("ours", [](socket&, const incoming&) {});
  const auto count = [&](nsp& where, const char* event) {
    std::optional<std::size_t> found; // in its own, before its children's
    all.change_handlers(where, [&](const handlers& its) {
      const auto place = its.events.find(event);
      if (!found) found = place == its.events.end() ? 0 : place->second.size();
    });
    return *found;
  };
  for (nsp* child : {&plain, &with_its_own, &all.of("/later")}) EXPECT_EQ(count(*child, "ours"), 2u);
  EXPECT_EQ(count(with_its_own, "mine"), 1u);
  EXPECT_EQ(count(parent, "mine"), 0u);
  EXPECT_EQ(count(plain, "mine"), 0u);
}

// Whoever is in a room for the second time leaves it for the second time.
TEST(RecoveryState, TheStayThatEndsIsTheLast) {
  recovery_log log(std::chrono::hours(1), 100, 100'000, std::make_shared<std::atomic<std::size_t>>(0));
  recovery_state state;
  auto deliver = [&, count = std::uint64_t{0}]() mutable {
    const event_number number{0, ++count};
    log.append(number, std::chrono::steady_clock::now(), 1, nullptr);
    return number;
  };
  std::vector<event_number> inside, outside;
  for (int visit = 0; visit < 3; ++visit) {
    outside.push_back(deliver());
    state.stays.push_back({"red", log.reached(), nullptr});
    inside.push_back(deliver());
    state.end_stay("red", log.reached());
  }
  outside.push_back(deliver());
  const auto covered = [&](const event_number& number) {
    return std::count_if(state.stays.begin(), state.stays.end(),
                         [&](const stay& its) { return its.covers(number); });
  };
  for (const auto& number : inside) EXPECT_EQ(covered(number), 1) << number.count;
  for (const auto& number : outside) EXPECT_EQ(covered(number), 0) << number.count;
}

TEST(RecoveryState, OfVisitsWithoutEndTheOldestAreForgottenAndKnownToBe) {
  recovery_log log(std::chrono::hours(1), 1'000, 100'000, std::make_shared<std::atomic<std::size_t>>(0));
  recovery_state state;
  std::vector<event_number> inside;
  for (std::uint64_t visit = 1; visit <= 150; ++visit) {
    state.stays.push_back({"red", log.reached(), nullptr});
    inside.push_back({0, visit});
    log.append(inside.back(), std::chrono::steady_clock::now(), 1, nullptr);
    state.end_stay("red", log.reached());
  }
  EXPECT_EQ(state.stays.size(), 100u);
  EXPECT_TRUE(state.forgotten.has(inside[49]));
  EXPECT_FALSE(state.forgotten.has(inside[50]));
}

using namespace std::chrono_literals;

// Runs `io` until it holds.
bool comes(boost::asio::io_context& io, const std::function<bool()>& holds) {
  for (int i = 0; i < 10'000 && !holds(); ++i) {
    io.restart();
    io.run_for(1ms);
  }
  return holds();
}

TEST(Hub, WhatRecoveryKeepsHasOneLimitForAllNamespacesAndGoesInTime) {
  boost::asio::io_context io;
  config settings;
  settings.ping_interval = settings.ping_timeout = 1ms;
  settings.recovery = recovery_options{.max_disconnection = 300ms, .max_bytes = 10'000};
  hub all(io, settings);
  for (const char* name : {"/a", "/b", "/c"})
    for (int i = 0; i < 20; ++i) all.of(name).emit("x", {std::string(1'000, 'x')});
  ASSERT_TRUE(comes(io, [&] { return *all.log_bytes > 0; })) << "in one turn";
  EXPECT_GT(*all.log_bytes, 8'000u);
  EXPECT_LE(*all.log_bytes, 10'000u);
  EXPECT_TRUE(comes(io, [&] { return *all.log_bytes == 0; })) << "though nothing new comes";
}

struct Lifetime : ::testing::Test {
  // Without a mask that changes anything.
  static std::string frame(std::string_view text) {
    return std::string("\x81") + static_cast<char>(0x80 | text.size()) + std::string(4, '\0') +
           std::string(text);
  }
  boost::asio::ip::tcp::socket client_of(std::uint16_t port, std::string_view bytes) {
    boost::asio::ip::tcp::socket made(elsewhere);
    made.connect({boost::asio::ip::make_address("127.0.0.1"), port});
    boost::asio::write(made, boost::asio::buffer(bytes.data(), bytes.size()));
    return made;
  }
  boost::asio::io_context elsewhere;
};

constexpr std::string_view upgrade =
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

// The answers are the application's to keep; the sanitizers watch this one.
TEST_F(Lifetime, AnswersThatComeAfterTheServerDoNothing) {
  std::shared_ptr<socket> held;
  acknowledge ack;
  admit admits;
  std::optional<responder> answers;
  boost::asio::io_context io;
  {
    config settings;
    settings.allow_request = [&](const http_request& request, admit its) {
      request.query_value("wait").empty() ? its(true, "") : void(admits = std::move(its));
    };
    server here(io, settings);
    here.on_http([&](const http_request&, responder its) { answers.emplace(std::move(its)); });
    here.of("/").on("hold", [&](socket& one, const incoming& event) {
      held = one.shared_from_this();
      ack = event.ack;
    });
    const auto port = *here.listen("127.0.0.1", 0);
    const auto speaks = client_of(port, std::string(upgrade) + frame("40") + frame("420[\"hold\"]"));
    const auto waits =
        client_of(port, "GET /socket.io/?EIO=4&transport=polling&wait=1 HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto asks = client_of(port, "GET /elsewhere HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(comes(io, [&] { return held && admits && answers; }));
  }
  std::thread another([&] {
    ack({"late"});
    admits(true, "");
    answers->send({});
  });
  another.join();
  answers.reset();
  EXPECT_FALSE(held->connected());
}

// A socket that takes up a session again refers to its server until its middlewares have answered; the
// sanitizers watch this one too.
TEST_F(Lifetime, AMiddlewareThatNeverAnswersMayLetGoAfterTheServer) {
  next kept;
  boost::asio::io_context io;
  {
    bool left = false;
    config settings;
    settings.recovery = recovery_options{.skip_middlewares = false};
    server here(io, settings);
    nsp& rooms = here.of_matching([](std::string_view, const boost::json::value&) { return true; });
    rooms.use([&](socket& one, next its) { one.recovered() ? void(kept = std::move(its)) : its({}); });
    rooms.on_disconnect([&](socket&, std::string_view, std::string_view) { left = true; });
    const auto port = *here.listen("127.0.0.1", 0);
    std::string pid;
    {
      auto first = client_of(port, std::string(upgrade) + frame("40/r,"));
      std::string heard;
      const auto knows = [&] {
        if (first.available() > 0) {
          std::string some(first.available(), '\0');
          heard.append(some, 0, first.read_some(boost::asio::buffer(some)));
        }
        const std::size_t at = heard.find("\"pid\":\"");
        if (at != std::string::npos) pid = heard.substr(at + 7, 20);
        return pid.size() == 20;
      };
      ASSERT_TRUE(comes(io, knows));
    }
    ASSERT_TRUE(comes(io, [&] { return left; }));
    const auto again = client_of(port, std::string(upgrade) + frame("40/r,{\"pid\":\"" + pid + "\"}"));
    ASSERT_TRUE(comes(io, [&] { return kept != nullptr; }));
  }
  kept = nullptr;
}

TEST_F(Lifetime, DataThatCannotBeCopiedIsLostAndNothingElse) {
  struct uncopyable {
    uncopyable() = default;
    uncopyable(const uncopyable&) { throw std::runtime_error("it is not copied"); }
  };
  boost::asio::io_context io;
  bool came = false, left = false;
  config settings;
  settings.recovery.emplace();
  server here(io, settings);
  here.of("/").on_connection([&](socket& one) {
    one.data.emplace<uncopyable>();
    came = true;
  });
  here.of("/").on_disconnect([&](socket&, std::string_view, std::string_view) { left = true; });
  const auto port = *here.listen("127.0.0.1", 0);
  {
    const auto client = client_of(port, std::string(upgrade) + frame("40"));
    ASSERT_TRUE(comes(io, [&] { return came; }));
  }
  EXPECT_TRUE(comes(io, [&] { return left; }));
}

TEST_F(Lifetime, AConnectionOnItsWayToAThreadThatEndsIsClosed) {
  boost::asio::io_context io;
  std::atomic<bool> waits = false, ends = false;
  std::vector<boost::asio::ip::tcp::socket> clients;
  std::thread later;
  {
    config settings;
    settings.threads = 2;
    server here(io, settings);
    here.of("/").on("wait", [&](socket&, const incoming&) {
      waits = true;
      while (!ends) std::this_thread::yield();
    });
    const auto port = *here.listen("127.0.0.1", 0);
    clients.push_back(client_of(port, "")); // every second one is of the other thread
    clients.push_back(client_of(port, std::string(upgrade) + frame("40") + frame("42[\"wait\"]")));
    ASSERT_TRUE(comes(io, [&] { return waits.load(); }));
    for (int i = 0; i < 2; ++i) clients.push_back(client_of(port, ""));
    ASSERT_TRUE(comes(io, [&] { return here.connections() == 4; }));
    // Nothing shows that the server waits for its thread. When this is too early, it takes the connection
    // first.
    later = std::thread([&] {
      std::this_thread::sleep_for(50ms);
      ends = true;
    });
  }
  later.join();
  pollfd last{clients.back().native_handle(), POLLIN, 0};
  EXPECT_EQ(::poll(&last, 1, 5'000), 1) << "it is still open";
}

TEST_F(Lifetime, ClientsByIPv4HaveTheirPlainAddressOnASocketForIPv6Too) {
  for (const auto& [proxies, expected] : {std::pair<std::vector<std::string>, std::string>{{}, "127.0.0.1"},
                                          {{"127.0.0.1"}, "10.1.2.3"},
                                          {{"::ffff:127.0.0.1"}, "10.1.2.3"}}) {
    boost::asio::io_context io;
    std::string from;
    config settings;
    settings.trusted_proxies = proxies;
    server here(io, settings);
    here.on_http([&](const http_request& request, responder answer) {
      from = request.remote_address();
      answer.send({});
    });
    const auto port = here.listen("::", 0);
    if (!port) GTEST_SKIP() << "this machine has no IPv6";
    const auto client =
        client_of(*port, "GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: ::ffff:10.1.2.3\r\n\r\n");
    ASSERT_TRUE(comes(io, [&] { return !from.empty(); }));
    EXPECT_EQ(from, expected);
  }
}

// One thread is still told of a new namespace, and about to set its handlers, when the next client comes on
// another.
TEST_F(Lifetime, EachClientOfANewNamespaceHasTheHandlersThatWereSetForIt) {
  boost::asio::io_context io;
  config settings;
  settings.threads = 2;
  std::atomic<int> asked = 0, came = 0;
  std::atomic<bool> is_told = false, go_on = false;
  server here(io, settings);
  here.of_matching([](std::string_view, const boost::json::value&) { return true; })
      .use([&](socket&, const next& admits) {
        ++asked;
        admits({});
      });
  here.on_new_namespace([&](nsp& fresh) {
    is_told = true;
    while (!go_on) std::this_thread::yield();
    fresh.on_connection([&](socket&) { ++came; });
  });
  const auto port = *here.listen("127.0.0.1", 0);
  auto first = client_of(port, upgrade); // every second one is of the other thread
  const auto second = client_of(port, std::string(upgrade) + frame("40/new,"));
  EXPECT_TRUE(comes(io, [&] { return is_told.load(); }));
  boost::asio::write(first, boost::asio::buffer(frame("40/new,")));
  EXPECT_TRUE(comes(io, [&] { return asked == 2; }));
  go_on = true;
  EXPECT_TRUE(comes(io, [&] { return came == 2; })) << came;
}

// Who ends in the middle of its own coming never came, and nothing is left of it.
TEST_F(Lifetime, WhoIsEndedWhileItsNamespaceIsAnnouncedIsNotAdmitted) {
  using ends = std::function<void(server&, socket&)>;
  const std::pair<std::string, ends> ways[] = {
      {"its transport", [](server&, socket& one) { one.close_transport("told to"); }},
      {"its connection", [](server&, socket& one) { one.disconnect(true); }},
      {"the server", [](server& all, socket&) { all.close(10s, [] {}); }}};
  for (const auto& [what, end] : ways) {
    SCOPED_TRACE(what);
    boost::asio::io_context io;
    std::shared_ptr<socket> coming;
    int told = 0, came = 0;
    server here(io, {});
    nsp& rooms = here.of_matching([](std::string_view, const boost::json::value&) { return true; });
    rooms.use([&](socket& one, const next& admits) {
      coming = one.shared_from_this();
      admits({});
    });
    rooms.on_connection([&](socket&) { ++came; });
    here.on_new_namespace([&](nsp&) {
      ++told;
      end(here, *coming);
    });
    const auto port = *here.listen("127.0.0.1", 0);
    const auto client = client_of(port, std::string(upgrade) + frame("40/new,"));
    ASSERT_TRUE(comes(io, [&] { return told == 1; }));
    EXPECT_EQ(came, 0);
    EXPECT_FALSE(coming->connected());
    EXPECT_EQ(coming->of().size(), 0u);
  }
}

// The same when it ends a step before: its name is still being looked at.
TEST_F(Lifetime, WhoIsEndedWhileItsNamespaceIsLookedForIsNotAdmitted) {
  boost::asio::io_context io;
  int asked = 0, came = 0;
  server here(io, {});
  nsp& first = here.of("/");
  nsp& rooms = here.of_matching([&](std::string_view, const boost::json::value&) {
    if (++asked == 1) first.all().disconnect_sockets(true);
    return true;
  });
  rooms.on_connection([&](socket&) { ++came; });
  const auto port = *here.listen("127.0.0.1", 0);
  const auto client = client_of(port, std::string(upgrade) + frame("40") + frame("40/new,"));
  ASSERT_TRUE(comes(io, [&] { return asked == 1; })) << asked;
  EXPECT_EQ(came, 0);
  EXPECT_EQ(here.of("/new").size(), 0u);
}

TEST_F(Lifetime, ASecondThreadThatRunsTheContextIsTold) {
  boost::asio::io_context io;
  server here(io, {});
  int heard = 0;
  here.of("/").on("hear", [&](socket&, const incoming&) { ++heard; });
  const auto port = *here.listen("127.0.0.1", 0);
  const auto first = client_of(port, std::string(upgrade) + frame("40") + frame("42[\"hear\"]"));
  ASSERT_TRUE(comes(io, [&] { return heard == 1; }));
  std::atomic<bool> told = false;
  std::thread another([&] {
    const auto second = client_of(port, std::string(upgrade) + frame("40") + frame("42[\"hear\"]"));
    try {
      io.restart();
      io.run_for(10s);
    } catch (const std::logic_error&) {
      told = true;
    }
  });
  another.join();
  EXPECT_TRUE(told);
  EXPECT_TRUE(comes(io, [&] { return heard == 2; })) << "the first one goes on";
}

// What the header promises: null, since nobody has said anything.
TEST(Hub, APredicateIsAskedWithWhatTheClientSaysOrNull) {
  boost::asio::io_context io;
  hub all(io, {});
  std::vector<boost::json::value> asked;
  all.of_matching([&](std::string_view, const boost::json::value& auth) {
    asked.push_back(auth);
    return true;
  });
  all.of("/mine");
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_TRUE(asked.front().is_null());
}

} // namespace
} // namespace socketio::detail
