#include "codec/socket_packet.hpp"

#include "codec/json_text.hpp"
#include "codec/utf8.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace socketio::codec {

namespace {

namespace json = boost::json;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// At most 15 digits: exact in JavaScript, and no peer counts that far.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  if (digits == 0 || digits > 15) return std::nullopt;
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + digits, value);
  text.remove_prefix(digits);
  return value;
}

// {"_placeholder":true,"num":i} anywhere in the payload: each index below the count. False: out of range or
// not a number.
bool placeholders_fit(const json::value& value, std::size_t attachments) {
  if (const auto* array = value.if_array())
    return std::all_of(array->begin(), array->end(),
                       [&](const json::value& item) { return placeholders_fit(item, attachments); });
  const auto* object = value.if_object();
  if (!object) return true;
  const json::value* mark = object->if_contains("_placeholder");
  if (mark && mark->is_bool() && mark->get_bool()) {
    const json::value* num = object->if_contains("num");
    return num && num->is_int64() && num->get_int64() >= 0 &&
           static_cast<std::uint64_t>(num->get_int64()) < attachments;
  }
  return std::all_of(object->begin(), object->end(),
                     [&](const auto& member) { return placeholders_fit(member.value(), attachments); });
}

// socket.emit(1, …) is an event named "1", since JavaScript's objects have names of text only.
void name_as_text(socket_packet& packet) {
  if (packet.type != socket_type::event && packet.type != socket_type::binary_event) return;
  auto* array = packet.payload.if_array();
  if (array && !array->empty() && array->front().is_number()) array->front() = number_text(array->front());
}

bool payload_fits(const socket_packet& packet, const socket_limits& limits) {
  const json::value& payload = packet.payload;
  switch (packet.type) {
  case socket_type::connect:
    return payload.is_object();
  case socket_type::disconnect:
    return payload.is_null();
  case socket_type::connect_error:
    return false; // only servers send it
  case socket_type::event:
  case socket_type::binary_event: {
    if (payload.is_null()) return packet.type == socket_type::event;
    const auto* array = payload.if_array();
    if (!array || array->empty()) return false;
    const auto* name = array->front().if_string();
    return name && name->size() <= limits.max_event_name && !reserved_event(*name);
  }
  case socket_type::ack:
  case socket_type::binary_ack:
    return payload.is_array() || (payload.is_null() && packet.type == socket_type::ack);
  }
  return false;
}

} // namespace

bool reserved_event(std::string_view name) {
  static constexpr std::array<std::string_view, 6> names{"connect",       "connect_error", "disconnect",
                                                         "disconnecting", "newListener",   "removeListener"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<socket_packet> parse_socket_packet(std::string_view text, const socket_limits& limits) {
  if (text.empty() || text.front() < '0' || text.front() > '6') return std::nullopt;
  socket_packet packet;
  packet.type = static_cast<socket_type>(text.front() - '0');
  text.remove_prefix(1);

  const bool binary = packet.type == socket_type::binary_event || packet.type == socket_type::binary_ack;
  if (binary) {
    const auto count = take_number(text);
    if (!count || *count == 0 || *count > limits.max_attachments || !text.starts_with('-'))
      return std::nullopt;
    packet.attachments = static_cast<std::size_t>(*count);
    text.remove_prefix(1);
  }
  if (text.starts_with('/')) {
    const std::size_t comma = text.find(',');
    packet.nsp = std::string(text.substr(0, comma));
    // It is sent back in text frames; over polling nobody has looked at it yet.
    if (packet.nsp.size() > 256 || !valid_utf8(packet.nsp)) return std::nullopt;
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  if (!text.empty() && is_digit(text.front())) {
    packet.id = take_number(text);
    if (!packet.id) return std::nullopt;
  }
  if (!text.empty()) {
    if (text.front() != '[' && text.front() != '{') return std::nullopt;
    auto payload = parse_json(text, limits.max_json_depth);
    if (!payload) return std::nullopt;
    packet.payload = std::move(*payload);
    name_as_text(packet);
  } else if (packet.type == socket_type::connect) {
    packet.payload = json::object();
  }
  if (!payload_fits(packet, limits)) return std::nullopt;
  if (!placeholders_fit(packet.payload, packet.attachments)) return std::nullopt;
  return packet;
}

void append_socket_head(std::string& out, socket_type type, std::size_t attachments, std::string_view nsp,
                        std::optional<std::uint64_t> id) {
  out += '4';
  out += static_cast<char>('0' + static_cast<int>(type));
  if (attachments > 0) {
    out += std::to_string(attachments);
    out += '-';
  }
  if (nsp != "/") {
    out += nsp;
    out += ',';
  }
  if (id) out += std::to_string(*id);
}

} // namespace socketio::codec
