#include "net/loop.hpp"

#include "patience.hpp"

#include <boost/asio/post.hpp>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace socketio::detail {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

// The loop whose turn or thread this is; a guest is current outside its turns too, see is_current().
thread_local const loop* current_loop = nullptr;

constexpr std::size_t events_max = 256;
constexpr std::chrono::milliseconds away_time{100}; // so late is only who did not run

} // namespace

struct loop::delayed final : timer {
  delayed(loop& home, std::function<void()> then)
      : home(home)
      , then(std::move(then)) {}
  void on_time(time_point) override {
    const std::unique_ptr<delayed> mine = std::move(*place);
    home.delayed_.erase(place);
    mine->then();
  }
  loop& home;
  std::function<void()> then;
  std::list<std::unique_ptr<delayed>>::iterator place;
};

void loop::after(std::chrono::milliseconds time, std::function<void()> then) {
  delayed_.push_front(std::make_unique<delayed>(*this, std::move(then)));
  delayed& fresh = *delayed_.front();
  fresh.place = delayed_.begin();
  schedule(fresh, deadline_after(time));
}

loop::loop(std::size_t index, asio::io_context& io)
    : index_(index)
    , io_(&io)
    , epoll_(::epoll_create1(EPOLL_CLOEXEC))
    , mail_descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (epoll_ < 0 || mail_descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  watch(mail_descriptor_, *this, EPOLLIN);
  guest_descriptor_ = std::make_unique<asio::posix::stream_descriptor>(io, epoll_);
  guest_timer_ = std::make_unique<asio::steady_timer>(io);
  wait_as_guest();
}

loop::loop(std::size_t index)
    : index_(index)
    , io_(nullptr)
    , epoll_(::epoll_create1(EPOLL_CLOEXEC))
    , mail_descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (epoll_ < 0 || mail_descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "epoll");
  watch(mail_descriptor_, *this, EPOLLIN);
}

loop::~loop() {
  stop();
  *alive_ = false;
  guest_timer_.reset();
  if (guest_descriptor_)
    guest_descriptor_.reset(); // closes epoll_
  else
    ::close(epoll_);
  ::close(mail_descriptor_);
}

void loop::start() {
  if (!io_) thread_ = std::thread([this] { run_thread(); });
}

void loop::stop() {
  way_->end();
  stopping_ = true;
  if (thread_.joinable()) {
    wake();
    thread_.join();
  }
  if (guest_descriptor_) {
    error_code ignored;
    guest_descriptor_->cancel(ignored);
    guest_timer_->cancel();
  }
}

bool loop::is_current() const {
  if (current_loop == this) return true;
  if (!io_ || !io_->get_executor().running_in_this_thread()) return false;
  const std::thread::id its = guest_thread_;
  return its == std::thread::id() || its == std::this_thread::get_id();
}

void loop::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(mail_descriptor_, &one, sizeof one); // full: awake already
}

void loop::watch(int descriptor, pollable& owner, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &owner;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) != 0)
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void loop::change(int descriptor, pollable& owner, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = &owner;
  ::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event);
}

void loop::forget(int descriptor) { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr); }

void loop::need_turn() {
  if (in_turn_ || turn_posted_) return;
  turn_posted_ = true;
  if (!io_) return wake();
  asio::post(*io_, [this, alive = std::weak_ptr(alive_)] {
    if (alive.expired()) return;
    turn_posted_ = false;
    turn_as_guest();
  });
}

void loop::bury(std::unique_ptr<mortal> dead) {
  unfinished_.erase(dead.get());
  going_on_.erase(dead.get());
  dead_.push_back(std::move(dead));
  need_turn();
}

void loop::go_on_next_turn(mortal& who) {
  unfinished_.insert(&who);
  need_turn();
}

