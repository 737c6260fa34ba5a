#include "net/http_date.hpp"

#include <cstdio>
#include <ctime>

namespace socketio::detail {

std::string_view http_date() {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  struct written {
    std::time_t when = -1;
    char text[64]; // of 29
    std::size_t size = 0;
  };
  static thread_local written last;
  const std::time_t now = std::time(nullptr);
  if (now != last.when) {
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    last.when = now;
    last.size = static_cast<std::size_t>(std::snprintf(
        last.text, sizeof last.text, "%s, %02d %s %d %02d:%02d:%02d GMT", days[parts.tm_wday], parts.tm_mday,
        months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec));
  }
  return {last.text, last.size};
}

} // namespace socketio::detail
