#include "adapters/meta/webhook_items.hpp"

#include "adapters/meta/message_content.hpp"
#include "core/hex.hpp"
#include "core/send_policy.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace tickwire::meta {

namespace {

std::string hash_of(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  return to_hex(digest, 16);
}

std::optional<status_word> status_word_from(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, status_word>, 5> words{{
      {"sent", status_word::sent},
      {"delivered", status_word::delivered},
      {"read", status_word::read},
      {"played", status_word::played},
      {"failed", status_word::failed},
  }};
  for (const auto& [name, word] : words)
    if (name == text) return word;
  return std::nullopt;
}

message_error error_of(const json::object& status) {
  const auto* errors = array_at(status, "errors");
  const auto* first = errors && !errors->empty() ? errors->front().if_object() : nullptr;
  if (!first)
    return {0, "Not delivered", "WhatsApp could not deliver the message and did not say why. Try again.",
            true};
  graph_error error;
  error.code = static_cast<int>(number_at(*first, "code").value_or(0));
  error.title = text_at(*first, "title");
  if (const auto* data = object_at(*first, "error_data")) error.details = text_at(*data, "details");
  if (error.code == 131000)
    return {131000, "WhatsApp had a fault on its side",
            "WhatsApp took the message and then could not pass it on. Your text and the number are fine; "
            "try again.",
            true};
  return explain(error);
}

status history_status(const json::object& message, bool from_business) {
  const auto* context = object_at(message, "history_context");
  const std::string word = context ? text_at(*context, "status") : "";
  if (word == "READ" || word == "PLAYED") return status::read;
  if (word == "DELIVERED") return status::delivered;
  if (word == "ERROR") return status::failed;
  return from_business ? status::sent : status::delivered;
}

} // namespace

void webhook_items::message(const json::value& item, named_people& people, origin from,
                            const identity& otherwise) {
  const auto* message = item.if_object();
  const std::string wamid = message ? text_at(*message, "id") : "";
  if (wamid.empty()) return keep("message without id", item); // nobody could tell a repetition from a new one
  const bool from_business = from == origin::business || from == origin::business_history;
  identity who = from_business ? receiver_of(*message, people) : sender_of(*message, people);
  if (who.empty()) who = otherwise;
  const std::string type = text_at(*message, "type");
  if (type == "reaction") return reaction_to(*message, std::move(who), from_business, item);
  if (type == "edit") return edit_of(*message, std::move(who), item);
  if (type == "revoke") return revoke_of(*message, std::move(who), item);

  message_received data;
  data.whatsapp_message_id = wamid;
  data.group_id = text_at(*message, "group_id");
  if (type == "system") data.became = became(*message, who);
  data.sender = std::move(who);
  data.sent_at = time_of(*message);
  message_content content = content_of(*message);
  data.type = std::move(content.type);
  data.text = std::move(content.text);
  data.body = std::move(content.body);
  if (const auto* context = object_at(*message, "context"))
    data.reply_to_whatsapp_id = text_at(*context, "id");
  data.from_business = from_business;
  data.history = from == origin::customer_history || from == origin::business_history;
  if (from_business) data.initial = status::sent;
  data.referral = object_at(*message, "referral") != nullptr;
  if (data.history) data.initial = history_status(*message, from_business);
  data.placeholder = type == "unsupported" || type == "media_placeholder";
  const std::string key = data.placeholder ? keys::placeholder(wamid) : keys::received(wamid);
  propose(key, std::move(data), item);
}

void webhook_items::reaction_to(const json::object& message, identity who, bool from_business,
                                const json::value& item) {
  const auto* body = object_at(message, "reaction");
  reaction data;
  data.target_whatsapp_id = body ? text_at(*body, "message_id") : "";
  if (data.target_whatsapp_id.empty() || (who.empty() && !from_business))
    return keep("reaction without target", item);
  data.whatsapp_message_id = text_at(message, "id");
  data.sender = std::move(who);
  data.emoji = text_at(*body, "emoji");
  data.at = time_of(message);
  data.from_business = from_business;
  const std::string key = keys::received(data.whatsapp_message_id);
  propose(key, std::move(data), item);
}

void webhook_items::edit_of(const json::object& message, identity who, const json::value& item) {
  const auto* body = object_at(message, "edit");
  const std::string target = body ? text_at(*body, "original_message_id") : "";
  const auto* inner = body ? object_at(*body, "message") : nullptr;
  if (target.empty() || !inner) return keep("edit without target", item);
  const std::string wamid = text_at(message, "id");
  propose(keys::received(wamid),
          edit{target, wamid, content_of(*inner).text, time_of(message), std::move(who)}, item);
}

