// Accounts, sessions and devices in MongoDB, for as many processes as there are.
#pragma once

#include "adapters/mongo/client_pool.hpp"
#include "app/ports.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <memory>

namespace tickwire::mongo {

struct accounts_config {
  std::size_t threads = 4; // for asking, with a connection each
  // How often is asked whether another process has changed something. One small read.
  std::chrono::milliseconds look_every{1'000};
};

// Makes what is missing in the database; throws std::runtime_error with a sentence for people when that is
// impossible. The executor is that of the I/O thread. `pool` lives longer.
std::unique_ptr<account_store> open_accounts(boost::asio::any_io_executor executor, client_pool& pool,
                                             accounts_config config = {});

} // namespace tickwire::mongo
