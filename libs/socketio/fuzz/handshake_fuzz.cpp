// The request behind a session, as the application reads it and as other servers are told of it. First line:
// the target; then a header line each, as the server writes them down.
#include "must.hpp"

#include "codec/utf8.hpp"
#include "socketio/handshake.hpp"
#include "socketio/http.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <string>
#include <utility>
#include <vector>

using socketio::fuzz::must;
namespace json = boost::json;

namespace {

std::string_view line_of(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\n'), rest.size());
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return line;
}

// The HTTP parser lets nothing else through.
bool in_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
std::string in_value(std::string_view text) {
  std::string kept;
  for (const char c : text)
    if (c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)) kept += c;
  return kept;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = socketio::fuzz::text_of(data, size);
  std::string target;
  for (const char c : line_of(rest))
    if (static_cast<unsigned char>(c) > 0x20 && c != 0x7F) target += c;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string head;
  while (!rest.empty() && headers.size() < 64) {
    std::string_view line = line_of(rest);
    const std::size_t colon = std::min(line.find(':'), line.size());
    std::string name;
    for (const char c : line.substr(0, colon))
      if (in_name(c)) name += c;
    if (name.empty()) continue;
    headers.emplace_back(name, in_value(line.substr(std::min(colon + 1, line.size()))));
    head += headers.back().first + ": " + headers.back().second + "\r\n";
  }

  const socketio::handshake_request request(target, head, "::1", 1'764'117'537'000);
  must(request.url() == target && request.address() == "::1", "its parts are kept apart");
  for (const auto& [name, value] : headers) {
    std::string_view first;
    for (const auto& [other, its] : headers)
      if (other == name) {
        first = its;
        break;
      }
    must(request.header(name) == first, "the first header of that name");
  }
  must(request.header("no such").empty(), "a header that is not there");

  const json::object told = request.as_json(json::object{{"token", "x"}});
  const std::string text = json::serialize(told);
  must(socketio::codec::valid_utf8(text), "other servers and clients can be told of it");
  boost::system::error_code wrong;
  const json::value again = json::parse(text, wrong);
  must(!wrong && again == told, "and read the same");
  return 0;
}
