#include "app/reading.hpp"

namespace tickwire {

task<result<message_page>> reading::messages(message_query wanted) {
  const std::optional<std::string> chat_id = wanted.chat_id;
  auto page = co_await log_.messages(std::move(wanted));
  // An empty page of a chat that is there differs from one of a chat that is not.
  if (page && page->messages.empty() && chat_id) {
    const auto known = co_await log_.find_chat("", *chat_id);
    if (!known) co_return std::unexpected(known.error());
    if (!*known) co_return unknown_chat();
  }
  co_return page;
}

task<result<chat_page>> reading::chats(user who, std::optional<std::int64_t> before, std::size_t limit) {
  co_return co_await log_.chats(std::move(who.id), before, limit);
}

task<result<chat_summary>> reading::chat(user who, std::string chat_id) {
  auto found = co_await log_.find_chat(std::move(who.id), std::move(chat_id));
  if (!found) co_return std::unexpected(found.error());
  if (!*found) co_return unknown_chat();
  co_return std::move(**found);
}

task<result<std::pair<std::vector<contact>, bool>>> reading::contacts(std::string after, std::size_t limit) {
  co_return co_await log_.contacts(std::move(after), limit);
}

std::unexpected<failure> unknown_chat() {
  return fail(failure_kind::not_found, "unknown_chat",
              "There is no such chat. Open a new one with the person's phone number.");
}

} // namespace tickwire
