#include "app/sender.hpp"

#include "base/clock.hpp"
#include "base/logging.hpp"
#include "base/random.hpp"
#include "base/start.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace tickwire {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t take_over_page = 500;
constexpr std::chrono::milliseconds store_pause_first = 100ms, store_pause_longest = 5s;

steady_time steady_now() { return std::chrono::steady_clock::now(); }

} // namespace

result<outgoing_message> address_of(const chat_summary& summary) {
  outgoing_message message;
  if (summary.chat.kind == chat_kind::group) {
    message.group = true;
    message.to = summary.chat.id;
    return message;
  }
  if (summary.contact && !summary.contact->phone.empty())
    message.to = "+" + summary.contact->phone;
  else if (summary.contact)
    message.recipient = summary.contact->user_id;
  if (message.to.empty() && message.recipient.empty())
    return fail(
        failure_kind::conflict, "no_address",
        "WhatsApp gave us neither a number nor a user id of this person, so we cannot write to them.");
  return message;
}

sender::sender(asio::io_context& io, log_store& log, graph_api& graph, service_state& service,
               std::string inbox, sender_settings settings)
    : io_(io)
    , log_(log)
    , graph_(graph)
    , service_(service)
    , inbox_(std::move(inbox))
    , settings_(settings)
    , queue_(settings.rates, steady_now())
    , pause_(settings.wait)
    , to_graph_(settings.rates.number, steady_now())
    , timer_(io) {}

// --- what waits ---

void sender::begin() {
  start_anew(duty::beginning);
  asio::co_spawn(io_, take_term(turn_), [this, turn = turn_](std::exception_ptr error) {
    if (error) log_error("sender: what is unfinished could not all be read: " + words_of(error));
    if (turn != turn_) return;
    duty_ = duty::sending;
    for (const send_asked& one : std::exchange(held_, {})) queue_.add(job_of(one));
    pump();
  });
}

void sender::rest() { start_anew(duty::resting); }

void sender::start_anew(duty next) {
  duty_ = next;
  ++turn_;
  term_ = 0;
  held_.clear();
  queue_.start_anew(steady_now());
  to_graph_ = send_pace(settings_.rates.number, steady_now());
  pause_ = send_pause(settings_.wait);
  timer_.cancel();
}

void sender::sends_until(steady_time when) {
  sends_until_ = when;
  sends_until_by_wall_ =
      when == steady_time::max()
          ? timestamp::max()
          : wall_now() + std::chrono::duration_cast<std::chrono::milliseconds>(when - steady_now());
}

result<send_place> sender::reserve() {
  const std::size_t before = duty_ == duty::resting ? service_.sending().waiting : waiting();
  if (before + *reserved_ < settings_.waiting_max) return send_place(reserved_);
  const auto until_free = pause_.paused() ? pause_.ask_at() - steady_now() : steady_time::duration{1s};
  return fail(failure_kind::overloaded, "queue_full",
              "Too many messages wait to be sent, so this one was not taken. Send it again in a while.",
              std::max(std::chrono::ceil<std::chrono::seconds>(until_free), 1s));
}

void sender::asked(const send_asked& what) {
  if (duty_ == duty::resting) return;
  if (duty_ == duty::sending)
    queue_.add(job_of(what));
  else
    held_.push_back(what);
  pump();
}

send_job sender::job_of(const send_asked& what) const {
  send_job job;
  job.chat_id = what.chat_id;
  job.message_id = what.message_id;
  job.attempt = what.attempt;
  job.asked_at = what.at;
  job.give_up_at = steady_now() + (what.at + settings_.max_age - wall_now());
  return job;
}

void sender::chats_merged(const std::string& from, const std::string& into) {
  queue_.merge(from, into, steady_now());
  pump();
}

void sender::term_taken(std::uint64_t term) {
  newest_term_ = std::max(newest_term_, term);
  if (outdone()) log_warning("sender: another server has taken over, so nothing more begins here");
}

// From here to admit_fault(): the steps of model/sending.pml.
task<void> sender::take_term(std::uint64_t turn) {
  entry proposal;
  proposal.inbox = inbox_;
  proposal.at = wall_now();
  proposal.key = keys::sending_taken(random_text(16));
  proposal.data = sending_taken{settings_.node, 0};
  for (std::chrono::milliseconds wait = store_pause_first; turn == turn_;) {
    std::vector<entry> proposals{proposal};
    const auto taken = co_await log_.append(std::move(proposals));
    if (!taken) {
      if (!co_await store_may_be_back(wait)) co_return;
      continue;
    }
    if (turn != turn_) co_return;
    term_ = std::get<sending_taken>(taken->front().stored_entry.data).term;
    co_return co_await take_over(taken->front().seq, turn);
  }
}

