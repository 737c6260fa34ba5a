// Well-formed UTF-8 (Unicode, table 3-7), which RFC 6455 asks of text messages.
#pragma once

#include <string_view>

namespace socketio::codec {
bool valid_utf8(std::string_view text);
} // namespace socketio::codec
