// The adapter over a real Redis: the contract of every adapter, and what Redis can do to it.
#include "socketio/redis_adapter.hpp"

#include "cluster/redis/testing/redis_process.hpp"
#include "cluster/redis_format.hpp"
#include "cluster/testing/contract.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <gtest/gtest.h>

#include <future>

namespace socketio::cluster::testing {
namespace {

// An io_context that two threads run.
struct running_io {
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{io.get_executor()};
  std::vector<std::future<std::size_t>> threads;
  running_io() {
    for (int i = 0; i < 2; ++i)
      threads.push_back(std::async(std::launch::async, [this] { return io.run(); }));
  }
  // With all adapters stopped nothing is left to wait for.
  ~running_io() {
    work.reset();
    for (std::future<std::size_t>& thread : threads)
      if (thread.wait_for(20s) != std::future_status::ready) {
        ADD_FAILURE() << "an operation of a stopped adapter is still under way";
        io.stop();
      }
  }
};

redis_options quick(std::uint16_t port) {
  redis_options options;
  options.port = port;
  options.request_timeout = 500ms;
  options.connect_timeout = 500ms;
  options.reconnect_delay = 10ms;
  options.reconnect_delay_max = 50ms;
  return options;
}

struct over_redis {
  redis_process redis;
  running_io running;
  std::shared_ptr<cluster_adapter> adapter() { return make_redis_adapter(running.io, quick(redis.port)); }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Redis, Contract, over_redis);

struct RedisAdapter : ::testing::Test {
  record log;
  running_io running;

  std::shared_ptr<cluster_adapter> adapter(redis_options options) {
    options.log = [this](std::string_view line) { log.add(std::string(line)); };
    return make_redis_adapter(running.io, std::move(options));
  }
  bool logs(std::string_view part) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < end) {
      for (const std::string& line : log.lines())
        if (line.find(part) != std::string::npos) return true;
      std::this_thread::yield();
    }
    return false;
  }
  static bool goes_away(server& one) {
    const auto end = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < end)
      if (one.fetch().first == error::cluster_away) return true;
    return false;
  }
};

TEST_F(RedisAdapter, WithoutRedisOnlyTheClusterIsMissing) {
  const std::uint16_t port = free_port();
  server a("a", adapter(quick(port)));
  EXPECT_TRUE(logs("publishing: not connected: Connection refused"));
  a.adapter->broadcast("/", event(R"(["lost"])"), {}, {});
  a.adapter->sockets_join("/", {}, {"r"});
  EXPECT_EQ(a.fetch().first, error::cluster_away);
  EXPECT_EQ(a.ask_servers(event(R"(["q"])")).first, error::cluster_away);
  EXPECT_EQ(a.member.told.lines(), lines{});

  const redis_process redis({}, port); // at last
  server b("b", adapter(quick(port)));
  EXPECT_TRUE(sees(a, {"b"}));
  EXPECT_TRUE(sees(b, {"a"}));
}

TEST_F(RedisAdapter, AKilledRedisComesBackWithAllSubscriptions) {
  redis_process redis;
  server a("a", adapter(quick(redis.port))), b("b", adapter(quick(redis.port)));
  for (server* one : {&a, &b}) one->adapter->nsp_opened("/n");
  ASSERT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
  for (int round = 0; round < 3; ++round) {
    redis.kill();
    ASSERT_TRUE(goes_away(a) && goes_away(b));
    redis.start();
    ASSERT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
    ASSERT_TRUE(sees(a, {"b"}, "/n"));
    const std::string text = "[\"round " + std::to_string(round) + "\"]";
    a.adapter->broadcast("/n", event(text), {}, {});
    EXPECT_TRUE(b.member.told.hears("/n broadcast " + text));
  }
  EXPECT_EQ(b.member.told.lines().size(), 3u); // nothing twice
}

