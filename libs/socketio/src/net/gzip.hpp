// gzip (RFC 1952) of a whole text.
#pragma once

#include <string>
#include <string_view>

namespace socketio::detail {

std::string gzip(std::string_view text);

// Whether an Accept-Encoding header takes gzip: named, or "*", and not with q=0.
bool accepts_gzip(std::string_view accept_encoding);

} // namespace socketio::detail
