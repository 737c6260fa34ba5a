#include "cluster/redis_format.hpp"

#include "cluster/json_binary.hpp"
#include "cluster/msgpack.hpp"
#include "cluster/overloaded.hpp"
#include "cluster/placeholder.hpp"
#include "codec/base64.hpp"
#include "codec/json_text.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <random>
#include <unordered_set>

namespace socketio::cluster {

namespace json = boost::json;

namespace {

enum message_type : std::int64_t {
  type_sockets = 0,
  type_all_rooms = 1,
  type_remote_join = 2,
  type_remote_leave = 3,
  type_remote_disconnect = 4,
  type_remote_fetch = 5,
  type_server_side_emit = 6,
  type_broadcast = 7,
  type_broadcast_client_count = 8,
  type_broadcast_ack = 9,
};

constexpr std::int64_t packet_event = 2, packet_binary_event = 5; // Socket.IO packet types
constexpr std::size_t max_json_depth = 1'100;                     // an event's, and what is around it

// A room named twice is one room; the channel of a broadcast depends on their number.
std::vector<std::string_view> distinct(const std::vector<std::string>& names) {
  std::vector<std::string_view> result;
  std::unordered_set<std::string_view> seen;
  for (const std::string& name : names)
    if (seen.insert(name).second) result.emplace_back(name);
  return result;
}

std::string joined(std::initializer_list<std::string_view> parts) {
  std::string result;
  for (const std::string_view part : parts) result += part;
  return result;
}

} // namespace

// --- channels ---

std::string request_channel(std::string_view prefix, std::string_view nsp) {
  return joined({prefix, "-request#", nsp, "#"});
}

std::string response_channel(std::string_view prefix, std::string_view nsp) {
  return joined({prefix, "-response#", nsp, "#"});
}

std::string response_channel(std::string_view prefix, std::string_view nsp, std::string_view asker) {
  return joined({prefix, "-response#", nsp, "#", asker, "#"});
}

channels channels_of(std::string_view prefix, std::string_view nsp, std::string_view uid) {
  // Prefix and namespace are meant literally: [ ] * ? \ in them must not match other channels.
  std::string pattern;
  for (const char letter : joined({prefix, "#", nsp, "#"})) {
    if (std::string_view("*?[]\\").find(letter) != std::string_view::npos) pattern += '\\';
    pattern += letter;
  }
  return {.broadcasts = pattern + '*',
          .requests = request_channel(prefix, nsp),
          .responses = response_channel(prefix, nsp),
          .own_responses = response_channel(prefix, nsp, uid)};
}

std::string broadcast_channel(std::string_view prefix, std::string_view nsp, const target_options& whom) {
  const auto rooms = distinct(whom.rooms);
  if (rooms.size() == 1) return joined({prefix, "#", nsp, "#", rooms.front(), "#"});
  return joined({prefix, "#", nsp, "#"});
}

std::string new_uid() {
  thread_local std::mt19937_64 random{[] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }()};
  std::uint64_t bits = random();
  std::string uid;
  for (int i = 0; i < 6; ++i, bits >>= 6) uid += codec::url_letters[bits & 63];
  return uid;
}

// --- parts of messages, written ---

