#include "hub/recovery_log.hpp"

#include "hub/broadcast_event.hpp"

#include <algorithm>
#include <charconv>

namespace socketio::detail {

namespace {

// "1z" is number 71 of sender 0, "1z.2" that of sender 2.
template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 36);
  return error == std::errc{} && end == text.data() + text.size();
}

template <class Number>
void append_number(std::string& out, Number number) {
  char digits[16];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, number, 36).ptr);
}

} // namespace

std::string offset_text(const event_number& number) {
  std::string text;
  append_number(text, number.count);
  if (number.sender > 0) {
    text += '.';
    append_number(text, number.sender);
  }
  return text;
}

std::optional<event_number> parse_offset(std::string_view text) {
  event_number number;
  const std::size_t dot = text.find('.');
  if (!read_number(text.substr(0, dot), number.count)) return std::nullopt;
  if (dot != std::string_view::npos && !read_number(text.substr(dot + 1), number.sender)) return std::nullopt;
  return number;
}

bool progress::has_all(const progress& other) const {
  for (std::uint32_t sender = 0; sender < other.counts_.size(); ++sender)
    if (other.counts_[sender] > 0 && !has({sender, other.counts_[sender]})) return false;
  return true;
}

void progress::add(const event_number& number) {
  if (number.sender >= counts_.size()) counts_.resize(number.sender + 1);
  counts_[number.sender] = std::max(counts_[number.sender], number.count);
}

void progress::add(const progress& other) {
  for (std::uint32_t sender = 0; sender < other.counts_.size(); ++sender)
    add({sender, other.counts_[sender]});
}

void recovery_log::append(const event_number& number, time_point now, std::size_t bytes,
                          std::shared_ptr<const broadcast_event> event) {
  drop_old(now);
  reached_.add(number);
  told_.reset();
  entries_.push_back({number, now, bytes, std::move(event)});
  bytes_.set(all_bytes_, bytes_.bytes() + bytes);
  while (entries_.size() > max_packets_ || (!empty() && *all_bytes_ > max_bytes_)) drop_oldest();
}

std::shared_ptr<const progress> recovery_log::reached() {
  if (!told_) told_ = std::make_shared<const progress>(reached_);
  return told_;
}

void recovery_log::drop_old(time_point now) {
  while (!entries_.empty() && expires() < now) drop_oldest();
}

void recovery_log::drop_oldest() {
  const entry& oldest = entries_.front();
  gone_.add(oldest.number);
  last_gone_ = oldest.number;
  last_gone_at_ = oldest.at;
  bytes_.set(all_bytes_, bytes_.bytes() - oldest.bytes);
  entries_.pop_front();
}

std::optional<progress> recovery_log::what_it_has(const received& client) const {
  progress has = client.before;
  // What was delivered before the last that it has, or before a heartbeat that it answered, it has too.
  if (last_gone_at_ < client.proven || client.last == last_gone_) has.add(gone_);
  std::size_t count = 0;
  bool found = !client.last || has.has(*client.last) || gone_.has(*client.last);
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool named = client.last && entries_[i].number == *client.last;
    if (named || entries_[i].at < client.proven) count = i + 1;
    found = found || named;
  }
  if (!found) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) has.add(entries_[i].number);
  if (count > 0) has.add(gone_);
  return has;
}

std::optional<recovery_log::events> recovery_log::missed(const progress& has, time_point now,
                                                         std::string_view id, std::span<const stay> stays) {
  drop_old(now);
  if (!has.has_all(gone_)) return std::nullopt;
  events missed;
  for (const entry& one : entries_) {
    if (!one.event || has.has(one.number)) continue;
    const auto in_any_of = [&](const std::vector<std::string>& rooms) {
      return std::any_of(rooms.begin(), rooms.end(), [&](const std::string& room) {
        return room == id || std::any_of(stays.begin(), stays.end(), [&](const stay& its) {
                 return its.room == room && its.covers(one.number);
               });
      });
    };
    const target_options& whom = one.event->whom;
    if ((whom.rooms.empty() || in_any_of(whom.rooms)) && !in_any_of(whom.except)) missed.push_back(one.event);
  }
  return missed;
}

} // namespace socketio::detail
