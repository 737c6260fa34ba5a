#include "socketio/handshake.hpp"

#include "codec/utf8.hpp"
#include "socketio/http.hpp"

#include <ctime>

namespace socketio {

namespace json = boost::json;

namespace {

json::string_view as_json_view(std::string_view text) { return {text.data(), text.size()}; }

// What is not UTF-8 is taken for Latin-1, as Node takes headers.
std::string as_utf8(std::string_view text) {
  if (codec::valid_utf8(text)) return std::string(text);
  std::string clean;
  for (char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      clean += c;
    } else {
      clean += static_cast<char>(0xC0 | byte >> 6);
      clean += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return clean;
}

// "Thu Nov 26 2026 00:38:57 GMT+0000 (Coordinated Universal Time)", as JavaScript writes a date.
std::string date_text(std::int64_t ms) {
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[80];
  const std::size_t size =
      std::strftime(text, sizeof text, "%a %b %d %Y %H:%M:%S GMT+0000 (Coordinated Universal Time)", &parts);
  return {text, size};
}

} // namespace

handshake_request::handshake_request(std::string_view target, std::string_view head, std::string_view address,
                                     std::int64_t issued_ms)
    : target_end_(static_cast<std::uint32_t>(target.size()))
    , head_end_(static_cast<std::uint32_t>(target.size() + head.size()))
    , issued_ms_(issued_ms) {
  text_.reserve(target.size() + head.size() + address.size());
  text_ += target;
  text_ += head;
  text_ += address;
}

std::string_view handshake_request::query() const {
  const std::string_view all = url();
  const std::size_t mark = all.find('?');
  return mark == std::string_view::npos ? std::string_view() : all.substr(mark + 1);
}

std::string handshake_request::query_value(std::string_view name) const {
  return socketio::query_value(query(), name);
}

namespace {

// Calls visit(name, value) for each line until it gives false.
template <class Visit>
void each_header(std::string_view head, Visit visit) {
  while (!head.empty()) {
    const std::size_t end = head.find("\r\n");
    const std::string_view line = head.substr(0, end);
    const std::size_t colon = line.find(": ");
    if (!visit(line.substr(0, colon), line.substr(colon + 2))) return;
    head.remove_prefix(end + 2);
  }
}

} // namespace

std::string_view handshake_request::header(std::string_view name) const {
  std::string_view found;
  each_header(part(target_end_, head_end_), [&](std::string_view key, std::string_view value) {
    if (key != name) return true;
    found = value;
    return false;
  });
  return found;
}

json::object handshake_request::as_json(const json::value& auth) const {
  json::object headers;
  each_header(part(target_end_, head_end_), [&](std::string_view key, std::string_view value) {
    json::value& there = headers[as_json_view(key)];
    if (there.is_string())
      there = std::string(there.get_string()) + ", " + as_utf8(value);
    else
      there = as_utf8(value);
    return true;
  });
  json::object parameters;
  for (std::string_view rest = query(); !rest.empty();) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    const std::size_t equals = pair.find('=');
    const std::string value = equals == std::string_view::npos ? "" : url_decode(pair.substr(equals + 1));
    if (!pair.empty()) parameters[as_utf8(url_decode(pair.substr(0, equals)))] = as_utf8(value);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  const bool foreign = !header("origin").empty();
  return {{"headers", std::move(headers)},
          {"time", date_text(issued_ms_)},
          {"address", as_json_view(address())},
          {"xdomain", foreign},
          {"secure", false},
          {"issued", issued_ms_},
          {"url", as_utf8(url())},
          {"query", std::move(parameters)},
          {"auth", auth}};
}

} // namespace socketio
