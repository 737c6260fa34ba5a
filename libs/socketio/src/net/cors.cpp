#include "net/cors.hpp"

#include <algorithm>

namespace socketio::detail {

void append_cors_headers(header_list& headers, const cors_options& cors, const http_request& request,
                         bool preflight) {
  if (cors.origins.empty()) return;
  const std::string origin(request.header("origin"));
  const bool any = cors.origins.front() == "*";
  if (any && !cors.credentials) {
    headers.emplace_back("Access-Control-Allow-Origin", "*");
  } else {
    headers.emplace_back("Vary", "Origin");
    const auto& known = cors.origins;
    if (origin.empty() || (!any && std::find(known.begin(), known.end(), origin) == known.end())) return;
    headers.emplace_back("Access-Control-Allow-Origin", origin);
  }
  if (cors.credentials) headers.emplace_back("Access-Control-Allow-Credentials", "true");
  if (!preflight) return;
  headers.emplace_back("Access-Control-Allow-Methods", "GET,HEAD,PUT,PATCH,POST,DELETE");
  const std::string asked = request.joined_header("access-control-request-headers");
  if (!asked.empty()) headers.emplace_back("Access-Control-Allow-Headers", asked);
  headers.emplace_back("Vary", "Access-Control-Request-Headers");
}

} // namespace socketio::detail
