#include "adapters/mongo/message_document.hpp"

#include "wire/body_json.hpp"
#include "wire/stored_json.hpp"

#include <array>
#include <utility>

namespace tickwire::mongo {

namespace {

using time_member = std::optional<timestamp> status_times::*;
constexpr std::array<std::pair<std::string_view, time_member>, 6> times{
    {{"accepted", &status_times::accepted},
     {"sent", &status_times::sent},
     {"delivered", &status_times::delivered},
     {"read", &status_times::read},
     {"failed", &status_times::failed},
     {"played", &status_times::played}}};

document document_of(const reaction_mark& mark) {
  document value;
  value.text("from", mark.from).text("emoji", mark.emoji).time("at", mark.at);
  value.text_unless_empty("wamid", mark.whatsapp_message_id);
  return value;
}

document document_of(const receipt& receipt) {
  document value;
  value.text("contactId", receipt.contact_id).text("status", to_string(receipt.value));
  value.time("deliveredAt", receipt.delivered_at).time("readAt", receipt.read_at);
  return value;
}

// A message of the team's that is neither done nor given up: what the sender asks for. Others lack the
// member, so that its index has only these.
bool unfinished(const message& m) {
  return m.known() && m.direction == direction::out && m.status == status::sending &&
         !m.reported_unconfirmed && !m.client_id.empty();
}

} // namespace

document document_of(const message& m, std::string_view inbox) {
  document row;
  row.text("_id", m.id).text("inbox", inbox);
  if (m.known()) row.number("seq", m.seq);
  row.text("chatId", m.chat_id).text("senderId", m.sender_id).text("receiverId", m.receiver_id);
  row.text("text", m.shown_text()).text("status", to_string(m.status));
  row.time("createdAt", m.created_at).time("updatedAt", m.updated_at);
  row.text("whatsappMessageId", m.whatsapp_message_id);
  row.text("direction", m.direction == direction::in ? "in" : "out").text("type", m.type);
  row.text_unless_empty("clientId", m.client_id);
  if (m.counts_unread) row.flag("countsUnread", true);
  if (unfinished(m)) row.text("unfinished", inbox);
  if (m.attempt != 1) row.number("attempt", m.attempt);
  if (m.reported_unconfirmed) row.flag("unconfirmed", true);

  document at;
  for (const auto& [name, member] : times) at.time(name, m.times.*member);
  if (!at.empty()) row.object("statusTimes", at);
  if (!m.body.empty()) row.text("body", wire::encode(m.body)); // JSON
  if (m.reply) {
    document reply;
    reply.text_unless_empty("whatsappMessageId", m.reply->whatsapp_message_id);
    reply.text_unless_empty("id", m.reply->message_id);
    row.object("replyTo", reply);
  }
  if (m.error) {
    document error;
    error.number("code", m.error->code).text("title", m.error->title).text("reason", m.error->reason);
    error.flag("canRetry", m.error->can_retry).time("at", m.error_at);
    row.object("error", error);
  }
  if (!m.reactions.empty()) {
    list marks;
    for (const reaction_mark& mark : m.reactions) marks.object(document_of(mark));
    row.array("reactions", marks);
  }
  if (!m.receipts.empty()) {
    list receipts;
    for (const receipt& one : m.receipts) receipts.object(document_of(one));
    row.array("receipts", receipts);
  }
  if (m.edited_at) {
    document edit;
    edit.time("at", *m.edited_at).text("whatsappMessageId", m.edit_id).text("firstText", m.text);
    row.object("edit", edit);
  }
  row.time("revokedAt", m.revoked_at);
  if (m.arrived_attempt > 0) {
    document arrived;
    arrived.number("attempt", m.arrived_attempt).text_unless_empty("whatsappMessageId", m.arrived_wamid);
    row.object("arrived", arrived);
  }
  return row;
}

message message_of(const reader& row) {
  message m;
  m.id = row.text("_id");
  m.seq = row.number("seq");
  m.chat_id = row.text("chatId");
  m.sender_id = row.text("senderId");
  m.receiver_id = row.text("receiverId");
  m.text = row.text("text");
  m.status = status_from(row.view("status")).value_or(status::sending);
  m.created_at = row.time("createdAt");
  m.updated_at = row.time("updatedAt");
  m.whatsapp_message_id = row.text("whatsappMessageId");
  m.direction = row.view("direction") == "out" ? direction::out : direction::in;
  m.type = row.text("type");
  m.client_id = row.text("clientId");
  m.counts_unread = row.flag("countsUnread");
  m.attempt = static_cast<int>(row.maybe_number("attempt").value_or(1));
  m.reported_unconfirmed = row.flag("unconfirmed");
  if (const auto at = row.object("statusTimes"))
    for (const auto& [name, member] : times) m.times.*member = at->maybe_time(name);
  if (row.has("body")) m.body = wire::body_from(wire::parse_stored(row.view("body")).as_object());
  if (const auto reply = row.object("replyTo"))
    m.reply = reply_to{reply->text("whatsappMessageId"), reply->text("id")};
  if (const auto error = row.object("error")) {
    m.error = message_error{static_cast<int>(error->number("code")), error->text("title"),
                            error->text("reason"), error->flag("canRetry")};
    m.error_at = error->maybe_time("at");
  }
  row.each_object("reactions", [&](const reader& mark) {
    m.reactions.push_back({mark.text("from"), mark.text("emoji"), mark.time("at"), mark.text("wamid")});
  });
  row.each_object("receipts", [&](const reader& one) {
    m.receipts.push_back({one.text("contactId"), status_from(one.view("status")).value_or(status::sending),
                          one.maybe_time("deliveredAt"), one.maybe_time("readAt")});
  });
  if (const auto edit = row.object("edit")) {
    m.edited_at = edit->maybe_time("at");
    m.edit_id = edit->text("whatsappMessageId");
    m.edited_text = std::exchange(m.text, edit->text("firstText"));
  }
  m.revoked_at = row.maybe_time("revokedAt");
  if (const auto arrived = row.object("arrived")) {
    m.arrived_attempt = static_cast<int>(arrived->number("attempt"));
    m.arrived_wamid = arrived->text("whatsappMessageId");
  }
  return m;
}

} // namespace tickwire::mongo