namespace {

void write_texts(msgpack::writer& out, const std::vector<std::string>& texts) {
  const auto names = distinct(texts);
  out.array(names.size());
  for (const std::string_view name : names) out.text(name);
}

void write_packet(msgpack::writer& out, std::string_view nsp, const packet_data& event) {
  out.map(3);
  out.text("type");
  out.integer(packet_event);
  out.text("data");
  out.array(event.arguments.size());
  for (const json::value& argument : event.arguments) out.value(argument, event.attachments);
  out.text("nsp");
  out.text(nsp);
}

void write_options(msgpack::writer& out, const target_options& whom, const broadcast_flags& flags) {
  out.map(3);
  out.text("rooms");
  write_texts(out, whom.rooms);
  out.text("except");
  write_texts(out, whom.except);
  out.text("flags");
  out.map(std::size_t{flags.is_volatile} + std::size_t{!flags.compress} +
          std::size_t{flags.timeout.has_value()});
  if (flags.is_volatile) {
    out.text("volatile");
    out.boolean(true);
  }
  if (!flags.compress) {
    out.text("compress");
    out.boolean(false);
  }
  if (flags.timeout) {
    out.text("timeout");
    out.integer(std::int64_t{flags.timeout->count()});
  }
}

json::array json_texts(const std::vector<std::string>& texts) {
  json::array result;
  for (const std::string_view text : distinct(texts)) result.emplace_back(text);
  return result;
}

json::object json_options(const target_options& whom) {
  return {{"rooms", json_texts(whom.rooms)}, {"except", json_texts(whom.except)}};
}

// --- parts of messages, read ---

const json::value* member(const json::object& object, std::string_view name) {
  return object.if_contains(name);
}

std::optional<std::int64_t> whole_number(const json::value* value) {
  if (!value || !value->is_int64()) return std::nullopt;
  return value->get_int64();
}

std::string text_member(const json::object& object, std::string_view name) {
  const json::value* value = member(object, name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

// Rooms of Node may be numbers, which are written like texts here.
std::optional<std::string> room_name(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_int64()) return std::to_string(value.get_int64());
  if (value.is_uint64()) return std::to_string(value.get_uint64());
  if (value.is_double() && std::isfinite(value.get_double())) {
    std::array<char, 32> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value.get_double()).ptr;
    return std::string(digits.data(), end);
  }
  return std::nullopt;
}

// A missing list is an empty one, as for `new Set(undefined)`.
std::optional<std::vector<std::string>> room_names(const json::value* value) {
  std::vector<std::string> names;
  if (!value || value->is_null()) return names;
  if (!value->is_array()) return std::nullopt;
  names.reserve(value->get_array().size());
  for (const json::value& element : value->get_array()) {
    auto name = room_name(element);
    if (!name) return std::nullopt;
    names.push_back(std::move(*name));
  }
  return names;
}

std::optional<target_options> read_target(const json::object& options) {
  auto rooms = room_names(member(options, "rooms"));
  auto except = room_names(member(options, "except"));
  if (!rooms || !except) return std::nullopt;
  return target_options{.rooms = std::move(*rooms), .except = std::move(*except)};
}

broadcast_flags read_flags(const json::object& options) {
  broadcast_flags flags;
  const json::value* value = member(options, "flags");
  if (!value || !value->is_object()) return flags;
  const json::object& object = value->get_object();
  if (const auto* is_volatile = member(object, "volatile")) flags.is_volatile = *is_volatile == true;
  if (const auto* compress = member(object, "compress")) flags.compress = *compress != false;
  if (const auto timeout = whole_number(member(object, "timeout")); timeout && *timeout >= 0)
    flags.timeout = std::chrono::milliseconds(*timeout);
  return flags;
}

std::size_t count_placeholders(const json::value& value) {
  std::size_t count = 0;
  if (value.is_array()) {
    for (const json::value& element : value.get_array()) count += count_placeholders(element);
  } else if (value.is_object()) {
    if (poses_as_placeholder(value.get_object())) return 1;
    for (const auto& entry : value.get_object()) count += count_placeholders(entry.value());
  }
  return count;
}

// A message in either of the two forms, told apart by the first byte. `binary`: with placeholders and
// attachments.
struct message {
  json::object body;
  std::vector<std::string> attachments;
  bool binary = false;
};

std::optional<message> read_message(std::string_view bytes) {
  if (bytes.starts_with('{')) {
    auto value = codec::parse_json(bytes, max_json_depth);
    if (!value || !value->is_object()) return std::nullopt;
    return message{.body = std::move(value->get_object()), .attachments = {}, .binary = false};
  }
  auto document = msgpack::decode(bytes);
  if (!document || !document->value.is_object()) return std::nullopt;
  return message{.body = std::move(document->value.get_object()),
                 .attachments = std::move(document->attachments),
                 .binary = true};
}

// The arguments that stand in `message.body`, with their binary parts, of which there may be none elsewhere.
std::optional<packet_data> take_arguments(message& message, json::array arguments) {
  if (!message.binary) return without_buffers(std::move(arguments));
  std::size_t placeholders = 0;
  for (const json::value& argument : arguments) placeholders += count_placeholders(argument);
  if (placeholders != message.attachments.size()) return std::nullopt;
  return packet_data{.arguments = std::move(arguments), .attachments = std::move(message.attachments)};
}

bool is_event(const json::array& arguments) { return !arguments.empty() && arguments.front().is_string(); }

// {type, data, nsp} of an event for `nsp`; a missing nsp is "/".
std::optional<packet_data> take_packet(message& message, json::value* packet, std::string_view nsp) {
  if (!packet || !packet->is_object()) return std::nullopt;
  json::object& object = packet->get_object();
  const auto type = whole_number(member(object, "type"));
  if (type != packet_event && type != packet_binary_event) return std::nullopt;
  const json::value* of = member(object, "nsp");
  if (of ? !of->is_string() || std::string_view(of->get_string()) != nsp : nsp != "/") return std::nullopt;
  json::value* data = object.if_contains("data");
  if (!data || !data->is_array() || !is_event(data->get_array())) return std::nullopt;
  return take_arguments(message, std::move(data->get_array()));
}

} // namespace

