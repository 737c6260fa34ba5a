// Well-formed UTF-8 (Unicode, table 3-7), which RFC 6455 asks of text messages.
#pragma once

#include <string>
#include <string_view>

namespace socketio::codec {
bool valid_utf8(std::string_view text);

// With U+FFFD in the place of whatever is not UTF-8, as browsers and Node decode it.
std::string to_utf8(std::string_view bytes);
} // namespace socketio::codec
