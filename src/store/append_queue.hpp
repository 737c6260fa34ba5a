// The way to the writer: appends wait here, a thread takes all that wait and commits them at once (group
// commit), and the I/O thread is told: first what happened, then whoever asked.
#pragma once

#include "store/log_writer.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <thread>

namespace tickwire {

// Sizes as bytes_of() counts them. An append that is larger than a bound passes all the same: the next one is
// taken, whatever its size, as long as less than the bound waits.
struct append_limits {
  std::size_t waiting_bytes_max =
      32 * 1024 * 1024;                       // for the writer; what comes then is refused as overloaded
  std::size_t commit_bytes_max = 1024 * 1024; // in one transaction, when several appends wait
};

class append_queue {
public:
  // Everything but the writer's work happens on `io`.
  append_queue(boost::asio::any_io_executor io, log_writer& writer, append_limits limits);
  // Commits what waits, and answers on `io` if that still runs.
  ~append_queue();

  // See log_store::append; without proposals: whether the store can be used.
  task<append_result> append(std::vector<entry> proposals);

  task<append_result> look(); // see log_store::look

  void on_committed(commit_listener listener);
  std::uint64_t head() const;

private:
  struct shared;
  task<append_result> ask(std::vector<entry> proposals, bool look);
  static void work(shared& shared, log_writer& writer);

  std::shared_ptr<shared> shared_; // also with what is on its way to the I/O thread
  std::thread writing_;
};

} // namespace tickwire
