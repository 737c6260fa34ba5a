#include "adapters/meta/graph_wire.hpp"

#include "adapters/meta/json_access.hpp"

namespace tickwire::meta {

std::string request_body(const outgoing_message& message) {
  json::object body{{"messaging_product", "whatsapp"},
                    {"recipient_type", message.group ? "group" : "individual"}};
  if (!message.to.empty())
    body["to"] = message.to;
  else
    body["recipient"] = message.recipient;
  body["type"] = "text";
  body["text"] = json::object{{"body", message.text}, {"preview_url", false}};
  if (!message.reply_to_whatsapp_id.empty())
    body["context"] = json::object{{"message_id", message.reply_to_whatsapp_id}};
  body["biz_opaque_callback_data"] = message.callback_data;
  return json::serialize(body);
}

send_outcome outcome_of_answer(int http_status, std::string_view body) {
  const std::string status = "it answered " + std::to_string(http_status);
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  const json::value parsed = json::parse(as_json(body), error, {}, options);
  const auto* answer = error ? nullptr : parsed.if_object();
  if (!answer) return unsure(status + " with something we cannot read");

  if (const auto* refusal = object_at(*answer, "error"); refusal && http_status >= 400) {
    const auto code = number_at(*refusal, "code");
    if (!code) return unsure(status + " with an error without code");
    graph_error said;
    said.code = static_cast<int>(*code);
    said.title = text_at(*refusal, "message");
    if (said.title.starts_with("(#"))
      if (const std::size_t end = said.title.find(") "); end != std::string::npos)
        said.title.erase(0, end + 2);
    if (const auto* data = object_at(*refusal, "error_data"))
      said.details = text_at(*data, "details");
    else
      said.details = text_at(*refusal, "error_data"); // sometimes a bare text
    return outcome_of(said, http_status);
  }
  if (http_status >= 200 && http_status < 300) {
    const auto* messages = array_at(*answer, "messages");
    const auto* first = messages && !messages->empty() ? messages->front().if_object() : nullptr;
    const std::string wamid = first ? text_at(*first, "id") : "";
    const auto* contacts = array_at(*answer, "contacts");
    const auto* addressee = contacts && !contacts->empty() ? contacts->front().if_object() : nullptr;
    const std::string wa_id = addressee ? text_at(*addressee, "wa_id") : "";
    if (!wamid.empty()) return {send_outcome_kind::accepted, wamid, std::nullopt, wa_id};
  }
  return unsure(status + " without a message id");
}

} // namespace tickwire::meta
