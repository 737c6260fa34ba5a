#include "simulator/state/customers.hpp"

#include "simulator/state/identifiers.hpp"

#include <algorithm>

namespace simulator {

namespace json = boost::json;

json::object to_json(const phone_message& message) {
  json::object out{{"wamid", message.wamid},     {"mine", message.from_customer}, {"type", message.type},
                   {"content", message.content}, {"at", iso_time(message.at)},    {"status", message.status}};
  if (!message.quoted.empty()) out["quoted"] = message.quoted;
  if (!message.group_id.empty()) out["groupId"] = message.group_id;
  if (!message.callback_data.empty()) out["callbackData"] = message.callback_data;
  if (message.error_code != 0) out["code"] = message.error_code;
  return out;
}

person customer::shown() const {
  person seen = who;
  if (number_withheld) seen.digits.clear();
  return seen;
}

phone_message* customer::find(std::string_view wamid) {
  const auto found = std::ranges::find(messages, wamid, &phone_message::wamid);
  return found == messages.end() ? nullptr : &*found;
}

int customer::unread() const {
  return static_cast<int>(std::ranges::count_if(messages, [](const phone_message& message) {
    return !message.from_customer && (message.status == "sent" || message.status == "delivered");
  }));
}

json::object to_json(const customer& someone, std::size_t messages) {
  json::object out{{"number", someone.number},         {"phone", someone.who.digits},
                   {"name", someone.who.name},         {"userId", someone.who.user_id},
                   {"username", someone.who.username}, {"online", someone.online},
                   {"reads", someone.reads},           {"numberWithheld", someone.number_withheld},
                   {"unread", someone.unread()},       {"lastActive", iso_time(someone.last_active)}};
  out["lastWrote"] = someone.last_wrote ? json::value(iso_time(*someone.last_wrote)) : json::value(nullptr);
  if (messages > 0) {
    json::array shown;
    const auto first = someone.messages.size() > messages ? someone.messages.size() - messages : 0;
    for (std::size_t n = first; n < someone.messages.size(); ++n)
      shown.push_back(to_json(someone.messages[n]));
    out["messages"] = std::move(shown);
  }
  return out;
}

customer* customers::find(const std::string& digits) {
  const auto found = people_.find(digits);
  return found == people_.end() ? nullptr : &found->second;
}

customer* customers::at(const std::string& digits, bool online, bool reads) {
  if (auto* known = find(digits)) return known;
  if (people_.size() >= people_max) return nullptr;

  customer made;
  made.number = people_.size() + 1;
  made.who.digits = digits;
  made.who.user_id = user_id_of(digits);
  made.who.name = "Customer " + digits.substr(digits.size() > 4 ? digits.size() - 4 : 0);
  made.online = online;
  made.reads = reads;
  made.last_active = std::chrono::system_clock::now();
  return &people_.emplace(digits, std::move(made)).first->second;
}

customer* customers::find_user(std::string_view user_id) {
  for (auto& [digits, someone] : people_)
    if (someone.who.user_id == user_id) return &someone;
  return nullptr;
}

phone_message& customers::put(customer& on, phone_message message) {
  on.last_active = message.at;
  holders_.emplace(message.wamid, on.who.digits);
  on.messages.push_back(std::move(message));
  if (on.messages.size() > messages_max) {
    holders_.erase(on.messages.front().wamid);
    on.messages.pop_front();
  }
  return on.messages.back();
}

customer* customers::holder(const std::string& wamid) {
  const auto found = holders_.find(wamid);
  return found == holders_.end() ? nullptr : find(found->second);
}

group& customers::group_at(const std::string& id) {
  auto& made = groups_[id];
  made.id = id;
  return made;
}

group* customers::find_group(const std::string& id) {
  const auto found = groups_.find(id);
  return found == groups_.end() ? nullptr : &found->second;
}

std::vector<const customer*> customers::newest(std::size_t most) const {
  std::vector<const customer*> list;
  list.reserve(people_.size());
  for (const auto& [digits, someone] : people_) list.push_back(&someone);
  const auto shown = std::min(most, list.size());
  std::partial_sort(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(shown), list.end(),
                    [](const customer* one, const customer* other) {
                      return one->last_active != other->last_active ? one->last_active > other->last_active
                                                                    : one->who.digits < other->who.digits;
                    });
  list.resize(shown);
  return list;
}

} // namespace simulator
