#include "cluster/json_binary.hpp"

#include "cluster/placeholder.hpp"

namespace socketio::cluster {

namespace json = boost::json;

namespace {

json::value buffer(std::string_view bytes) {
  json::array numbers;
  numbers.reserve(bytes.size());
  for (const char byte : bytes) numbers.emplace_back(static_cast<unsigned>(static_cast<unsigned char>(byte)));
  return json::object{{"type", "Buffer"}, {"data", std::move(numbers)}};
}

std::optional<std::string> bytes_of_buffer(const json::object& object) {
  const json::value* type = object.if_contains("type");
  const json::value* data = object.if_contains("data");
  if (object.size() != 2 || !type || !data || *type != "Buffer" || !data->is_array()) return std::nullopt;
  std::string bytes;
  bytes.reserve(data->get_array().size());
  for (const json::value& number : data->get_array()) {
    if (!number.is_int64() || number.get_int64() < 0 || number.get_int64() > 255) return std::nullopt;
    bytes.push_back(static_cast<char>(number.get_int64()));
  }
  return bytes;
}

bool take_buffers(json::value& value, std::vector<std::string>& attachments) {
  if (value.is_array()) {
    for (json::value& element : value.get_array())
      if (!take_buffers(element, attachments)) return false;
  } else if (value.is_object()) {
    if (poses_as_placeholder(value.get_object())) return false;
    if (auto bytes = bytes_of_buffer(value.get_object())) {
      attachments.push_back(std::move(*bytes));
      value = placeholder(attachments.size() - 1);
      return true;
    }
    for (auto& member : value.get_object())
      if (!take_buffers(member.value(), attachments)) return false;
  }
  return true;
}

} // namespace

json::value with_buffers(const json::value& value, std::span<const std::string> attachments) {
  if (attachments.empty()) return value;
  if (value.is_array()) {
    json::array copy;
    copy.reserve(value.get_array().size());
    for (const json::value& element : value.get_array()) copy.push_back(with_buffers(element, attachments));
    return copy;
  }
  if (value.is_object()) {
    if (const auto number = placeholder_number(value.get_object(), attachments.size()))
      return buffer(attachments[*number]);
    json::object copy;
    copy.reserve(value.get_object().size());
    for (const auto& [key, element] : value.get_object())
      copy.emplace(key, with_buffers(element, attachments));
    return copy;
  }
  return value;
}

std::optional<packet_data> without_buffers(json::array arguments) {
  packet_data result{.arguments = std::move(arguments), .attachments = {}};
  for (json::value& argument : result.arguments)
    if (!take_buffers(argument, result.attachments)) return std::nullopt;
  return result;
}

} // namespace socketio::cluster
