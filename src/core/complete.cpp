#include "core/complete.hpp"

#include "core/identify.hpp"
#include "core/message_id.hpp"
#include "core/position.hpp"
#include "core/text.hpp"
#include "core/wamid.hpp"
#include "core/window.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <set>
#include <utility>

namespace tickwire {

namespace {

// 72 bits of the wamid, or of the entry's key where there is none, beside the time, so that the same entry
// always gives the same id. (FNV-1a; both come from Meta, signed, hence nobody chooses them to collide.)
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
      , people_(views)
      , proposal_(std::move(proposal)) {}

  std::vector<entry> run() {
    proposal_.chat_id = people_.present_id(proposal_.chat_id);
    std::visit([this](auto& data) { fill(data); }, proposal_.data);
    if (dropped_) return {};
    entries_.push_back(std::move(proposal_));
    for (entry& after : afterwards_) entries_.push_back(std::move(after));
    return std::move(entries_);
  }

private:
  void fill(message_received& received) {
    received.sent_at = not_ahead(received.sent_at);
    if (!take_chat_of_what_is_echoed(received)) take_chat_of_sender(received);
    name_as_known(received.reply_to_whatsapp_id);
    // The echo of what we sent, or a message that came before under another id of WhatsApp's.
    if (const auto binding = find_wamid(received.whatsapp_message_id)) {
      proposal_.message_id = binding->message_id;
      received.repeats = binding->attempt;
      received.replaces_placeholder = !received.placeholder && shows_placeholder(binding->message_id);
    }
    if (proposal_.message_id.empty()) proposal_.message_id = id_of_received(proposal_);
    if (received.history) received.position = next_history_place(views_, received.sent_at);

    const std::optional<chat> known_chat = views_.find_chat(proposal_.chat_id);
    const chat present = known_chat.value_or(chat{});
    const bool answers = received.from_business && !received.history;
    std::optional<chat_changed> change =
        answers ? on_answer(present, received.sent_at) : on_customer_message(present, received);
    if (!change && !known_chat) change = chat_changed{};
    if (change && !received.group_id.empty()) change->kind = chat_kind::group;
    if (change) announce(std::move(*change));
    if (is_new(received.whatsapp_message_id))
      tell_who_quotes(names_in(proposal_.chat_id, received.whatsapp_message_id),
                      received.whatsapp_message_id);
  }

  bool shows_placeholder(const std::string& message_id) {
    const auto row = views_.find_message(message_id);
    return row && row->known() && row->type == unsupported_type;
  }

  // However the echo names the person: what it echoes stands in their chat already.
  bool take_chat_of_what_is_echoed(const message_received& received) {
    if (!received.from_business) return false;
    const auto echoed = views_.find_binding(received.whatsapp_message_id);
    const auto row = echoed ? views_.find_message(echoed->message_id) : std::nullopt;
    if (!row || !row->known()) return false;
    proposal_.chat_id = row->chat_id;
    also_named(received.sender, received.sent_at);
    return true;
  }

  void take_chat_of_sender(const message_received& received) {
    std::string contact_id = known(received.sender, received.sent_at);
    if (received.became) contact_id = people_.moved(contact_id, *received.became, received.sent_at);
    announce_people();
    proposal_.chat_id = received.group_id.empty() ? contact_id : received.group_id;
    proposal_.actor = received.from_business ? "" : contact_id;
  }

  void fill(message_accepted&) {
    const auto row = views_.find_chat(proposal_.chat_id);
    if (row && window_closed(*row, proposal_.at)) return drop();
    if (!row) announce(chat_changed{});
  }

  // Decided by all that stands in the log before it: a message that has arrived meanwhile is not sent again.
  void fill(retry_requested& retry) {
    const auto row = views_.find_message(proposal_.message_id);
    if (!row || !row->can_retry() || retry.attempt != row->attempt + 1) return drop();
    const auto chat = views_.find_chat(row->chat_id);
    if (chat && window_closed(*chat, proposal_.at)) return drop();
    take_chat_of_message();
    tell_who_quotes({proposal_.message_id}, proposal_.key);
  }

  void fill(sending_taken& taken) { taken.term = views_.sending_term() + 1; }

  // Another node may have taken over since the proposer was told that it sends: only the log's order says.
  bool is_of_the_past(std::uint64_t term) { return term != 0 && term != views_.sending_term(); }

  // Nobody knows yet what became of this attempt of the message.
  bool is_under_way(int attempt) {
    const auto row = views_.find_message(proposal_.message_id);
    return row && row->attempt == attempt && row->status == status::sending && !row->reported_unconfirmed;
  }

