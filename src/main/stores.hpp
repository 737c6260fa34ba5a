// Where everything is kept: in MongoDB when MONGODB_URI is set, else in SQLite files in DATA_DIR.
#pragma once

#include "app/ports.hpp"
#include "main/config.hpp"
#include "store/kept_archive.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <memory>
#include <string>

namespace tickwire {

namespace mongo {
class client_pool;
}

// Outlives what it opens, which shares its connections. Everything throws std::runtime_error with a sentence
// for people when the store cannot be used.
class stores {
public:
  explicit stores(store_place place);
  ~stores();

  std::unique_ptr<log_store> open_log(boost::asio::any_io_executor io, const std::string& inbox);
  // None where no other node can share the store.
  std::unique_ptr<sending_leases> open_leases(const std::string& inbox);
  std::unique_ptr<account_store> open_accounts(boost::asio::any_io_executor io);
  std::unique_ptr<kept_archive> open_archive();

  // For people, without secrets: "the folder data", "MongoDB at db.example.org:27017, database tickwire".
  std::string told() const;

private:
  const store_place place_;
  const std::unique_ptr<mongo::client_pool> mongodb_; // none: SQLite
};

} // namespace tickwire
