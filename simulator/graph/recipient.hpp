#pragma once
// The `to` of a send.

#include <optional>
#include <string>
#include <string_view>

namespace simulator {

/// Digits of a number as Meta reads `to`: an optional `+`, then digits among spaces, hyphens and parentheses.
/// Without `+`, and if `country_code` is not empty, that code is put in front unless the number begins with
/// it. Nothing when other characters stand in it or it does not have 5 to 15 digits.
std::optional<std::string> recipient_digits(std::string_view to, std::string_view country_code = {});

/// The calling code of a number in international form; "1" for North America.
std::string_view country_code_of(std::string_view digits);

} // namespace simulator
