// Times at which something is to happen, earliest first. No clock: the loop says what time it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace socketio::detail {

using steady = std::chrono::steady_clock;
using time_point = steady::time_point;

class timer_heap;

class timer {
public:
  timer() = default;
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;
  virtual void on_time(time_point now) = 0;

protected:
  ~timer() = default; // cancelled before

private:
  friend class timer_heap;
  static constexpr std::uint32_t nowhere = UINT32_MAX;
  std::uint32_t place_ = nowhere;
};

// A binary heap in which each timer knows its place, so that moving and taking out cost no search.
class timer_heap {
public:
  void schedule(timer& timer, time_point at); // also moves it
  void cancel(timer& timer);
  bool scheduled(const timer& timer) const { return timer.place_ != timer::nowhere; }
  // When `timer` is due; time_point::max() when it is not scheduled.
  time_point due(const timer& timer) const {
    return scheduled(timer) ? entries_[timer.place_].at : time_point::max();
  }
  time_point next() const { return entries_.empty() ? time_point::max() : entries_.front().at; }
  // Calls those that are due, each taken out before it is called.
  void run_due(time_point now);

private:
  struct entry {
    time_point at;
    timer* who;
  };
  void put(std::size_t place, entry entry);
  void rise(std::size_t place);
  void sink(std::size_t place);

  std::vector<entry> entries_;
};

} // namespace socketio::detail
