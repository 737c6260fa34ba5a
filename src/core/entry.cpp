#include "core/entry.hpp"

#include <charconv>

namespace tickwire {

std::string_view kind_of(const entry_data& data) {
  struct names {
    std::string_view operator()(const message_received&) const { return "message_received"; }
    std::string_view operator()(const message_accepted&) const { return "message_accepted"; }
    std::string_view operator()(const retry_requested&) const { return "retry_requested"; }
    std::string_view operator()(const sending_taken&) const { return "sending_taken"; }
    std::string_view operator()(const send_attempted&) const { return "send_attempted"; }
    std::string_view operator()(const send_result&) const { return "send_result"; }
    std::string_view operator()(const status_changed&) const { return "status_changed"; }
    std::string_view operator()(const reaction&) const { return "reaction"; }
    std::string_view operator()(const edit&) const { return "edit"; }
    std::string_view operator()(const revoke&) const { return "revoke"; }
    std::string_view operator()(const tickwire::read_mark&) const { return "read_mark"; }
    std::string_view operator()(const contact_changed&) const { return "contact_changed"; }
    std::string_view operator()(const contacts_merged&) const { return "contacts_merged"; }
    std::string_view operator()(const message_joined&) const { return "message_joined"; }
    std::string_view operator()(const group_changed&) const { return "group_changed"; }
    std::string_view operator()(const chat_changed&) const { return "chat_changed"; }
    std::string_view operator()(const quote_known&) const { return "quote_known"; }
    std::string_view operator()(const unhandled&) const { return "unhandled"; }
  };
  return std::visit(names{}, data);
}

std::string to_text(const callback& value) { return value.message_id + ':' + std::to_string(value.attempt); }

std::optional<callback> callback_from(std::string_view text) {
  const std::size_t colon = text.find(':');
  callback value{std::string(text.substr(0, colon)), 1};
  if (value.message_id.empty()) return std::nullopt;
  if (colon == std::string_view::npos) return value;
  const std::string_view number = text.substr(colon + 1);
  const auto parsed = std::from_chars(number.data(), number.data() + number.size(), value.attempt);
  if (parsed.ec != std::errc() || parsed.ptr != number.data() + number.size() || value.attempt < 1)
    return std::nullopt;
  return value;
}

namespace keys {

namespace {
std::string joined(std::initializer_list<std::string_view> parts) {
  std::string key;
  for (std::string_view part : parts) {
    if (!key.empty()) key += ':';
    key += part;
  }
  return key;
}
} // namespace

std::string received(std::string_view wamid) { return joined({"in", wamid}); }
std::string placeholder(std::string_view wamid) { return joined({"ph", wamid}); }
std::string accepted(std::string_view user_id, std::string_view client_id) {
  return joined({"out", user_id, client_id});
}
std::string retry(std::string_view message_id, int attempt) {
  return joined({"retry", message_id, std::to_string(attempt)});
}
std::string sending_taken(std::string_view random) { return joined({"sender", random}); }
std::string attempted(std::string_view message_id, int attempt, int try_number) {
  return joined({"try", message_id, std::to_string(attempt), std::to_string(try_number)});
}
std::string result(std::string_view message_id, int attempt, int try_number) {
  return joined({"res", message_id, std::to_string(attempt), std::to_string(try_number)});
}
std::string doubt(std::string_view message_id, int attempt, int try_number) {
  return joined({"doubt", message_id, std::to_string(attempt), std::to_string(try_number)});
}
std::string status(std::string_view wamid, std::string_view word, std::string_view participant) {
  return participant.empty() ? joined({"st", wamid, word}) : joined({"st", wamid, word, participant});
}
std::string read_mark(std::string_view user_id, std::string_view chat_id, std::uint64_t up_to,
                      std::uint64_t head) {
  return joined({"rm", user_id, chat_id, std::to_string(up_to), std::to_string(head)});
}

} // namespace keys

} // namespace tickwire