// --- broadcasts ---

std::string encode_broadcast(std::string_view uid, std::string_view nsp, const packet_data& event,
                             const target_options& whom, const broadcast_flags& flags) {
  msgpack::writer out;
  out.array(3);
  out.text(uid);
  write_packet(out, nsp, event);
  write_options(out, whom, flags);
  return out.take();
}

bool is_broadcast_of(std::string_view uid, std::string_view bytes) {
  msgpack::writer start;
  start.array(3);
  start.text(uid);
  return bytes.starts_with(start.bytes());
}

std::optional<broadcast_message> decode_broadcast(std::string_view bytes) {
  auto document = msgpack::decode(bytes);
  if (!document || !document->value.is_array()) return std::nullopt;
  json::array& parts = document->value.get_array();
  if (parts.size() != 3 || !parts[0].is_string() || !parts[1].is_object() || !parts[2].is_object())
    return std::nullopt;

  broadcast_message result;
  result.uid = parts[0].get_string();
  const json::value* nsp = member(parts[1].get_object(), "nsp");
  if (nsp && !nsp->is_string()) return std::nullopt;
  result.nsp = nsp ? std::string(nsp->get_string()) : "/";
  auto whom = read_target(parts[2].get_object());
  if (!whom) return std::nullopt;
  result.whom = std::move(*whom);
  result.flags = read_flags(parts[2].get_object());

  message rest{.body = {}, .attachments = std::move(document->attachments), .binary = true};
  auto event = take_packet(rest, &parts[1], result.nsp);
  if (!event) return std::nullopt;
  result.event = std::move(*event);
  return result;
}

// --- requests ---

namespace {

std::string encode_client_acks(const request& request, const asks::client_acks& what, std::string_view nsp) {
  msgpack::writer out;
  out.map(5);
  out.text("uid");
  out.text(request.uid);
  out.text("requestId");
  out.text(request.id);
  out.text("type");
  out.integer(std::int64_t{type_broadcast});
  out.text("packet");
  write_packet(out, nsp, what.event);
  out.text("opts");
  write_options(out, what.whom, what.flags);
  return out.take();
}

// The old forms, of one socket each.
template <class What>
std::optional<What> read_one(const json::object& body) {
  What what;
  what.socket = text_member(body, "sid");
  if (what.socket.empty()) return std::nullopt;
  if constexpr (requires { what.room; }) {
    const json::value* room = member(body, "room");
    auto name = room ? room_name(*room) : std::nullopt;
    if (!name) return std::nullopt;
    what.room = std::move(*name);
  }
  return what;
}

bool is_true(const json::object& body, std::string_view name) {
  const json::value* value = member(body, name);
  return value && *value == true;
}

} // namespace

std::string encode_request(const request& request, std::string_view nsp) {
  if (const auto* acks = std::get_if<asks::client_acks>(&request.what))
    return encode_client_acks(request, *acks, nsp);

  json::object body;
  if (!request.uid.empty()) body["uid"] = request.uid;
  if (!request.id.empty()) body["requestId"] = request.id;
  std::visit(overloaded{
                 [&](const asks::socket_ids& what) {
                   body["type"] = type_sockets;
                   body["rooms"] = json_texts(what.rooms);
                 },
                 [&](const asks::all_rooms&) { body["type"] = type_all_rooms; },
                 [&](const asks::join& what) {
                   body["type"] = type_remote_join;
                   body["opts"] = json_options(what.whom);
                   body["rooms"] = json_texts(what.rooms);
                 },
                 [&](const asks::join_one& what) {
                   body["type"] = type_remote_join;
                   body["sid"] = what.socket;
                   body["room"] = what.room;
                 },
                 [&](const asks::leave& what) {
                   body["type"] = type_remote_leave;
                   body["opts"] = json_options(what.whom);
                   body["rooms"] = json_texts(what.rooms);
                 },
                 [&](const asks::leave_one& what) {
                   body["type"] = type_remote_leave;
                   body["sid"] = what.socket;
                   body["room"] = what.room;
                 },
                 [&](const asks::disconnect& what) {
                   body["type"] = type_remote_disconnect;
                   body["opts"] = json_options(what.whom);
                   body["close"] = what.close;
                 },
                 [&](const asks::disconnect_one& what) {
                   body["type"] = type_remote_disconnect;
                   body["sid"] = what.socket;
                   body["close"] = what.close;
                 },
                 [&](const asks::sockets& what) {
                   body["type"] = type_remote_fetch;
                   body["opts"] = json_options(what.whom);
                 },
                 [&](const asks::server_event& what) {
                   body["type"] = type_server_side_emit;
                   json::array data;
                   data.reserve(what.event.arguments.size());
                   for (const json::value& argument : what.event.arguments)
                     data.push_back(with_buffers(argument, what.event.attachments));
                   body["data"] = std::move(data);
                 },
                 [](const asks::client_acks&) {},
             },
             request.what);
  return codec::json_text(std::move(body));
}

