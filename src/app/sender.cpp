#include "app/sender.hpp"

#include "base/clock.hpp"
#include "base/logging.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tickwire {

namespace asio = boost::asio;
using namespace std::chrono_literals;

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

sender::sender(asio::io_context& io, log_store& log, graph_api& graph, std::string inbox, send_rates rates)
    : io_(io)
    , log_(log)
    , graph_(graph)
    , inbox_(std::move(inbox))
    , queue_(rates)
    , timer_(io) {}

task<result<void>> sender::take_over() {
  const auto unfinished = co_await log_.unfinished_sends();
  if (!unfinished) co_return std::unexpected(unfinished.error());
  std::size_t in_doubt = 0;
  for (const unfinished_send& left : *unfinished) {
    const message& row = left.row;
    send_job job;
    job.chat_id = row.chat_id;
    job.attempt = row.attempt;
    job.try_number = left.next_try;
    job.message.message_id = row.id;
    if (left.attempted) {
      // Killed between the attempt and its result: Graph may have it. Never sent again by ourselves.
      send_result doubt;
      doubt.attempt = row.attempt;
      doubt.try_number = left.next_try - 1;
      doubt.error = unsure("the server stopped while it was sending").error;
      std::vector<entry> proposals;
      proposals.push_back(about(job, keys::result(row.id, row.attempt, doubt.try_number), doubt));
      const auto stored = co_await log_.append(std::move(proposals));
      if (!stored) co_return std::unexpected(stored.error());
      ++in_doubt;
      continue;
    }
    const auto summary = co_await log_.find_chat("", row.chat_id);
    if (!summary) co_return std::unexpected(summary.error());
    if (!*summary) continue;
    const auto address = address_of(**summary);
    if (!address) continue;
    job.message = *address;
    job.message.message_id = row.id;
    job.message.text = row.text;
    if (row.reply) job.message.reply_to_whatsapp_id = row.reply->whatsapp_message_id;
    queue_.add(std::move(job));
  }
  if (!unfinished->empty())
    log_info("sender: " + std::to_string(unfinished->size() - in_doubt) + " messages to send, " +
             std::to_string(in_doubt) + " in doubt from the run before");
  pump();
  co_return result<void>{};
}

void sender::add(send_job job) {
  queue_.add(std::move(job));
  pump();
}

void sender::stop(std::function<void()> done) {
  stopping_ = true;
  timer_.cancel();
  if (queue_.active() == 0)
    asio::post(io_, std::move(done));
  else
    stopped_ = std::move(done);
}

void sender::pump() {
  if (stopping_) return;
  send_queue::plan plan = queue_.next(std::chrono::steady_clock::now());
  for (send_job& job : plan.start) asio::co_spawn(io_, run(std::move(job)), asio::detached);
  if (!plan.look_again) return;
  timer_.expires_at(*plan.look_again);
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) pump();
  });
}

task<void> sender::run(send_job job) {
  const std::string id = job.message.message_id;
  const std::string chat_id = job.chat_id;
  std::optional<send_job> again;

  entry attempt = about(job, keys::attempted(id, job.attempt, job.try_number),
                        send_attempted{job.attempt, job.try_number});
  const bool durable = co_await store(std::move(attempt));
  if (durable) {
    outgoing_message message = job.message;
    send_outcome outcome = co_await graph_.send(std::move(message));

    send_result said;
    said.attempt = job.attempt;
    said.try_number = job.try_number;
    said.outcome = outcome.kind;
    said.whatsapp_message_id = outcome.whatsapp_message_id;
    said.error = outcome.error;
    said.wa_id = outcome.wa_id;
    entry answer = about(job, keys::result(id, job.attempt, job.try_number), std::move(said));
    co_await store(std::move(answer));

    if (outcome.kind == send_outcome_kind::not_taken) {
      again = job;
      again->not_before = std::chrono::steady_clock::now() +
                          wait_before_next_try(outcome.error ? outcome.error->code : 0, job.try_number);
      again->try_number = job.try_number + 1;
    }
  }
  queue_.finished(chat_id, std::move(again));
  if (stopping_ && stopped_ && queue_.active() == 0) asio::post(io_, std::exchange(stopped_, nullptr));
  pump();
}

task<bool> sender::store(entry proposal) {
  std::chrono::milliseconds wait = 100ms;
  for (;;) {
    std::vector<entry> proposals;
    proposals.push_back(proposal);
    const auto stored = co_await log_.append(std::move(proposals));
    // An attempt that is there already was made by somebody else: it must not be made again.
    if (stored) co_return stored->front().stored;
    if (stopping_) co_return false;
    asio::steady_timer pause(io_, wait);
    co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    wait = std::min<std::chrono::milliseconds>(wait * 2, 5s);
  }
}

entry sender::about(const send_job& job, std::string key, entry_data data) const {
  entry proposal;
  proposal.inbox = inbox_;
  proposal.at = wall_now();
  proposal.key = std::move(key);
  proposal.chat_id = job.chat_id;
  proposal.message_id = job.message.message_id;
  proposal.data = std::move(data);
  return proposal;
}

} // namespace tickwire
