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

task<result<missed_events>> reading::missed(user who, page_position page, std::uint64_t head) {
  missed_events none, load_anew;
  load_anew.resync = true;
  if (page.epoch && *page.epoch != log_.epoch()) co_return load_anew;
  if (!page.seq) co_return none;
  if (*page.seq < 0 || static_cast<std::uint64_t>(*page.seq) > head) co_return load_anew;
  co_return co_await log_.events_between(static_cast<std::uint64_t>(*page.seq), head, std::move(who.id),
                                         missed_events_max);
}

task<bool> reading::usable() {
  message_query newest;
  newest.limit = 1;
  const auto page = co_await log_.messages(std::move(newest));
  co_return page.has_value() && co_await log_.usable();
}

std::unexpected<failure> unknown_chat() {
  return fail(failure_kind::not_found, "unknown_chat",
              "There is no such chat. Open a new one with the person's phone number.");
}

} // namespace tickwire
