#include "adapters/sqlite/message_rows.hpp"

#include "core/position.hpp"
#include "wire/body_json.hpp"
#include "wire/stored_json.hpp"

namespace tickwire::sqlite {

namespace {

namespace json = boost::json;
using wire::object_writer;
using wire::stored_text;

std::optional<timestamp> maybe_time(const statement& row, int column) {
  const auto millis = row.maybe_number(column);
  return millis ? std::optional(timestamp{std::chrono::milliseconds{*millis}}) : std::nullopt;
}

void add_time(object_writer& object, std::string_view name, const std::optional<timestamp>& time) {
  if (time) object.raw(name, std::to_string(time->time_since_epoch().count()));
}

std::optional<timestamp> maybe_time(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value ? std::optional(timestamp{std::chrono::milliseconds{value->to_number<std::int64_t>()}})
               : std::nullopt;
}

} // namespace

message read_message(const statement& row, int first) {
  message m;
  int c = first;
  m.id = row.text(c++);
  m.seq = row.number(c++);
  if (m.seq < lowest_position) m.seq = 0;
  m.chat_id = row.text(c++);
  m.sender_id = row.text(c++);
  m.receiver_id = row.text(c++);
  m.direction = static_cast<direction>(row.number(c++));
  m.type = row.text(c++);
  m.text = row.text(c++);
  const std::string_view old_body = row.view(c++);
  m.client_id = row.text(c++);
  m.created_at = timestamp{std::chrono::milliseconds{row.number(c++)}};
  m.counts_unread = row.number(c++) != 0;
  m.status = static_cast<status>(row.number(c++));
  m.attempt = static_cast<int>(row.number(c++));
  m.reported_unconfirmed = row.number(c++) != 0;
  m.updated_at = timestamp{std::chrono::milliseconds{row.number(c++)}};
  m.whatsapp_message_id = row.text(c++);
  m.times.accepted = maybe_time(row, c++);
  m.times.sent = maybe_time(row, c++);
  m.times.delivered = maybe_time(row, c++);
  m.times.read = maybe_time(row, c++);
  m.times.failed = maybe_time(row, c++);
  m.times.played = maybe_time(row, c++);
  decode_details(m, row.view(c));
  if (m.body.empty() && !old_body.empty()) m.body = wire::body_from_members(old_body);
  return m;
}

std::string encode_details(const message& m) {
  if (!m.reply && !m.error && m.reactions.empty() && m.receipts.empty() && !m.edited_at && !m.revoked_at &&
      m.arrived_attempt == 0 && m.body.empty())
    return {};
  std::string out;
  {
    object_writer object(out);
    if (!m.body.empty()) object.raw("body", wire::encode(m.body));
    if (m.reply) {
      object_writer inner(object.open("reply"));
      inner.member("wamid", m.reply->whatsapp_message_id);
      inner.member("id", m.reply->message_id);
    }
    if (m.error) {
      object_writer inner(object.open("error"));
      inner.member("code", m.error->code);
      inner.member("title", m.error->title);
      inner.member("reason", m.error->reason);
      inner.member("canRetry", m.error->can_retry);
      add_time(inner, "at", m.error_at);
    }
    if (!m.reactions.empty()) {
      std::string& list = object.open("reactions");
      char separator = '[';
      for (const reaction_mark& mark : m.reactions) {
        list += std::exchange(separator, ',');
        object_writer inner(list);
        inner.member("from", mark.from);
        inner.member("emoji", mark.emoji);
        inner.member("wamid", mark.whatsapp_message_id);
        add_time(inner, "at", mark.at);
      }
      list += ']';
    }
    if (!m.receipts.empty()) {
      std::string& list = object.open("receipts");
      char separator = '[';
      for (const receipt& receipt : m.receipts) {
        list += std::exchange(separator, ',');
        object_writer inner(list);
        inner.member("contact", receipt.contact_id);
        inner.member("status", static_cast<int>(receipt.value));
        add_time(inner, "delivered", receipt.delivered_at);
        add_time(inner, "read", receipt.read_at);
      }
      list += ']';
    }
    if (m.edited_at) {
      object_writer inner(object.open("edit"));
      inner.member("text", m.edited_text);
      inner.member("wamid", m.edit_id);
      add_time(inner, "at", m.edited_at);
    }
    add_time(object, "revoked", m.revoked_at);
    if (m.arrived_attempt > 0) {
      object_writer inner(object.open("arrived"));
      inner.member("attempt", m.arrived_attempt);
      inner.member("wamid", m.arrived_wamid);
    }
  }
  return out;
}

void decode_details(message& m, std::string_view text_of_details) {
  if (text_of_details.empty()) return;
  const json::value whole = wire::parse_stored(text_of_details);
  const json::object& object = whole.as_object();
  if (const json::value* value = object.if_contains("body")) m.body = wire::body_from(value->as_object());
  if (const json::value* value = object.if_contains("reply")) {
    const json::object& inner = value->as_object();
    m.reply = reply_to{stored_text(inner, "wamid"), stored_text(inner, "id")};
  }
  if (const json::value* value = object.if_contains("error")) {
    const json::object& inner = value->as_object();
    m.error = message_error{inner.at("code").to_number<int>(), stored_text(inner, "title"),
                            stored_text(inner, "reason"), inner.at("canRetry").as_bool()};
    m.error_at = maybe_time(inner, "at");
  }
  if (const json::value* list = object.if_contains("reactions"))
    for (const json::value& item : list->as_array()) {
      const json::object& inner = item.as_object();
      m.reactions.push_back({stored_text(inner, "from"), stored_text(inner, "emoji"),
                             *maybe_time(inner, "at"), stored_text(inner, "wamid")});
    }
  if (const json::value* list = object.if_contains("receipts"))
    for (const json::value& item : list->as_array()) {
      const json::object& inner = item.as_object();
      m.receipts.push_back({stored_text(inner, "contact"),
                            static_cast<status>(inner.at("status").to_number<int>()),
                            maybe_time(inner, "delivered"), maybe_time(inner, "read")});
    }
  if (const json::value* value = object.if_contains("edit")) {
    const json::object& inner = value->as_object();
    m.edited_text = stored_text(inner, "text");
    m.edit_id = stored_text(inner, "wamid");
    m.edited_at = maybe_time(inner, "at");
  }
  m.revoked_at = maybe_time(object, "revoked");
  if (const json::value* value = object.if_contains("arrived")) {
    const json::object& inner = value->as_object();
    m.arrived_attempt = inner.at("attempt").to_number<int>();
    m.arrived_wamid = stored_text(inner, "wamid");
  }
}

} // namespace tickwire::sqlite
