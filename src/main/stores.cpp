#include "main/stores.hpp"

#include "adapters/mongo/mongo_accounts.hpp"
#include "adapters/mongo/mongo_archive.hpp"
#include "adapters/mongo/mongo_leases.hpp"
#include "adapters/mongo/mongo_log.hpp"
#include "adapters/mongo/uri.hpp"
#include "adapters/sqlite/sqlite_accounts.hpp"
#include "adapters/sqlite/sqlite_archive.hpp"
#include "adapters/sqlite/sqlite_log.hpp"

namespace tickwire {

namespace {

// A connection for each thread that asks: those that read the log, the one that writes it, the one of the
// lease, those of the accounts.
std::unique_ptr<mongo::client_pool> connections_to(const std::string& mongodb_uri) {
  if (mongodb_uri.empty()) return nullptr;
  mongo::pool_config config;
  config.uri = mongodb_uri;
  config.clients = mongo::log_config{}.readers + 2 + mongo::accounts_config{}.threads;
  return std::make_unique<mongo::client_pool>(std::move(config));
}

} // namespace

stores::stores(store_place place)
    : place_(std::move(place))
    , mongodb_(connections_to(place_.mongodb_uri)) {}

stores::~stores() = default;

std::unique_ptr<log_store> stores::open_log(boost::asio::any_io_executor io, const std::string& inbox) {
  if (mongodb_) {
    mongo::log_config config;
    config.inbox = inbox;
    return mongo::open_log(std::move(io), *mongodb_, std::move(config));
  }
  sqlite::log_config config;
  config.directory = place_.data_dir;
  config.inbox = inbox;
  return sqlite::open_log(std::move(io), std::move(config));
}

std::unique_ptr<sending_leases> stores::open_leases(const std::string& inbox) {
  return mongodb_ ? mongo::open_leases(*mongodb_, inbox) : nullptr;
}

std::unique_ptr<account_store> stores::open_accounts(boost::asio::any_io_executor io) {
  return mongodb_ ? mongo::open_accounts(std::move(io), *mongodb_)
                  : sqlite::open_accounts(std::move(io), place_.data_dir);
}

std::unique_ptr<kept_archive> stores::open_archive() {
  return mongodb_ ? mongo::open_archive(*mongodb_) : sqlite::open_archive(place_.data_dir);
}

std::string stores::told() const {
  return mongodb_ ? "MongoDB at " + mongo::shown(place_.mongodb_uri)
                  : "the folder " + place_.data_dir.string();
}

} // namespace tickwire
