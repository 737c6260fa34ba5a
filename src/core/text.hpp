// Limits on what people write.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tickwire {

inline constexpr std::size_t text_limit = 4096; // characters of one WhatsApp text

// Bytes of the well-formed UTF-8 sequence at the start of a text that is not empty (Unicode, table 3-7); 0
// when there is none.
std::size_t sequence_length(std::string_view utf8);

// Characters (code points) of a UTF-8 text; nothing when it is not valid UTF-8.
std::optional<std::size_t> characters(std::string_view utf8);

// The same text with the letters A to Z in lower case: names are the same whatever their ASCII case.
std::string ascii_lower(std::string_view text);

// Only white space, or nothing at all.
bool is_blank(std::string_view utf8);

} // namespace tickwire
