#include "app/node.hpp"

#include "base/logging.hpp"
#include "base/start.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace tickwire {

namespace asio = boost::asio;

node::node(asio::io_context& io, log_store& log, sending_leases& leases, sender& sender,
           service_state& service, node_settings settings)
    : io_(io)
    , log_(log)
    , leases_(leases)
    , sender_(sender)
    , service_(service)
    , settings_(std::move(settings))
    , watch_(settings_.patience)
    , lease_pause_(io)
    , look_pause_(io) {}

void node::begin() {
  start(io_, "node: agreeing on who sends", every_while(&node::agree_on_sender, lease_pause_));
  start(io_, "node: looking for what others append", every_while(&node::look, look_pause_));
}

task<void> node::every_while(task<void> (node::*step)(), asio::steady_timer& pause) {
  while (!stopping_) {
    try {
      co_await (this->*step)();
    } catch (const std::exception& error) { // the next time may go better
      watch_.not_seen();
      log_error(std::string("node: a fault of our own: ") + error.what());
    }
    if (stopping_) co_return;
    pause.expires_after(settings_.every);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

// --- who sends: steps of model/sending.pml ---

task<void> node::agree_on_sender() {
  lease_watch::time asked_at = std::chrono::steady_clock::now();
  auto lease = co_await leases_.beat(settings_.name, service_.sending());
  if (!lease) co_return watch_.not_seen();
  settle(*lease, asked_at);
  // Not while a try of ours is under way: it would be called unconfirmed.
  if (ours_ || stopping_ || sender_.in_flight() > 0) co_return;
  asked_at = std::chrono::steady_clock::now();
  if (!watch_.may_be_taken(lease->holder, lease->beat, asked_at)) co_return;
  lease = co_await leases_.take(settings_.name, *lease);
  if (lease) settle(*lease, asked_at);
}

void node::settle(const sending_lease& lease, lease_watch::time asked_at) {
  if (stopping_) return;
  const bool was_ours = std::exchange(ours_, lease.holder == settings_.name);
  if (!ours_) {
    if (was_ours) log_warning("node: another server sends now, since this one showed no life for some time");
    if (!sender_.rests()) sender_.rest();
    return service_.set_sending(lease.told);
  }
  sender_.sends_until(asked_at + settings_.sends_for);
  if (!was_ours) log_info("node: this server sends");
  if (sender_.outdone()) sender_.rest();
  if (sender_.rests() && sender_.in_flight() == 0) sender_.begin();
}

void node::stop(std::function<void()> done) {
  stopping_ = true;
  lease_pause_.cancel();
  look_pause_.cancel();
  auto leave = [](node* self) -> task<void> { co_await self->leases_.leave(self->settings_.name); };
  asio::co_spawn(io_, leave(this), [done = std::move(done)](std::exception_ptr error) {
    if (error) log_error("node: others hear only later that they may send: " + words_of(error));
    done();
  });
}

// --- what others append ---

task<void> node::look() {
  if (std::exchange(looking_, true)) co_return;
  try {
    // Again for a hint that came meanwhile. One look answers for all before it, also for those that are
    // wrong.
    while (!stopping_) {
      const std::uint64_t hinted = hinted_;
      if (!co_await log_.look() || hinted == hinted_) break;
    }
  } catch (...) {
    looking_ = false;
    throw;
  }
  hinted_ = 0;
  looking_ = false;
}

void node::hint(std::uint64_t head) {
  if (head <= log_.head() || stopping_) return;
  hinted_ = head;
  hints_.add();
  if (looking_) return; // and looks again
  start(io_, "node: looking for what others append", look());
}

} // namespace tickwire
