// The log_store of every store whose threads block: one thread writes its rows, threads of a pool read.
#pragma once

#include "app/ports.hpp"
#include "store/append_queue.hpp"
#include "store/log_reads.hpp"
#include "store/log_rows.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace tickwire {

// Calls work() with reads that are this thread's for the time. The views have at least the entry `head`.
// Called by several threads at once; may throw, as work() may.
using lend_reads = std::function<void(std::uint64_t head, const std::function<void(log_reads&)>& work)>;

struct log_parts {
  std::unique_ptr<log_rows> rows;
  lend_reads lend; // lives longest: it may hold what the rows need
  std::size_t readers;
  std::size_t waiting_reads_max; // more are refused as overloaded
  append_limits appends;
};

// `io` is where events and answers are delivered. Throws what the rows throw.
std::unique_ptr<log_store> make_stored_log(boost::asio::any_io_executor io, log_parts parts);

} // namespace tickwire
