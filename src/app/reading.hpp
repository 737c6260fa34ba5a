// What people read of the inbox: messages, chats, contacts, and the events that a page has missed. REST and
// sockets ask here and never the store, so that the rules of reading stand once. I/O thread.
#pragma once

#include "app/ports.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickwire {

// More events than this are not told one by one: loading the page anew costs less.
inline constexpr std::size_t missed_events_max = 1000;

// How far a page says that it has followed the events. Both come from outside and may be anything.
struct page_position {
  std::optional<std::int64_t> seq;  // of the last event it has; nothing: it has none and wants none
  std::optional<std::string> epoch; // of the log that it followed; nothing: it does not say
};

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

  // The events up to `head` that the page has not had, or that it must load anew.
  task<result<missed_events>> missed(user who, page_position page, std::uint64_t head);

  task<result<void>> look() { return log_.look(); } // see log_store::look

  std::string epoch() const { return log_.epoch(); }
  std::uint64_t head() const { return log_.head(); }

  // Whether the store would answer readers and take something new at this moment.
  task<bool> usable();

private:
  log_store& log_;
};

std::unexpected<failure> unknown_chat();

} // namespace tickwire