void webhook_items::revoke_of(const json::object& message, identity who, const json::value& item) {
  const auto* body = object_at(message, "revoke");
  const std::string target = body ? text_at(*body, "original_message_id") : "";
  if (target.empty()) return keep("revoke without target", item);
  const std::string wamid = text_at(message, "id");
  propose(keys::received(wamid), revoke{target, wamid, time_of(message), std::move(who)}, item);
}

void webhook_items::status(const json::value& item, named_people& people) {
  const auto* object = item.if_object();
  if (!object) return keep("status", item);
  if (text_at(*object, "type") == "payment") return payment(*object, people, item);
  const std::string word = text_at(*object, "status");
  const auto known = status_word_from(word);
  if (!known) return keep("status " + word, item);
  status_changed data;
  data.whatsapp_message_id = text_at(*object, "id");
  if (data.whatsapp_message_id.empty() || text_at(*object, "type") == "call")
    return keep("status without message", item);
  data.word = *known;
  data.changed_at = time_of(*object);
  data.callback_data = text_at(*object, "biz_opaque_callback_data");
  identity participant = participant_of(*object, people);
  const std::string participant_key = participant.user_id.empty() ? participant.phone : participant.user_id;
  if (!participant.empty()) data.participant = std::move(participant);
  if (identity recipient = recipient_of(*object, people); !recipient.empty())
    data.recipient = std::move(recipient);
  if (data.word == status_word::failed) data.error = error_of(*object);
  const std::string key = keys::status(data.whatsapp_message_id, word, participant_key);
  propose(key, std::move(data), item);
}

// What became of a payment that a message asked for: a line of its own in the chat, since it says nothing of
// the message's way.
void webhook_items::payment(const json::object& status, named_people& people, const json::value& item) {
  message_received data;
  data.notice = true;
  data.sender = recipient_of(status, people);
  data.reply_to_whatsapp_id = text_at(status, "id");
  data.sent_at = time_of(status);
  message_content content = payment_content(status);
  data.type = std::move(content.type);
  data.text = std::move(content.text);
  data.body = std::move(content.body);
  propose("pay:" + hash_of(json::serialize(item)), std::move(data), item);
}

void webhook_items::group(const json::value& item) {
  const auto* group = item.if_object();
  if (!group) return keep("group", item);
  if (group->contains("errors")) return;
  const std::string id = text_at(*group, "group_id");
  std::string subject = text_at(*group, "subject");
  if (const auto* changed = object_at(*group, "group_subject");
      changed && flag_at(*changed, "update_successful"))
    subject = text_at(*changed, "text");
  if (id.empty() || subject.empty()) return;
  propose("gr:" + hash_of(json::serialize(item)), group_changed{subject}, item);
  proposals_.back().chat_id = id;
}

void webhook_items::keep(std::string what, const json::value& item) {
  std::string raw = json::serialize(item);
  add("raw:" + hash_of(raw), unhandled{std::move(what)}, std::move(raw));
}

void webhook_items::keep_of(const json::object& entry, std::string what, const json::value& change) {
  std::string raw = json::serialize(change);
  const std::string cause = text_at(entry, "id") + "/" + text_at(entry, "time") + "/";
  add("raw:" + hash_of(cause + raw), unhandled{std::move(what)}, std::move(raw));
}

void webhook_items::keep_body(std::string what, std::string_view body) {
  add("raw:" + hash_of(body), unhandled{std::move(what)}, std::string(body));
}

// Nothing has happened after we heard of it: what is dated later would stand before all that follows, and
// hold the window open.
timestamp webhook_items::time_of(const json::object& item) const {
  const auto seconds = number_at(item, "timestamp");
  constexpr std::int64_t latest = 253'402'300'799; // the year 9999
  return seconds && *seconds > 0 && *seconds <= latest ? std::min(from_unix_seconds(*seconds), now_) : now_;
}

void webhook_items::propose(std::string key, entry_data data, const json::value& item) {
  add(std::move(key), std::move(data), json::serialize(item));
}

void webhook_items::add(std::string key, entry_data data, std::string raw) {
  entry proposal;
  proposal.inbox = inbox_;
  proposal.at = now_;
  proposal.key = std::move(key);
  proposal.data = std::move(data);
  proposal.raw = std::move(raw);
  proposals_.push_back(std::move(proposal));
}

} // namespace tickwire::meta
