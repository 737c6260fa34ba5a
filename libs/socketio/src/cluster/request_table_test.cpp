// Questions under way, told what happens in every order: each handler is called once, with what came.
#include "cluster/request_table.hpp"
#include "cluster/testing/values.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace socketio::cluster {
namespace {

using namespace std::chrono_literals;
using boost::system::error_code;
using testing::event;

struct RequestTable : ::testing::Test {
  request_table table;
  time_point now{};
  std::vector<std::string> heard;

  void run(const calls& calls) {
    for (const auto& call : calls) call();
  }
  std::vector<std::string> said() { return std::exchange(heard, {}); }

  void ask_sockets(const std::string& id, std::chrono::milliseconds patience = 5s) {
    table.ask(id, now + patience, [this, id](error_code ec, const std::vector<remote_socket>& found) {
      std::string line = id + (ec ? " " + ec.message() : " found");
      for (const remote_socket& socket : found) line += " " + socket.id;
      heard.push_back(line);
    });
  }
  void ask_servers(const std::string& id, std::chrono::milliseconds patience = 5s) {
    table.ask(id, now + patience, [this, id](error_code ec, const std::vector<packet_data>& answers) {
      heard.push_back(id + (ec ? " " + ec.message() : " answered") + " " + std::to_string(answers.size()));
    });
  }
  void ask_clients(const std::string& id, std::chrono::milliseconds patience = 5s) {
    table.ask(
        id, now + patience,
        acks_handlers{
            [this, id](error_code ec, std::size_t servers) {
              heard.push_back(id + (ec ? " " + ec.message() : " servers") + " " + std::to_string(servers));
            },
            [this, id](std::size_t count) { heard.push_back(id + " clients " + std::to_string(count)); },
            [this, id](const packet_data& answer) {
              heard.push_back(id + " says " + std::string(answer.arguments.at(0).as_string()));
            }});
  }
  static std::vector<remote_socket> socket(const std::string& id) {
    return {{.id = id, .handshake = {}, .rooms = {}, .data = {}}};
  }
};

using lines = std::vector<std::string>;

TEST_F(RequestTable, AQuestionEndsWithTheLastAnswer) {
  ask_sockets("q");
  run(table.others("q", 2));
  run(table.sockets("q", socket("a")));
  EXPECT_EQ(said(), lines{});
  run(table.sockets("q", socket("b")));
  EXPECT_EQ(said(), lines{"q found a b"});
  run(table.sockets("q", socket("c")));
  run(table.at(now + 1h));
  run(table.away());
  EXPECT_EQ(said(), lines{});
  EXPECT_TRUE(table.empty());
  EXPECT_FALSE(table.next());
}

TEST_F(RequestTable, WhoIsAloneHasAllAnswers) {
  ask_sockets("q");
  ask_servers("s");
  ask_clients("c");
  for (const char* id : {"q", "s", "c"}) run(table.others(id, 0));
  EXPECT_EQ(said(), (lines{"q found", "s answered 0", "c servers 0"}));
  EXPECT_TRUE(table.empty());
}

TEST_F(RequestTable, AnswersMayComeBeforeTheNumberOfServers) {
  ask_sockets("q");
  run(table.sockets("q", socket("a")));
  run(table.others("q", 1));
  EXPECT_EQ(said(), lines{"q found a"});

  ask_clients("c");
  run(table.client_count("c", 2));
  run(table.client_answer("c", event(R"(["x"])")));
  EXPECT_EQ(said(), lines{});
  run(table.others("c", 1));
  run(table.client_answer("c", event(R"(["y"])")));
  EXPECT_EQ(said(), (lines{"c servers 1", "c clients 2", "c says x", "c says y"}));
  EXPECT_TRUE(table.empty());
}

TEST_F(RequestTable, PatienceEndsWithWhatTheRestSaid) {
  ask_sockets("q", 100ms);
  ask_servers("s", 200ms);
  run(table.others("q", 2));
  run(table.others("s", 3));
  run(table.sockets("q", socket("a")));
  run(table.server_answer("s", event("[1]")));
  EXPECT_EQ(table.next(), now + 100ms);
  run(table.at(now + 99ms));
  EXPECT_EQ(said(), lines{});
  run(table.at(now + 100ms));
  EXPECT_EQ(said(), lines{"q operation has timed out a"});
  EXPECT_EQ(table.next(), now + 200ms);
  run(table.at(now + 300ms));
  EXPECT_EQ(said(), lines{"s operation has timed out 1"});
}

// Not a server is late then, but nobody knows whether there is one.
TEST_F(RequestTable, WithoutTheNumberOfServersTheClusterIsAway) {
  ask_sockets("q");
  ask_clients("c");
  run(table.client_answer("c", event(R"(["x"])")));
  run(table.at(now + 5s));
  EXPECT_EQ(said(), (lines{"c the other servers of the cluster cannot be reached 0",
                           "q the other servers of the cluster cannot be reached"}));
}

TEST_F(RequestTable, AcksEndAtTheirTimeWithoutAWord) {
  ask_clients("c", 1s);
  run(table.others("c", 2));
  run(table.client_count("c", 5));
  run(table.client_answer("c", event(R"(["x"])")));
  said();
  run(table.at(now + 1s));
  run(table.client_count("c", 1));
  run(table.client_answer("c", event(R"(["y"])")));
  EXPECT_EQ(said(), lines{});
  EXPECT_TRUE(table.empty());
}

TEST_F(RequestTable, AcksEndEarlyWhenAllClientsHaveSaidTheirs) {
  ask_clients("c");
  run(table.others("c", 2));
  run(table.client_count("c", 1));
  run(table.client_answer("c", event(R"(["x"])")));
  EXPECT_FALSE(table.empty());
  run(table.client_count("c", 0));
  EXPECT_TRUE(table.empty());
  EXPECT_EQ(said(), (lines{"c servers 2", "c clients 1", "c says x", "c clients 0"}));
}

TEST_F(RequestTable, NoMoreServersCountThanAreExpected) {
  ask_clients("c");
  run(table.others("c", 1));
  run(table.client_count("c", 3));
  run(table.client_count("c", 4));
  EXPECT_EQ(said(), (lines{"c servers 1", "c clients 3"}));
}

TEST_F(RequestTable, SilentServersAreNotWaitedFor) {
  ask_sockets("q");
  run(table.others("q", 2));
  run(table.silent("q"));
  run(table.sockets("q", socket("a")));
  EXPECT_EQ(said(), lines{"q operation has timed out a"});
  ask_clients("c");
  run(table.others("c", 1));
  run(table.silent("c"));
  EXPECT_EQ(said(), (lines{"c servers 1", "c clients 0"}));
}

TEST_F(RequestTable, WhenTheClusterGoesAwayEachIsToldWithWhatCame) {
  ask_sockets("q");
  ask_clients("c");
  ask_clients("d");
  run(table.others("q", 2));
  run(table.others("c", 2));
  run(table.sockets("q", socket("a")));
  said();
  run(table.away());
  auto last = said();
  std::sort(last.begin(), last.end());
  EXPECT_EQ(last, (lines{"d the other servers of the cluster cannot be reached 0",
                         "q the other servers of the cluster cannot be reached a"}));
  EXPECT_TRUE(table.empty());
}

TEST_F(RequestTable, AnswersOfAnotherKindAreNoAnswers) {
  ask_sockets("q");
  ask_servers("s");
  ask_clients("c");
  for (const char* id : {"q", "s", "c"}) run(table.others(id, 1));
  said();
  run(table.sockets("s", socket("a")));
  run(table.sockets("c", socket("a")));
  run(table.server_answer("q", event("[1]")));
  run(table.client_count("q", 1));
  run(table.client_answer("s", event("[1]")));
  run(table.sockets("unknown", socket("a")));
  run(table.silent("unknown"));
  run(table.others("unknown", 1));
  EXPECT_EQ(said(), lines{});
}

TEST_F(RequestTable, TheNumberOfServersIsToldOnce) {
  ask_clients("c");
  run(table.others("c", 1));
  run(table.others("c", 2));
  EXPECT_EQ(said(), lines{"c servers 1"});
}

// Whatever happens in whatever order, and however often: one end for each question.
TEST_F(RequestTable, EachHandlerIsCalledExactlyOnce) {
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    request_table questions;
    int ends = 0, servers = 0;
    questions.ask("q", now + 10s, found_handler([&](error_code, const auto&) { ++ends; }));
    questions.ask("s", now + 20s, answers_handler([&](error_code, const auto&) { ++ends; }));
    questions.ask(
        "c", now + 15s,
        acks_handlers{[&](error_code, std::size_t) { ++servers; },
                      [&](std::size_t) { EXPECT_EQ(servers, 1) << "clients before servers"; },
                      [&](const packet_data&) { EXPECT_EQ(servers, 1) << "an answer before servers"; }});
    for (int step = 0; step < 30; ++step) {
      const std::string id{"qsc"[random() % 3]};
      switch (random() % 8) {
      case 0:
        run(questions.others(id, random() % 4));
        break;
      case 1:
        run(questions.sockets(id, {}));
        break;
      case 2:
        run(questions.server_answer(id, {}));
        break;
      case 3:
        run(questions.client_count(id, random() % 3));
        break;
      case 4:
        run(questions.client_answer(id, {}));
        break;
      case 5:
        run(questions.silent(id));
        break;
      case 6:
        run(questions.at(now + std::chrono::seconds(random() % 22)));
        break;
      case 7:
        if (random() % 8 == 0) run(questions.away(id));
        break;
      }
    }
    run(random() % 2 ? questions.away() : questions.at(now + 1h));
    EXPECT_EQ(ends, 2);
    EXPECT_EQ(servers, 1);
    EXPECT_TRUE(questions.empty());
  }
}

} // namespace
} // namespace socketio::cluster
