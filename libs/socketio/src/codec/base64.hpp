// Standard base64 with padding, as binary packets travel over polling.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace socketio::codec {

// As ids are written: the letters of base64 for URLs, in its order.
inline constexpr std::string_view url_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string base64_encode(std::string_view bytes);
// Nothing for characters outside the alphabet, wrong padding or a length that is no multiple of four.
std::optional<std::string> base64_decode(std::string_view text);

} // namespace socketio::codec
