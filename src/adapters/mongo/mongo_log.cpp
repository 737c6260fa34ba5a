#include "adapters/mongo/mongo_log.hpp"

#include "adapters/mongo/log_reading.hpp"
#include "adapters/mongo/mongo_rows.hpp"
#include "adapters/mongo/unfinished.hpp"
#include "store/stored_log.hpp"

#include <utility>

namespace tickwire::mongo {

std::unique_ptr<log_store> open_log(boost::asio::any_io_executor io, client_pool& pool, log_config config) {
  {
    client store = pool.take();
    refuse_unfinished(store);
  }
  auto rows = open_rows(pool, config.inbox);
  if (config.wrap) rows = config.wrap(std::move(rows));
  lend_reads lend = [&pool, inbox = config.inbox](std::uint64_t head, const auto& work) {
    client mine = pool.take();
    log_reading log(mine, inbox, head);
    work(log);
  };
  return make_stored_log(std::move(io), {.rows = std::move(rows),
                                         .lend = std::move(lend),
                                         .readers = config.readers,
                                         .waiting_reads_max = config.waiting_reads_max,
                                         .appends = config.appends});
}

} // namespace tickwire::mongo
