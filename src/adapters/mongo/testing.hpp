// A database of its own for a test, on the server that TEST_MONGODB_URI names.
#pragma once

#include "adapters/mongo/client_pool.hpp"
#include "base/random.hpp"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace tickwire::mongo::testing {

// Dropped at the end.
class database {
public:
  database()
      : name_("test_" + random_text(12)) {}
  database(const database&) = delete;
  database& operator=(const database&) = delete;
  ~database() {
    try {
      client_pool pool({uri()});
      pool.take().command(document().number("dropDatabase", 1));
    } catch (const std::exception&) { // the server is away: so is the database
    }
  }

  // A slow machine is no fault, so answers are waited for longer than in production.
  std::string uri() const {
    const char* server = std::getenv("TEST_MONGODB_URI");
    if (!server || !*server)
      throw std::runtime_error(
          "TEST_MONGODB_URI is not set. tests/run and script/test start one and set it.");
    std::string base(server);
    const std::size_t options = base.find('?');
    std::string query = options == std::string::npos ? "" : base.substr(options + 1);
    base = base.substr(0, options);
    const std::size_t path = base.find('/', std::string("mongodb://").size());
    base = base.substr(0, path);
    return base + "/" + name_ + "?socketTimeoutMS=20000&serverSelectionTimeoutMS=5000" +
           (query.empty() ? "" : "&" + query);
  }

private:
  const std::string name_;
};

} // namespace tickwire::mongo::testing
