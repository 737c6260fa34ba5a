// HTTP as the application sees it: requests outside the Socket.IO path, on the same port. HTTP/1.0 and 1.1
// (RFC 9112) with keep-alive, pipelining and chunked requests; HEAD is answered with the head alone. A head
// that two servers could read differently is refused (no Host or two, more than one length, a folded line,
// codings beside chunked); trailers are read and forgotten. Limits and times: config.hpp.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace socketio {

namespace detail {
struct exchange;
class connection;
} // namespace detail

// A request, complete with its body. Valid as long as its responder lives. Immutable: any thread may read it.
// What it gives are views into it.
class http_request {
public:
  std::string_view method() const; // "GET"
  std::string_view target() const; // as sent: "/a%20b?c=d"; of "http://host/a" the path
  std::string_view path() const;   // before the "?", still encoded
  std::string_view query() const;  // after the "?", or empty
  std::string_view
  header(std::string_view name) const; // first of that name, case-insensitive; empty when absent
  // All lines of that name as one list: "a, b". Empty when absent.
  std::string joined_header(std::string_view name) const;
  std::vector<std::pair<std::string_view, std::string_view>> headers() const; // all, names as sent
  std::string_view body() const;
  // Of the peer, without port; behind a proxy the proxy's, unless config.trusted_proxies names it.
  std::string_view remote_address() const;
  // The body was over config.body_limit or max_body_bytes and was not kept: answer 413. The connection ends
  // after it.
  bool body_too_large() const;

  // A parameter of the query, decoded; the last one of that name. Empty when absent.
  std::string query_value(std::string_view name) const;

private:
  friend struct detail::exchange;
  friend class detail::connection;
  detail::exchange* exchange_ = nullptr;
};

// What is answered. Names and values of headers go out as they are: no line breaks in them.
struct http_response {
  unsigned status = 200;
  // Without Content-Length and Connection, which are ours. Date is there unless it is given.
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  // Used instead of `body` when set: bytes that live elsewhere until the server ends (a page compiled into
  // the program), sent without a copy.
  std::string_view fixed_body = {};
  bool close = false; // close the connection after it
};

// Answers one request, once, now or later, on any thread; within config.answer_timeout, else it is answered
// 503. A second answer and one to a client that has gone do nothing. Dropped without an answer it answers
// 500.
class responder {
public:
  explicit responder(std::shared_ptr<detail::exchange> exchange)
      : exchange_(std::move(exchange)) {}
  responder(responder&&) noexcept = default;
  responder& operator=(responder&&) noexcept = default;
  responder(const responder&) = delete;
  responder& operator=(const responder&) = delete;
  ~responder();

  void send(http_response response); // not after it was moved from
  // The client has gone; an answer would reach nobody.
  bool aborted() const;
  const http_request& request() const;

private:
  std::shared_ptr<detail::exchange> exchange_;
};

// The request and what answers it; on an I/O thread. What it throws is told to config.log and answered 500,
// unless it had answered or handed the responder on.
using http_handler = std::function<void(const http_request&, responder)>;

// The last parameter of that name in a query, decoded; empty when absent.
std::string query_value(std::string_view query, std::string_view name);

// "%41+b" → "A b"; what is no valid escape stays as it is. The result may be any bytes.
std::string url_decode(std::string_view text);

} // namespace socketio
