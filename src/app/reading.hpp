// What pages and programs load: messages, chats, contacts. Whoever reads for a person asks here, so that what
// is not there is said in the same words everywhere.
#pragma once

#include "app/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickwire {

class reading {
public:
  explicit reading(log_store& log)
      : log_(log) {}

  // not_found when a chat is wanted that there is none of. The id of a chat that became part of another leads
  // to that one, here and below.
  task<result<message_page>> messages(message_query wanted);
  // See log_store::chats.
  task<result<chat_page>> chats(user who, std::optional<std::int64_t> before, std::size_t limit);
  // not_found when there is none.
  task<result<chat_summary>> chat(user who, std::string chat_id);
  // See log_store::contacts.
  task<result<std::pair<std::vector<contact>, bool>>> contacts(std::string after, std::size_t limit);

private:
  log_store& log_;
};

std::unexpected<failure> unknown_chat();

} // namespace tickwire
