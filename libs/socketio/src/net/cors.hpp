// Cross-origin headers, as the npm package `cors` gives them to Node's server.
#pragma once

#include "socketio/config.hpp"
#include "socketio/http.hpp"

namespace socketio::detail {

// Appends to `headers` what an answer to this request needs; nothing when CORS is off.
void append_cors_headers(header_list& headers, const cors_options& cors, const http_request& request,
                         bool preflight);

} // namespace socketio::detail
