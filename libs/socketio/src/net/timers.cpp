#include "net/timers.hpp"

#include <utility>

namespace socketio::detail {

void timer_heap::put(std::size_t place, entry entry) {
  entry.who->place_ = static_cast<std::uint32_t>(place);
  entries_[place] = entry;
}

void timer_heap::rise(std::size_t place) {
  const entry mine = entries_[place];
  while (place > 0) {
    const std::size_t parent = (place - 1) / 2;
    if (entries_[parent].at <= mine.at) break;
    put(place, entries_[parent]);
    place = parent;
  }
  put(place, mine);
}

void timer_heap::sink(std::size_t place) {
  const entry mine = entries_[place];
  for (;;) {
    std::size_t child = 2 * place + 1;
    if (child >= entries_.size()) break;
    if (child + 1 < entries_.size() && entries_[child + 1].at < entries_[child].at) ++child;
    if (mine.at <= entries_[child].at) break;
    put(place, entries_[child]);
    place = child;
  }
  put(place, mine);
}

void timer_heap::schedule(timer& timer, time_point at) {
  if (!scheduled(timer)) {
    entries_.push_back({at, &timer});
    return rise(entries_.size() - 1);
  }
  const std::size_t place = timer.place_;
  const bool earlier = at < entries_[place].at;
  entries_[place].at = at;
  earlier ? rise(place) : sink(place);
}

void timer_heap::cancel(timer& timer) {
  if (!scheduled(timer)) return;
  const std::size_t place = timer.place_;
  timer.place_ = timer::nowhere;
  const entry last = entries_.back();
  entries_.pop_back();
  if (place == entries_.size()) return;
  const bool earlier = last.at < entries_[place].at;
  put(place, last);
  earlier ? rise(place) : sink(place);
}

void timer_heap::run_due(time_point now) {
  while (!entries_.empty() && entries_.front().at <= now) {
    timer* due = entries_.front().who;
    cancel(*due);
    due->on_time(now);
  }
}

} // namespace socketio::detail
