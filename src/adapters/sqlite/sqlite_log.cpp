#include "adapters/sqlite/sqlite_log.hpp"

#include "adapters/sqlite/log_files.hpp"
#include "adapters/sqlite/log_reading.hpp"
#include "adapters/sqlite/reader_connections.hpp"
#include "adapters/sqlite/sqlite_rows.hpp"
#include "adapters/sqlite/unfinished.hpp"
#include "store/stored_log.hpp"

#include <stdexcept>
#include <utility>

namespace tickwire::sqlite {

namespace {

std::filesystem::path made(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    throw std::runtime_error("Cannot make the folder " + directory.string() +
                             " (DATA_DIR): " + error.message() + ".");
  return directory;
}

} // namespace

std::unique_ptr<log_store> open_log(boost::asio::any_io_executor io, log_config config) {
  refuse_unfinished(config.directory);
  auto lock = std::make_shared<file_lock>(lock_file(made(config.directory), config.inbox));
  const std::filesystem::path file = log_file(config.directory, config.inbox);
  auto rows = open_rows(file);
  if (config.wrap) rows = config.wrap(std::move(rows));
  auto readers = std::make_shared<reader_connections>(file, config.readers);
  lend_reads lend = [lock = std::move(lock), readers = std::move(readers)](std::uint64_t, const auto& work) {
    readers->use([&](database& connection) {
      log_reading log(connection);
      work(log);
    });
  };
  return make_stored_log(std::move(io), {.rows = std::move(rows),
                                         .lend = std::move(lend),
                                         .readers = config.readers,
                                         .waiting_reads_max = config.waiting_reads_max,
                                         .appends = config.appends});
}

} // namespace tickwire::sqlite
