// What a commit and a page cost in questions to the server, and what happens while there is none.
#include "adapters/mongo/away_proxy.hpp"
#include "adapters/mongo/mongo_log.hpp"
#include "adapters/mongo/mongo_rows.hpp"
#include "adapters/mongo/testing.hpp"
#include "contract/wait_for.hpp"
#include "core/testing.hpp"
#include "store/log_writer.hpp"

#include <gtest/gtest.h>

namespace tickwire::testing {
namespace {

using clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

class MongoCosts : public ::testing::Test {
protected:
  mongo::command_watch counting() {
    mongo::command_watch watch;
    watch.sent = [this](const std::string&) { ++commands; };
    return watch;
  }
  int cost_of(const std::function<void()>& work) {
    const int before = commands;
    work();
    return commands - before;
  }

  std::atomic<int> commands = 0;
  mongo::testing::database database;
  mongo::client_pool pool{{.uri = database.uri(), .watch = counting()}};
};

std::vector<entry> webhook(int first, int count, int people) {
  std::vector<entry> batch;
  for (int i = first; i < first + count; ++i) {
    const std::string n = std::to_string(i);
    batch.push_back(received("wamid.HBgLMTU1NTAwMDAxMDEVAgASGBQzQTAw" + n + "AAAAAAAAAAAA",
                             person("1555000" + std::to_string(1000 + i % people)), "text " + n, i));
    if (i % 3 == 0)
      std::get<message_received>(batch.back().data).reply_to_whatsapp_id =
          "wamid.HBgLMTU1NTAwMDAxMDEVAgASGBQzQTAw" + std::to_string(i / 2) + "AAAAAAAAAAAA";
  }
  return batch;
}

// However many they are, and however many chats: the same few.
TEST_F(MongoCosts, ACommitCostsAFewQuestionsHoweverMuchIsInIt) {
  log_writer writer(mongo::open_rows(pool, inbox));
  const int for_ten = cost_of([&] { ASSERT_TRUE(writer.commit({webhook(0, 10, 5)}).answers[0]); });
  const int for_many = cost_of([&] { ASSERT_TRUE(writer.commit({webhook(10, 200, 100)}).answers[0]); });
  const int for_known = cost_of([&] { ASSERT_TRUE(writer.commit({webhook(210, 200, 100)}).answers[0]); });
  std::vector<entry> statuses, accepts;
  for (int i = 0; i < 100; ++i) accepts.push_back(accepted("m_" + std::to_string(i), "15550001000", "hi", i));
  const int for_sends = cost_of([&] { ASSERT_TRUE(writer.commit({accepts}).answers[0]); });
  for (int i = 0; i < 100; ++i)
    statuses.push_back(
        changed("wamid.s" + std::to_string(i), status_word::delivered, i, "m_" + std::to_string(i)));
  const int for_statuses = cost_of([&] { ASSERT_TRUE(writer.commit({statuses}).answers[0]); });
  entry mark = proposal("rm", at(4), read_mark{writer.head()});
  mark.actor = "u_ana";
  mark.chat_id = "15550001000";
  const int for_mark = cost_of([&] { ASSERT_TRUE(writer.commit({{mark}}).answers[0]); });
  RecordProperty("ten", for_ten);
  std::printf("questions: ten %d, many %d, known %d, sends %d, statuses %d, mark %d\n", for_ten, for_many,
              for_known, for_sends, for_statuses, for_mark);
  for (const int cost : {for_ten, for_many, for_known, for_sends, for_statuses, for_mark})
    EXPECT_LE(cost, 25);
}

TEST_F(MongoCosts, APageOfALongChatIsOneQuestion) {
  boost::asio::io_context io;
  mongo::log_config config;
  config.inbox = inbox;
  const auto store = mongo::open_log(io.get_executor(), pool, config);
  for (int part = 0; part < 5; ++part) {
    std::vector<entry> batch = webhook(part * 200, 200, 1);
    for (entry& one : batch) std::get<message_received>(one.data).reply_to_whatsapp_id.clear();
    ASSERT_TRUE(wait_for(io, store->append(std::move(batch))));
  }
  message_query query;
  query.chat_id = "15550001000";
  std::optional<message_page> page;
  EXPECT_EQ(cost_of([&] { page = *wait_for(io, store->messages(query)); }), 1);
  EXPECT_EQ(page->messages.size(), 50u);
  query.before = page->messages.front().seq;
  EXPECT_EQ(cost_of([&] { page = *wait_for(io, store->messages(query)); }), 1);
  EXPECT_EQ(page->messages.size(), 50u);
}

std::string host_of(const std::string& uri) {
  const std::size_t from = uri.find("://") + 3;
  return uri.substr(from, uri.find('/', from) - from);
}

class MongoComesAndGoes : public ::testing::Test {
protected:
  mongo::testing::database database;
  mongo::testing::away_proxy proxy{host_of(database.uri())};
  // With the patience of production.
  mongo::client_pool pool{
      {.uri = "mongodb://" + proxy.address() + "/" + mongo::client_pool({.uri = database.uri()}).database()}};
  boost::asio::io_context io;
  std::unique_ptr<log_store> store = [this] {
    mongo::log_config config;
    config.inbox = inbox;
    return mongo::open_log(io.get_executor(), pool, config);
  }();

  std::chrono::milliseconds took(const std::function<void()>& work) {
    const auto start = clock::now();
    work();
    return std::chrono::duration_cast<std::chrono::milliseconds>(clock::now() - start);
  }

  void refuses_in_time_and_comes_back(const std::function<void()>& go, const std::function<void()>& come) {
    const std::vector<entry> known{accepted("m_1", "15550000101", "before", 1)};
    ASSERT_TRUE(wait_for(io, store->append(known)));
    go();
    const std::vector<entry> refused{accepted("m_2", "15550000101", "meanwhile", 2)};
    for (int again = 0; again < 3; ++again) {
      EXPECT_LT(took([&] {
                  const auto answer = wait_for(io, store->append(refused));
                  ASSERT_FALSE(answer);
                  EXPECT_EQ(answer.error().kind, failure_kind::store_unavailable);
                }),
                2s);
      EXPECT_LT(took([&] { EXPECT_FALSE(wait_for(io, store->usable())); }), 2s);
      EXPECT_LT(took([&] { EXPECT_FALSE(wait_for(io, store->messages({}))); }), 2s);
    }
    come();
    const auto back = clock::now();
    while (!wait_for(io, store->usable())) ASSERT_LT(clock::now() - back, 5s);
    const auto done = wait_for(io, store->append(refused));
    ASSERT_TRUE(done);
    EXPECT_TRUE((*done)[0].stored) << "by this very append, whenever it happened";
    EXPECT_EQ(wait_for(io, store->messages({}))->messages.size(), 2u);
  }
};

TEST_F(MongoComesAndGoes, AStoreThatIsGoneIsSaidToBeSoInTimeAndComesBackByItself) {
  refuses_in_time_and_comes_back([this] { proxy.leave(); }, [this] { proxy.come_back(); });
}

TEST_F(MongoComesAndGoes, AStoreThatSaysNothingIsSaidToBeAwayInTimeAndComesBackByItself) {
  refuses_in_time_and_comes_back([this] { proxy.hold(true); }, [this] { proxy.hold(false); });
}

} // namespace
} // namespace tickwire::testing
