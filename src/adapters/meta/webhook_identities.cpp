#include "adapters/meta/webhook_identities.hpp"

#include "core/phone.hpp"

namespace tickwire::meta {

namespace {

// By user id, then by number; never by position, since Meta's two lists need not be aligned.
const json::object* contact_of(const identity& who, const json::array* contacts) {
  if (!contacts) return nullptr;
  for (const json::value& item : *contacts)
    if (const auto* contact = item.if_object();
        contact && !who.user_id.empty() && text_at(*contact, "user_id") == who.user_id)
      return contact;
  for (const json::value& item : *contacts)
    if (const auto* contact = item.if_object();
        contact && !who.phone.empty() && digits_of(text_at(*contact, "wa_id")) == who.phone)
      return contact;
  return nullptr;
}

} // namespace

identity sender_of(const json::object& message, const json::array* contacts) {
  identity who;
  who.phone = digits_of(text_at(message, "from"));
  who.user_id = text_at(message, "from_user_id");
  if (const json::object* contact = contact_of(who, contacts)) {
    who.wa_id = digits_of(text_at(*contact, "wa_id"));
    if (who.user_id.empty()) who.user_id = text_at(*contact, "user_id");
    if (const auto* profile = object_at(*contact, "profile")) {
      who.profile_name = text_at(*profile, "name");
      who.username = text_at(*profile, "username");
    }
  }
  return who;
}

identity receiver_of(const json::object& message) {
  identity who;
  who.phone = digits_of(text_at(message, "to"));
  who.user_id = text_at(message, "to_user_id");
  return who;
}

std::optional<identity> became(const json::object& message, identity& who) {
  const auto* body = object_at(message, "system");
  if (!body) return std::nullopt;
  identity fresh;
  fresh.phone = digits_of(text_at(*body, "wa_id"));
  if (fresh.phone.empty()) fresh.phone = digits_of(text_at(*body, "new_wa_id"));
  fresh.user_id = text_at(*body, "user_id");
  const std::string previous = text_at(*body, "previous_user_id");
  const bool changed = text_at(*body, "type").find("changed") != std::string::npos &&
                       (text_at(*body, "type").find("number") != std::string::npos ||
                        text_at(*body, "type").find("user_id") != std::string::npos);
  if (!changed || fresh.empty()) return std::nullopt;
  // The envelope already names the new id; who they were is found by the old one.
  if (!previous.empty())
    who.user_id = previous;
  else if (who.user_id == fresh.user_id)
    who.user_id.clear();
  if (who.empty()) {
    who = fresh;
    who.previous_user_id = previous;
  }
  return fresh;
}

std::string business_number(const json::object& value) {
  const auto* metadata = object_at(value, "metadata");
  return metadata ? digits_of(text_at(*metadata, "display_phone_number")) : "";
}

identity participant_of(const json::object& status) {
  identity who;
  who.phone = digits_of(text_at(status, "recipient_participant_id"));
  if (who.phone.empty())
    who.phone = digits_of(text_at(status, "participant_recipient_id")); // Meta's groups page
  who.user_id = text_at(status, "recipient_participant_user_id");
  return who;
}

} // namespace tickwire::meta
