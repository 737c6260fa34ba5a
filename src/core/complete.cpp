#include "core/complete.hpp"

#include "core/message_id.hpp"

#include <array>
#include <utility>

namespace tickwire {

namespace {

std::string phone_alias(std::string_view digits) { return "p:" + std::string(digits); }
std::string user_alias(std::string_view user_id) { return "u:" + std::string(user_id); }

std::optional<contact> contact_by_alias(views& views, const std::string& alias) {
  const auto id = views.find_alias(alias);
  if (!id || id->empty()) return std::nullopt; // empty: released, see contact_changed
  return views.find_contact(*id);
}

std::optional<contact> contact_by_user_id(views& views, const identity& who) {
  for (const std::string& user_id : {who.user_id, who.previous_user_id}) {
    if (user_id.empty()) continue;
    if (auto found = contact_by_alias(views, user_alias(user_id))) return found;
  }
  return std::nullopt;
}

std::optional<contact> contact_by_phone(views& views, const identity& who) {
  for (const std::string& digits : {who.phone, who.wa_id}) {
    if (digits.empty()) continue;
    if (auto found = contact_by_alias(views, phone_alias(digits))) return found;
  }
  return std::nullopt;
}

// The number is the most readable id; a number that somebody else had before falls back to the user id.
std::string unused_contact_id(views& views, const identity& who) {
  for (const std::string& candidate : {who.phone, who.wa_id, who.user_id})
    if (!candidate.empty() && !views.find_contact(candidate)) return candidate;
  const std::string base = !who.phone.empty() ? who.phone : !who.wa_id.empty() ? who.wa_id : who.user_id;
  for (int n = 2;; ++n) {
    std::string candidate = base + "-" + std::to_string(n);
    if (!views.find_contact(candidate)) return candidate;
  }
}

// Whoever the number led to is somebody else: the same number with another user id has a new owner. (When a
// person changes their number, Meta names both user ids in a system message.)
bool number_has_new_owner(const contact& by_phone, const identity& who) {
  return !who.user_id.empty() && !by_phone.user_id.empty() && by_phone.user_id != who.user_id &&
         by_phone.user_id != who.previous_user_id;
}

void take_over(std::string& field, const std::string& value) {
  if (!value.empty()) field = value;
}

void add_alias(views& views, contact_changed& change, const std::string& alias) {
  if (views.find_alias(alias) != change.contact.id) change.aliases.push_back(alias);
}

// 72 bits of the wamid beside the time, so that the same entry always gives the same id. (FNV-1a; wamids come
// from Meta, signed, hence nobody chooses them to collide.)
std::string message_id_of(std::string_view inbox, std::string_view wamid, timestamp at) {
  static constexpr std::string_view alphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  const auto hash = [&](std::uint64_t h) {
    for (std::string_view part : {inbox, std::string_view("/"), wamid})
      for (char c : part) h = (h ^ static_cast<std::uint8_t>(c)) * 0x100000001B3ULL;
    h ^= h >> 29; // FNV leaves the high bits of short texts poorly mixed
    h *= 0xBF58476D1CE4E5B9ULL;
    return h ^ (h >> 32);
  };
  std::string tail;
  for (std::uint64_t word : {hash(0xCBF29CE484222325ULL), hash(0x84222325CBF29CE4ULL)})
    for (std::size_t i = 0; i < message_id_tail / 2; ++i, word >>= 6) tail += alphabet[word & 63];
  return message_id(at, tail);
}

// What a proposal becomes: contact entries first, then itself.
class completion {
public:
  completion(views& views, entry proposal)
      : views_(views)
      , proposal_(std::move(proposal)) {}

  std::vector<entry> run() {
    std::visit([this](auto& data) { fill(data); }, proposal_.data);
    entries_.push_back(std::move(proposal_));
    return std::move(entries_);
  }

private:
  void fill(message_received& received) {
    std::string contact_id;
    if (!received.sender.empty()) contact_id = known(received.sender);
    if (received.became) contact_id = moved(contact_id, *received.became);
    proposal_.chat_id = received.group_id.empty() ? contact_id : received.group_id;
    proposal_.actor = received.from_business ? "" : contact_id;
    if (proposal_.message_id.empty())
      proposal_.message_id = message_id_of(proposal_.inbox, received.whatsapp_message_id, proposal_.at);
  }

  void fill(message_accepted&) {}
  void fill(retry_requested&) { take_chat_of_message(); }
  void fill(send_attempted&) { take_chat_of_message(); }
  void fill(send_result&) { take_chat_of_message(); }

  void fill(status_changed& changed) {
    if (changed.participant && !changed.participant->empty())
      changed.participant_id = known(*changed.participant);
    if (const auto binding = views_.find_binding(changed.whatsapp_message_id)) {
      proposal_.message_id = binding->message_id;
      changed.attempt = binding->attempt;
    } else if (!changed.callback_message_id.empty()) {
      // The answer of Graph was lost or is still on its way: our own id, which Meta returns, says whose
      // status it is.
      if (const auto row = views_.find_message(changed.callback_message_id)) {
        proposal_.message_id = row->id;
        // The present attempt is known to WhatsApp by another id, so this is about the one before.
        const bool earlier = !row->whatsapp_message_id.empty() && row->attempt > 1;
        changed.attempt = earlier ? row->attempt - 1 : row->attempt;
      }
    }
    take_chat_of_message();
  }