  void fill(send_attempted& attempted) {
    if (is_of_the_past(attempted.term)) return drop();
    if (!is_under_way(attempted.attempt)) return drop();
    take_chat_of_message();
  }

  void fill(send_result& result) {
    if (is_of_the_past(result.term)) return drop();
    // Said without a try of one's own: what is known by now counts more.
    if (result.term != 0 && !is_under_way(result.attempt)) return drop();
    take_chat_of_message();
    identity addressee;
    addressee.wa_id = result.wa_id;
    also_named(addressee, proposal_.at);
    take_echo(result.whatsapp_message_id, result.attempt);
    if (result.outcome == send_outcome_kind::accepted)
      if (const auto chat = views_.find_chat(proposal_.chat_id))
        if (auto change = on_answer(*chat, proposal_.at)) announce(std::move(*change));
    tell_who_quotes_ours(result.whatsapp_message_id, result.attempt);
  }

  void fill(status_changed& changed) {
    changed.changed_at = not_ahead(changed.changed_at);
    if (changed.participant && !changed.participant->empty())
      changed.participant_id = known(*changed.participant, changed.changed_at);
    const auto ours = callback_from(changed.callback_data);
    if (const auto binding = views_.find_binding(changed.whatsapp_message_id);
        binding && !(ours && is_echo_of(*binding, ours->message_id))) {
      proposal_.message_id = binding->message_id;
      changed.attempt = binding->attempt;
    } else if (ours) {
      // The answer of Graph was lost or is still on its way: our own words, which Meta returns, say whose
      // status it is. An attempt nobody has asked for is not ours.
      const auto row = views_.find_message(ours->message_id);
      if (row && row->direction == direction::out && ours->attempt <= row->attempt) {
        proposal_.message_id = row->id;
        changed.attempt = ours->attempt;
      }
    }
    take_chat_of_message();
    tell_who_quotes_ours(changed.whatsapp_message_id, changed.attempt);
    if (ours) take_echo(changed.whatsapp_message_id, changed.attempt);
    if (changed.recipient) also_named(*changed.recipient, changed.changed_at);
    changed.recipient.reset();
  }