TEST_F(RedisAdapter, AQuestionUnderWayEndsWithTheConnection) {
  redis_process redis;
  redis_options patient = quick(redis.port);
  patient.request_timeout = 1h;
  server a("a", adapter(patient)), b("b", adapter(quick(redis.port)));
  ASSERT_TRUE(sees(a, {"b"}));
  b.member.silent = true;
  record heard;
  a.adapter->fetch_sockets("/", {}, [&](error_code ec, const auto&) { heard.add(ec.message()); });
  a.adapter->server_side_emit("/", event(R"(["q"])"),
                              [&](error_code ec, const auto&) { heard.add(ec.message()); });
  ASSERT_TRUE(b.member.told.hears(R"(/ server event ["q"] with answer)"));
  redis.kill();
  ASSERT_TRUE(heard.reaches(2));
  EXPECT_EQ(heard.lines(), lines(2, error_code(error::cluster_away).message()));
}

TEST_F(RedisAdapter, EitherConnectionMayBeCutAlone) {
  redis_process redis;
  server a("a", adapter(quick(redis.port))), b("b", adapter(quick(redis.port)));
  ASSERT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
  redis_client client(redis.port);
  for (const char* type : {"pubsub", "normal", "pubsub", "normal"}) {
    const std::size_t told = log.lines().size();
    EXPECT_GT(client({"CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"}).integer, 0);
    ASSERT_TRUE(log.reaches(told + 4)); // both servers: lost, and back
    ASSERT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
  }
  a.adapter->broadcast("/", event(R"(["once"])"), {}, {});
  ASSERT_TRUE(sees(a, {"b"}));
  EXPECT_EQ(b.member.told.lines(), lines{R"(/ broadcast ["once"])"});
}

TEST_F(RedisAdapter, AFrozenRedisIsNoticedAndComesBack) {
  redis_process redis;
  redis_options options = quick(redis.port);
  options.ping_interval = 200ms;
  server a("a", adapter(options)), b("b", adapter(options));
  ASSERT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
  redis.freeze();
  EXPECT_TRUE(logs("publishing: not connected: no answer"));
  EXPECT_TRUE(logs("listening: not connected: no answer"));
  EXPECT_EQ(a.fetch().first, error::cluster_away);
  redis.thaw();
  EXPECT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
}

// Before the silence is noticed: nobody waits longer than the patience he was promised.
TEST_F(RedisAdapter, QuestionsToAFrozenRedisEndInTime) {
  redis_process redis;
  server a("a", adapter(quick(redis.port)));
  ASSERT_TRUE(sees(a, {}));
  redis.freeze();
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(a.fetch().first, error::cluster_away);
  EXPECT_GE(std::chrono::steady_clock::now() - began, 500ms);
  redis.thaw();
}

