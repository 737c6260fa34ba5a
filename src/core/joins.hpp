// How one fact changes one row. Each is a join (maximum, earliest, newest per person): whatever the order in
// which facts come, and however often, the same row comes out. No rows are looked up here; apply.hpp decides
// which fact meets which row.
#pragma once

#include "core/chat.hpp"
#include "core/entry.hpp"
#include "core/message.hpp"

#include <optional>
#include <string>

namespace tickwire {

// --- a message's row ---

// Facts of a higher attempt replace those of a lower one, except that whatever has arrived has arrived; false
// when the fact belongs to an attempt that is past.
bool enter_attempt(message& row, int attempt);

// `at`: when we learned what Graph answered.
void join_result(message& row, const send_result& result, timestamp at);

// `changed.attempt` must be filled: 0 counts as the first. Of an attempt that is past only proof of delivery
// counts.
void join_status(message& row, const status_changed& changed);

void join_reaction(message& row, const reaction& reaction);
void join_edit(message& row, const edit& edit);
void join_revoke(message& row, const revoke& revoke);

// What is known of `other`, the same message under another id, is known of the row's attempt `attempt`. What
// made the row stays.
void join_message(message& row, const message& other, int attempt);

// `from` turned out to be `into`: as sender or receiver, in reactions and in receipts.
void rename_person(message& row, const std::string& from, const std::string& into);

// The row is known to WhatsApp by this id; of several of one attempt the lowest is shown.
void join_wamid(message& row, const std::string& wamid);

// --- a chat's row ---

// What is known of `other`, a chat with the same person, is known of this one.
void join_chat(chat& row, const chat& other);

// --- times ---

void keep_earliest(std::optional<timestamp>& kept, timestamp other);
void keep_latest(std::optional<timestamp>& kept, timestamp other);

} // namespace tickwire
