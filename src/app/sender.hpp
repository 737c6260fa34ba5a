// Takes accepted messages to Graph: the attempt is durable before the first byte, the result after the
// answer. Of several nodes one does it, for as long as it has the term (decision 26). I/O thread.
#pragma once

#include "app/ports.hpp"
#include "app/send_queue.hpp"
#include "app/service_state.hpp"
#include "base/metrics.hpp"
#include "base/turnstile.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tickwire {

struct sender_settings {
  send_rates rates;
  // Messages that wait. Beyond, no more are accepted: what is accepted should also go out soon.
  std::size_t waiting_max = 10'000;
  // A message that waited longer is not sent by itself any more: its author decides.
  std::chrono::seconds max_age{3600};
  std::string node = "node"; // who we are, for people who read the log
  // How long to wait after so many tries that ended with this code; tests wait less.
  wait_rule wait = wait_before_next_try;
};

// A place in the queue, held from before a message is stored until it waits.
class send_place {
public:
  send_place() = default;
  explicit send_place(std::shared_ptr<std::size_t> taken)
      : taken_(std::move(taken)) {
    ++*taken_;
  }
  send_place(send_place&& other) noexcept = default;
  send_place& operator=(send_place&& other) = delete;
  ~send_place() {
    if (taken_) --*taken_;
  }

private:
  std::shared_ptr<std::size_t> taken_;
};

class sender {
public:
  sender(boost::asio::io_context& io, log_store& log, graph_api& graph, service_state& service,
         std::string inbox, sender_settings settings = {});

  // From now on we send. Takes a new term, and begins with what is unfinished, page by page: tried without a
  // result becomes unconfirmed, the rest is queued. What is asked for meanwhile goes after it. Not while
  // something of the term before is in flight.
  void begin();
  // Another node sends from now on, also what waits here, which is dropped. A try under way goes on and
  // stores its result.
  void rest();
  bool rests() const { return duty_ == duty::resting; }
  // Somebody has taken a later term: nothing that we begin counts any more. Whoever is to send all the same
  // must begin anew.
  bool outdone() const { return term_ != 0 && newest_term_ > term_; }
  // By then somebody else may have begun, so that no POST begins later.
  void sends_until(steady_time when);

  // Fails with `overloaded` while the queue is full. Held until the message is stored.
  result<send_place> reserve();
  // To be told of every such entry of the log, on whichever node it was made, in their order, before whoever
  // made it goes on.
  void asked(const send_asked& what);
  void chats_merged(const std::string& from, const std::string& into);
  void term_taken(std::uint64_t term);

  std::size_t waiting() const { return queue_.waiting() + held_.size(); }
  std::size_t in_flight() const { return queue_.in_flight(); }

  // No request to Graph begins any more; `done` is called when those under way have their results stored.
  void stop(std::function<void()> done);

private:
  enum class duty { resting, beginning, sending };
  void start_anew(duty next);
  task<void> take_term(std::uint64_t turn);
  task<void> take_over(std::uint64_t up_to, std::uint64_t turn);
  send_job job_of(const send_asked& what) const;
  task<std::vector<unfinished_send>> unfinished_after(std::uint64_t seq, std::uint64_t up_to);

  void pump();
  void tell();
  // Whatever it throws ends only this job: its chat goes on.
  void start(send_job job, bool asks);
  void ended(const send_job& job, std::uint64_t turn, std::exception_ptr error, std::optional<send_job> again,
             bool asks);
  void ask_by_connecting();

  // One try; gives the job for the next one, if there is to be one.
  task<std::optional<send_job>> run(send_job job, bool asks);
  task<std::optional<send_job>> fail_too_old(send_job job);
  task<std::optional<send_job>> admit_fault(send_job job);
  task<send_outcome> post(message row, const send_job& job);
  task<result<outgoing_message>> message_of(message row, int attempt);
  task<void> turn_to_write();
  void judge(send_outcome& outcome, bool asks);

  // Stores the entry however long the store is away; nothing when we are stopped meanwhile and it still is.
  task<std::optional<appended>> store(entry proposal);
  task<std::optional<std::vector<appended>>> store(std::vector<entry> proposals);
  task<bool> store_may_be_back(std::chrono::milliseconds& wait);
  entry about(const send_job& job, std::string key, entry_data data) const;
  bool is_too_old(const send_job& job) const;

  boost::asio::io_context& io_;
  log_store& log_;
  graph_api& graph_;
  service_state& service_;
  const std::string inbox_;
  const sender_settings settings_;
  send_queue queue_;
  send_pause pause_;
  send_pace to_graph_;                // the number's rate once more, where bytes go
  turnstile to_be_written_{SIZE_MAX}; // of those in flight
  bool asking_ = false;               // one try, or one connection, asks whether the pause is over
  boost::asio::steady_timer timer_;
  std::shared_ptr<std::size_t> reserved_ = std::make_shared<std::size_t>(0);
  duty duty_ = duty::resting;
  std::uint64_t turn_ = 0; // a new one with each begin() and rest()
  std::uint64_t term_ = 0; // of this turn, as the log counts; 0: not taken yet
  std::uint64_t newest_term_ = 0;
  // By either clock, see is_too_old().
  steady_time sends_until_ = steady_time::max();
  timestamp sends_until_by_wall_ = timestamp::max();
  std::vector<send_asked> held_; // until what was unfinished is queued
  timestamp paused_at_{}, ask_at_{};
  steady_time ask_at_of_{}; // the steady time that ask_at_ stands for
  std::function<void()> stopped_;
  bool stopping_ = false;

  gauge waiting_now_{"tickwire_sender_waiting", "Messages that wait to be sent.",
                     [this] { return waiting(); }};
  gauge in_flight_now_{"tickwire_sender_in_flight", "Messages that are being sent.",
                       [this] { return in_flight(); }};
  gauge paused_now_{"tickwire_sender_paused", "1 while sending is paused as a whole.",
                    [this] { return std::uint64_t{pause_.paused()}; }};
  counter pauses_{"tickwire_sender_pauses_total", "Times that sending was paused as a whole."};
  counter tries_{"tickwire_send_tries_total", "Tries to send a message."};
  counter accepted_{"tickwire_send_accepted_total", "Tries that WhatsApp accepted."};
  counter refused_{"tickwire_send_refused_total", "Tries that WhatsApp refused for good."};
  counter not_taken_{"tickwire_send_not_taken_total", "Tries that WhatsApp surely did not take: repeated."};
  counter unconfirmed_{"tickwire_send_unconfirmed_total",
                       "Tries of which nobody knows whether WhatsApp has the message."};
  counter too_old_{"tickwire_send_too_old_total", "Messages that failed since they had waited too long."};
};

// Where a message to this chat goes; fails when the chat has neither number nor user id.
result<outgoing_message> address_of(const chat_summary& chat);

} // namespace tickwire
