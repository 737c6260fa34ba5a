#include "adapters/mongo/document.hpp"

#include <gtest/gtest.h>

namespace tickwire::mongo {
namespace {

TEST(MongoDocument, WhatIsBuiltIsWhatIsRead) {
  using namespace std::string_literals;
  document whole;
  whole.number("_id", std::int64_t{1} << 60)
      .text("text", "a\0b \xF0\x9F\x99\x82"s)
      .binary("bytes", "\x00\xFF"s);
  whole.text("no utf-8", "\xC3\x28").flag("yes", true).time("at", timestamp{std::chrono::milliseconds{-5}});
  whole.array("list", list().object(document().text("x", "1")).object(document().text("x", "2")));
  whole.object("inner", document().number("n", -1)).text("empty", "");
  const document moved = std::move(whole);
  const reader read(moved);
  EXPECT_EQ(read.number("_id"), std::int64_t{1} << 60);
  EXPECT_EQ(read.text("text"), "a\0b \xF0\x9F\x99\x82"s);
  EXPECT_EQ(read.text("bytes"), "\x00\xFF"s);
  EXPECT_EQ(read.text("no utf-8"), "\xC3\x28");
  EXPECT_TRUE(read.flag("yes"));
  EXPECT_EQ(read.time("at").time_since_epoch().count(), -5);
  EXPECT_EQ(read.object("inner")->number("n"), -1);
  EXPECT_TRUE(read.has("empty"));
  std::string all;
  read.each_object("list", [&](const reader& one) { all += one.text("x"); });
  EXPECT_EQ(all, "12");
  EXPECT_FALSE(read.maybe_time("text"));
  EXPECT_EQ(read.text("absent"), "");
}

} // namespace
} // namespace tickwire::mongo
