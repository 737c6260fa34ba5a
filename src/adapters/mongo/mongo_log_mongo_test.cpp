#include "adapters/mongo/mongo_log.hpp"
#include "adapters/mongo/testing.hpp"
#include "contract/log_store_suite.hpp"

namespace tickwire::testing {

struct mongo_factory {
  std::unique_ptr<log_store> open(boost::asio::any_io_executor io) {
    mongo::log_config config;
    config.inbox = inbox;
    config.appends = limits;
    config.wrap = wrap;
    return mongo::open_log(std::move(io), pool, config);
  }
  append_limits limits;
  wrap_rows wrap;
  mongo::testing::database database;
  mongo::client_pool pool{{database.uri()}};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Mongo, LogStore, mongo_factory);

} // namespace tickwire::testing
