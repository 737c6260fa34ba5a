// The Date of answers.
#pragma once

#include <string_view>

namespace socketio::detail {

// "Sun, 06 Nov 1994 08:49:37 GMT": now, made once a second on each thread. Good until its next call there.
std::string_view http_date();

} // namespace socketio::detail
