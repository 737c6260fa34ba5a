// Heads of requests as the RFCs want them, and as somebody sends them who hopes that two servers read them
// differently.
#include "net/head_rules.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace socketio::detail {
namespace {

namespace http = boost::beast::http;
using lines = std::vector<std::pair<std::string, std::string>>;

http_head head_of(std::string_view target, const lines& fields, unsigned version = 11,
                  http::verb method = http::verb::get) {
  http_head head;
  head.method(method);
  head.target({target.data(), target.size()});
  head.version(version);
  for (const auto& [name, value] : fields) head.insert(name, value);
  return head;
}

unsigned judged(const lines& fields, unsigned version = 11) {
  auto head = head_of("/", fields, version);
  return judge_head(head).status;
}

TEST(HeadRules, ThereIsOneHostAndItIsOne) {
  EXPECT_EQ(judged({{"Host", "example.org:3000"}}), 0u);
  EXPECT_EQ(judged({{"Host", "[::1]:80"}}), 0u);
  EXPECT_EQ(judged({{"Host", ""}}), 0u);
  EXPECT_EQ(judged({}), 400u);
  EXPECT_EQ(judged({}, 10), 0u);
  EXPECT_EQ(judged({{"Host", "a"}, {"Host", "a"}}), 400u);
  EXPECT_EQ(judged({{"Host", "a"}, {"Host", "a"}}, 10), 400u);
  for (const char* wrong : {"a b", "a, b", "a/b", "user@a", "a?b", "a#b", "a\tb"})
    EXPECT_EQ(judged({{"Host", wrong}}), 400u) << wrong;
}

TEST(HeadRules, AnAbsoluteFormIsAPathAndAHost) {
  for (const auto& [target, path, host] : std::vector<std::array<std::string, 3>>{
           {"http://example.org/socket.io/?EIO=4", "/socket.io/?EIO=4", "example.org"},
           {"HTTPS://example.org:8443/x", "/x", "example.org:8443"},
           {"http://example.org", "/", "example.org"},
           {"http://example.org?x=1", "/?x=1", "example.org"},
           {"/http://example.org/", "/http://example.org/", "other"}}) {
    auto head = head_of(target, {{"Host", "other"}});
    EXPECT_EQ(judge_head(head).status, 0u) << target;
    EXPECT_EQ(std::string(head.target()), path);
    EXPECT_EQ(std::string(head[http::field::host]), host);
  }
  for (const char* wrong :
       {"http://", "http:///x", "http://user@a/x", "ftp://a/x", "example.org:80", "x", "*"}) {
    auto head = head_of(wrong, {{"Host", "a"}});
    EXPECT_EQ(judge_head(head).status, 400u) << wrong;
  }
  auto all = head_of("*", {{"Host", "a"}}, 11, http::verb::options);
  EXPECT_EQ(judge_head(all).status, 0u);
}

TEST(HeadRules, ABodyHasOneEnd) {
  const lines host{{"Host", "a"}};
  const auto with = [&](lines more) {
    more.insert(more.begin(), host.begin(), host.end());
    return more;
  };
  EXPECT_EQ(judged(with({{"Transfer-Encoding", "chunked"}})), 0u);
  EXPECT_EQ(judged(with({{"Transfer-Encoding", "Chunked"}})), 0u);
  for (const char* other : {"gzip", "gzip, chunked", "chunked, gzip", "chunked, chunked", "identity",
                            "xchunked", "", "chunked;q=1", "\"chunked\""})
    EXPECT_EQ(judged(with({{"Transfer-Encoding", other}})), 501u) << other;
  EXPECT_EQ(judged(with({{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}})), 501u);
  EXPECT_EQ(judged(with({{"Transfer-Encoding", "chunked"}}), 10), 400u);
  EXPECT_EQ(judged(with({{"Transfer-Encoding", "chunked"}, {"Content-Length", "3"}})), 400u);
  EXPECT_EQ(judged(with({{"Content-Length", "3"}})), 0u);
  EXPECT_EQ(judged(with({{"Content-Length", "3"}, {"Content-Length", "3"}})), 400u);
  for (const char* wrong : {"", "+3", "-3", "3, 3", "0x3", "3 3", "3a"})
    EXPECT_EQ(judged(with({{"Content-Length", wrong}})), 400u) << wrong;
}

TEST(HeadRules, OnlyLeaveToSendTheBodyCanBeExpected) {
  const auto expecting = [](const char* what, unsigned version) {
    auto head = head_of("/", {{"Host", "a"}, {"Expect", what}}, version);
    return judge_head(head);
  };
  EXPECT_TRUE(expecting("100-continue", 11).go_on_asked);
  EXPECT_TRUE(expecting("100-Continue", 11).go_on_asked);
  EXPECT_EQ(expecting("tea", 11).status, 417u);
  EXPECT_EQ(expecting("100-continue, tea", 11).status, 417u);
  EXPECT_FALSE(expecting("100-continue", 10).go_on_asked);
  EXPECT_EQ(expecting("tea", 10).status, 0u);
}

TEST(HeadRules, LinesEndWithBothAndAreNotFolded) {
  EXPECT_EQ(raw_head_flaw("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "");
  for (const char* wrong :
       {"GET / HTTP/1.1\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\ta\r\n\r\n", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"})
    EXPECT_NE(raw_head_flaw(wrong), "") << wrong;
}

} // namespace
} // namespace socketio::detail
