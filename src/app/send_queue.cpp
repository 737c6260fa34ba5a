#include "app/send_queue.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tickwire {

namespace {

bool added_before(const send_job& one, const send_job& other) { return one.order < other.order; }

} // namespace

void send_queue::add(send_job job) {
  const auto place = lines_.try_emplace(today(job.chat_id)).first;
  line& chat = place->second;
  job.order = ++added_;
  chat.jobs.push_back(std::move(job));
  ++waiting_;
  if (chat.jobs.size() == 1) wait_in_line(place);
}

void send_queue::merge(const std::string& from, const std::string& into, steady_time now) {
  became_[from] = into;
  pairs_.join(from, into, now);
  const auto gone = lines_.find(from);
  if (gone == lines_.end()) return;
  const auto place = lines_.try_emplace(into).first;
  leave_line(gone);
  leave_line(place);

  line& chat = place->second;
  std::deque<send_job> jobs;
  std::merge(std::move_iterator(gone->second.jobs.begin()), std::move_iterator(gone->second.jobs.end()),
             std::move_iterator(chat.jobs.begin()), std::move_iterator(chat.jobs.end()),
             std::back_inserter(jobs), added_before);
  chat.jobs = std::move(jobs);
  chat.in_flight += gone->second.in_flight;
  lines_.erase(gone);
  wait_in_line(place);
}

const std::string& send_queue::today(const std::string& chat_id) const {
  const std::string* id = &chat_id;
  for (auto next = became_.find(*id); next != became_.end(); next = became_.find(*id)) id = &next->second;
  return *id;
}

send_queue::plan send_queue::next(steady_time now, std::size_t start_max) {
  plan result;
  while (!given_up_at_.empty() && given_up_at_.begin()->first <= now && in_flight_ < in_flight_max_)
    result.too_old.push_back(take_first(lines_.find(given_up_at_.begin()->second)));

  while (!sleeping_.empty() && sleeping_.begin()->first <= now) {
    const std::string chat_id = sleeping_.begin()->second;
    sleeping_.erase(sleeping_.begin());
    line& chat = lines_.at(chat_id);
    chat.turn = ++turns_;
    ready_.emplace(chat.turn, chat_id);
  }
  while (!ready_.empty() && result.start.size() < start_max && in_flight_ < in_flight_max_ &&
         number_.free_at() <= now) {
    const auto place = lines_.find(ready_.begin()->second);
    line& chat = place->second;
    const steady_time allowed_at = std::max(chat.jobs.front().not_before, pairs_.free_at(place->first));
    if (allowed_at > now) {
      ready_.erase(ready_.begin());
      chat.wakes = allowed_at;
      sleeping_.emplace(allowed_at, place->first);
      continue;
    }
    number_.take(now);
    pairs_.take(place->first, now);
    result.start.push_back(take_first(place));
  }

  if (in_flight_ >= in_flight_max_) return result; // finished() comes first
  const auto sooner = [&](steady_time time) {
    if (!result.look_again || time < *result.look_again) result.look_again = time;
  };
  if (!ready_.empty() && result.start.size() < start_max) sooner(number_.free_at());
  if (!sleeping_.empty()) sooner(sleeping_.begin()->first);
  if (!given_up_at_.empty() && given_up_at_.begin()->first < steady_time::max())
    sooner(given_up_at_.begin()->first);
  return result;
}

void send_queue::start_anew(steady_time now) {
  number_ = send_pace(rate_, now);
  ready_.clear();
  sleeping_.clear();
  given_up_at_.clear();
  waiting_ = 0;
  for (auto& [chat_id, line] : lines_) line.jobs.clear();
  std::erase_if(lines_, [](const auto& one) { return one.second.in_flight == 0; });
}

void send_queue::finished(const std::string& chat_id, std::optional<send_job> again) {
  const auto place = lines_.find(today(chat_id));
  line& chat = place->second;
  --chat.in_flight;
  --in_flight_;
  if (again) {
    const auto next = std::lower_bound(chat.jobs.begin(), chat.jobs.end(), *again, added_before);
    chat.jobs.insert(next, std::move(*again));
    ++waiting_;
  }
  if (chat.jobs.empty() && chat.in_flight == 0)
    lines_.erase(place);
  else
    wait_in_line(place);
}

// Unless something is in flight there, or nothing waits.
void send_queue::wait_in_line(lines::iterator place) {
  line& chat = place->second;
  if (chat.in_flight > 0 || chat.jobs.empty()) return;
  chat.turn = ++turns_;
  ready_.emplace(chat.turn, place->first);
  given_up_at_.emplace(chat.jobs.front().give_up_at, place->first);
}

void send_queue::leave_line(lines::iterator place) {
  const line& chat = place->second;
  if (chat.in_flight > 0 || chat.jobs.empty()) return; // it stands in none
  given_up_at_.erase({chat.jobs.front().give_up_at, place->first});
  if (ready_.erase({chat.turn, place->first}) == 0) sleeping_.erase({chat.wakes, place->first});
}

send_job send_queue::take_first(lines::iterator place) {
  leave_line(place);
  line& chat = place->second;
  send_job job = std::move(chat.jobs.front());
  chat.jobs.pop_front();
  ++chat.in_flight;
  --waiting_;
  ++in_flight_;
  return job;
}

} // namespace tickwire
