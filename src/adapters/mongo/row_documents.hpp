// Entries of the log and rows of its views as documents. What the collections are, and which indexes they
// have.
#pragma once

#include "adapters/mongo/client_pool.hpp"
#include "core/chat.hpp"
#include "core/contact.hpp"
#include "core/views.hpp"
#include "store/log_rows.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickwire::mongo {

namespace collections {
inline constexpr const char* log = "log";           // the entries
inline constexpr const char* meta = "meta";         // one for each inbox, see applying.hpp
inline constexpr const char* changes = "changes";   // parts of what is too large to stand in there
inline constexpr const char* messages = "messages"; // what follows are the views
inline constexpr const char* sending = "sending";   // one for each inbox: the newest term
inline constexpr const char* bindings = "bindings";
inline constexpr const char* parked = "parked";
inline constexpr const char* contacts = "contacts";
inline constexpr const char* aliases = "aliases";
inline constexpr const char* quotes = "quotes";
inline constexpr const char* read_marks = "read_marks";
inline constexpr const char* chats = "chats";
} // namespace collections

// Makes the indexes that are missing, see client::ensure_indexes.
void ensure_log_indexes(client& store);

// `_id` of a row of an inbox's views (messages aside, whose ids are unique everywhere).
std::string row_id(std::string_view inbox, std::string_view name);
std::string mark_id(std::string_view inbox, std::string_view user_id, std::string_view chat_id);

// The log. `writer` is who appended it. Texts that are no UTF-8 are kept as they are.
document document_of(const log_row& row, std::string_view inbox, std::string_view writer);
entry entry_of(const reader& row); // throws when its data is none of ours
std::optional<encoded_event> event_of(const reader& row);

document document_of(const contact& row, std::string_view inbox);
contact contact_of(const reader& row);
std::string contact_order(const contact& row); // by title, then id; for the list
document document_of(const chat& row, std::string_view inbox);
chat chat_of(const reader& row);
document document_of(std::string_view wamid, const wamid_binding& row, std::string_view inbox);
wamid_binding binding_of(const reader& row);

// Keys in parts, each small enough for one question.
std::vector<std::vector<std::string>> parts_of(const std::vector<std::string>& keys);

// Filters.
document in_inbox(std::string_view inbox);
document ids_of(std::string_view inbox);                 // for `_id`, of rows that do not name their inbox
document one_of(const std::vector<std::string>& names);  // {$in: […]}
document within(std::int64_t after, std::int64_t up_to); // (after, up_to]
document between(std::int64_t first, std::int64_t last); // [first, last]

} // namespace tickwire::mongo
