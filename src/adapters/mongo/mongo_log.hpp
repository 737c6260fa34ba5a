// The log and its views in MongoDB: one thread writes (mongo_rows), others read (log_reading). Several nodes
// may have the same inbox open.
#pragma once

#include "adapters/mongo/client_pool.hpp"
#include "app/ports.hpp"
#include "store/append_queue.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace tickwire::mongo {

struct log_config {
  std::string inbox;                    // phone_number_id
  std::size_t readers = 4;              // threads for reading, with a connection each
  std::size_t waiting_reads_max = 1024; // more are refused as overloaded
  append_limits appends = {};
  wrap_rows wrap = {}; // tests only
};

// Throws std::runtime_error with a sentence for people when the store is away or is not as we need it. `io`
// is where events and answers are delivered. `pool` has a connection for each reader and one more for the
// writer, and lives longer.
std::unique_ptr<log_store> open_log(boost::asio::any_io_executor io, client_pool& pool, log_config config);

} // namespace tickwire::mongo
