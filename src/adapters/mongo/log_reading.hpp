// Reading the log and its views: questions and nothing else, on a client that is the caller's for the time.
// What goes wrong is thrown.
#pragma once

#include "adapters/mongo/client_pool.hpp"
#include "store/log_reads.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickwire::mongo {

class log_reading final : public log_reads {
public:
  // `head`: an entry that the views have. What is read may have later ones, too.
  log_reading(client& store, const std::string& inbox, std::uint64_t head)
      : store_(store)
      , inbox_(inbox)
      , head_(head) {}

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
  message_page page_in(const std::optional<std::string>& chat_id, const message_query& wanted);
  std::vector<message> rows(const std::optional<std::string>& chat_id, std::int64_t first, std::int64_t last,
                            int direction, std::size_t limit);
  std::vector<message> older(const std::optional<std::string>& chat_id, std::int64_t last, std::size_t limit);
  std::vector<message> newer(const std::optional<std::string>& chat_id, std::int64_t first,
                             std::size_t limit);
  void complete_as_shown(const std::vector<message*>& rows);
  std::vector<chat_summary> summaries(const std::string& user_id, std::vector<chat> rows);
  std::optional<contact> contact_by_id(const std::string& id);
  std::string present_id(std::string id);

  client& store_;
  const std::string& inbox_;
  const std::uint64_t head_;
};

} // namespace tickwire::mongo
