// What is read out of a request's target and ids, and what every answer carries.
#include "net/gzip.hpp"
#include "net/http_date.hpp"
#include "net/runtime.hpp"
#include "socketio/http.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <set>
#include <string>

namespace socketio {
namespace {

TEST(Query, TheLastOfANameCountsAndNamesAreWhole) {
  EXPECT_EQ(query_value("EIO=4&transport=polling&sid=x", "sid"), "x");
  EXPECT_EQ(query_value("a=1&b=2&a=3", "a"), "3");
  EXPECT_EQ(query_value("a=1&a", "a"), "");
  EXPECT_EQ(query_value("aa=1&a=2&ba=3", "a"), "2");
  EXPECT_EQ(query_value("a=b=c", "a"), "b=c");
  EXPECT_EQ(query_value("&&=&a=1&", "a"), "1");
  for (const char* none : {"", "b=1", "&", "=1", "A=1"}) EXPECT_EQ(query_value(none, "a"), "") << none;
}

TEST(Query, IsDecoded) {
  EXPECT_EQ(query_value("%73id=a%20b%2Bc+d%26", "sid"), "a b+c d&");
  EXPECT_EQ(query_value("x+y=1", "x y"), "1");
  EXPECT_EQ(url_decode("%C3%A4%c3%a4"), "ää");
  for (const char* as_it_is : {"%", "%4", "%zz", "a%", "%4g", "100%"})
    EXPECT_EQ(url_decode(as_it_is), as_it_is);
  EXPECT_EQ(url_decode("%41%"), "A%");
  EXPECT_EQ(url_decode("%00x"), std::string("\0x", 2));
}

} // namespace
} // namespace socketio

namespace socketio::detail {
namespace {

TEST(SessionIds, NameTheThreadTheyLiveOn) {
  std::set<std::string> all;
  for (std::size_t thread = 0; thread < 64; ++thread) {
    const auto id = session_id_on(thread);
    const std::string text(id.data(), id.size());
    EXPECT_EQ(loop_of(text), thread);
    all.insert(text);
  }
  EXPECT_EQ(all.size(), 64u);
}

TEST(SessionIds, WhatIsNoneIsOfNoThread) {
  for (const std::string& wrong :
       {std::string(), std::string("A"), std::string(19, 'A'), std::string(21, 'A'),
        std::string(19, 'A') + "!", std::string(19, 'A') + '\0'})
    EXPECT_EQ(loop_of(wrong), std::string_view::npos) << wrong;
}

TEST(Gzip, IsTakenWhereItIsNamedAndNotForbidden) {
  for (const char* takes : {"gzip", "deflate, gzip", "gzip;q=0.5", "*", "br, *;q=0.1", " gzip "})
    EXPECT_TRUE(accepts_gzip(takes)) << takes;
  for (const char* not_it :
       {"", "identity", "deflate, br", "gzip;q=0", "gzip;q=0.0", "gzip; q=0", "*;q=0", "xgzip"})
    EXPECT_FALSE(accepts_gzip(not_it)) << not_it;
}

TEST(HttpDate, IsOfThisSecond) {
  const std::time_t before = std::time(nullptr);
  const std::string text(http_date());
  const std::time_t after = std::time(nullptr);
  std::tm parts{};
  ASSERT_NE(::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts), nullptr) << text;
  EXPECT_EQ(text.size(), 29u);
  const std::time_t told = ::timegm(&parts);
  EXPECT_GE(told, before);
  EXPECT_LE(told, after);
}

} // namespace
} // namespace socketio::detail
