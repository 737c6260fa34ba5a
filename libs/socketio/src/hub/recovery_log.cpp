#include "hub/recovery_log.hpp"

#include "hub/broadcast_event.hpp"

#include <algorithm>
#include <charconv>

namespace socketio::detail {

std::string offset_text(std::uint64_t counter) {
  char digits[16];
  return {digits, std::to_chars(digits, digits + sizeof digits, counter, 36).ptr};
}

std::optional<std::uint64_t> parse_offset(std::string_view text) {
  std::uint64_t counter = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), counter, 36);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return counter;
}

void recovery_log::append(std::uint64_t counter, time_point now, std::size_t bytes,
                          std::shared_ptr<const broadcast_event> event) {
  drop_old(now);
  entries_.push_back({counter, now, bytes, std::move(event)});
  bytes_ += bytes;
  while (entries_.size() > max_packets_ || bytes_ > max_bytes_) {
    lost_up_to_ = entries_.front().counter;
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
  }
}

void recovery_log::drop_old(time_point now) {
  while (!entries_.empty() && entries_.front().at + keep_ < now) {
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
  }
}

std::optional<std::vector<std::shared_ptr<const broadcast_event>>>
recovery_log::missed_after(std::uint64_t counter, time_point now, std::span<const std::string> rooms) {
  drop_old(now);
  if (counter < lost_up_to_) return std::nullopt;
  std::vector<std::shared_ptr<const broadcast_event>> missed;
  const auto in_any_of = [&](const std::vector<std::string>& some) {
    return std::any_of(some.begin(), some.end(), [&](const std::string& room) {
      return std::find(rooms.begin(), rooms.end(), room) != rooms.end();
    });
  };
  for (const entry& one : entries_) {
    if (one.counter <= counter) continue;
    const target_options& whom = one.event->whom;
    if ((whom.rooms.empty() || in_any_of(whom.rooms)) && !in_any_of(whom.except)) missed.push_back(one.event);
  }
  return missed;
}

} // namespace socketio::detail