std::optional<request> decode_request(std::string_view bytes, std::string_view nsp) {
  auto message = read_message(bytes);
  if (!message) return std::nullopt;
  json::object& body = message->body;
  const auto type = whole_number(member(body, "type"));
  if (!type) return std::nullopt;

  request result{.uid = text_member(body, "uid"), .id = text_member(body, "requestId"), .what = {}};
  const bool answered = !result.id.empty();
  const json::value* options = member(body, "opts");
  if (options && !options->is_object()) return std::nullopt;
  auto whom = options ? read_target(options->get_object()) : target_options{};
  if (!whom) return std::nullopt;

  const auto take = [&](auto what) -> std::optional<request> {
    if (!what) return std::nullopt;
    result.what = std::move(*what);
    return std::move(result);
  };

  switch (*type) {
  case type_sockets: {
    auto rooms = room_names(member(body, "rooms"));
    if (!answered || !rooms) return std::nullopt;
    return take(std::optional(asks::socket_ids{std::move(*rooms)}));
  }
  case type_all_rooms:
    if (!answered) return std::nullopt;
    return take(std::optional(asks::all_rooms{}));
  case type_remote_join: {
    if (!options) return take(read_one<asks::join_one>(body));
    auto rooms = room_names(member(body, "rooms"));
    if (!rooms) return std::nullopt;
    return take(std::optional(asks::join{std::move(*whom), std::move(*rooms)}));
  }
  case type_remote_leave: {
    if (!options) return take(read_one<asks::leave_one>(body));
    auto rooms = room_names(member(body, "rooms"));
    if (!rooms) return std::nullopt;
    return take(std::optional(asks::leave{std::move(*whom), std::move(*rooms)}));
  }
  case type_remote_disconnect: {
    const bool close = is_true(body, "close");
    if (options) return take(std::optional(asks::disconnect{std::move(*whom), close}));
    auto one = read_one<asks::disconnect_one>(body);
    if (one) one->close = close;
    return take(std::move(one));
  }
  case type_remote_fetch:
    if (!answered) return std::nullopt;
    return take(std::optional(asks::sockets{std::move(*whom)}));
  case type_server_side_emit: {
    json::value* data = body.if_contains("data");
    if (!data || !data->is_array() || !is_event(data->get_array())) return std::nullopt;
    auto event = take_arguments(*message, std::move(data->get_array()));
    if (!event) return std::nullopt;
    return take(std::optional(asks::server_event{std::move(*event)}));
  }
  case type_broadcast: {
    auto event = take_packet(*message, body.if_contains("packet"), nsp);
    if (!answered || !event) return std::nullopt;
    const broadcast_flags flags = options ? read_flags(options->get_object()) : broadcast_flags{};
    return take(std::optional(asks::client_acks{std::move(*event), std::move(*whom), flags}));
  }
  default:
    return std::nullopt;
  }
}

// --- answers ---

