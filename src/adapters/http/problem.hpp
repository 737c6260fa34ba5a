// The one place that turns a failure into an HTTP answer: application/problem+json with a stable code and a
// sentence.
#pragma once

#include "base/result.hpp"
#include "socketio/http.hpp"

namespace tickwire::http {

unsigned status_of(failure_kind kind);
socketio::http_response problem(const failure& failure);

} // namespace tickwire::http
