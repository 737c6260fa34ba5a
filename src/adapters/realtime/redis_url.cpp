#include "adapters/realtime/redis_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <charconv>
#include <optional>
#include <string_view>

namespace tickwire::realtime {

namespace {

std::optional<socketio::redis_options> parse(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->scheme() != "redis" || parsed->host().empty() || parsed->has_query() ||
      parsed->has_fragment())
    return std::nullopt;
  socketio::redis_options options;
  options.host = parsed->host_address();
  if (parsed->has_port()) {
    const std::string_view port(parsed->port().data(), parsed->port().size());
    const auto read = std::from_chars(port.data(), port.data() + port.size(), options.port);
    if (read.ec != std::errc() || options.port == 0) return std::nullopt;
  }
  options.username = parsed->user();
  options.password = parsed->password();
  if (const std::string path = parsed->path(); !path.empty() && path != "/" && path != "/0")
    return std::nullopt;
  return options;
}

} // namespace

std::string problem_of_redis_url(const std::string& url) {
  if (url.starts_with("rediss://"))
    return "asks for TLS, which is not spoken here. Let the servers reach Redis through a private network or "
           "a "
           "tunnel";
  if (parse(url)) return {};
  return "is no address of Redis. A right one looks like redis://user:password@host:6379, without a "
         "database; "
         "of the name and the password, every character but letters and digits must stand there as % and two "
         "hex digits";
}

socketio::redis_options redis_options_of(const std::string& url) { return parse(url).value(); }

std::string shown_redis_url(const std::string& url) {
  const socketio::redis_options options = redis_options_of(url);
  return options.host + ":" + std::to_string(options.port);
}

} // namespace tickwire::realtime