TEST_F(RedisAdapter, WhatWaitsForAFrozenRedisIsBounded) {
  redis_process redis;
  redis_options options = quick(redis.port);
  options.max_queued_bytes = 1024 * 1024;
  server a("a", adapter(options)), b("b", adapter(quick(redis.port)));
  ASSERT_TRUE(sees(a, {"b"}));
  redis.freeze();
  const packet_data large = event("[\"" + std::string(100'000, 'x') + "\"]");
  // The kernel's buffers take some of it, then ours fill, then the rest is lost.
  for (int i = 0; i < 300; ++i) a.adapter->broadcast("/", large, {}, {});
  EXPECT_TRUE(log.has(
      "Redis is too slow: 1048576 bytes wait for it, and what comes now is lost for the other servers"));
  const lines told = log.lines();
  EXPECT_EQ(std::count_if(told.begin(), told.end(),
                          [](const std::string& line) { return line.starts_with("Redis is too slow"); }),
            1);
  redis.thaw();
  ASSERT_TRUE(sees(a, {"b"}));
  a.adapter->broadcast("/", event(R"(["small"])"), {}, {});
  EXPECT_TRUE(b.member.told.hears(R"(/ broadcast ["small"])"));
  EXPECT_LT(b.member.told.lines().size(), 300u);
}

TEST_F(RedisAdapter, LargeMessagesArrive) {
  redis_process redis;
  server a("a", adapter(quick(redis.port))), b("b", adapter(quick(redis.port)));
  ASSERT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
  const std::string bytes(14'000'000, '\xAB');
  a.adapter->broadcast("/", event(R"(["x",{"_placeholder":true,"num":0}])", {bytes}), {}, {});
  ASSERT_TRUE(b.member.told.reaches(1));
  EXPECT_TRUE(b.member.told.lines()[0] == R"(/ broadcast ["x",{"_placeholder":true,"num":0}]+)" + bytes);
}

TEST_F(RedisAdapter, ATooLargeMessageCostsTheConnectionOnly) {
  redis_process redis;
  redis_options small = quick(redis.port);
  small.max_message_bytes = 100'000;
  server a("a", adapter(quick(redis.port))), b("b", adapter(small));
  ASSERT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
  a.adapter->broadcast("/", event(R"(["x",{"_placeholder":true,"num":0}])", {std::string(1'000'000, 'x')}),
                       {}, {});
  EXPECT_TRUE(logs("listening: not connected: a message over the limit of 100000 bytes"));
  EXPECT_TRUE(sees(a, {"b"}));
  EXPECT_EQ(b.member.told.lines(), lines{});
}

TEST_F(RedisAdapter, AuthenticatesAndSelects) {
  redis_process redis({"--requirepass", "secret", "--user", "ann", "on", ">pass", "~*", "&*", "+@all"});
  redis_options options = quick(redis.port);
  server stranger("stranger", adapter(options));
  EXPECT_TRUE(logs("not connected: NOAUTH Authentication required."));
  options.password = "secret";
  options.database = 3;
  server a("a", adapter(options));
  options.username = "ann";
  options.password = "pass";
  server b("b", adapter(options));
  EXPECT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
  EXPECT_EQ(stranger.fetch().first, error::cluster_away);
  options.password = "wrong";
  server wrong("wrong", adapter(options));
  EXPECT_TRUE(logs("not connected: WRONGPASS"));
  options.password = "pass";
  options.database = 99;
  server beyond("beyond", adapter(options));
  EXPECT_TRUE(logs("not connected: ERR DB index is out of range"));
  for (const std::string& line : log.lines()) EXPECT_EQ(line.find("secret"), std::string::npos) << line;
}

TEST_F(RedisAdapter, HostsMayBeNames) {
  redis_process redis;
  redis_options options = quick(redis.port);
  options.host = "localhost";
  server a("a", adapter(options));
  EXPECT_TRUE(sees(a, {}));
  const std::string too_long(64, 'x'); // for a label, so that no name server is asked
  options.host = too_long;
  server lost("lost", adapter(options));
  EXPECT_TRUE(logs("Redis " + too_long + ":"));
  EXPECT_EQ(lost.fetch().first, error::cluster_away);
}

TEST_F(RedisAdapter, ClustersWithOtherPrefixesAreOtherClusters) {
  redis_process redis;
  redis_options other = quick(redis.port);
  other.key_prefix = "socket.io#/"; // whose channels begin as ours
  server a("a", adapter(quick(redis.port))), b("b", adapter(other));
  EXPECT_TRUE(sees(a, {}) && sees(b, {}));
  b.adapter->broadcast("/", event(R"(["x"])"), {}, {});
  b.adapter->nsp_opened("/#x");
  EXPECT_TRUE(sees(b, {}) && sees(a, {}));
  EXPECT_EQ(a.member.told.lines(), lines{});
}

TEST_F(RedisAdapter, WhatCannotBeReadIsIgnoredAndToldOnce) {
  redis_process redis;
  server a("a", adapter(quick(redis.port)));
  ASSERT_TRUE(sees(a, {}));
  redis_client client(redis.port);
  for (const char* channel :
       {"socket.io#/#", "socket.io#/#room#", "socket.io-request#/#", "socket.io-response#/#"})
    for (const std::string_view rubbish :
         {std::string_view(""), std::string_view("{"), std::string_view("\xFF\x00", 2)})
      EXPECT_EQ(client({"PUBLISH", channel, rubbish}).integer, 1) << channel;
  const std::string good = encode_broadcast("abcdef", "/", event(R"(["good"])"), {}, {});
  client({"PUBLISH", "socket.io#/#", good});
  EXPECT_TRUE(a.member.told.hears(R"(/ broadcast ["good"])"));
  EXPECT_EQ(a.member.told.lines().size(), 1u);
  int complaints = 0;
  for (const std::string& line : log.lines()) complaints += line.find("cannot be read") != std::string::npos;
  EXPECT_EQ(complaints, 1);
}

// What no current adapter sends any more, but older ones in a cluster do.
TEST_F(RedisAdapter, AnswersTheOldRequests) {
  redis_process redis;
  server a("a", adapter(quick(redis.port)));
  ASSERT_TRUE(sees(a, {}));
  redis_client client(redis.port), listener(redis.port);
  listener({"SUBSCRIBE", "socket.io-response#/#"});
  const auto ask = [&](const request& asked) {
    client({"PUBLISH", "socket.io-request#/#", encode_request(asked, "/")});
    return listener.receive().list.at(2).text;
  };
  EXPECT_EQ(ask({"older1", "q1", asks::join_one{"a", "r"}}), R"({"requestId":"q1"})");
  EXPECT_EQ(ask({"older1", "q2", asks::leave_one{"a", "r"}}), R"({"requestId":"q2"})");
  EXPECT_EQ(ask({"older1", "q3", asks::disconnect_one{"a", true}}), R"({"requestId":"q3"})");
  EXPECT_EQ(ask({"older1", "q4", asks::socket_ids{{}}}), R"({"requestId":"q4","sockets":["a"]})");
  EXPECT_EQ(ask({"older1", "q5", asks::socket_ids{{"nobody"}}}), R"({"requestId":"q5","sockets":[]})");
  EXPECT_EQ(ask({"older1", "q6", asks::all_rooms{}}), R"({"requestId":"q6","rooms":["a","all"]})");
  EXPECT_EQ(a.member.told.lines(), (lines{"/ join r in a", "/ leave r in a", "/ disconnect closing in a"}));
}

TEST_F(RedisAdapter, AnswersOnlyTheAskerWhenConfigured) {
  redis_process redis;
  redis_options options = quick(redis.port);
  options.publish_on_specific_response_channel = true;
  server a("a", adapter(options)), b("b", adapter(options));
  EXPECT_TRUE(sees(a, {"b"}) && sees(b, {"a"}));
  redis_client client(redis.port), listener(redis.port);
  listener({"PSUBSCRIBE", "socket.io-response#*"});
  client({"PUBLISH", "socket.io-request#/#",
          encode_request({"askers", "q", asks::sockets{{{"nobody"}, {}}}}, "/")});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(listener.receive().list.at(2).text, "socket.io-response#/#askers#");
  // Node's servers send these to all in any case, and look for them there.
  client({"PUBLISH", "socket.io-request#/#",
          encode_request({"askers", "q", asks::server_event{event(R"(["x"])")}}, "/")});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(listener.receive().list.at(2).text, "socket.io-response#/#");
}

TEST_F(RedisAdapter, TheLastWordsBeforeStopAreHeard) {
  redis_process redis;
  server b("b", adapter(quick(redis.port)));
  for (int round = 0; round < 20; ++round) {
    server a("a", adapter(quick(redis.port)));
    ASSERT_TRUE(sees(a, {"b"}));
    const std::string text = "[\"bye " + std::to_string(round) + "\"]";
    a.adapter->broadcast("/", event(text), {}, {});
    a.adapter->stop();
    EXPECT_TRUE(b.member.told.hears("/ broadcast " + text));
  }
}

TEST_F(RedisAdapter, WhatIsSaidAfterStopDoesNoHarm) {
  redis_process redis;
  for (int round = 0; round < 20; ++round) {
    server a("a", adapter(quick(redis.port)));
    ASSERT_TRUE(sees(a, {}));
    a.adapter->nsp_opened("/fresh"); // which Redis has not confirmed yet
    a.adapter->stop();
    a.adapter->broadcast("/fresh", event(R"(["late"])"), {}, {});
  }
}

TEST_F(RedisAdapter, StopsInAnyStateOfItsConnections) {
  redis_process redis;
  for (int round = 0; round < 50; ++round) {
    server a("a", adapter(quick(redis.port)));
    if (round % 3 == 0) a.fetch();
    if (round % 3 == 1) std::this_thread::yield();
  }
  redis.freeze();
  {
    server a("a", adapter(quick(redis.port)));
  }
  redis.thaw();
  redis.kill();
  server a("a", adapter(quick(redis.port)));
}

} // namespace
} // namespace socketio::cluster::testing
