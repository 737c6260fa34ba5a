#include "hub/encode.hpp"

#include "codec/json_text.hpp"

#include <boost/json/serialize.hpp>

#include <stdexcept>

namespace socketio::detail {

namespace json = boost::json;
using codec::socket_type;

namespace {

constexpr std::size_t as_deep_as_it_is = 1'000'000; // what we encoded ourselves

// One without anything to escape is written as it is.
void append_name(std::string& out, std::string_view text) {
  for (char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\') {
      out += json::serialize(json::string(json::string_view(text.data(), text.size())));
      return;
    }
  out += '"';
  out += text;
  out += '"';
}

} // namespace

void refuse_reserved(std::string_view name) {
  if (codec::reserved_event(name))
    throw std::invalid_argument("\"" + std::string(name) + "\" is a reserved event name");
}

codec::packet event_packet(std::string_view nsp, std::optional<std::uint64_t> id, std::size_t attachments,
                           std::string_view name, std::string_view arguments_json) {
  codec::packet_builder builder(nsp.size() + name.size() + arguments_json.size() + 40);
  std::string& out = builder.text();
  codec::append_socket_head(out, attachments > 0 ? socket_type::binary_event : socket_type::event,
                            attachments, nsp, id);
  out += '[';
  append_name(out, name);
  if (!arguments_json.empty()) {
    out += ',';
    out += arguments_json;
  }
  out += ']';
  return builder.finish();
}

codec::packet event_packet(std::string_view nsp, std::optional<std::uint64_t> id, std::size_t attachments,
                           std::string_view name, const json::array& arguments) {
  codec::packet_builder builder(128);
  std::string& out = builder.text();
  codec::append_socket_head(out, attachments > 0 ? socket_type::binary_event : socket_type::event,
                            attachments, nsp, id);
  out += '[';
  append_name(out, name);
  if (!arguments.empty()) {
    const std::size_t bracket = out.size();
    codec::append_json(out, arguments);
    out[bracket] = ','; // the list goes on where its own would begin
    out.pop_back();
  }
  out += ']';
  return builder.finish();
}

codec::packet with_offset(const codec::packet& event, std::string_view offset) {
  const std::string_view text = event.payload();
  codec::packet_builder builder(text.size() + offset.size() + 4);
  std::string& out = builder.text();
  out += text.substr(0, text.size() - 1);
  out += ",\"";
  out += offset;
  out += "\"]";
  return builder.finish();
}

codec::packet ack_packet(std::string_view nsp, std::uint64_t id, std::size_t attachments,
                         const json::array& arguments) {
  codec::packet_builder builder(128);
  codec::append_socket_head(builder.text(), attachments > 0 ? socket_type::binary_ack : socket_type::ack,
                            attachments, nsp, id);
  codec::append_json(builder.text(), arguments);
  return builder.finish();
}

codec::packet control_packet(socket_type type, std::string_view nsp, std::string_view text) {
  codec::packet_builder builder(nsp.size() + text.size() + 8);
  codec::append_socket_head(builder.text(), type, 0, nsp, std::nullopt);
  builder.text() += text;
  return builder.finish();
}

std::vector<codec::packet> binary_packets(const std::vector<std::string>& attachments) {
  std::vector<codec::packet> packets;
  packets.reserve(attachments.size());
  for (const std::string& bytes : attachments) packets.push_back(codec::binary_packet(bytes));
  return packets;
}

packet_data decode_event(const codec::packet& head, const std::vector<codec::packet>& attachments) {
  std::string_view text = head.payload();
  // "42/name[with],7[…]": the list begins behind the namespace.
  const std::size_t slash = text.find('/'), bracket = text.find('[');
  if (slash < bracket) text.remove_prefix(text.find(','));
  text.remove_prefix(text.find('['));
  packet_data data;
  auto parsed = codec::parse_json(text, as_deep_as_it_is);
  if (parsed && parsed->is_array()) data.arguments = std::move(parsed->get_array());
  for (const codec::packet& one : attachments) data.attachments.emplace_back(one.payload());
  return data;
}

packet_data event_data(std::string_view name, const json::array& arguments,
                       const std::vector<std::string>& attachments) {
  packet_data data;
  data.arguments.reserve(arguments.size() + 1);
  data.arguments.emplace_back(json::string_view(name.data(), name.size()));
  data.arguments.insert(data.arguments.end(), arguments.begin(), arguments.end());
  data.attachments = attachments;
  return data;
}

} // namespace socketio::detail
