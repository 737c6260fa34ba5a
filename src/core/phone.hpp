// Phone numbers as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

// "+49 (0)170 123-45 67" → "491701234567"; a leading "00" counts as "+", whatever blanks and dashes stand
// between. 5 to 15 digits (E.164's most) that begin with a country; anything else in it is no number.
std::optional<std::string> phone_digits(std::string_view text);

// The forms under which the same line may be named, `digits` first: with and without Brazil's ninth digit,
// with and without the 1 of Mexico's mobile numbers, with and without Argentina's 9 (or its 15, as it is
// dialled at home). WhatsApp names some people by the one and some by the other form. Numbers that may be two
// people's are never among them.
std::vector<std::string> variants_of(std::string_view digits);

// Whether WhatsApp may mean the same line by both: forms as above, or one is the other with a digit or two
// more behind the country, as WhatsApp writes numbers of countries whose rules we do not know.
bool may_be_one_line(std::string_view a, std::string_view b);

// Only the digits of what Meta sent, whatever stands around them.
std::string digits_of(std::string_view text);

} // namespace tickwire
