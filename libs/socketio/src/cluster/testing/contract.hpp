// What every cluster_adapter promises, tried on three servers. A `Cluster` has
//   std::shared_ptr<cluster_adapter> adapter(); // of one more server
// and patience of half a second with servers that do not answer.
#pragma once

#include "cluster/testing/fake_member.hpp"
#include "cluster/testing/values.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <stdexcept>
#include <thread>

namespace socketio::cluster::testing {

using namespace std::chrono_literals;
using boost::system::error_code;

// A server: its member, declared first since it outlives the adapter.
struct server {
  server(std::string name, std::shared_ptr<cluster_adapter> cluster)
      : member(std::move(name))
      , adapter(std::move(cluster)) {
    adapter->start(member);
    adapter->nsp_opened("/");
  }
  ~server() { adapter->stop(); }

  std::pair<error_code, std::vector<remote_socket>> fetch(const target_options& whom = {},
                                                          std::string_view nsp = "/") {
    auto found = std::make_shared<std::promise<std::pair<error_code, std::vector<remote_socket>>>>();
    auto result = found->get_future();
    adapter->fetch_sockets(nsp, whom, [found](error_code ec, std::vector<remote_socket> sockets) {
      found->set_value({ec, std::move(sockets)}); // throws when called twice
    });
    return answered(result);
  }
  std::pair<error_code, std::vector<packet_data>> ask_servers(const packet_data& event) {
    auto found = std::make_shared<std::promise<std::pair<error_code, std::vector<packet_data>>>>();
    auto result = found->get_future();
    adapter->server_side_emit("/", event, [found](error_code ec, std::vector<packet_data> answers) {
      found->set_value({ec, std::move(answers)});
    });
    return answered(result);
  }

  fake_member member;
  const std::shared_ptr<cluster_adapter> adapter;

private:
  // Each question ends: one that does not is to fail its test, not to stop the whole run.
  template <class Result>
  static Result answered(std::future<Result>& result) {
    if (result.wait_for(20s) != std::future_status::ready)
      throw std::runtime_error("a question to the cluster has no end after 20 s");
    return result.get();
  }
};

inline std::set<std::string> ids(const std::vector<remote_socket>& sockets) {
  std::set<std::string> result;
  for (const remote_socket& socket : sockets) result.insert(socket.id);
  return result;
}

// Until a server sees the sockets of these others in a namespace, and of nobody else.
inline bool sees(server& one, const std::set<std::string>& others, std::string_view nsp = "/") {
  const auto end = std::chrono::steady_clock::now() + 20s;
  while (std::chrono::steady_clock::now() < end) {
    const auto [ec, sockets] = one.fetch({}, nsp);
    if (!ec && ids(sockets) == others) return true;
    std::this_thread::yield();
  }
  return false;
}

template <class Cluster>
struct Contract : ::testing::Test {
  Cluster cluster;
  server a{"a", cluster.adapter()}, b{"b", cluster.adapter()}, c{"c", cluster.adapter()};

  void SetUp() override {
    ASSERT_TRUE(sees(a, {"b", "c"}));
    ASSERT_TRUE(sees(b, {"a", "c"}));
    ASSERT_TRUE(sees(c, {"a", "b"}));
  }
  // What has been said before has arrived everywhere, also where it was not to arrive.
  void settle() {
    for (server* one : {&a, &b, &c}) {
      one->adapter->broadcast("/", event(R"(["settle"])"), {}, {});
      for (server* other : {&a, &b, &c})
        if (other != one) {
          ASSERT_TRUE(other->member.told.hears(R"(/ broadcast ["settle"])"));
        }
    }
  }
  static std::vector<std::string> without_settling(server& one) {
    std::vector<std::string> lines = one.member.told.lines();
    std::erase(lines, R"(/ broadcast ["settle"])");
    return lines;
  }
};

using lines = std::vector<std::string>;

TYPED_TEST_SUITE_P(Contract);

TYPED_TEST_P(Contract, WhatIsToldReachesTheOthersInOrderAndNeverComesBack) {
  auto& adapter = *this->a.adapter;
  adapter.broadcast("/", event(R"(["x",{"_placeholder":true,"num":0}])", {"bytes"}), {{"r"}, {"s"}},
                    {.is_volatile = true, .compress = false, .timeout = {}});
  adapter.sockets_join("/", {{"r"}, {}}, {"j", "k"});
  adapter.broadcast("/", event(R"(["y"])"), {{"r", "s"}, {}}, {});
  adapter.sockets_leave("/", {{}, {"s"}}, {"j"});
  adapter.server_side_emit("/", event(R"(["hi",1,{"_placeholder":true,"num":0}])", {"bytes"}), {});
  adapter.disconnect_sockets("/", {{"r"}, {}}, true);
  adapter.disconnect_sockets("/", {}, false);
  this->settle();
  const lines expected{
      R"(/ broadcast ["x",{"_placeholder":true,"num":0}]+bytes in r not s volatile uncompressed)",
      "/ join j,k in r",
      R"(/ broadcast ["y"] in r in s)",
      "/ leave j not s",
      R"(/ server event ["hi",1,{"_placeholder":true,"num":0}]+bytes)",
      "/ disconnect closing in r",
      "/ disconnect"};
  EXPECT_EQ(this->without_settling(this->a), lines{});
  EXPECT_EQ(this->without_settling(this->b), expected);
  EXPECT_EQ(this->without_settling(this->c), expected);
}

TYPED_TEST_P(Contract, FetchFindsTheSocketsOfTheOthers) {
  const auto [ec, sockets] = this->a.fetch();
  EXPECT_FALSE(ec);
  EXPECT_EQ(ids(sockets), (std::set<std::string>{"b", "c"}));
  for (const remote_socket& socket : sockets) {
    EXPECT_EQ(socket.rooms, (lines{socket.id, "all"}));
    EXPECT_EQ(socket.data, (boost::json::value{{"of", socket.id}}));
    EXPECT_EQ(socket.handshake.at("secure"), false);
  }
  EXPECT_TRUE(this->a.fetch({{"nobody"}, {}}).second.empty());
}

TYPED_TEST_P(Contract, ASilentServerCostsItsAnswerOnly) {
  this->b.member.silent = true;
  const auto [ec, sockets] = this->a.fetch();
  EXPECT_EQ(ec, error::timed_out);
  EXPECT_EQ(ids(sockets), std::set<std::string>{"c"});
  const auto [failed, answers] = this->a.ask_servers(event(R"(["q"])"));
  EXPECT_EQ(failed, error::timed_out);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].arguments, js(R"(["c"])"));
}