  void fill(reaction& reaction) {
    reaction.at = not_ahead(reaction.at);
    if (!reaction.from_business && !reaction.sender.empty())
      reaction.sender_id = known(reaction.sender, reaction.at);
    if (reaction.from_business) reaction.sender_id = proposal_.inbox;
    proposal_.actor = reaction.sender_id;
    if (proposal_.chat_id.empty() && !reaction.from_business) proposal_.chat_id = reaction.sender_id;
    name_as_known(reaction.target_whatsapp_id);
    take_target(reaction.target_whatsapp_id);
  }
  void fill(edit& edit) {
    edit.at = not_ahead(edit.at);
    take_target_with(edit.with, edit.at, edit.target_whatsapp_id);
  }
  void fill(revoke& revoke) {
    revoke.at = not_ahead(revoke.at);
    take_target_with(revoke.with, revoke.at, revoke.target_whatsapp_id);
  }
  // The first of the team to read a message makes it `read`, for everybody.
  void fill(tickwire::read_mark& mark) {
    const std::uint64_t seen = views_.find_read_mark("", proposal_.chat_id);
    auto rows = views_.unread_between(proposal_.chat_id, seen, mark.up_to, seen_at_once_max + 1);
    mark.more = rows.size() > seen_at_once_max;
    if (mark.more) rows.pop_back();
    for (const unseen_message& row : rows) {
      status_changed changed;
      changed.whatsapp_message_id = row.whatsapp_message_id;
      changed.word = status_word::read;
      changed.changed_at = proposal_.at;
      entry entry = beside(keys::status(row.whatsapp_message_id, "read", ""));
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
    // A page that repeats itself, or an older mark that comes late: nothing new.
    if (rows.empty() && mark.up_to <= views_.find_read_mark(proposal_.actor, proposal_.chat_id)) drop();
  }

  // Made by a person: the record joins what is known of the number. A chat that is opened by it is told as
  // such; the contact stands before it when there is something new about them.
  void fill(contact_changed& change) {
    if (!change.contact.id.empty()) {
      proposal_.chat_id = change.contact.id;
      return;
    }
    identity who;
    who.phone = change.contact.phone;
    who.user_id = change.contact.user_id;
    const std::string given_name = visible_name(change.contact.name);
    const std::string id = people_.known(who, proposal_.at);
    const bool opens_chat = change.opens_chat;
    auto decided = people_.take_change(id);
    change = decided ? std::move(*decided) : contact_changed{*people_.find_contact(id), {}, false};
    change.opens_chat = opens_chat;
    if (!given_name.empty()) change.contact.name = given_name;
    proposal_.chat_id = id;
    if (!change.opens_chat) return;
    const std::optional<contact> present = views_.find_contact(change.contact.id);
    if (!present || change.contact != *present || !change.aliases.empty())
      announce(contact_changed{change.contact, change.aliases, false});
    chat_changed opened;
    opened.opened = true;
    proposal_.data = std::move(opened);
  }

  void fill(contacts_merged&) {}
  void fill(message_joined&) {}
  void fill(group_changed&) {}
  void fill(chat_changed&) {}
  void fill(quote_known&) {}
  void fill(unhandled&) {}

  // The contact's id; an entry goes before the proposal when it is new or has changed.
  std::string known(const identity& who, timestamp at) {
    std::string id = people_.known(who, at);
    announce_people();
    return id;
  }

  // Whoever the proposal's chat is with is named so as well.
  void also_named(const identity& also, timestamp at) {
    proposal_.chat_id = people_.same_person(proposal_.chat_id, also, at);
    announce_people();
  }

  void announce_people() {
    for (contact_changed& change : people_.take_changes()) announce(std::move(change));
    for (identification::merge& merge : people_.take_merges()) announce(std::move(merge));
  }

  void announce(identification::merge merge) {
    entry fresh;
    fresh.inbox = proposal_.inbox;
    fresh.at = proposal_.at;
    fresh.key = "mg:" + merge.from;
    fresh.chat_id = merge.into;
    contacts_merged merged{merge.from, marks_of(chats_that_are_one_with(merge))};
    fresh.data = std::move(merged);
    entries_.push_back(std::move(fresh));
  }

  // The two, and those that have become part of either by this proposal.
  const std::set<std::string>& chats_that_are_one_with(const identification::merge& merge) {
    std::set<std::string> smaller{merge.from};
    if (const auto before = united_.extract(merge.from)) smaller.merge(before.mapped());
    std::set<std::string>& whole = united_[merge.into];
    whole.insert(merge.into);
    whole.merge(smaller);
    return whole;
  }

  // Of chats that are one from now on. Before the first message that the user has not read, in whichever of
  // them it is: rather shown as unread twice than never.
  std::vector<contacts_merged::mark> marks_of(const std::set<std::string>& chats) {
    std::set<std::string> users;
    for (const std::string& chat_id : chats)
      for (const contacts_merged::mark& mark : views_.find_read_marks(chat_id)) users.insert(mark.user_id);
    constexpr auto all = std::numeric_limits<std::int64_t>::max();
    std::vector<contacts_merged::mark> marks;
    for (const std::string& user_id : users) {
      std::uint64_t first_unread = all;
      std::uint64_t furthest = 0;
      for (const std::string& chat_id : chats) {
        const std::uint64_t up_to = views_.find_read_mark(user_id, chat_id);
        furthest = std::max(furthest, up_to);
        for (const unseen_message& row : views_.unread_between(chat_id, up_to, all, 1))
          first_unread = std::min<std::uint64_t>(first_unread, row.seq);
      }
      marks.push_back({user_id, first_unread == all ? furthest : first_unread - 1});
    }
    return marks;
  }

  // By exactly this id or, within the chat, by another one of the same message.
  std::optional<wamid_binding> find_wamid(const std::string& wamid) {
    if (wamid.empty()) return std::nullopt;
    if (auto binding = views_.find_binding(wamid)) return binding;
    const auto united = united_.find(proposal_.chat_id);
    for (const std::string& chat_id : united == united_.end() ? std::set{proposal_.chat_id} : united->second)
      if (const std::string key = token_key(chat_id, wamid); !key.empty())
        if (auto binding = views_.find_binding(key)) return binding;
    return std::nullopt;
  }

  // The wamid leads to the row of an echo, and the callback data to the message that it is the echo of.
  bool is_echo_of(const wamid_binding& binding, const std::string& message_id) {
    if (binding.message_id == message_id || !views_.find_message(message_id)) return false;
    const auto echo = views_.find_message(binding.message_id);
    return echo && echo->direction == direction::out && echo->client_id.empty();
  }

  // The id by which the message is known to us, where this is another one of it.
  void name_as_known(std::string& wamid) {
    if (wamid.empty() || views_.find_binding(wamid)) return;
    if (const auto binding = find_wamid(wamid))
      if (const auto row = views_.find_message(binding->message_id); row && !row->whatsapp_message_id.empty())
        wamid = row->whatsapp_message_id;
  }

  // The proposal says that the wamid is that of its message. If its echo came first and made a row, that row
  // is this message.
  void take_echo(const std::string& wamid, int attempt) {
    const auto binding = find_wamid(wamid);
    if (!binding || proposal_.message_id.empty() || binding->message_id == proposal_.message_id) return;
    const auto echo = views_.find_message(binding->message_id);
    if (!echo || echo->direction != direction::out || !echo->client_id.empty()) return;
    // One message went to one person, by whatever names.
    proposal_.chat_id = people_.both_are_one(proposal_.chat_id, echo->chat_id);
    announce_people();
    entry fresh;
    fresh.inbox = proposal_.inbox;
    fresh.at = proposal_.at;
    fresh.key = "ej:" + echo->id;
    fresh.chat_id = proposal_.chat_id;
    fresh.message_id = proposal_.message_id;
    fresh.data = message_joined{echo->id, echo->whatsapp_message_id, std::max(attempt, 1)};
    entries_.push_back(std::move(fresh));
  }

  void announce(contact_changed change) {
    // One proposal may change several contacts: the number keeps the keys apart.
    entry fresh = beside("ct:" + std::to_string(entries_.size()) + ":" + proposal_.key);
    fresh.chat_id = change.contact.id;
    fresh.data = std::move(change);
    entries_.push_back(std::move(fresh));
  }

  // It may not happen any more.
  void drop() { dropped_ = true; }
  void announce(chat_changed change) {
    // Most messages of customers make one of these. A short key, and one that grows within its chat, is
    // cheapest for the store's index.
    const auto& end = change.window_ends_at;
    entry fresh = beside("ch:" + proposal_.chat_id + ":" +
                         (end ? std::to_string(end->time_since_epoch().count()) : proposal_.key));
    fresh.chat_id = proposal_.chat_id;
    fresh.data = std::move(change);
    entries_.push_back(std::move(fresh));
  }

  // This message gets another name. Pages are told which messages quote it by one of its names; the newest
  // of them.
  void tell_who_quotes(const std::vector<std::string>& names, const std::string& cause) {
    for (const std::string& quoted : names)
      for (const std::string& by : views_.find_quotes(quoted, quotes_told_max)) {
        entry fresh = beside("qk:" + by + ":" + cause);
        fresh.message_id = by;
        fresh.chat_id = proposal_.chat_id;
        fresh.data = quote_known{};
        afterwards_.push_back(std::move(fresh));
      }
  }

  // Our message may be called by this wamid from now on (of its present attempt, or of an earlier one that
  // turns out to have arrived), or a new attempt takes its name away.
  void tell_who_quotes_ours(const std::string& wamid, int attempt) {
    const std::string& id = proposal_.message_id;
    if (id.empty()) return;
    const auto row = views_.find_message(id);
    const bool named = !wamid.empty() && (is_new(wamid) || !row || row->wamid() != wamid);
    if (!named && !(row && attempt > row->attempt)) return;
    std::vector<std::string> names = names_in(proposal_.chat_id, wamid);
    names.push_back(id);
    tell_who_quotes(names, proposal_.key);
  }

  bool is_new(const std::string& wamid) { return !wamid.empty() && !views_.find_binding(wamid); }

  // An entry of our own that comes with the proposal.
  entry beside(std::string key) const {
    entry fresh;
    fresh.inbox = proposal_.inbox;
    fresh.at = proposal_.at;
    fresh.key = std::move(key);
    return fresh;
  }

  // A time of Meta's or of a customer's telephone that lies ahead of ours is ours: nothing has happened later
  // than we heard of it, and a later fact must be able to replace it.
  timestamp not_ahead(timestamp time) const { return std::min(time, proposal_.at); }

  void take_target_with(const identity& who, timestamp at, std::string& wamid) {
    if (!who.empty()) proposal_.chat_id = known(who, at);
    name_as_known(wamid);
    take_target(wamid);
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
  identification people_;
  entry proposal_;
  std::vector<entry> entries_;                          // before the proposal
  std::vector<entry> afterwards_;                       // behind it
  std::map<std::string, std::set<std::string>> united_; // chat → it and those that become part of it
  bool dropped_ = false;
};

} // namespace

std::string id_of_received(const entry& proposal) {
  const std::string& wamid = std::get<message_received>(proposal.data).whatsapp_message_id;
  return message_id_of(proposal.inbox, wamid.empty() ? proposal.key : wamid, proposal.at);
}

std::vector<entry> complete(views& views, entry proposal) {
  return completion(views, std::move(proposal)).run();
}

} // namespace tickwire
