// Messages as rows of the table `messages`.
#pragma once

#include "adapters/sqlite/database.hpp"
#include "core/message.hpp"

#include <string>

namespace tickwire::sqlite {

// The columns, in the order in which read_message() takes them.
inline constexpr std::string_view message_columns =
    "id, seq, chat_id, sender_id, receiver_id, direction, type, text, old_body, client_id, created_at, "
    "counts_unread, status, "
    "attempt, unconfirmed, updated_at, wamid, accepted_time, sent_time, delivered_time, read_time, "
    "failed_time, played_time, details";

message read_message(const statement& row, int first_column = 0);

// What few messages have (body, quote, error, reactions, receipts, edits), as JSON; empty when there is none
// of it. `old_body` has the body of rows that an older version wrote; new ones leave it empty.
std::string encode_details(const message& message);
void decode_details(message& message, std::string_view json);

} // namespace tickwire::sqlite
