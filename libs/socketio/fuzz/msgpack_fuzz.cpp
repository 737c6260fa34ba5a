// msgpack: what decodes is encoded, and decodes to the same; no claim of a size costs memory.
#include "must.hpp"

#include "cluster/msgpack.hpp"

#include <boost/json/parse.hpp>

using namespace socketio::cluster;
using socketio::fuzz::must;
namespace json = boost::json;

namespace {

std::size_t elements(const json::value& value) {
  std::size_t count = 1;
  if (const auto* list = value.if_array())
    for (const auto& item : *list) count += elements(item);
  if (const auto* object = value.if_object())
    for (const auto& member : *object) count += 1 + elements(member.value());
  return count;
}

// Numbers take their smallest form the first time; from then on nothing changes.
void check_round_trip(const json::value& value, std::span<const std::string> attachments) {
  const std::string bytes = msgpack::encode(value, attachments);
  const auto again = msgpack::decode(bytes);
  must(again.has_value(), "what was encoded can be decoded");
  must(msgpack::encode(again->value, again->attachments) == bytes, "and encodes to the same bytes");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = socketio::fuzz::text_of(data, size);
  if (const auto document = msgpack::decode(bytes)) {
    std::size_t attached = 0;
    for (const std::string& one : document->attachments) attached += one.size();
    must(attached <= size, "no more bytes than came");
    // A placeholder is three elements for one, an extension five.
    must(elements(document->value) <= 6 * size + 1, "no more elements than came");
    check_round_trip(document->value, document->attachments);
  }
  const msgpack::limits narrow{.max_bytes = 4096, .max_depth = 3, .max_elements = 20, .max_attachments = 2};
  if (const auto document = msgpack::decode(bytes, narrow)) {
    must(size <= 4096 && document->attachments.size() <= 2, "the limits are kept");
    must(msgpack::decode(bytes).has_value(), "wider limits take what narrower ones do");
  }

  boost::system::error_code wrong;
  json::parse_options options;
  options.max_depth = 1'200;
  const json::value value = json::parse(bytes, wrong, {}, options);
  // JSON may hold what poses as a placeholder; nobody may send that. Its infinities (1e700) become null.
  if (wrong || bytes.find("laceholder") != bytes.npos || bytes.find('\\') != bytes.npos) return 0;
  const auto sent = msgpack::decode(msgpack::encode(value));
  must(sent.has_value(), "JSON goes through msgpack");
  check_round_trip(sent->value, sent->attachments);
  return 0;
}
