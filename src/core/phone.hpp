// Phone numbers as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tickwire {

// "+49 (0)170 123-45 67" → "491701234567"; a leading "00" counts as "+", whatever blanks and dashes stand
// between. 5 to 15 digits (E.164's most) that begin with a country; anything else in it is no number.
std::optional<std::string> phone_digits(std::string_view text);

// Only the digits of what Meta sent, whatever stands around them.
std::string digits_of(std::string_view text);

} // namespace tickwire
