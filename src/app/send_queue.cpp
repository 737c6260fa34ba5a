#include "app/send_queue.hpp"

#include <algorithm>

namespace tickwire {

namespace {
constexpr std::size_t remembered_pairs_max = 10'000; // people written to within the last minutes
}

void send_queue::add(send_job job) {
  auto& waiting = chats_[job.chat_id];
  if (waiting.empty() && std::find(order_.begin(), order_.end(), job.chat_id) == order_.end())
    order_.push_back(job.chat_id);
  waiting.push_back(std::move(job));
}

send_queue::plan send_queue::next(steady_time now) {
  plan result;
  const auto later = [&](steady_time time) {
    if (!result.look_again || time < *result.look_again) result.look_again = time;
  };
  std::deque<std::string> still_waiting;
  while (!order_.empty()) {
    std::string chat_id = std::move(order_.front());
    order_.pop_front();
    auto place = chats_.find(chat_id);
    if (place == chats_.end()) continue;
    if (active_.contains(chat_id) || active_.size() >= rates_.parallel) { // finished() brings it back
      still_waiting.push_back(std::move(chat_id));
      continue;
    }
    send_job& job = place->second.front();
    if (job.not_before > now) {
      later(job.not_before);
      still_waiting.push_back(std::move(chat_id));
      continue;
    }
    if (pairs_.size() > remembered_pairs_max) pairs_.clear();
    auto& pair = pairs_.try_emplace(chat_id, rates_.pair_per_second, rates_.pair_burst).first->second;
    auto wait = pair.take(now);
    if (wait == wait.zero()) {
      wait = number_.take(now);
      if (wait > wait.zero()) pair.put_back();
    }
    if (wait > wait.zero()) {
      later(now + wait);
      still_waiting.push_back(std::move(chat_id));
      continue;
    }
    result.start.push_back(std::move(job));
    place->second.pop_front();
    active_.insert(chat_id);
    if (place->second.empty())
      chats_.erase(place);
    else
      still_waiting.push_back(std::move(chat_id));
  }
  order_ = std::move(still_waiting);
  return result;
}

void send_queue::finished(const std::string& chat_id, std::optional<send_job> again) {
  active_.erase(chat_id);
  if (!again) return;
  auto& waiting = chats_[chat_id];
  if (waiting.empty() && std::find(order_.begin(), order_.end(), chat_id) == order_.end())
    order_.push_front(chat_id);
  waiting.push_front(std::move(*again));
}

} // namespace tickwire
