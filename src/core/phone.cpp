#include "core/phone.hpp"

#include <array>

namespace tickwire {

namespace {

constexpr std::size_t fewest_digits = 5;
constexpr std::size_t most_digits = 15; // E.164

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What stands between digits in numbers that people type or paste: blanks, dashes and direction marks of all
// sorts (an address book on a phone copies them along). Bytes of the one at the start of `text`, 0 for none.
std::size_t separator_length(std::string_view text) {
  static constexpr std::string_view of_ascii = " \t-().,/";
  if (of_ascii.find(text.front()) != std::string_view::npos) return 1;
  static constexpr std::array<std::string_view, 27> others{
      "\u00A0", "\u00AD", "\u2007", "\u2009", "\u200A", "\u200B", "\u200E", "\u200F", "\u2010",
      "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u202A", "\u202B", "\u202C", "\u202D",
      "\u202E", "\u202F", "\u2060", "\u2066", "\u2067", "\u2068", "\u2069", "\u2212", "\uFEFF"};
  for (std::string_view other : others)
    if (text.starts_with(other)) return other.size();
  return 0;
}

} // namespace

std::optional<std::string> phone_digits(std::string_view text) {
  if (text.starts_with("tel:")) text.remove_prefix(4);
  std::string digits;
  bool plus = false;
  while (!text.empty()) {
    std::size_t length = 1;
    // "+49 (0)170 …": the zero is dialled only within the country.
    const bool international = plus || digits.starts_with("00");
    if (text.starts_with("(0)") && international && digits.size() > (plus ? 0U : 2U))
      length = 3;
    else if (is_digit(text.front()))
      digits += text.front();
    else if ((text.starts_with('+') || text.starts_with("\uFF0B")) && digits.empty() && !plus) {
      plus = true;
      length = text.front() == '+' ? 1 : 3;
    } else if (length = separator_length(text); length == 0) {
      return std::nullopt;
    }
    text.remove_prefix(length);
  }
  if (!plus && digits.starts_with("00")) digits.erase(0, 2);
  if (digits.size() < fewest_digits || digits.size() > most_digits) return std::nullopt;
  if (digits.front() == '0') return std::nullopt; // no country has it: a number without its country
  return digits;
}

std::string digits_of(std::string_view text) {
  std::string digits;
  for (char c : text)
    if (is_digit(c)) digits += c;
  return digits;
}

} // namespace tickwire
