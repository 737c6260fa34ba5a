#include "adapters/http/problem.hpp"

#include "wire/json_writer.hpp"

namespace tickwire::http {

namespace {

constexpr std::chrono::seconds retry_soon{2}; // where nobody knows better

std::string_view title_of(unsigned status) {
  switch (status) {
  case 400:
    return "Bad request";
  case 401:
    return "Not logged in";
  case 403:
    return "Not allowed";
  case 404:
    return "Not found";
  case 405:
    return "Method not allowed";
  case 409:
    return "Conflict";
  case 413:
    return "Too large";
  case 415:
    return "Unsupported media type";
  case 429:
    return "Too many requests";
  case 503:
    return "Unavailable";
  default:
    return "Internal error";
  }
}

} // namespace

unsigned status_of(failure_kind kind) {
  switch (kind) {
  case failure_kind::invalid:
    return 400;
  case failure_kind::unauthorized:
    return 401;
  case failure_kind::forbidden:
    return 403;
  case failure_kind::not_found:
    return 404;
  case failure_kind::wrong_method:
    return 405;
  case failure_kind::conflict:
    return 409;
  case failure_kind::too_large:
    return 413;
  case failure_kind::unsupported:
    return 415;
  case failure_kind::too_many:
    return 429;
  case failure_kind::store_unavailable:
  case failure_kind::overloaded:
    return 503;
  case failure_kind::internal:
    return 500;
  }
  return 500;
}

socketio::http_response problem(const failure& failure) {
  socketio::http_response response;
  response.status = status_of(failure.kind);
  {
    wire::object_writer object(response.body);
    object.member("type", "about:blank");
    object.member("title", title_of(response.status));
    object.member("status", static_cast<int>(response.status));
    object.member("code", failure.code);
    object.member("detail", failure.detail);
  }
  response.headers.emplace_back("Content-Type", "application/problem+json");
  if (response.status == 503 || response.status == 429) {
    const auto wait = failure.retry_after.count() > 0 ? failure.retry_after : retry_soon;
    response.headers.emplace_back("Retry-After", std::to_string(wait.count()));
  }
  return response;
}

} // namespace tickwire::http
