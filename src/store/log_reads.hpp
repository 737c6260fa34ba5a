// Reading the log and its views, for the stores whose threads block: what a store does differently is asked
// here, what is the same for every store stands below.
#pragma once

#include "app/ports.hpp"
#include "core/position.hpp"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tickwire {

// One thread's. Each answers what the method of log_store with this name promises; what goes wrong is thrown.
class log_reads {
public:
  virtual ~log_reads() = default;

  virtual missed_events events_between(std::uint64_t after, std::uint64_t up_to, const std::string& user_id,
                                       std::size_t limit) = 0;
  virtual message_page messages(const message_query& wanted) = 0;
  virtual std::optional<message> find_message(const std::string& id) = 0;
  virtual chat_page chats(const std::string& user_id, std::optional<std::int64_t> before,
                          std::size_t limit) = 0;
  virtual std::optional<chat_summary> find_chat(const std::string& user_id, const std::string& id) = 0;
  virtual std::pair<std::vector<contact>, bool> contacts(const std::string& after, std::size_t limit) = 0;
  virtual std::optional<contact> find_contact(const identity& who) = 0;
  virtual std::vector<unfinished_send> unfinished_sends(std::uint64_t after, std::uint64_t up_to,
                                                        std::size_t limit) = 0;
  virtual std::vector<kept_count> kept_counts() = 0;
};

// So many events are read to know whether there are more than `limit`.
constexpr std::size_t events_read_max(std::size_t limit) { return 2 * limit + 1; }

// The oldest events_read_max(limit) of them, or all. Chats tell of themselves beside what happens in them:
// that is no further event.
inline missed_events missed_of(std::vector<encoded_event> events, std::size_t limit) {
  const auto counted = std::count_if(events.begin(), events.end(),
                                     [](const encoded_event& one) { return one.name != "chat_update"; });
  if (static_cast<std::size_t>(counted) > limit || events.size() >= events_read_max(limit)) return {true, {}};
  return {false, std::move(events)};
}

// The page that is wanted, but for its head. older(position, count) gives at most `count` messages up to and
// including the position, the newest first; newer(position, count) those from it on, the oldest first.
template <class Older, class Newer>
message_page page_of(const message_query& wanted, Older older, Newer newer) {
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  message_page page;
  const auto cut = [&page](std::size_t limit) {
    page.has_more = page.messages.size() > limit;
    if (page.has_more) page.messages.pop_back();
  };
  if (wanted.after) {
    if (*wanted.after < highest) page.messages = newer(*wanted.after + 1, wanted.limit + 1);
    cut(wanted.limit);
    return page;
  }
  const std::size_t newer_half = wanted.around ? wanted.limit / 2 : 0;
  const std::size_t older_half = wanted.limit - newer_half;
  const std::int64_t last =
      wanted.around ? *wanted.around : std::max(wanted.before.value_or(highest), lowest_position) - 1;
  page.messages = older(last, older_half + 1);
  cut(older_half);
  std::reverse(page.messages.begin(), page.messages.end());
  if (newer_half > 0 && last < highest) {
    std::vector<message> rest = newer(last + 1, newer_half);
    std::move(rest.begin(), rest.end(), std::back_inserter(page.messages));
  }
  return page;
}

} // namespace tickwire
