// Reading the log and its views: SQL and nothing else. Each takes a connection that is the caller's for the
// time; what goes wrong is thrown.
#pragma once

#include "adapters/sqlite/database.hpp"
#include "app/ports.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickwire::sqlite {

// Each answers what the method of log_store with this name promises.
missed_events read_events(database& connection, std::uint64_t after, std::uint64_t up_to,
                          const std::string& user_id, std::size_t limit);
message_page read_messages(database& connection, const message_query& wanted);
std::vector<kept_count> read_kept_counts(database& connection);
std::optional<message> read_message_by_id(database& connection, const std::string& id);
chat_page read_chats(database& connection, const std::string& user_id, std::optional<std::int64_t> before,
                     std::size_t limit);
std::optional<chat_summary> read_chat_by_id(database& connection, const std::string& user_id,
                                            const std::string& id);
std::pair<std::vector<contact>, bool> read_contacts(database& connection, const std::string& after,
                                                    std::size_t limit);
std::optional<contact> read_contact_of(database& connection, const identity& who);
std::vector<unfinished_send> read_unfinished(database& connection, std::uint64_t after, std::uint64_t up_to,
                                             std::size_t limit);

// Of the log alone, so that they read files of older versions as well.
std::vector<entry> read_kept(database& connection, const kept_query& wanted);
std::optional<entry> read_entry_by_key(database& connection, const std::string& key);

} // namespace tickwire::sqlite
