#include "adapters/realtime/redis_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <charconv>
#include <optional>

namespace tickwire::realtime {

namespace {

std::optional<socketio::redis_options> parse(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->scheme() != "redis" || parsed->host().empty() || parsed->has_query() ||
      parsed->has_fragment())
    return std::nullopt;
  socketio::redis_options options;
  options.host = parsed->host_address();
  if (parsed->has_port()) options.port = parsed->port_number();
  if (options.port == 0) return std::nullopt;
  options.username = parsed->user();
  options.password = parsed->password();
  std::string database = parsed->path();
  if (database.starts_with('/')) database.erase(0, 1);
  if (!database.empty()) {
    const char* end = database.data() + database.size();
    const auto read = std::from_chars(database.data(), end, options.database);
    if (read.ec != std::errc() || read.ptr != end || options.database < 0) return std::nullopt;
  }
  return options;
}

} // namespace

std::string problem_of_redis_url(const std::string& url) {
  if (url.starts_with("rediss://"))
    return "asks for TLS, which is not spoken here. Let the servers reach Redis in a private network, or "
           "through "
           "a tunnel";
  if (parse(url)) return {};
  return "is no address of Redis. It looks like redis://user:password@host:6379/0; of the name and the "
         "password, "
         "every character but letters and digits must stand there as % and two hex digits";
}

socketio::redis_options redis_options_of(const std::string& url) { return parse(url).value(); }

std::string shown_redis_url(const std::string& url) {
  const socketio::redis_options options = redis_options_of(url);
  return options.host + ":" + std::to_string(options.port) +
         (options.database ? ", database " + std::to_string(options.database) : "");
}

} // namespace tickwire::realtime
