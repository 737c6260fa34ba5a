#include "core/time.hpp"

#include <algorithm>
#include <array>

namespace tickwire {
namespace {

void put_digits(char* at, unsigned value, int width) {
  for (int i = width - 1; i >= 0; --i) {
    at[i] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

// Exactly `width` digits, or nothing.
std::optional<int> read_digits(std::string_view text, std::size_t at, std::size_t width) {
  if (at + width > text.size()) return std::nullopt;
  int value = 0;
  for (std::size_t i = at; i < at + width; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

} // namespace

std::string to_iso8601(timestamp time) {
  using namespace std::chrono;
  static constexpr timestamp first = sys_days{year{0} / 1 / 1};
  static constexpr timestamp last = sys_days{year{9999} / 12 / 31} + hours{24} - milliseconds{1};
  time = std::clamp(time, first, last);

  const auto day = floor<days>(time);
  const year_month_day date{day};
  const hh_mm_ss clock{time - day};

  std::string text = "0000-00-00T00:00:00.000Z";
  put_digits(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(text.data() + 5, static_cast<unsigned>(date.month()), 2);
  put_digits(text.data() + 8, static_cast<unsigned>(date.day()), 2);
  put_digits(text.data() + 11, static_cast<unsigned>(clock.hours().count()), 2);
  put_digits(text.data() + 14, static_cast<unsigned>(clock.minutes().count()), 2);
  put_digits(text.data() + 17, static_cast<unsigned>(clock.seconds().count()), 2);
  put_digits(text.data() + 20, static_cast<unsigned>(clock.subseconds().count()), 3);
  return text;
}

std::optional<timestamp> from_iso8601(std::string_view text) {
  using namespace std::chrono;
  const bool with_fraction = text.size() == 24;
  if (text.size() != 20 && !with_fraction) return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return std::nullopt;
  if (text.back() != 'Z' || (with_fraction && text[19] != '.')) return std::nullopt;

  const auto years = read_digits(text, 0, 4), months = read_digits(text, 5, 2),
             day_of_month = read_digits(text, 8, 2);
  const auto hour = read_digits(text, 11, 2), minute = read_digits(text, 14, 2),
             second = read_digits(text, 17, 2);
  const auto fraction = with_fraction ? read_digits(text, 20, 3) : std::optional(0);
  if (!years || !months || !day_of_month || !hour || !minute || !second || !fraction) return std::nullopt;

  const year_month_day date{year{*years}, month{static_cast<unsigned>(*months)},
                            day{static_cast<unsigned>(*day_of_month)}};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return sys_days{date} + hours{*hour} + minutes{*minute} + seconds{*second} + milliseconds{*fraction};
}

} // namespace tickwire
