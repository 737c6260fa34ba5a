#include "core/joins.hpp"

#include <algorithm>
#include <initializer_list>
#include <tuple>
#include <utility>

namespace tickwire {

using opt_time = std::optional<timestamp>;

namespace {

// Of two reports of failure the first one stays. The reason of an unconfirmed message has no time, so
// any failure replaces it.
void keep_first_error(message& row, const std::optional<message_error>& error, opt_time at) {
  if (!error) return;
  const bool replaces = !row.error || (at && (!row.error_at || *at < *row.error_at));
  if (!replaces) return;
  row.error = error;
  row.error_at = at;
}

receipt& receipt_of(message& row, const std::string& contact_id) {
  const auto place =
      std::lower_bound(row.receipts.begin(), row.receipts.end(), contact_id,
                       [](const receipt& r, const std::string& id) { return r.contact_id < id; });
  if (place != row.receipts.end() && place->contact_id == contact_id) return *place;
  receipt fresh;
  fresh.contact_id = contact_id;
  return *row.receipts.insert(place, std::move(fresh));
}

status status_of(status_word word) {
  switch (word) {
  case status_word::sent:
    return status::sent;
  case status_word::failed:
    return status::failed;
  case status_word::read:
    return status::read;
  case status_word::delivered:
  case status_word::played:
    return status::delivered; // who has heard it has it; `playedAt` says that it was heard
  }
  return status::sent;
}

bool proves_delivery(status_word word) { return status_of(word) >= status::delivered; }

// At least one member of the group has it.
bool has_receipt(const message& row) {
  return std::any_of(row.receipts.begin(), row.receipts.end(),
                     [](const receipt& one) { return one.value >= status::delivered; });
}

void join_arrived(message& row, int attempt, const std::string& wamid) {
  if (attempt < row.arrived_attempt) return;
  if (attempt > row.arrived_attempt ||
      (!wamid.empty() && (row.arrived_wamid.empty() || wamid < row.arrived_wamid)))
    row.arrived_wamid = wamid;
  row.arrived_attempt = attempt;
}

// What happened at one member of a group. The message as a whole is at least `sent`, and never fails because
// of one member.
void join_participant(message& row, const status_changed& changed) {
  row.status = join(row.status, status::sent);
  receipt& receipt = receipt_of(row, changed.participant_id);
  receipt.value = join(receipt.value, status_of(changed.word));
  if (changed.word == status_word::delivered) keep_earliest(receipt.delivered_at, changed.changed_at);
  if (changed.word == status_word::read) keep_earliest(receipt.read_at, changed.changed_at);
}

void join_mark(message& row, reaction_mark mark) {
  const auto place =
      std::lower_bound(row.reactions.begin(), row.reactions.end(), mark.from,
                       [](const reaction_mark& m, const std::string& id) { return m.from < id; });
  if (place == row.reactions.end() || place->from != mark.from)
    row.reactions.insert(place, std::move(mark));
  else if (std::tie(place->at, place->whatsapp_message_id) < std::tie(mark.at, mark.whatsapp_message_id))
    *place = std::move(mark);
}

void join_receipt(message& row, const std::string& contact_id, const receipt& other) {
  receipt& own = receipt_of(row, contact_id);
  own.value = join(own.value, other.value);
  if (other.delivered_at) keep_earliest(own.delivered_at, *other.delivered_at);
  if (other.read_at) keep_earliest(own.read_at, *other.read_at);
}

} // namespace

bool enter_attempt(message& row, int attempt) {
  if (attempt < row.attempt) return false;
  if (attempt > row.attempt) {
    const bool arrived = row.status >= status::delivered;
    const bool arrived_in_group = !arrived && has_receipt(row);
    if (arrived || arrived_in_group) join_arrived(row, row.attempt, row.whatsapp_message_id);
    row.attempt = attempt;
    if (!arrived) row.status = arrived_in_group ? status::sent : status::sending;
    row.reported_unconfirmed = false;
    row.error.reset();
    row.error_at.reset();
    row.times.accepted.reset();
    row.times.sent.reset();
    row.times.failed.reset();
    if (!arrived) row.times = {};
    row.whatsapp_message_id.clear();
  }
  return true;
}

void join_result(message& row, const send_result& result, timestamp at) {
  if (!enter_attempt(row, result.attempt)) return;
  switch (result.outcome) {
  case send_outcome_kind::accepted:
    row.status = join(row.status, status::sent);
    keep_earliest(row.times.accepted, at);
    join_wamid(row, result.whatsapp_message_id);
    break;
  case send_outcome_kind::refused:
    row.status = join(row.status, status::failed);
    keep_earliest(row.times.failed, at);
    keep_first_error(row, result.error, at);
    break;
  case send_outcome_kind::unconfirmed:
    row.reported_unconfirmed = true;
    keep_first_error(row, result.error, std::nullopt);
    break;
  case send_outcome_kind::not_taken: // tried again by ourselves: nothing to see
    break;
  }
}

void join_status(message& row, const status_changed& changed) {
  const int attempt = std::max(changed.attempt, 1);
  if (enter_attempt(row, attempt))
    join_wamid(row, changed.whatsapp_message_id);
  else if (proves_delivery(changed.word))
    join_arrived(row, attempt, changed.whatsapp_message_id);
  else
    return;
  if (!changed.participant_id.empty()) return join_participant(row, changed);

  row.status = join(row.status, status_of(changed.word));
  switch (changed.word) {
  case status_word::sent:
    keep_earliest(row.times.sent, changed.changed_at);
    break;
  case status_word::delivered:
    keep_earliest(row.times.delivered, changed.changed_at);
    break;
  case status_word::read:
    keep_earliest(row.times.read, changed.changed_at);
    break;
  case status_word::played:
    keep_earliest(row.times.played, changed.changed_at);
    keep_earliest(row.times.delivered, changed.changed_at); // no later than it was heard
    break;
  case status_word::failed:
    keep_earliest(row.times.failed, changed.changed_at);
    keep_first_error(row, changed.error, changed.changed_at);
    break;
  }
}

void join_reaction(message& row, const reaction& reaction) {
  join_mark(row, {reaction.sender_id, reaction.emoji, reaction.at, reaction.whatsapp_message_id});
}

void join_edit(message& row, const edit& edit) {
  const opt_time at = edit.at;
  if (row.edited_at && std::tie(*row.edited_at, row.edit_id) >= std::tie(*at, edit.whatsapp_message_id))
    return;
  row.edited_at = at;
  row.edit_id = edit.whatsapp_message_id;
  row.edited_text = edit.text;
}

void join_revoke(message& row, const revoke& revoke) { keep_earliest(row.revoked_at, revoke.at); }

void rename_person(message& row, const std::string& from, const std::string& into) {
  for (std::string* name : {&row.sender_id, &row.receiver_id})
    if (*name == from) *name = into;
  for (reaction_mark& mark : std::exchange(row.reactions, {})) {
    if (mark.from == from) mark.from = into;
    join_mark(row, std::move(mark));
  }
  for (const receipt& one : std::exchange(row.receipts, {}))
    join_receipt(row, one.contact_id == from ? into : one.contact_id, one);
}

void join_wamid(message& row, const std::string& wamid) {
  if (!wamid.empty() && (row.whatsapp_message_id.empty() || wamid < row.whatsapp_message_id))
    row.whatsapp_message_id = wamid;
}

void keep_earliest(opt_time& kept, timestamp other) {
  if (!kept || other < *kept) kept = other;
}

void keep_latest(opt_time& kept, timestamp other) {
  if (!kept || *kept < other) kept = other;
}

void join_message(message& row, const message& other, int attempt) {
  for (const reaction_mark& mark : other.reactions) join_mark(row, mark);
  if (other.edited_at) {
    edit again;
    again.whatsapp_message_id = other.edit_id;
    again.text = other.edited_text;
    again.at = *other.edited_at;
    join_edit(row, again);
  }
  if (other.revoked_at) keep_earliest(row.revoked_at, *other.revoked_at);
  const auto join_times = [&](std::initializer_list<opt_time status_times::*> times) {
    for (const auto time : times)
      if (other.times.*time) keep_earliest(row.times.*time, *(other.times.*time));
  };
  const bool past = !enter_attempt(row, attempt);
  for (const receipt& one : other.receipts)
    if (!past || one.value >= status::delivered) join_receipt(row, one.contact_id, one);
  if (past) { // only proof of delivery counts, as in join_status
    const bool arrived = other.status >= status::delivered;
    if (!arrived && !has_receipt(other)) return;
    join_arrived(row, attempt, other.whatsapp_message_id);
    row.status = join(row.status, arrived ? other.status : status::sent);
    return join_times({&status_times::delivered, &status_times::read, &status_times::played});
  }
  row.status = join(row.status, other.status);
  join_wamid(row, other.whatsapp_message_id);
  join_times({&status_times::accepted, &status_times::sent, &status_times::delivered, &status_times::read,
              &status_times::failed, &status_times::played});
  keep_first_error(row, other.error, other.error_at);
}

void join_chat(chat& row, const chat& other) {
  if (other.opened_seq && (row.opened_seq == 0 || other.opened_seq < row.opened_seq))
    row.opened_seq = other.opened_seq;
  if (!other.last_message_id.empty() && (row.last_message_id.empty() || other.last_seq > row.last_seq)) {
    row.last_seq = other.last_seq;
    row.last_message_id = other.last_message_id;
  }
  for (const auto time : {&chat::window_ends_at, &chat::entry_point_at, &chat::entry_point_answered})
    if (other.*time) keep_latest(row.*time, *(other.*time));
}

} // namespace tickwire
