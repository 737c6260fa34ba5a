// RESP through hiredis: commands to the byte, replies however they are cut, and streams that are refused.
#include "cluster/redis/resp.hpp"

#include <gtest/gtest.h>

namespace socketio::cluster {
namespace {

using kind = redis_reply::kind;

TEST(Resp, CommandsAreListsOfTheirWords) {
  EXPECT_EQ(redis_command({"PUBLISH", "a", std::string_view("\0\r\n", 3)}).bytes(),
            std::string_view("*3\r\n$7\r\nPUBLISH\r\n$1\r\na\r\n$3\r\n\0\r\n\r\n", 33));
  EXPECT_EQ(redis_command({"X", ""}).bytes(), "*2\r\n$1\r\nX\r\n$0\r\n\r\n");
  EXPECT_EQ(redis_command({"X", std::string_view()}).bytes(), "*2\r\n$1\r\nX\r\n$0\r\n\r\n");
}

constexpr std::string_view stream = "+OK\r\n:42\r\n-ERR no\r\n$3\r\na\r\n\r\n$-1\r\n*0\r\n"
                                    "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n*2\r\n:1\r\n$0\r\n\r\n";

void expect_the_stream(const std::vector<redis_reply>& replies) {
  ASSERT_EQ(replies.size(), 7u);
  EXPECT_EQ(replies[0].is, kind::status);
  EXPECT_EQ(replies[0].text, "OK");
  EXPECT_EQ(replies[1].is, kind::integer);
  EXPECT_EQ(replies[1].integer, 42);
  EXPECT_EQ(replies[2].is, kind::error);
  EXPECT_EQ(replies[2].text, "ERR no");
  EXPECT_EQ(replies[3].is, kind::text);
  EXPECT_EQ(replies[3].text, "a\r\n");
  EXPECT_EQ(replies[4].is, kind::nil);
  EXPECT_EQ(replies[5].is, kind::list);
  EXPECT_TRUE(replies[5].list.empty());
  ASSERT_EQ(replies[6].list.size(), 3u);
  EXPECT_EQ(replies[6].list[1].text, "c");
  ASSERT_EQ(replies[6].list[2].list.size(), 2u);
  EXPECT_EQ(replies[6].list[2].list[0].integer, 1);
  EXPECT_EQ(replies[6].list[2].list[1].is, kind::text);
}

TEST(Resp, RepliesComeOutHoweverTheyAreCut) {
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    redis_reader reader(1000);
    std::vector<redis_reply> replies;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      reader.feed(stream.substr(at, step));
      while (auto reply = reader.next()) replies.push_back(std::move(*reply));
    }
    EXPECT_EQ(reader.wrong(), "");
    expect_the_stream(replies);
  }
}

TEST(Resp, WhatIsNoRespEndsTheStream) {
  for (const std::string_view bytes : {"hello\r\n", "*1\r\n!\r\n", "*100000\r\n", "*2147483647\r\n"}) {
    redis_reader reader(1000);
    reader.feed(bytes);
    EXPECT_FALSE(reader.next()) << bytes;
    EXPECT_NE(reader.wrong(), "") << bytes;
    reader.feed("+OK\r\n");
    EXPECT_FALSE(reader.next());
  }
}

TEST(Resp, AMessageOverTheLimitEndsTheStream) {
  redis_reader reader(1000);
  reader.feed("$5000\r\n");
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.wrong(), ""); // a claim
  reader.feed(std::string(900, 'x'));
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.wrong(), "");
  reader.feed(std::string(200, 'x'));
  EXPECT_FALSE(reader.next());
  EXPECT_EQ(reader.wrong(), "a message over the limit of 1000 bytes");
}

TEST(Resp, WaitingBytesAreCountedUntilTheyAreWritten) {
  byte_budget budget(10);
  auto first = budget.take(6);
  ASSERT_TRUE(first);
  EXPECT_FALSE(budget.take(5));
  {
    redis_command command{"X"};
    command.count_against(std::move(*first));
    const redis_command moved = std::move(command);
    EXPECT_FALSE(budget.take(5));
  }
  EXPECT_TRUE(budget.take(10));
}

} // namespace
} // namespace socketio::cluster
