// Reading the log and its views: SQL and nothing else, on a connection that is the caller's for the time.
// What goes wrong is thrown.
#pragma once

#include "adapters/sqlite/database.hpp"
#include "store/log_reads.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickwire::sqlite {

class log_reading final : public log_reads {
public:
  explicit log_reading(database& connection)
      : connection_(connection) {}

  missed_events events_between(std::uint64_t after, std::uint64_t up_to, const std::string& user_id,
                               std::size_t limit) override;
  message_page messages(const message_query& wanted) override;
  std::optional<message> find_message(const std::string& id) override;
  chat_page chats(const std::string& user_id, std::optional<std::int64_t> before, std::size_t limit) override;
  std::optional<chat_summary> find_chat(const std::string& user_id, const std::string& id) override;
  std::pair<std::vector<contact>, bool> contacts(const std::string& after, std::size_t limit) override;
  std::optional<contact> find_contact(const identity& who) override;
  std::vector<unfinished_send> unfinished_sends(std::uint64_t after, std::uint64_t up_to,
                                                std::size_t limit) override;
  std::vector<kept_count> kept_counts() override;

private:
  database& connection_;
};

// Of the log alone, so that they read files of older versions as well.
std::vector<entry> read_kept(database& connection, const kept_query& wanted);
std::optional<entry> read_entry_by_key(database& connection, const std::string& key);

} // namespace tickwire::sqlite
