#include "simulator/webhook/shapes.hpp"

#include "simulator/graph/graph_error.hpp"

#include <algorithm>

namespace simulator {
namespace {

namespace json = boost::json;

json::object contact_of(const person& someone, bool with_username) {
  json::object profile;
  if (!someone.name.empty()) profile["name"] = someone.name;
  if (with_username && !someone.username.empty()) profile["username"] = someone.username;
  json::object contact{{"profile", std::move(profile)}};
  if (!someone.digits.empty()) contact["wa_id"] = someone.digits;
  contact["user_id"] = someone.user_id;
  return contact;
}

json::object metadata_of(const business_number& number) {
  return {{"display_phone_number", number.display_phone_number}, {"phone_number_id", number.phone_number_id}};
}

json::object price(const std::string& category) {
  const bool service = category == "service" || category == "group_service";
  return {{"billable", !service},
          {"pricing_model", "PMP"},
          {"type", service ? "free_customer_service" : "regular"},
          {"category", category}};
}

} // namespace

webhook_item status_item(const business_number& number, const person& to, const status_facts& facts,
                         bool priced) {
  webhook_item item{.kind = "status", .number = number, .contact = {}, .content = {}};
  auto& status = item.content;
  status["id"] = facts.wamid;
  status["status"] = facts.status;
  status["timestamp"] = std::to_string(facts.timestamp);

  if (!facts.group_id.empty()) {
    status["recipient_id"] = facts.group_id;
    status["recipient_type"] = "group";
    if (!facts.whole_group) {
      if (!to.digits.empty()) status["recipient_participant_id"] = to.digits;
      status["recipient_participant_user_id"] = to.user_id;
    }
  } else {
    if (!to.digits.empty()) status["recipient_id"] = to.digits;
    // A failed message that was addressed by number names no user id.
    if (facts.status != "failed" || to.digits.empty()) status["recipient_user_id"] = to.user_id;
  }
  if (!facts.callback_data.empty()) status["biz_opaque_callback_data"] = facts.callback_data;

  if (facts.status == "failed") {
    status["errors"] = json::array{webhook_error(facts.error_code)};
    return item;
  }
  if (priced)
    status["pricing"] =
        price(facts.group_id.empty() || facts.category != "service" ? facts.category : "group_service");
  if (!facts.whole_group && facts.status != "played")
    item.contact = contact_of(to, facts.status == "delivered" || facts.status == "read");
  return item;
}

webhook_item message_item(const business_number& number, const person& from, const std::string& wamid,
                          std::int64_t timestamp, const std::string& group_id, const json::object& body) {
  webhook_item item{.kind = "message", .number = number, .contact = contact_of(from, true), .content = {}};
  auto& message = item.content;
  if (!from.digits.empty()) message["from"] = from.digits;
  message["from_user_id"] = from.user_id;
  if (!group_id.empty()) message["group_id"] = group_id;
  message["id"] = wamid;
  message["timestamp"] = std::to_string(timestamp);
  for (const auto& [name, value] : body) message.insert_or_assign(name, value);
  return item;
}

json::object envelope(std::span<const webhook_item> items) {
  json::array entries;
  std::vector<business_number> numbers;
  for (const auto& item : items)
    if (std::ranges::find(numbers, item.number) == numbers.end()) numbers.push_back(item.number);

  for (const auto& number : numbers) {
    json::array contacts;
    json::array messages;
    json::array statuses;
    for (const auto& item : items) {
      if (item.number != number) continue;
      if (item.contact && std::ranges::find(contacts, json::value(*item.contact)) == contacts.end())
        contacts.push_back(*item.contact);
      (item.kind == "message" ? messages : statuses).push_back(item.content);
    }

    json::object value{{"messaging_product", "whatsapp"}, {"metadata", metadata_of(number)}};
    if (!contacts.empty()) value["contacts"] = std::move(contacts);
    if (!messages.empty()) value["messages"] = std::move(messages);
    if (!statuses.empty()) value["statuses"] = std::move(statuses);
    json::object change{{"value", std::move(value)}, {"field", "messages"}};

    const auto same_account = std::ranges::find_if(
        entries, [&](const json::value& entry) { return entry.at("id").as_string() == number.waba_id; });
    if (same_account != entries.end())
      same_account->at("changes").as_array().push_back(std::move(change));
    else
      entries.push_back(json::object{{"id", number.waba_id}, {"changes", json::array{std::move(change)}}});
  }
  return {{"object", "whatsapp_business_account"}, {"entry", std::move(entries)}};
}

} // namespace simulator
