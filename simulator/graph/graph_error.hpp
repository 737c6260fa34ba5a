#pragma once
// Meta's error codes: what the call answers, and what a failed message says later.

#include <boost/json/object.hpp>

#include <string>

namespace simulator {

struct graph_error {
  int code = 131000;
  std::string details{}; ///< one sentence on this very case; empty: that of the code
  int subcode = 0;       ///< 0: none
};

/// HTTP status that Meta's table gives the code.
int http_status(int code);

/// Short name of the code, as in "(#131026) Message undeliverable".
std::string title_of(int code);

/// True for codes where the call answers 200 and a `failed` status follows.
bool told_later(int code);

/// True when `sent` comes before `failed`; false when the message never left Meta.
bool follows_sent(int code);

/// Body of the HTTP answer. Token and permission errors carry no error_data.
boost::json::object error_body(const graph_error& error, const std::string& trace_id);

/// One element of `errors` in a webhook: another shape than the HTTP answer's.
boost::json::object webhook_error(int code);

} // namespace simulator
