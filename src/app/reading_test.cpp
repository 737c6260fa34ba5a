#include "app/reading.hpp"

#include "contract/log_in_memory.hpp"
#include "contract/wait_for.hpp"
#include "core/testing.hpp"

#include <gtest/gtest.h>

namespace tickwire::testing {
namespace {

// Gives the pages that it was told to, and remembers which events were asked for.
class log_with_pages : public log_in_memory {
public:
  result<message_page> page;
  bool takes_more = true;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> asked;

  task<result<message_page>> messages(message_query) override { co_return page; }
  task<result<missed_events>> events_between(std::uint64_t after, std::uint64_t up_to, std::string,
                                             std::size_t limit) override {
    EXPECT_EQ(limit, missed_events_max);
    asked.emplace_back(after, up_to);
    co_return missed_events{};
  }
  task<bool> usable() override { co_return takes_more; }
};

struct Reading : ::testing::Test {
  boost::asio::io_context io;
  log_with_pages log;
  reading reads{log};
  const user someone{"u", "anna"};

  void SetUp() override { log.rows.append(received("wamid.A", person("15550000101"), "hello")); }

  result<message_page> messages(std::optional<std::string> chat_id) {
    message_query query;
    query.chat_id = std::move(chat_id);
    return wait_for(io, reads.messages(std::move(query)));
  }
  bool must_load_anew(std::optional<std::int64_t> seq, std::optional<std::string> epoch) {
    page_position page{seq, std::move(epoch)};
    return wait_for(io, reads.missed(someone, std::move(page), 7))->resync;
  }
};

TEST_F(Reading, AChatThatDoesNotExistIsNotFoundAndAnEmptyOneIsEmpty) {
  const std::string here = log.rows.rows.chats.begin()->first;
  EXPECT_EQ(wait_for(io, reads.chat(someone, here))->chat.id, here);
  EXPECT_EQ(wait_for(io, reads.chat(someone, "nobody")).error().kind, failure_kind::not_found);
  EXPECT_TRUE(messages(here));
  EXPECT_EQ(messages("nobody").error().code, "unknown_chat");
  EXPECT_TRUE(messages(std::nullopt)) << "an inbox without messages is no error";
}

TEST_F(Reading, WhatTheStoreCannotAnswerIsNotCalledUnknown) {
  log.page = fail(failure_kind::store_unavailable, "store_unavailable", "Away.");
  EXPECT_EQ(messages("nobody").error().kind, failure_kind::store_unavailable);
  EXPECT_FALSE(wait_for(io, reads.usable()));
  log.page = message_page{};
  EXPECT_TRUE(wait_for(io, reads.usable()));
  log.takes_more = false;
  EXPECT_FALSE(wait_for(io, reads.usable()));
}

TEST_F(Reading, APageThatFollowedAnotherLogOrIsAheadOfThisOneLoadsAnew) {
  const std::string epoch = log.epoch();
  EXPECT_TRUE(must_load_anew(3, epoch + "x"));
  EXPECT_TRUE(must_load_anew(std::nullopt, ""));
  EXPECT_TRUE(must_load_anew(8, epoch));
  EXPECT_TRUE(must_load_anew(-1, std::nullopt));
  EXPECT_FALSE(must_load_anew(std::nullopt, std::nullopt)) << "a page that has loaded nothing yet";
  EXPECT_TRUE(log.asked.empty());
  EXPECT_FALSE(must_load_anew(3, epoch));
  EXPECT_FALSE(must_load_anew(7, std::nullopt));
  EXPECT_EQ(log.asked, (std::vector<std::pair<std::uint64_t, std::uint64_t>>{{3, 7}, {7, 7}}));
}

} // namespace
} // namespace tickwire::testing