TYPED_TEST_P(Contract, ServersAnswerServerEvents) {
  const auto [ec, answers] = this->a.ask_servers(event(R"(["q",7])"));
  EXPECT_FALSE(ec);
  std::set<std::string> names;
  for (const packet_data& answer : answers) names.insert(said(answer));
  EXPECT_EQ(names, (std::set<std::string>{R"(["b"])", R"(["c"])"}));
  EXPECT_TRUE(this->b.member.told.has(R"(/ server event ["q",7] with answer)"));
  this->settle();
  EXPECT_EQ(this->without_settling(this->a), lines{});
}

TYPED_TEST_P(Contract, ClientsOfTheOthersAcknowledge) {
  record heard;
  this->a.adapter->broadcast_with_ack(
      "/", event(R"(["q",{"_placeholder":true,"num":0}])", {"bytes"}), {{"r"}, {}},
      {.is_volatile = false, .compress = true, .timeout = 20'000ms},
      [&](error_code ec, std::size_t servers) {
        heard.add(ec ? ec.message() : "servers " + std::to_string(servers));
      },
      [&](std::size_t count) { heard.add("clients " + std::to_string(count)); },
      [&](const packet_data& answer) { heard.add(said(answer)); });
  ASSERT_TRUE(heard.reaches(5));
  lines all = heard.lines();
  EXPECT_EQ(all[0], "servers 2");
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (lines{R"([["b","q",{"_placeholder":true,"num":0}]]+bytes)",
                        R"([["c","q",{"_placeholder":true,"num":0}]]+bytes)", "clients 1", "clients 1",
                        "servers 2"}));
  EXPECT_TRUE(this->b.member.told.has(R"(/ asks ["q",{"_placeholder":true,"num":0}]+bytes in r for 20000)"));
}

TYPED_TEST_P(Contract, WhatIsAskedAndToldArrivesInOrder) {
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    this->a.adapter->broadcast_with_ack(
        "/", event("[\"ack" + n + "\"]"), {}, {}, [](error_code, std::size_t) {}, [](std::size_t) {},
        [](const packet_data&) {});
    this->a.adapter->broadcast("/", event("[\"plain" + n + "\"]"), {}, {});
  }
  ASSERT_TRUE(this->b.member.told.hears(R"(/ broadcast ["plain49"])"));
  lines expected;
  for (int i = 0; i < 50; ++i) {
    expected.push_back("/ asks [\"ack" + std::to_string(i) + "\"]");
    expected.push_back("/ broadcast [\"plain" + std::to_string(i) + "\"]");
  }
  EXPECT_EQ(this->b.member.told.lines(), expected);
}