  void fill(reaction& reaction) {
    if (!reaction.from_business && !reaction.sender.empty()) reaction.sender_id = known(reaction.sender);
    if (reaction.from_business) reaction.sender_id = proposal_.inbox;
    proposal_.actor = reaction.sender_id;
    take_target(reaction.target_whatsapp_id);
  }
  void fill(edit& edit) { take_target(edit.target_whatsapp_id); }
  void fill(revoke& revoke) { take_target(revoke.target_whatsapp_id); }
  // The first of the team to read a message makes it `read`, for everybody.
  void fill(tickwire::read_mark& mark) {
    const std::uint64_t seen = views_.find_read_mark("", proposal_.chat_id);
    const auto rows = views_.unread_between(proposal_.chat_id, seen, mark.up_to, seen_at_once_max);
    for (const unseen_message& row : rows) {
      status_changed changed;
      changed.whatsapp_message_id = row.whatsapp_message_id;
      changed.word = status_word::read;
      changed.changed_at = proposal_.at;
      entry entry;
      entry.inbox = proposal_.inbox;
      entry.at = proposal_.at;
      entry.key = keys::status(row.whatsapp_message_id, "read", "");
      entry.chat_id = proposal_.chat_id;
      if (const auto binding = views_.find_binding(row.whatsapp_message_id)) {
        entry.message_id = binding->message_id;
        changed.attempt = binding->attempt;
      }
      entry.actor = proposal_.actor;
      entry.data = std::move(changed);
      entries_.push_back(std::move(entry));
    }
    if (!rows.empty()) mark.seen_up_to = rows.back().seq;
  }

  // Made by a person: the record joins what is known of the number.
  void fill(contact_changed& change) {
    if (!change.contact.id.empty()) {
      proposal_.chat_id = change.contact.id;
      return;
    }
    identity who;
    who.phone = change.contact.phone;
    who.user_id = change.contact.user_id;
    const std::string given_name = change.contact.name;
    resolved_contact resolved = resolve(views_, who);
    if (resolved.change)
      change = contact_changed{resolved.change->contact, resolved.change->aliases, change.opens_chat};
    else
      change.contact = *views_.find_contact(resolved.contact_id);
    take_over(change.contact.name, given_name);
    proposal_.chat_id = change.contact.id;
  }

  void fill(group_changed&) {}
  void fill(unhandled&) {}

  // The contact's id; an entry goes before the proposal when it is new or has changed.
  std::string known(const identity& who) {
    resolved_contact resolved = resolve(views_, who);
    if (resolved.change) announce(std::move(*resolved.change));
    return resolved.contact_id;
  }

  // The person keeps their id and their chat, and the old number is free for its next owner.
  std::string moved(const std::string& contact_id, const identity& became) {
    std::optional<contact> row = pending_contact(contact_id);
    if (!row) return known(became);
    contact_changed change{*row, {}, false};
    const std::string new_phone = !became.phone.empty() ? became.phone : became.wa_id;
    if (!new_phone.empty() && new_phone != row->phone) {
      if (!row->phone.empty()) change.aliases.push_back("-" + phone_alias(row->phone));
      change.contact.phone = new_phone;
      change.aliases.push_back(phone_alias(new_phone));
    }
    if (!became.user_id.empty() && became.user_id != row->user_id) {
      change.contact.user_id = became.user_id;
      change.aliases.push_back(user_alias(became.user_id));
    }
    if (change.contact != *row || !change.aliases.empty()) announce(std::move(change));
    return contact_id;
  }

  // The row as it will be when the entries before the proposal are applied.
  std::optional<contact> pending_contact(const std::string& contact_id) {
    for (auto it = entries_.rbegin(); it != entries_.rend(); ++it)
      if (const auto* change = std::get_if<contact_changed>(&it->data);
          change && change->contact.id == contact_id)
        return change->contact;
    return contact_id.empty() ? std::nullopt : views_.find_contact(contact_id);
  }

  void announce(contact_changed change) {
    entry entry;
    entry.inbox = proposal_.inbox;
    entry.at = proposal_.at;
    entry.key = "ct:" + std::to_string(entries_.size()) + ":" + proposal_.key; // once for each cause
    entry.chat_id = change.contact.id;
    entry.data = std::move(change);
    entries_.push_back(std::move(entry));
  }

  void take_target(const std::string& wamid) {
    if (const auto binding = views_.find_binding(wamid)) proposal_.message_id = binding->message_id;
    take_chat_of_message();
  }

  void take_chat_of_message() {
    if (proposal_.message_id.empty()) return;
    if (const auto row = views_.find_message(proposal_.message_id)) proposal_.chat_id = row->chat_id;
  }

  views& views_;
  entry proposal_;
  std::vector<entry> entries_;
};

} // namespace

resolved_contact resolve(views& views, const identity& who) {
  std::optional<contact> row = contact_by_user_id(views, who);
  if (!row) {
    row = contact_by_phone(views, who);
    if (row && number_has_new_owner(*row, who)) row.reset();
  }

  contact_changed change;
  if (row)
    change.contact = *row;
  else
    change.contact.id = unused_contact_id(views, who);

  contact& record = change.contact;
  if (record.phone.empty()) record.phone = !who.phone.empty() ? who.phone : who.wa_id;
  take_over(record.user_id, who.user_id);
  take_over(record.username, who.username);
  take_over(record.profile_name, who.profile_name);

  if (!who.phone.empty()) add_alias(views, change, phone_alias(who.phone));
  if (!who.wa_id.empty() && who.wa_id != who.phone) add_alias(views, change, phone_alias(who.wa_id));
  if (!who.user_id.empty()) add_alias(views, change, user_alias(who.user_id));

  resolved_contact resolved{record.id, std::nullopt};
  if (!row || change.contact != *row || !change.aliases.empty()) resolved.change = std::move(change);
  return resolved;
}

std::vector<entry> complete(views& views, entry proposal) {
  return completion(views, std::move(proposal)).run();
}

} // namespace tickwire
