#include "app/entry_news.hpp"

#include <utility>

namespace tickwire {

entry_news news_of(const entry& entry, std::optional<encoded_event> event) {
  entry_news news;
  news.event = std::move(event);
  if (const auto* merged = std::get_if<contacts_merged>(&entry.data))
    news.merged = chat_merged_event{merged->from, entry.chat_id};
  if (std::holds_alternative<message_accepted>(entry.data))
    news.asked = send_asked{entry.seq, entry.message_id, entry.chat_id, 1, entry.at};
  if (const auto* retry = std::get_if<retry_requested>(&entry.data))
    news.asked = send_asked{entry.seq, entry.message_id, entry.chat_id, retry->attempt, entry.at};
  if (const auto* taken = std::get_if<sending_taken>(&entry.data)) news.sending_term = taken->term;
  return news;
}

} // namespace tickwire
