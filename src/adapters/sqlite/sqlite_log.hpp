// The log and its views in one SQLite file: one connection writes (sqlite_rows), others read (log_reading).
#pragma once

#include "adapters/sqlite/file_lock.hpp"
#include "app/ports.hpp"
#include "store/append_queue.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace tickwire::sqlite {

struct log_config {
  std::filesystem::path directory;      // made when it is not there
  std::string inbox;                    // phone_number_id; each has its file
  std::size_t readers = 2;              // threads and connections for reading
  std::size_t waiting_reads_max = 1024; // more are refused as overloaded
  append_limits appends;
  wrap_rows wrap; // tests only
};

// Opens or makes the file; throws std::runtime_error with a sentence for people when that is impossible:
// log_in_use when another process has it open for writing. `io` is where events and answers are delivered.
std::unique_ptr<log_store> open_log(boost::asio::any_io_executor io, log_config config);

} // namespace tickwire::sqlite