task<void> sender::take_over(std::uint64_t up_to, std::uint64_t turn) {
  // What was asked for before that stands among what is unfinished.
  std::erase_if(held_, [&](const send_asked& one) { return one.seq < up_to; });
  std::size_t waiting = 0, in_doubt = 0;
  for (std::uint64_t after = 0;;) {
    const std::vector<unfinished_send> page = co_await unfinished_after(after, up_to);
    if (turn != turn_) co_return;
    if (page.empty()) break;
    after = page.back().row.seq;
    std::vector<entry> doubts;
    for (const unfinished_send& left : page) {
      const message& row = left.row;
      send_job job = job_of({0, row.id, row.chat_id, row.attempt, left.asked_at});
      job.try_number = left.next_try;
      std::erase_if(held_, [&](const send_asked& one) { // asked for anew meanwhile
        return one.message_id == row.id && one.attempt == row.attempt;
      });
      if (!left.attempted) {
        queue_.add(std::move(job));
        ++waiting;
        continue;
      }
      // Whoever sent before was killed between the attempt and its result, or is still at it: Graph may have
      // the message, so we do not send it again by ourselves.
      send_result doubt;
      doubt.attempt = row.attempt;
      doubt.try_number = left.next_try - 1;
      doubt.term = term_;
      doubt.error = unsure("the server stopped while it was sending").error;
      doubts.push_back(about(job, keys::doubt(row.id, row.attempt, doubt.try_number), doubt));
    }
    in_doubt += doubts.size();
    try {
      const auto settled = co_await store(std::move(doubts));
      if (!settled || turn != turn_) co_return;
    } catch (const std::exception& error) {
      log_error(std::string("sender: what is in doubt could not be told: ") + error.what());
    }
    pump();
  }
  if (waiting + in_doubt > 0)
    log_info("sender: " + std::to_string(waiting) + " messages to send, " + std::to_string(in_doubt) +
             " in doubt from the run before");
}

// Empty at the end, or when we are stopped while the store is away.
task<std::vector<unfinished_send>> sender::unfinished_after(std::uint64_t seq, std::uint64_t up_to) {
  for (std::chrono::milliseconds wait = store_pause_first;;) {
    auto page = co_await log_.unfinished_sends(seq, up_to, take_over_page);
    if (page) co_return std::move(*page);
    if (!co_await store_may_be_back(wait)) co_return std::vector<unfinished_send>{};
  }
}

// --- when ---

void sender::pump() {
  if (stopping_ || duty_ == duty::resting || term_ == 0 || outdone()) return;
  const steady_time now = steady_now();
  const bool paused = pause_.paused();
  const bool may_ask = paused && !asking_ && pause_.ask_at() <= now;
  if (may_ask && pause_.unreached()) ask_by_connecting();
  const std::size_t start_max = !paused ? SIZE_MAX : may_ask && !pause_.unreached() ? 1 : 0;

  send_queue::plan plan = queue_.next(now, start_max);
  for (send_job& job : plan.too_old) start(std::move(job), false);
  for (send_job& job : plan.start) {
    if (paused) asking_ = true;
    start(std::move(job), paused);
  }
  const bool will_ask = queue_.waiting() > 0 || pause_.unreached();
  if (paused && !asking_ && will_ask && pause_.ask_at() > now)
    plan.look_again = std::min(plan.look_again.value_or(steady_time::max()), pause_.ask_at());
  tell();
  if (!plan.look_again) return;
  timer_.expires_at(*plan.look_again);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) pump();
  });
}

void sender::start(send_job job, bool asks) {
  auto done = [this, job, asks, turn = turn_](std::exception_ptr error, std::optional<send_job> again) {
    ended(job, turn, error, std::move(again), asks);
  };
  if (is_too_old(job))
    asio::co_spawn(io_, fail_too_old(std::move(job)), std::move(done));
  else
    asio::co_spawn(io_, run(std::move(job), asks), std::move(done));
}

// By either clock: the steady one stands still while the machine sleeps, the other one may be set.
bool sender::is_too_old(const send_job& job) const {
  return job.give_up_at <= steady_now() || job.asked_at + settings_.max_age <= wall_now();
}

void sender::ended(const send_job& job, std::uint64_t turn, std::exception_ptr error,
                   std::optional<send_job> again, bool asks) {
  if (asks) asking_ = false;
  if (error) {
    log_error("sender: a try ended by a fault of our own: " + words_of(error));
    if (asks) pause_.no_answer(steady_now());
    // Nobody knows how far it came, so the message becomes unconfirmed. If even that cannot be stored, the
    // chat goes on without.
    asio::co_spawn(io_, admit_fault(job), [=, this](std::exception_ptr second, std::optional<send_job>) {
      if (second) log_error("sender: nor could that be stored: " + words_of(second));
      ended(job, turn, nullptr, std::nullopt, false);
    });
    return;
  }
  if (turn != turn_) again.reset(); // whoever sends now has it
  queue_.finished(job.chat_id, std::move(again));
  if (stopping_ && stopped_ && queue_.in_flight() == 0) asio::post(io_, std::exchange(stopped_, nullptr));
  pump();
}

