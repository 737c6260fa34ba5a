// Limits on what people write.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tickwire {

inline constexpr std::size_t text_limit = 4096; // characters of one WhatsApp text

// Characters (code points) of a UTF-8 text; nothing when it is not valid UTF-8.
std::optional<std::size_t> characters(std::string_view utf8);

// Only white space, or nothing at all.
bool is_blank(std::string_view utf8);

} // namespace tickwire
