#include "adapters/meta/webhook_identities.hpp"

#include "core/phone.hpp"

namespace tickwire::meta {

namespace {

void fill(std::string& field, std::string value) {
  if (field.empty()) field = std::move(value);
}

// Empty for what is no number: a group's id may stand here, and its digits alone would look like one.
std::string number_at_or_none(const json::object& object, std::string_view name) {
  return phone_digits(text_at(object, name)).value_or("");
}

} // namespace

named_people::named_people(const json::array* contacts) {
  if (!contacts) return;
  people_.reserve(contacts->size());
  for (const json::value& item : *contacts) {
    people_.push_back({&item, false});
    const auto* contact = item.if_object();
    if (!contact) continue;
    const std::size_t place = people_.size() - 1;
    if (std::string id = text_at(*contact, "user_id"); !id.empty()) by_user_id_.emplace(std::move(id), place);
    for (std::string& form : variants_of(digits_of(text_at(*contact, "wa_id"))))
      if (!form.empty()) by_number_.emplace(std::move(form), place);
  }
}

named_people::person* named_people::find(const identity& who) {
  if (who.empty()) return people_.size() == 1 ? &people_.front() : nullptr;
  if (const auto place = by_user_id_.find(who.user_id); place != by_user_id_.end())
    return &people_[place->second];
  const auto place = by_number_.find(who.phone);
  if (place == by_number_.end()) return nullptr;
  person& found = people_[place->second];
  const std::string user_id = text_at(found.contact->get_object(), "user_id");
  const bool somebody_else = !who.user_id.empty() && !user_id.empty() && user_id != who.user_id;
  return somebody_else ? nullptr : &found;
}

void named_people::complete(identity& who) {
  person* found = find(who);
  const auto* contact = found ? found->contact->if_object() : nullptr;
  if (!contact) return;
  found->used = true;
  fill(who.wa_id, digits_of(text_at(*contact, "wa_id")));
  fill(who.phone, who.wa_id);
  fill(who.user_id, text_at(*contact, "user_id"));
  if (const auto* profile = object_at(*contact, "profile")) {
    fill(who.profile_name, text_at(*profile, "name"));
    fill(who.username, text_at(*profile, "username"));
  }
}

std::vector<const json::value*> named_people::unused() const {
  std::vector<const json::value*> left;
  for (const person& one : people_)
    if (!one.used) left.push_back(one.contact);
  return left;
}

identity sender_of(const json::object& message, named_people& people) {
  identity who;
  who.phone = digits_of(text_at(message, "from"));
  who.user_id = text_at(message, "from_user_id");
  people.complete(who);
  return who;
}

identity receiver_of(const json::object& message, named_people& people) {
  identity who;
  who.phone = digits_of(text_at(message, "to"));
  who.user_id = text_at(message, "to_user_id");
  people.complete(who);
  return who;
}

identity recipient_of(const json::object& status, named_people& people) {
  identity who;
  if (text_at(status, "recipient_type") == "group" || !participant_of(status, people).empty()) return who;
  who.phone = number_at_or_none(status, "recipient_id");
  who.user_id = text_at(status, "recipient_user_id");
  if (!who.empty()) people.complete(who);
  return who;
}

identity participant_of(const json::object& status, named_people& people) {
  identity who;
  who.phone = digits_of(text_at(status, "recipient_participant_id"));
  fill(who.phone, digits_of(text_at(status, "participant_recipient_id"))); // Meta's groups page
  who.user_id = text_at(status, "recipient_participant_user_id");
  if (!who.empty()) people.complete(who);
  return who;
}

identity person_of(const json::object& thread) {
  identity who;
  who.phone = number_at_or_none(thread, "id");
  if (const auto* context = object_at(thread, "context")) {
    if (std::string wa_id = digits_of(text_at(*context, "wa_id")); !wa_id.empty())
      who.phone = std::move(wa_id);
    who.user_id = text_at(*context, "user_id");
    who.username = text_at(*context, "username");
  }
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

} // namespace tickwire::meta
