// What answers tell browsers not to do with them. docs/security.md says why.
#pragma once

#include "socketio/http.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickwire::http {

// Everything of the page comes from here and talks to here; nothing inline.
inline constexpr std::string_view page_content_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

// Of every answer, by REST, by Socket.IO, and of refusals, where a header of that name is not set.
// `over_tls`: people surely come by https.
std::vector<std::pair<std::string, std::string>> security_headers(bool over_tls);

inline constexpr std::string_view strict_transport = "max-age=63072000; includeSubDomains";

} // namespace tickwire::http