TYPED_TEST_P(Contract, OnlyWhoHasANamespaceHearsIt) {
  this->a.adapter->nsp_opened("/n");
  this->b.adapter->nsp_opened("/n");
  EXPECT_EQ(this->a.fetch({}, "/n").first, error_code());
  ASSERT_TRUE(sees(this->a, {"b"}, "/n"));
  this->a.adapter->broadcast("/n", event(R"(["in n"])"), {}, {});
  ASSERT_TRUE(this->b.member.told.hears(R"(/n broadcast ["in n"])"));

  this->b.adapter->nsp_closed("/n");
  ASSERT_TRUE(sees(this->a, {}, "/n"));
  this->a.adapter->broadcast("/n", event(R"(["again"])"), {}, {});
  this->settle();
  EXPECT_EQ(this->without_settling(this->b), lines{R"(/n broadcast ["in n"])"});
  EXPECT_EQ(this->without_settling(this->c), lines{});
}

TYPED_TEST_P(Contract, AfterStopNobodyIsCalledAndQuestionsAreAnsweredAtOnce) {
  this->b.member.silent = true;
  record heard;
  this->a.adapter->fetch_sockets("/", {}, [&](error_code ec, const auto&) { heard.add(ec.message()); });
  this->a.adapter->stop();
  EXPECT_EQ(heard.lines(), lines{error_code(error::cluster_away).message()});
  this->a.adapter->stop(); // again is nothing

  EXPECT_EQ(this->a.fetch().first, error::cluster_away);
  EXPECT_EQ(this->a.ask_servers(event(R"(["q"])")).first, error::cluster_away);
  this->a.adapter->broadcast_with_ack(
      "/", event(R"(["q"])"), {}, {}, [&](error_code ec, std::size_t) { heard.add(ec.message()); },
      [&](std::size_t) { heard.add("clients"); }, [&](const packet_data&) { heard.add("answer"); });
  EXPECT_EQ(heard.lines(), lines(2, error_code(error::cluster_away).message()));
  this->b.member.silent = false;
  const std::size_t before = this->a.member.told.lines().size();
  this->b.adapter->broadcast("/", event(R"(["late"])"), {}, {});
  ASSERT_TRUE(this->c.member.told.hears(R"(/ broadcast ["late"])"));
  EXPECT_TRUE(sees(this->b, {"c"}));
  EXPECT_EQ(this->a.member.told.lines().size(), before);
}

TYPED_TEST_P(Contract, AHandlerMayStopItsAdapter) {
  record heard;
  this->a.adapter->fetch_sockets("/", {}, [&](error_code, const auto&) {
    this->a.adapter->stop();
    heard.add("stopped");
  });
  EXPECT_TRUE(heard.hears("stopped"));
}

TYPED_TEST_P(Contract, AnyThreadMayAskAnythingAnytime) {
  constexpr int threads = 4, rounds = 100;
  std::atomic<int> ends = 0;
  const auto work = [&](int number) {
    for (int i = 0; i < rounds; ++i) {
      server& one = number % 2 ? this->a : this->b;
      one.adapter->broadcast("/", event("[\"" + std::to_string(number) + "\"," + std::to_string(i) + "]"), {},
                             {});
      one.adapter->sockets_join("/", {}, {"r"});
      one.adapter->fetch_sockets("/", {}, [&](error_code, const auto&) { ++ends; });
      one.adapter->server_side_emit("/", event(R"(["q"])"), [&](error_code, const auto&) { ++ends; });
      one.adapter->broadcast_with_ack(
          "/", event(R"(["k"])"), {}, {}, [&](error_code, std::size_t) { ++ends; }, [](std::size_t) {},
          [](const packet_data&) {});
    }
  };
  std::vector<std::thread> all;
  for (int number = 0; number < threads; ++number) all.emplace_back(work, number);
  for (std::thread& one : all) one.join();
  for (int number = 0; number < threads; ++number)
    ASSERT_TRUE(this->c.member.told.hears("/ broadcast [\"" + std::to_string(number) + "\"," +
                                          std::to_string(rounds - 1) + "]"));
  // In the middle of the others' answers.
  this->a.adapter->stop();
  this->b.adapter->stop();
  EXPECT_EQ(ends, threads * rounds * 3);

  for (int number = 0; number < threads; ++number) { // each thread's in its order
    int next = 0;
    for (const std::string& line : this->c.member.told.lines())
      if (line == "/ broadcast [\"" + std::to_string(number) + "\"," + std::to_string(next) + "]") ++next;
    EXPECT_EQ(next, rounds);
  }
}

REGISTER_TYPED_TEST_SUITE_P(Contract, WhatIsToldReachesTheOthersInOrderAndNeverComesBack,
                            FetchFindsTheSocketsOfTheOthers, ASilentServerCostsItsAnswerOnly,
                            ServersAnswerServerEvents, ClientsOfTheOthersAcknowledge,
                            WhatIsAskedAndToldArrivesInOrder, OnlyWhoHasANamespaceHearsIt,
                            AfterStopNobodyIsCalledAndQuestionsAreAnsweredAtOnce, AHandlerMayStopItsAdapter,
                            AnyThreadMayAskAnythingAnytime);

} // namespace socketio::cluster::testing
