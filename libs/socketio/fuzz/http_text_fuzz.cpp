// The texts of HTTP that we take apart ourselves: queries, percent encoding, Accept-Encoding.
#include "must.hpp"

#include "net/gzip.hpp"
#include "socketio/http.hpp"

#include <string>

using socketio::fuzz::must;

namespace {

std::string percent_encoded(std::string_view text) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string all;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    all += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return all;
}

// By going through a list of all parameters.
std::string last_of(std::string_view query, std::string_view name) {
  std::string found;
  for (std::size_t at = 0; at <= query.size();) {
    const std::size_t end = std::min(query.find('&', at), query.size());
    const std::string pair(query.substr(at, end - at));
    at = end + 1;
    const std::size_t equals = std::min(pair.find('='), pair.size());
    if (pair.empty() || socketio::url_decode(pair.substr(0, equals)) != name) continue;
    found = equals == pair.size() ? "" : socketio::url_decode(pair.substr(equals + 1));
  }
  return found;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = socketio::fuzz::text_of(data, size);
  const std::string decoded = socketio::url_decode(text);
  must(decoded.size() <= text.size(), "decoding makes nothing longer");
  if (text.find_first_of("%+") == text.npos) must(decoded == text, "nothing to decode");
  must(socketio::url_decode(percent_encoded(text)) == text, "what was encoded decodes to itself");

  for (const char* name : {"transport", "sid", "EIO", "a b"})
    must(socketio::query_value(text, name) == last_of(text, name), "the last parameter of that name");
  const std::string query = std::string(text) + "&sid=" + percent_encoded(text);
  must(socketio::query_value(query, "sid") == text, "a value of any bytes");

  const bool accepts = socketio::detail::accepts_gzip(text);
  if (text.find("gzip") == text.npos && text.find('*') == text.npos) must(!accepts, "gzip is named");
  if (accepts) must(socketio::detail::accepts_gzip(std::string(text) + ", br"), "others do not matter");
  return 0;
}
