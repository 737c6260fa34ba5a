#include "core/phone.hpp"

namespace tickwire {

namespace {
constexpr std::size_t fewest_digits = 5;
constexpr std::size_t most_digits = 15; // E.164
bool is_digit(char c) { return c >= '0' && c <= '9'; }
} // namespace

std::optional<std::string> phone_digits(std::string_view text) {
  std::string digits;
  bool plus = false;
  for (char c : text) {
    if (is_digit(c))
      digits += c;
    else if (c == '+' && digits.empty() && !plus)
      plus = true;
    else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '.' && c != '/')
      return std::nullopt;
  }
  if (!plus && digits.starts_with("00")) digits.erase(0, 2);
  if (digits.size() < fewest_digits || digits.size() > most_digits) return std::nullopt;
  return digits;
}

std::string digits_of(std::string_view text) {
  std::string digits;
  for (char c : text)
    if (is_digit(c)) digits += c;
  return digits;
}

} // namespace tickwire