namespace {

json::object json_socket(const remote_socket& socket) {
  json::array rooms;
  rooms.reserve(socket.rooms.size());
  for (const std::string& room : socket.rooms) rooms.emplace_back(room);
  json::object result;
  result["id"] = socket.id;
  result["handshake"] = socket.handshake;
  result["rooms"] = std::move(rooms);
  // In Node a socket's data is an object, and applications look into it without asking.
  result["data"] = socket.data.is_null() ? json::value(json::object()) : socket.data;
  return result;
}

std::optional<remote_socket> read_socket(json::value& value) {
  if (!value.is_object()) return std::nullopt;
  json::object& object = value.get_object();
  remote_socket socket;
  socket.id = text_member(object, "id");
  if (socket.id.empty()) return std::nullopt;
  if (json::value* handshake = object.if_contains("handshake"); handshake && handshake->is_object())
    socket.handshake = std::move(handshake->get_object());
  auto rooms = room_names(member(object, "rooms"));
  if (!rooms) return std::nullopt;
  socket.rooms = std::move(*rooms);
  if (json::value* data = object.if_contains("data")) socket.data = std::move(*data);
  return socket;
}

std::optional<tells::sockets> read_sockets(json::array& list) {
  tells::sockets result;
  result.sockets.reserve(list.size());
  for (json::value& value : list) {
    auto socket = read_socket(value);
    if (!socket) return std::nullopt;
    result.sockets.push_back(std::move(*socket));
  }
  return result;
}

// The one argument of an answer; without it the answer had none.
std::optional<packet_data> take_answer(message& message, std::string_view name) {
  json::array arguments;
  if (json::value* value = message.body.if_contains(name)) arguments.push_back(std::move(*value));
  return take_arguments(message, std::move(arguments));
}

std::string encode_client_answer(std::string_view id, const packet_data& answer) {
  msgpack::writer out;
  out.map(answer.arguments.empty() ? 2 : 3);
  out.text("type");
  out.integer(std::int64_t{type_broadcast_ack});
  out.text("requestId");
  out.text(id);
  if (!answer.arguments.empty()) {
    out.text("packet");
    out.value(answer.arguments.front(), answer.attachments);
  }
  return out.take();
}

} // namespace

std::string encode_response(const response& response) {
  if (const auto* answer = std::get_if<tells::client_answer>(&response.what))
    return encode_client_answer(response.id, answer->answer);

  json::object body;
  const auto typed = [&](message_type type) {
    body["type"] = type;
    body["requestId"] = response.id;
  };
  std::visit(overloaded{
                 [&](const tells::socket_ids& what) {
                   body["requestId"] = response.id;
                   body["sockets"] = json_texts(what.ids);
                 },
                 [&](const tells::rooms& what) {
                   body["requestId"] = response.id;
                   body["rooms"] = json_texts(what.rooms);
                 },
                 [&](const tells::done&) { body["requestId"] = response.id; },
                 [&](const tells::sockets& what) {
                   body["requestId"] = response.id;
                   json::array sockets;
                   sockets.reserve(what.sockets.size());
                   for (const remote_socket& socket : what.sockets) sockets.push_back(json_socket(socket));
                   body["sockets"] = std::move(sockets);
                 },
                 [&](const tells::server_answer& what) {
                   typed(type_server_side_emit);
                   if (!what.answer.arguments.empty())
                     body["data"] = with_buffers(what.answer.arguments.front(), what.answer.attachments);
                 },
                 [&](const tells::client_count& what) {
                   typed(type_broadcast_client_count);
                   body["clientCount"] = what.count;
                 },
                 [](const tells::client_answer&) {},
             },
             response.what);
  return codec::json_text(std::move(body));
}

std::optional<response> decode_response(std::string_view bytes) {
  auto message = read_message(bytes);
  if (!message) return std::nullopt;
  json::object& body = message->body;
  response result{.id = text_member(body, "requestId"), .what = {}};
  if (result.id.empty()) return std::nullopt;

  if (const auto type = whole_number(member(body, "type"))) {
    switch (*type) {
    case type_server_side_emit: {
      auto answer = take_answer(*message, "data");
      if (!answer) return std::nullopt;
      result.what = tells::server_answer{std::move(*answer)};
      return result;
    }
    case type_broadcast_client_count: {
      const auto count = whole_number(member(body, "clientCount"));
      if (!count || *count < 0 || *count > 0xFFFFFFFF) return std::nullopt;
      result.what = tells::client_count{static_cast<std::size_t>(*count)};
      return result;
    }
    case type_broadcast_ack: {
      auto answer = take_answer(*message, "packet");
      if (!answer) return std::nullopt;
      result.what = tells::client_answer{std::move(*answer)};
      return result;
    }
    default:
      return std::nullopt;
    }
  }

  if (json::value* sockets = body.if_contains("sockets")) {
    if (!sockets->is_array()) return std::nullopt;
    json::array& list = sockets->get_array();
    if (!list.empty() && list.front().is_string()) {
      auto ids = room_names(sockets);
      if (!ids) return std::nullopt;
      result.what = tells::socket_ids{std::move(*ids)};
      return result;
    }
    auto read = read_sockets(list);
    if (!read) return std::nullopt;
    result.what = std::move(*read);
    return result;
  }
  if (const json::value* rooms = member(body, "rooms")) {
    auto names = room_names(rooms);
    if (!names) return std::nullopt;
    result.what = tells::rooms{std::move(*names)};
    return result;
  }
  result.what = tells::done{};
  return result;
}

} // namespace socketio::cluster
