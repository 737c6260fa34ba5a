#include "core/identify.hpp"

#include "core/phone.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tickwire {

namespace {

std::string phone_alias(std::string_view digits) { return "p:" + std::string(digits); }
std::string user_alias(std::string_view user_id) { return "u:" + std::string(user_id); }
bool is_phone(std::string_view alias) { return alias.starts_with("p:"); }

void add(std::vector<std::string>& list, std::string value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(std::move(value));
}

// The same number with another user id belongs to somebody else now. (A person who changes their
// number gets another user id; Meta names both in a system message.)
bool number_has_new_owner(const contact& by_phone, const identity& who) {
  return !who.user_id.empty() && !by_phone.user_id.empty() && by_phone.user_id != who.user_id &&
         by_phone.user_id != who.previous_user_id;
}

// Meta repeats a webhook for a week at most, so a notice of a changed number comes no later than that.
constexpr std::chrono::hours late_notice_max{24 * 7};

constexpr std::uint64_t chat_size_counted = 100'000; // larger ones count as this large

// Different user ids decide, even where a number is the same. (Meta says it when one person has two.)
bool are_two_people(const contact& a, const contact& b) {
  return !a.user_id.empty() && !b.user_id.empty() && a.user_id != b.user_id;
}

// The part of `named` that may be this contact: everything when the user id is theirs, else only numbers that
// may be the same telephone. So an answer of Graph that names another number never moves anybody's chat.
identity of_one_line(identity named, const contact& record) {
  if (!named.user_id.empty() && named.user_id == record.user_id) return named;
  bool any = false;
  for (std::string* number : {&named.phone, &named.wa_id}) {
    if (number->empty()) continue;
    if (may_be_one_line(*number, record.phone))
      any = true;
    else
      number->clear();
  }
  return any ? named : identity{};
}

// The newest name stays; one of the same second is decided by the text, so that any order ends the same. The
// same name again changes nothing: it comes with each message.
void join_name(std::string& name, timestamp& name_at, std::string_view said, timestamp at) {
  std::string visible = visible_name(said);
  if (visible.empty() || visible == name || std::tie(at, visible) <= std::tie(name_at, name)) return;
  name = std::move(visible);
  name_at = at;
}

} // namespace

std::vector<std::string> aliases_of(const identity& who) {
  std::vector<std::string> aliases;
  for (const std::string& user_id : {who.user_id, who.previous_user_id})
    if (!user_id.empty()) add(aliases, user_alias(user_id));
  for (const std::string& number : {who.phone, who.wa_id})
    if (!number.empty())
      for (const std::string& form : variants_of(number)) add(aliases, phone_alias(form));
  return aliases;
}

std::string identification::known(const identity& who, timestamp at) {
  const std::vector<contact> same = contacts_of(who);
  contact record;
  if (same.empty()) {
    record.id = unused_id(who);
    record.since = at;
    put(record);
  } else {
    record = made_one(same);
  }
  const std::string id = record.id;
  if (!who.empty()) learn(std::move(record), who, at);
  return id;
}

std::string identification::same_person(const std::string& contact_id, const identity& named, timestamp at) {
  const std::optional<contact> record = find_contact(present_id(contact_id));
  if (!record) return contact_id;
  const identity also = of_one_line(named, *record);
  if (also.empty() || number_has_new_owner(*record, also)) return record->id;
  std::vector<contact> same{*record};
  for (contact& other : contacts_of(also))
    if (other.id != record->id && !are_two_people(*record, other)) same.push_back(std::move(other));
  contact whole = made_one(same);
  const std::string id = whole.id;
  learn(std::move(whole), also, at);
  return id;
}

std::string identification::both_are_one(const std::string& contact_id, const std::string& other_id) {
  const auto one = find_contact(present_id(contact_id)), other = find_contact(present_id(other_id));
  if (!one || !other || one->id == other->id || are_two_people(*one, *other)) return contact_id;
  const bool two_lines =
      !one->phone.empty() && !other->phone.empty() && !may_be_one_line(one->phone, other->phone);
  return two_lines ? contact_id : made_one({*one, *other}).id;
}

std::string identification::moved(const std::string& contact_id, const identity& became, timestamp at) {
  std::optional<contact> record = find_contact(contact_id);
  if (!record) return contact_id;
  const std::string number = became.phone.empty() ? became.wa_id : became.phone;
  if (!number.empty() && number != record->phone) {
    for (const std::string& form : variants_of(record->phone)) release(phone_alias(form), contact_id);
    record->phone = number;
  }
  if (!became.user_id.empty()) record->user_id = became.user_id;
  put(*record);
  std::vector<contact> same{*record};
  // Their first message from the new number may have come before this notice and have made a contact. A
  // contact that has had the number for longer is somebody else.
  for (contact& other : contacts_of(became)) {
    const bool just_came = other.since > at - late_notice_max;
    if (other.id != contact_id && just_came && !are_two_people(*record, other))
      same.push_back(std::move(other));
  }
  contact whole = made_one(same);
  const std::string id = whole.id;
  if (!number.empty()) whole.phone = number;
  learn(std::move(whole), became, at);
  return id;
}

std::string identification::present_id(const std::string& contact_id) {
  std::string id = contact_id;
  for (auto row = find_contact(id); row && !row->merged_into.empty(); row = find_contact(id))
    id = row->merged_into;
  return id;
}

std::optional<contact> identification::find_contact(const std::string& contact_id) {
  if (const auto place = records_.find(contact_id); place != records_.end()) return place->second;
  return contact_id.empty() ? std::nullopt : views_.find_contact(contact_id);
}