void sender::ask_by_connecting() {
  asking_ = true;
  asio::co_spawn(io_, graph_.reach(), [this](std::exception_ptr error, std::optional<send_outcome> failed) {
    asking_ = false;
    if (error) {
      log_error("sender: connecting ended by a fault of our own: " + words_of(error));
      pause_.no_answer(steady_now());
    } else if (!pause_.unreached()) {
      // A try from before has said meanwhile that something else is wrong.
    } else if (failed) {
      pause_.fault(*failed, steady_now(), true);
    } else {
      log_info("sender: WhatsApp is reached again");
      pause_.over();
    }
    pump();
  });
}

void sender::stop(std::function<void()> done) {
  stopping_ = true;
  graph_.stop();
  timer_.cancel();
  if (queue_.in_flight() == 0)
    asio::post(io_, std::move(done));
  else
    stopped_ = std::move(done);
}

void sender::tell() {
  sending_state now;
  now.waiting = waiting();
  now.paused = pause_.paused();
  if (now.paused) {
    if (pause_.ask_at() != ask_at_of_) {
      ask_at_of_ = pause_.ask_at();
      ask_at_ = wall_now() + std::chrono::ceil<std::chrono::milliseconds>(ask_at_of_ - steady_now());
    }
    now.reason = pause_.reason();
    now.since = paused_at_;
    if (now.waiting > 0 || pause_.unreached()) now.next_try_at = ask_at_;
  }
  service_.set_sending(std::move(now));
}

// --- one message ---

task<std::optional<send_job>> sender::run(send_job job, bool asks) {
  entry attempt = about(job, keys::attempted(job.message_id, job.attempt, job.try_number),
                        send_attempted{job.attempt, job.try_number, term_});
  const std::optional<appended> begun = co_await store(std::move(attempt));
  // Decided in the order of the log: it may have arrived meanwhile, or somebody else makes this try, or sends
  // altogether. Between our entry and its answer another node may have called it unconfirmed.
  if (!begun || !begun->stored || !begun->row || begun->row->reported_unconfirmed) co_return std::nullopt;

  tries_.add();
  send_outcome outcome = co_await post(*begun->row, job);
  judge(outcome, asks);

  send_result said;
  said.attempt = job.attempt;
  said.try_number = job.try_number;
  said.outcome = outcome.kind;
  said.whatsapp_message_id = outcome.whatsapp_message_id;
  said.error = outcome.error;
  said.wa_id = outcome.wa_id;
  entry answer = about(job, keys::result(job.message_id, job.attempt, job.try_number), std::move(said));
  co_await store(std::move(answer));
  if (outcome.kind != send_outcome_kind::not_taken) co_return std::nullopt;

  job.not_before = steady_now() + settings_.wait(outcome.error ? outcome.error->code : 0, job.try_number);
  ++job.try_number;
  co_return job;
}

task<std::optional<send_job>> sender::fail_too_old(send_job job) {
  too_old_.add();
  send_result said;
  said.attempt = job.attempt;
  said.try_number = job.try_number;
  said.outcome = send_outcome_kind::refused;
  said.term = term_;
  said.error = too_old(settings_.max_age);
  entry answer = about(job, keys::result(job.message_id, job.attempt, job.try_number), std::move(said));
  co_await store(std::move(answer));
  co_return std::nullopt;
}

task<std::optional<send_job>> sender::admit_fault(send_job job) {
  send_result said;
  said.attempt = job.attempt;
  said.try_number = job.try_number;
  said.term = term_;
  said.error = unsure("something went wrong on our side").error;
  entry answer = about(job, keys::doubt(job.message_id, job.attempt, job.try_number), std::move(said));
  co_await store(std::move(answer));
  co_return std::nullopt;
}

task<send_outcome> sender::post(message row, const send_job& job) {
  if (stopping_) co_return put_back("the server stopped before");
  send_outcome refused;
  refused.kind = send_outcome_kind::refused;
  if (is_too_old(job)) { // the store was away for so long
    too_old_.add();
    refused.error = too_old(settings_.max_age);
    co_return refused;
  }
  auto outgoing = co_await message_of(std::move(row), job.attempt);
  if (!outgoing) {
    if (outgoing.error().kind != failure_kind::conflict) co_return put_back(outgoing.error().detail);
    refused.error = message_error{0, "No address", outgoing.error().detail, false};
    co_return refused;
  }
  co_await turn_to_write();
  if (stopping_) co_return put_back("the server stopped before");
  if (steady_now() >= sends_until_ || wall_now() >= sends_until_by_wall_)
    co_return put_back("another server may be sending by now");
  try {
    co_return co_await graph_.send(std::move(*outgoing));
  } catch (const std::exception& error) {
    log_error(std::string("sender: sending ended by a fault of our own: ") + error.what());
  }
  co_return unsure("something went wrong on our side");
}

