// The log's threads at work together: for TSan, which sees what two threads touch, and for what must hold
// anyway.
#include "adapters/sqlite/log_files.hpp"
#include "adapters/sqlite/log_reading.hpp"
#include "adapters/sqlite/sqlite_log.hpp"
#include "base/start.hpp"
#include "contract/wait_for.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <set>

namespace tickwire::testing {
namespace {

constexpr int appenders = 8, readers = 8;

// One life of a store: everything at once, and an end in the middle of it.
class commotion {
public:
  commotion(const std::filesystem::path& folder, int round)
      : round_(round) {
    sqlite::log_config config;
    config.directory = folder;
    config.inbox = inbox;
    config.readers = 3;
    store_ = sqlite::open_log(io_.get_executor(), config);
    store_->on_committed([this](std::uint64_t head, const std::vector<entry_news>&) { head_ = head; });
  }

  // Until so many appends were answered; gives the keys of what was.
  std::set<std::string> run(std::size_t enough) {
    for (int i = 0; i < appenders; ++i) start(io_, "an appender", append(i));
    for (int i = 0; i < readers; ++i) start(io_, "a reader", read(i));
    while (stored_.size() < enough) io_.run_one();
    over_ = true;
    store_.reset(); // with appends, reads and questions under way
    io_.poll();
    return stored_;
  }

private:
  task<void> append(int who) {
    for (int i = 0; !over_; ++i) {
      const std::string name = std::to_string(round_) + "." + std::to_string(who) + "." + std::to_string(i);
      std::vector<entry> batch{received("wamid." + name, person("1555000010" + std::to_string(who)), name, i),
                               changed("wamid." + name, status_word::read, i)};
      const std::string key = batch.front().key;
      const auto done = co_await store_->append(std::move(batch));
      if (done) stored_.insert(key);
      if (!over_) EXPECT_GE(head_, done->back().seq) << "told before it is answered";
    }
  }

  task<void> read(int who) {
    while (!over_) {
      message_query query;
      query.chat_id = "1555000010" + std::to_string(who);
      (void)co_await store_->messages(std::move(query));
      if (!over_) (void)co_await store_->chats("u_ana", {}, 10);
      if (!over_) (void)co_await store_->events_between(0, head_, "u_ana", 100);
      if (!over_) (void)co_await store_->unfinished_sends(0, head_, 10);
      if (!over_) EXPECT_TRUE(co_await store_->usable());
    }
  }

  const int round_;
  boost::asio::io_context io_;
  std::unique_ptr<log_store> store_;
  std::uint64_t head_ = 0;
  bool over_ = false;
  std::set<std::string> stored_;
};

TEST(SqliteThreads, AppendsReadsAndQuestionsAtOnceAndAnEndInTheMiddle) {
  std::string folder = (std::filesystem::temp_directory_path() / "tickwire-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  std::set<std::string> stored;
  for (int round = 0; round < 4; ++round) stored.merge(commotion(folder, round).run(150));

  {
    sqlite::database log(sqlite::log_file(folder, inbox), sqlite::open_mode::read_only);
    for (const std::string& key : stored) EXPECT_TRUE(sqlite::read_entry_by_key(log, key)) << key;
  }
  std::filesystem::remove_all(folder);
}

} // namespace
} // namespace tickwire::testing