void loop::on_events(std::uint32_t) {
  std::uint64_t count;
  [[maybe_unused]] const auto taken = ::read(mail_descriptor_, &count, sizeof count);
  try {
    mailbox_.read_all();
  } catch (...) {
    wake(); // the rest is read the next time, which must come
    throw;
  }
}

void loop::turn(int timeout_ms) {
  std::array<epoll_event, events_max> events;
  const int count = ::epoll_wait(epoll_, events.data(), events_max, timeout_ms);
  struct during {
    loop& mine;
    const loop* before;
    ~during() { // also when something throws
      current_loop = before;
      mine.in_turn_ = false;
    }
  } const during{*this, std::exchange(current_loop, this)};
  in_turn_ = true;
  // What is due comes before what arrived meanwhile: on a busy machine a request would find a session that is
  // over. But who was stopped for a while first hears what it has missed, or it would end who is well.
  const time_point now = steady::now(), next = timers_.next();
  const bool was_away = next != time_point::max() && now - next > away_time;
  if (!was_away) timers_.run_due(now);
  // Who dies in this turn is not freed before its end, and ignores what still comes. But a connection that
  // goes on may leave for another thread, where no event of here may reach it: so events come first.
  going_on_.merge(unfinished_);
  unfinished_.clear();
  for (int i = 0; i < count; ++i)
    static_cast<pollable*>(events[static_cast<std::size_t>(i)].data.ptr)
        ->on_events(events[static_cast<std::size_t>(i)].events);
  while (!going_on_.empty()) going_on_.extract(going_on_.begin()).value()->go_on();
  if (was_away) timers_.run_due(now);
  end_turn();
}

void loop::end_turn() {
  for (;;) {
    while (at_turn_end && at_turn_end()) {
    }
    if (dead_.empty()) break;
    std::vector<std::unique_ptr<mortal>>().swap(dead_); // what they hold may send, when it goes
  }
  in_turn_ = false;
  if (!unfinished_.empty()) need_turn();
}

// --- guest ---

void loop::wait_as_guest() {
  guest_descriptor_->async_wait(asio::posix::stream_descriptor::wait_read,
                                [this, alive = std::weak_ptr(alive_)](error_code error) {
                                  if (error || alive.expired() || stopping_) return;
                                  struct again {
                                    loop& mine;
                                    ~again() { mine.wait_as_guest(); } // also when something throws
                                  } const again{*this};
                                  turn_as_guest(); // what is still there then wakes us at once
                                });
}

// Whatever goes wrong in a turn, there is a next one.
void loop::turn_as_guest() {
  struct afterwards {
    loop& mine;
    bool whole = false;
    ~afterwards() {
      if (!whole) mine.need_turn();
      mine.arm_as_guest();
    }
  } afterwards{*this};
  const std::thread::id here = std::this_thread::get_id();
  if (std::thread::id none; !guest_thread_.compare_exchange_strong(none, here) && none != here)
    throw std::logic_error(
        "the io_context of a socketio::server is run by more than one thread: run it by one; "
        "config.threads gives the server more");
  turn(0);
  afterwards.whole = true;
}

void loop::arm_as_guest() {
  const time_point next = timers_.next();
  if (next >= guest_armed_) return; // fires early and looks again
  guest_armed_ = next;
  guest_timer_->expires_at(next);
  guest_timer_->async_wait([this, alive = std::weak_ptr(alive_)](error_code error) {
    if (error || alive.expired() || stopping_) return;
    guest_armed_ = time_point::max();
    turn_as_guest();
  });
}

// --- a thread of our own ---

void loop::run_thread() {
  current_loop = this;
  while (!stopping_) {
    int timeout_ms = -1;
    if (const time_point next = timers_.next(); next != time_point::max()) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - steady::now()).count();
      timeout_ms = left < 0 ? 0 : left > 60'000 ? 60'000 : static_cast<int>(left);
    }
    turn_posted_ = false;
    turn(timeout_ms);
  }
}

} // namespace socketio::detail
