// Socket.IO packets: what is accepted keeps the limits and is written again as an equivalent packet.
#include "must.hpp"

#include "codec/socket_packet.hpp"
#include "codec/utf8.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>

using namespace socketio::codec;
using socketio::fuzz::must;
namespace json = boost::json;

namespace {

std::size_t depth(const json::value& value) {
  std::size_t deepest = 0;
  if (const auto* list = value.if_array())
    for (const auto& item : *list) deepest = std::max(deepest, depth(item));
  else if (const auto* object = value.if_object())
    for (const auto& member : *object) deepest = std::max(deepest, depth(member.value()));
  else
    return 0;
  return deepest + 1;
}

void check(std::string_view text, const socket_limits& limits) {
  const auto packet = parse_socket_packet(text, limits);
  if (!packet) return;
  must(packet->type != socket_type::connect_error, "clients do not refuse connections");
  const bool binary = packet->type == socket_type::binary_event || packet->type == socket_type::binary_ack;
  must(binary == (packet->attachments > 0), "attachments belong to binary packets");
  must(packet->attachments <= limits.max_attachments, "the limit of attachments");
  must(packet->nsp.starts_with('/') && packet->nsp.size() <= 256, "a namespace of bounded size");
  must(valid_utf8(packet->nsp), "that may be sent back in a text frame");
  must(!packet->id || *packet->id < 1'000'000'000'000'000, "ids that JavaScript holds exactly");
  must(depth(packet->payload) <= limits.max_json_depth, "the limit of depth");
  const bool event = packet->type == socket_type::event || packet->type == socket_type::binary_event;
  must(!packet->payload.is_null() || !binary, "binary packets have arguments");
  if (event && !packet->payload.is_null()) {
    const auto& name = packet->payload.as_array().at(0).as_string();
    must(name.size() <= limits.max_event_name, "the limit of event names");
    must(!reserved_event({name.data(), name.size()}), "no reserved name");
  }

  std::string again;
  append_socket_head(again, packet->type, packet->attachments, packet->nsp, packet->id);
  if (!packet->payload.is_null()) again += json::serialize(packet->payload);
  must(again.front() == '4', "inside an Engine.IO message");
  const auto second = parse_socket_packet(std::string_view(again).substr(1), limits);
  must(second.has_value(), "what was written can be read");
  must(second->type == packet->type && second->attachments == packet->attachments &&
           second->nsp == packet->nsp && second->id == packet->id &&
           socketio::fuzz::similar(second->payload, packet->payload),
       "and is equivalent");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = socketio::fuzz::text_of(data, size);
  check(text, {});
  check(text, {.max_attachments = 2, .max_event_name = 4, .max_json_depth = 3});
  return 0;
}
