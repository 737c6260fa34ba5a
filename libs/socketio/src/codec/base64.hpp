// Standard base64 with padding, as binary packets travel over polling.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socketio::codec {

std::string base64_encode(std::string_view bytes);
// Nothing for characters outside the alphabet, wrong padding or a length that is no multiple of four.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace socketio::codec
