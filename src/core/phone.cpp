#include "core/phone.hpp"

#include <algorithm>
#include <array>
#include <utility>

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

// --- numbers with two forms ---

// Area codes of Brazil: all of them have nine-digit mobile numbers since November 2016.
bool is_brazilian_area(std::string_view code) {
  static constexpr std::string_view codes =
      " 11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46 47 48 49 51 53 54 "
      "55 "
      "61 62 63 64 65 66 67 68 69 71 73 74 75 77 79 81 82 83 84 85 86 87 88 89 91 92 93 94 95 96 97 98 99 ";
  return codes.find(" " + std::string(code) + " ") != std::string_view::npos;
}

// 55, area, eight digits. Mobile numbers of eight digits began with 6 to 9 and got a 9 before them; what
// begins with 2 to 5 is a land line, and the same digits behind a 9 are somebody else's mobile.
std::string brazilian_twin(std::string_view digits) {
  if (!digits.starts_with("55") || digits.size() < 12 || !is_brazilian_area(digits.substr(2, 2))) return {};
  const std::string prefix(digits.substr(0, 4));
  const std::string_view local = digits.substr(4);
  const auto was_mobile = [](std::string_view eight) { return eight.front() >= '6'; };
  if (local.size() == 8 && was_mobile(local)) return prefix + "9" + std::string(local);
  if (local.size() == 9 && local.front() == '9' && was_mobile(local.substr(1)))
    return prefix + std::string(local.substr(1));
  return {};
}

// 52, ten digits of which the first is no 0 or 1; until 2019 mobile numbers had a 1 before them from abroad.
std::string mexican_twin(std::string_view digits) {
  if (!digits.starts_with("52")) return {};
  const std::string_view national = digits.substr(2);
  if (national.size() == 10 && national.front() >= '2') return "521" + std::string(national);
  if (national.size() == 11 && national.front() == '1' && national[1] >= '2')
    return "52" + std::string(national.substr(1));
  return {};
}

// How many digits the area code at the start of an Argentinian number of ten digits has: 11 is Buenos Aires,
// all others begin with 2 or 3; the cities with three digits are listed, the rest has four. 0: no area code.
std::size_t argentinian_area_length(std::string_view national) {
  if (national.starts_with("11")) return 2;
  if (national.front() != '2' && national.front() != '3') return 0;
  static constexpr std::string_view cities =
      " 220 221 223 230 236 237 249 260 261 263 264 266 280 291 294 297 298 299 "
      "336 341 342 343 345 348 351 353 358 362 364 370 376 379 380 381 383 385 "
      "387 388 ";
  return cities.find(" " + std::string(national.substr(0, 3)) + " ") != std::string_view::npos ? 3 : 4;
}

// 54, maybe 9 for a mobile, ten digits; at home a 15 after the area code says the same as the 9. WhatsApp
// writes the 9.
std::vector<std::string> argentinian_twins(std::string_view digits) {
  if (!digits.starts_with("54") || digits.size() < 12) return {};
  std::string national(digits.substr(2));
  if (national.size() == 11 && national.front() == '9') national.erase(0, 1);
  const std::size_t area = argentinian_area_length(national);
  if (area == 0) return {};
  if (national.size() == 12 && national.compare(area, 2, "15") == 0) national.erase(area, 2);
  if (national.size() != 10) return {};
  return {"549" + national, "54" + national, "54" + national.substr(0, area) + "15" + national.substr(area)};
}

} // namespace

std::vector<std::string> variants_of(std::string_view digits) {
  std::vector<std::string> forms{std::string(digits)};
  std::vector<std::string> twins = argentinian_twins(digits);
  twins.push_back(brazilian_twin(digits));
  twins.push_back(mexican_twin(digits));
  for (std::string& twin : twins)
    if (!twin.empty() && std::find(forms.begin(), forms.end(), twin) == forms.end())
      forms.push_back(std::move(twin));
  return forms;
}

bool may_be_one_line(std::string_view a, std::string_view b) {
  if (a.size() < b.size()) std::swap(a, b);
  const std::vector<std::string> forms = variants_of(a);
  if (std::find(forms.begin(), forms.end(), b) != forms.end()) return true;
  if (b.size() < fewest_digits || a.size() == b.size() || a.size() - b.size() > 2) return false;
  if (a.substr(0, 2) != b.substr(0, 2)) return false;
  std::size_t found = 0;
  for (char c : a)
    if (found < b.size() && b[found] == c) ++found;
  return found == b.size();
}

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
