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

// What a name shows: without marks that turn the writing direction of what stands around it, without controls
// and line breaks. Empty when nobody could see anything of it.
std::string visible_name(std::string_view utf8);

// The first `limit` characters; nothing is cut through.
std::string_view first_characters(std::string_view utf8, std::size_t limit);

// JSON with \uFFFD for each escaped half of a surrogate pair that stands without its other: what somebody
// sends who cuts a text by UTF-16 units. JSON by its grammar, but parsers refuse it.
std::string without_halves_of_pairs(std::string_view json);

} // namespace tickwire
