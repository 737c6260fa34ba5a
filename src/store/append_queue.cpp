#include "store/append_queue.hpp"

#include "core/entry_size.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

namespace tickwire {

namespace {

namespace asio = boost::asio;

using append_handler = asio::any_completion_handler<void(append_result)>;

struct append_job {
  std::vector<entry> proposals; // none: asks whether the store can be used, or
  append_handler handler;
  std::size_t bytes = 0;
  bool look = false; // ...what others have appended
};

std::size_t bytes_of_all(const std::vector<entry>& proposals) {
  std::size_t bytes = 0;
  for (const entry& proposal : proposals) bytes += bytes_of(proposal);
  return bytes;
}

} // namespace

struct append_queue::shared : std::enable_shared_from_this<shared> {
  shared(asio::any_io_executor executor, append_limits bounds, std::uint64_t newest)
      : io(std::move(executor))
      , limits(bounds)
      , head(newest) {}

  void enqueue(append_job job) {
    {
      const std::lock_guard lock(mutex);
      if (waiting_bytes < limits.waiting_bytes_max || job.proposals.empty()) {
        waiting_bytes += job.bytes;
        waiting.push_back(std::move(job));
      }
    }
    if (job.handler) {
      asio::post(io, [handler = std::move(job.handler)]() mutable {
        std::move(handler)(
            fail(failure_kind::overloaded, "busy", "The server is busy. Try again in a few seconds."));
      });
      return;
    }
    // What else is ready to be appended in this turn of the loop goes into the same commit.
    if (std::exchange(wake_is_due, true)) return;
    asio::post(io, [self = shared_from_this()] {
      self->wake_is_due = false;
      self->wake.notify_one();
    });
  }

  // For the writer's thread. An empty list: stop.
  std::vector<append_job> next_jobs() {
    std::unique_lock lock(mutex);
    wake.wait(lock, [this] { return stopping || !waiting.empty(); });
    std::vector<append_job> jobs;
    std::size_t bytes = 0;
    while (!waiting.empty() && bytes < limits.commit_bytes_max) {
      bytes += waiting.front().bytes;
      jobs.push_back(std::move(waiting.front()));
      waiting.pop_front();
    }
    waiting_bytes -= bytes;
    return jobs;
  }

  void deliver(std::vector<append_handler> handlers, commit_outcome outcome) {
    asio::post(io, [self = shared_from_this(), handlers = std::move(handlers),
                    outcome = std::move(outcome)]() mutable {
      if (outcome.durable || outcome.head > self->head) { // another writer's entries count without ours, too
        self->head = outcome.head;
        if (self->committed) self->committed(outcome.head, std::move(outcome.news));
      }
      for (std::size_t i = 0; i < handlers.size(); ++i) std::move(handlers[i])(std::move(outcome.answers[i]));
    });
  }

  const asio::any_io_executor io;
  const append_limits limits;

  // I/O thread
  std::uint64_t head;
  bool wake_is_due = false;
  commit_listener committed;

  std::mutex mutex; // guards what follows
  std::condition_variable wake;
  std::deque<append_job> waiting;
  std::size_t waiting_bytes = 0;
  bool stopping = false;
};

append_queue::append_queue(asio::any_io_executor io, log_writer& writer, append_limits limits)
    : shared_(std::make_shared<shared>(std::move(io), limits, writer.head()))
    , writing_([&shared = *shared_, &writer] { work(shared, writer); }) {}

append_queue::~append_queue() {
  {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopping = true;
  }
  shared_->wake.notify_one();
  writing_.join();
  shared_->committed = nullptr; // commits may still be on their way, and the listener ends with us
}

task<append_result> append_queue::append(std::vector<entry> proposals) {
  return ask(std::move(proposals), false);
}

task<append_result> append_queue::look() { return ask({}, true); }

task<append_result> append_queue::ask(std::vector<entry> proposals, bool look) {
  auto start = [this, look](auto handler, std::vector<entry> proposals) {
    const std::size_t bytes = bytes_of_all(proposals);
    shared_->enqueue({std::move(proposals), std::move(handler), bytes, look});
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(append_result)>(
      start, asio::use_awaitable, std::move(proposals));
}

void append_queue::on_committed(commit_listener listener) { shared_->committed = std::move(listener); }
std::uint64_t append_queue::head() const { return shared_->head; }

void append_queue::work(shared& shared, log_writer& writer) {
  for (;;) {
    std::vector<append_job> jobs = shared.next_jobs();
    if (jobs.empty()) return;
    std::vector<std::vector<entry>> appends;
    std::vector<append_handler> handlers, lookers;
    for (append_job& job : jobs) {
      if (job.look) {
        lookers.push_back(std::move(job.handler));
        continue;
      }
      appends.push_back(std::move(job.proposals));
      handlers.push_back(std::move(job.handler));
    }
    if (!lookers.empty()) writer.expect_others();
    commit_outcome outcome = writer.commit(appends);
    for (append_handler& looker : lookers) {
      handlers.push_back(std::move(looker));
      outcome.answers.push_back(outcome.durable ? append_result(std::vector<appended>{}) : store_is_away());
    }
    shared.deliver(std::move(handlers), std::move(outcome));
  }
}

} // namespace tickwire
