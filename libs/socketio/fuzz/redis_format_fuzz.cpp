// What servers of a cluster tell each other: whatever comes over Redis decodes or not, and what decodes is
// written again as the same.
#include "must.hpp"

#include "cluster/msgpack.hpp"
#include "cluster/redis_format.hpp"

#include <boost/json/parse.hpp>

using namespace socketio::cluster;
using socketio::fuzz::must;
namespace json = boost::json;

namespace {

// JSON or msgpack as a value, to compare without regard to the last digit of a float.
json::value opened(std::string_view bytes) {
  if (bytes.starts_with('{')) {
    json::parse_options options;
    options.max_depth = 1'200;
    boost::system::error_code wrong;
    json::value value = json::parse(bytes, wrong, {}, options);
    must(!wrong, "what was written is JSON");
    return value;
  }
  auto document = msgpack::decode(bytes);
  must(document.has_value(), "what was written is msgpack");
  json::array all{std::move(document->value)};
  for (const std::string& bytes_of : document->attachments) {
    json::array numbers;
    for (const char c : bytes_of) numbers.emplace_back(static_cast<unsigned char>(c));
    all.push_back(std::move(numbers));
  }
  return all;
}

void same(const std::string& first, const std::string& second) {
  must(first == second || socketio::fuzz::similar(opened(first), opened(second)),
       "it is written as the same");
}

void check_attachments(const socketio::packet_data& data, std::size_t size) {
  std::size_t bytes = 0;
  for (const std::string& one : data.attachments) bytes += one.size();
  must(bytes <= size, "no more binary bytes than came");
}

void check_request(std::string_view bytes, std::string_view nsp) {
  const auto found = decode_request(bytes, nsp);
  if (!found) return;
  if (const auto* event = std::get_if<asks::server_event>(&found->what))
    check_attachments(event->event, bytes.size());
  const std::string written = encode_request(*found, nsp);
  const auto again = decode_request(written, nsp);
  must(again.has_value(), "a request that was written can be read");
  must(again->uid == found->uid && again->id == found->id && again->what.index() == found->what.index(),
       "and is the same request");
  same(written, encode_request(*again, nsp));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = socketio::fuzz::text_of(data, size);
  if (const auto found = decode_broadcast(bytes)) {
    check_attachments(found->event, size);
    must(!found->event.arguments.empty() && found->event.arguments.front().is_string(), "events have names");
    const std::string written =
        encode_broadcast(found->uid, found->nsp, found->event, found->whom, found->flags);
    must(is_broadcast_of(found->uid, written), "a server knows its own broadcasts");
    const auto again = decode_broadcast(written);
    must(again.has_value(), "a broadcast that was written can be read");
    must(again->event.attachments == found->event.attachments, "with its binary parts");
    same(written, encode_broadcast(again->uid, again->nsp, again->event, again->whom, again->flags));
    const std::string channel = broadcast_channel("socket.io", found->nsp, found->whom);
    must(channel.starts_with("socket.io#" + found->nsp + "#"), "its channel fits the pattern");
  }
  check_request(bytes, "/");
  check_request(bytes, "/chat");
  if (const auto found = decode_response(bytes)) {
    must(!found->id.empty(), "an answer says to what");
    const std::string written = encode_response(*found);
    const auto again = decode_response(written);
    must(again.has_value(), "an answer that was written can be read");
    must(again->id == found->id, "and answers the same");
    same(written, encode_response(*again));
  }
  return 0;
}
