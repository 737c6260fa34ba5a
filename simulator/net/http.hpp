#pragma once
// A request and its answer as the routes see them, without a trace of the HTTP library.

#include <boost/asio/awaitable.hpp>
#include <boost/json/value.hpp>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace simulator {

struct http_request {
  std::string method;
  std::string path;                                        ///< decoded, without query
  std::map<std::string, std::string, std::less<>> query;   ///< decoded
  std::map<std::string, std::string, std::less<>> headers; ///< names in lower case
  std::string body;
  std::string own_address; ///< "http://host:port" as the caller sees us

  std::string header(std::string_view name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
  std::string parameter(std::string_view name) const {
    const auto found = query.find(name);
    return found == query.end() ? std::string() : found->second;
  }
};

struct subscriber;

/// What the server does with an answer.
enum class sending {
  whole,
  reset,     ///< cut the connection, write nothing
  hang,      ///< hold the connection, write nothing, until the other side goes
  truncated, ///< head and half of the body, then cut
  events,    ///< text/event-stream, from then on
};

struct http_response {
  int status = 200;
  std::string content_type = "application/json; charset=UTF-8";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  sending how = sending::whole;
  std::shared_ptr<subscriber> events; ///< for sending::events
};

using http_handler = std::function<boost::asio::awaitable<http_response>(const http_request&)>;

http_response json_response(int status, const boost::json::value& body);

/// Our own refusals: {error: sentence}.
http_response problem_response(int status, std::string_view sentence);

} // namespace simulator