std::optional<contact_changed> identification::take_change(const std::string& contact_id) {
  const auto place = std::find_if(changes_.begin(), changes_.end(),
                                  [&](const contact_changed& c) { return c.contact.id == contact_id; });
  if (place == changes_.end()) return std::nullopt;
  contact_changed change = std::move(*place);
  changes_.erase(place);
  return change;
}

std::vector<contact_changed> identification::take_changes() { return std::exchange(changes_, {}); }

std::optional<std::string> identification::find_alias(const std::string& alias) {
  if (const auto place = pointed_.find(alias); place != pointed_.end()) return place->second;
  return views_.find_alias(alias);
}

std::optional<contact> identification::contact_by_alias(const std::string& alias) {
  const auto id = find_alias(alias);
  if (!id || id->empty()) return std::nullopt; // empty: released, see contact_changed
  return find_contact(present_id(*id));
}

// The contacts to which these names lead, the surest first. One item named them together, so they are one
// person, except a contact with a number that it did not name: that may be an earlier owner of a name.
std::vector<contact> identification::contacts_of(const identity& who) {
  std::vector<contact> found;
  if (who.empty()) {
    if (auto unknown = find_contact(std::string(unknown_sender_id))) found.push_back(std::move(*unknown));
    return found;
  }
  const std::vector<std::string> aliases = aliases_of(who);
  const auto is_named = [&](const contact& one) {
    return one.phone.empty() ||
           std::find(aliases.begin(), aliases.end(), phone_alias(one.phone)) != aliases.end();
  };
  for (const std::string& alias : aliases) {
    std::optional<contact> one = contact_by_alias(alias);
    if (!one || (is_phone(alias) && number_has_new_owner(*one, who))) continue;
    const bool fits = std::all_of(found.begin(), found.end(), [&](const contact& other) {
      return other.id != one->id && is_named(other) && is_named(*one) && !are_two_people(other, *one);
    });
    if (fits) found.push_back(std::move(*one));
  }
  return found;
}

// The one with more messages stays, so that few have to be moved; of two with as many the one with a number.
contact identification::made_one(const std::vector<contact>& same) {
  if (same.size() == 1) return same.front();
  const auto weight = [&](const contact& one) {
    return std::pair(views_.count_messages(one.id, chat_size_counted), !one.phone.empty());
  };
  const contact* kept = &same.front();
  for (const contact& one : same)
    if (weight(one) > weight(*kept)) kept = &one;
  contact whole = *kept;
  for (const contact& other : same) {
    if (other.id == whole.id) continue;
    for (const auto field : {&contact::name, &contact::phone, &contact::user_id})
      if ((whole.*field).empty()) whole.*field = other.*field;
    join_name(whole.profile_name, whole.profile_name_at, other.profile_name, other.profile_name_at);
    join_name(whole.username, whole.username_at, other.username, other.username_at);
    whole.since = std::min(whole.since, other.since);
    contact gone = other;
    gone.merged_into = whole.id;
    records_[gone.id] = gone;
    merges_.push_back({other.id, whole.id});
  }
  put(whole);
  return whole;
}

std::vector<identification::merge> identification::take_merges() { return std::exchange(merges_, {}); }

// The number is the most readable id; a number that somebody else had before falls back to the user id.
std::string identification::unused_id(const identity& who) {
  if (who.empty()) return std::string(unknown_sender_id);
  std::string base;
  for (const std::string& candidate : {who.phone, who.wa_id, who.user_id}) {
    if (candidate.empty()) continue;
    if (!find_contact(candidate)) return candidate;
    if (base.empty()) base = candidate;
  }
  for (int n = 2;; ++n) {
    std::string candidate = base + "-" + std::to_string(n);
    if (!find_contact(candidate)) return candidate;
  }
}

void identification::learn(contact record, const identity& who, timestamp at) {
  if (record.phone.empty()) record.phone = who.phone.empty() ? who.wa_id : who.phone;
  // A user id that led here already is the present one, or one from before.
  const bool is_new = !who.user_id.empty() && !leads_to(user_alias(who.user_id), record.id);
  if (record.user_id.empty() || is_new) record.user_id = who.user_id;
  join_name(record.profile_name, record.profile_name_at, who.profile_name, at);
  join_name(record.username, record.username_at, who.username, at);
  put(record);
  for (const std::string& number : {who.phone, who.wa_id})
    if (!number.empty()) point(phone_alias(number), record.id);
  if (!who.user_id.empty()) point(user_alias(who.user_id), record.id);
}

// Also by way of a contact that has become part of this one.
bool identification::leads_to(const std::string& alias, const std::string& contact_id) {
  const auto id = find_alias(alias);
  return id && present_id(*id) == contact_id;
}

void identification::point(const std::string& alias, const std::string& contact_id) {
  if (find_alias(alias) == contact_id) return;
  pointed_[alias] = contact_id;
  change_of(contact_id).aliases.push_back(alias);
}

void identification::release(const std::string& alias, const std::string& contact_id) {
  if (!leads_to(alias, contact_id)) return;
  pointed_[alias] = "";
  change_of(contact_id).aliases.push_back("-" + alias);
}

void identification::put(const contact& record) {
  if (find_contact(record.id) == record) return;
  records_[record.id] = record;
  change_of(record.id).contact = record;
}

contact_changed& identification::change_of(const std::string& contact_id) {
  for (contact_changed& change : changes_)
    if (change.contact.id == contact_id) return change;
  changes_.push_back({find_contact(contact_id).value_or(contact{}), {}, false});
  return changes_.back();
}

} // namespace tickwire