// What began at WhatsApp's rate may come here all at once, after a commit that took long.
task<void> sender::turn_to_write() {
  co_await to_be_written_.enter();
  asio::steady_timer pause(io_);
  while (!stopping_ && to_graph_.free_at() > steady_now()) {
    pause.expires_at(to_graph_.free_at());
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  to_graph_.take(steady_now());
  to_be_written_.leave();
}

// Made when the message is sent and not when it was written, because by then we know where the person is
// reached and which id WhatsApp gave to the quoted message. All earlier messages of the chat have their
// result by now. A quoted message that has no id after that never reached the customer; then the text is sent
// without the quote.
task<result<outgoing_message>> sender::message_of(message row, int attempt) {
  const auto chat = co_await log_.find_chat("", row.chat_id);
  if (!chat) co_return std::unexpected(chat.error());
  if (!*chat)
    co_return fail(failure_kind::conflict, "unknown_chat", "The chat of this message is no longer there.");
  auto outgoing = address_of(**chat);
  if (!outgoing) co_return outgoing;
  outgoing->callback_data = to_text(callback{row.id, attempt});
  outgoing->text = row.text;
  if (row.reply && !row.reply->message_id.empty()) {
    const auto quoted = co_await log_.find_message(row.reply->message_id);
    if (!quoted) co_return std::unexpected(quoted.error());
    if (*quoted && (*quoted)->status != status::failed) outgoing->reply_to_whatsapp_id = (*quoted)->wamid();
  }
  co_return outgoing;
}

// Pauses or resumes all sending by what an outcome says about the number as a whole. A message that is
// refused for the reason for which we are paused already has not failed: it waits with the others.
void sender::judge(send_outcome& outcome, bool asks) {
  const steady_time now = steady_now();
  const bool was_paused = pause_.paused();
  if (outcome.of_number) {
    const bool news = pause_.fault(outcome, now, asks);
    if (!news && outcome.kind == send_outcome_kind::refused) outcome.kind = send_outcome_kind::not_taken;
  } else if (asks) {
    // In Graph's own words: what we refuse ourselves says nothing about it.
    const bool answered =
        outcome.kind == send_outcome_kind::accepted ||
        (outcome.kind != send_outcome_kind::unconfirmed && outcome.error && outcome.error->code != 0);
    if (answered)
      pause_.over();
    else
      pause_.no_answer(now);
  }
  if (!was_paused && pause_.paused()) {
    paused_at_ = wall_now();
    pauses_.add();
    log_warning("sender: paused. " + pause_.reason());
  } else if (was_paused && !pause_.paused()) {
    log_info("sender: goes on");
  }
  switch (outcome.kind) {
  case send_outcome_kind::accepted:
    return accepted_.add();
  case send_outcome_kind::refused:
    return refused_.add();
  case send_outcome_kind::not_taken:
    return not_taken_.add();
  case send_outcome_kind::unconfirmed:
    return unconfirmed_.add();
  }
}

task<std::optional<appended>> sender::store(entry proposal) {
  std::vector<entry> proposals;
  proposals.push_back(std::move(proposal));
  auto stored = co_await store(std::move(proposals));
  if (!stored) co_return std::nullopt;
  co_return std::move(stored->front());
}

task<std::optional<std::vector<appended>>> sender::store(std::vector<entry> proposals) {
  for (std::chrono::milliseconds wait = store_pause_first;;) {
    std::vector<entry> again = proposals;
    auto stored = co_await log_.append(std::move(again));
    if (stored) co_return std::move(*stored);
    // The fault is in what was to be stored, not in the store: trying again would never help.
    if (stored.error().kind == failure_kind::internal) throw std::runtime_error(stored.error().detail);
    if (!co_await store_may_be_back(wait)) co_return std::nullopt;
  }
}

// After a pause that is longer each time; false: we are stopped.
task<bool> sender::store_may_be_back(std::chrono::milliseconds& wait) {
  if (stopping_) co_return false;
  asio::steady_timer pause(io_, wait);
  co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
  wait = std::min(wait * 2, store_pause_longest);
  co_return true;
}

entry sender::about(const send_job& job, std::string key, entry_data data) const {
  entry proposal;
  proposal.inbox = inbox_;
  proposal.at = wall_now();
  proposal.key = std::move(key);
  proposal.chat_id = job.chat_id;
  proposal.message_id = job.message_id;
  proposal.data = std::move(data);
  return proposal;
}

} // namespace tickwire
