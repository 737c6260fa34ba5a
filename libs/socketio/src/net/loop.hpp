// One I/O thread: its descriptors, timers and mailbox. Either a guest of somebody's io_context (which then
// waits for our epoll descriptor among its own things), or a thread of our own.
//
// Work goes by turns. A turn handles what has happened; at its end what was sent meanwhile is written (once
// for each client, however many events there were) and what has died is freed, so that nothing is freed under
// a running call.
#pragma once

#include "net/mailbox.hpp"
#include "net/timers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

namespace socketio::detail {

// A descriptor's owner.
class pollable {
public:
  virtual void on_events(std::uint32_t events) = 0; // EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP

protected:
  ~pollable() = default;
};

// What may be freed only at the end of a turn.
class mortal {
public:
  virtual ~mortal() = default;
  // It has left something for this turn: see loop::go_on_next_turn().
  virtual void go_on() {}
};

class loop;

// For answers that an application may keep until the loop is gone.
class way_to_loop {
public:
  explicit way_to_loop(loop& its)
      : its_(&its) {}
  // As loop::run(); nothing, when the loop is gone. Any thread.
  template <class Work>
  void run(Work&& work);
  void end() {
    const std::scoped_lock lock(mutex_);
    its_ = nullptr;
  }

private:
  std::mutex mutex_;
  loop* its_;
};

class loop final : pollable {
public:
  // A guest of `io`, whose run() is called on one thread, always the same: another one gets a
  // std::logic_error from it.
  loop(std::size_t index, boost::asio::io_context& io);
  // A thread of its own.
  explicit loop(std::size_t index);
  ~loop();

  std::size_t index() const { return index_; }
  // Called at the end of each turn, again as long as it gives true. Set before the loop runs.
  std::function<bool()> at_turn_end;

  void start();    // the thread, if it is one of our own
  void stop();     // joins it. A guest only stops listening.
  void discard() { // mail, and the dead of a turn that does not come any more; after stop()
    mailbox_.discard();
    std::vector<std::unique_ptr<mortal>>().swap(dead_);
  }

  // --- any thread ---
  bool is_current() const;
  const std::shared_ptr<way_to_loop>& way() const { return way_; }
  template <class Work>
  void post(Work&& work) {
    if (mailbox_.post(std::forward<Work>(work))) wake();
  }
  std::size_t mail_waiting() const { return mailbox_.waiting(); }
  // At once when this is its thread, else by mail.
  template <class Work>
  void run(Work&& work) {
    if (is_current())
      work();
    else
      post(std::forward<Work>(work));
  }

  // --- its thread ---
  void watch(int descriptor, pollable& owner, std::uint32_t events);
  void change(int descriptor, pollable& owner, std::uint32_t events);
  void forget(int descriptor); // not needed when it is closed
  void schedule(timer& timer, time_point at) {
    timers_.schedule(timer, at);
    need_turn();
  }
  void cancel(timer& timer) { timers_.cancel(timer); }
  // Calls it once, later; not at all when the loop ends before.
  void after(std::chrono::milliseconds time, std::function<void()> then);
  time_point due(const timer& timer) const { return timers_.due(timer); }
  // Timers that were set outside a turn, and things sent or buried there, need a turn to take effect.
  void need_turn();
  void bury(std::unique_ptr<mortal> dead);
  // Calls its go_on() in the next turn, unless it is buried before: who has much to do does it in several
  // turns, so that nobody else waits for long.
  void go_on_next_turn(mortal& who);

private:
  void on_events(std::uint32_t events) override; // of the mailbox's descriptor
  struct delayed;
  void wake();
  void wait_as_guest();
  void arm_as_guest();
  void turn_as_guest();
  void turn(int timeout_ms);
  void end_turn();
  void run_thread();

  const std::size_t index_;
  const std::shared_ptr<way_to_loop> way_ = std::make_shared<way_to_loop>(*this);
  boost::asio::io_context* const io_; // null: a thread of our own
  int epoll_;
  int mail_descriptor_;
  mailbox mailbox_;
  timer_heap timers_;
  std::list<std::unique_ptr<delayed>> delayed_;
  std::vector<std::unique_ptr<mortal>> dead_;
  std::unordered_set<mortal*> unfinished_, going_on_; // in the next turn, in this one
  bool in_turn_ = false;
  bool turn_posted_ = false;
  std::atomic<bool> stopping_ = false;

  // As a guest.
  std::unique_ptr<boost::asio::posix::stream_descriptor> guest_descriptor_;
  std::unique_ptr<boost::asio::steady_timer> guest_timer_;
  time_point guest_armed_ = time_point::max();
  std::atomic<std::thread::id> guest_thread_{}; // that runs the io_context; none until it does
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  std::thread thread_;
};

template <class Work>
void way_to_loop::run(Work&& work) {
  std::unique_lock lock(mutex_);
  if (!its_) return;
  if (!its_->is_current()) return its_->post(std::forward<Work>(work));
  lock.unlock(); // it does not end meanwhile: this thread would end it, or is waited for
  work();
}

} // namespace socketio::detail
