#include "simulator/graph/recipient.hpp"

namespace simulator {

std::optional<std::string> recipient_digits(std::string_view to, std::string_view country_code) {
  const bool international = to.starts_with('+');
  if (international) to.remove_prefix(1);

  std::string digits;
  for (const char letter : to) {
    if (letter >= '0' && letter <= '9')
      digits += letter;
    else if (letter != ' ' && letter != '-' && letter != '(' && letter != ')')
      return std::nullopt;
  }
  if (!international && !digits.starts_with(country_code)) digits.insert(0, country_code);
  if (digits.size() < 5 || digits.size() > 15) return std::nullopt;
  return digits;
}

std::string_view country_code_of(std::string_view digits) {
  if (digits.starts_with('1') || digits.starts_with('7')) return digits.substr(0, 1);
  // Two-digit codes; all others have three.
  static constexpr std::string_view two[] = {
      "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
      "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
      "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98"};
  for (const auto code : two)
    if (digits.starts_with(code)) return digits.substr(0, 2);
  return digits.substr(0, 3);
}

} // namespace simulator
