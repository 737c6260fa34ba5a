// The MongoDB server of a run of tests, as tests/lib/with_mongodb.mjs gives it.
#pragma once

#include "base/random.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

namespace tickwire::testing {

// A URI that names a database which no other test has; nothing when there is no server. A test that needs one
// skips then:
//   if (!uri) GTEST_SKIP() << no_mongodb;
inline std::optional<std::string> new_mongodb_database() {
  const char* given = std::getenv("TEST_MONGODB_URI");
  if (!given || !*given) return std::nullopt;
  std::string uri = given;
  const std::size_t hosts = uri.find("://") + 3;
  const std::size_t options = std::min(uri.find('?', hosts), uri.size());
  const std::size_t slash = std::min(uri.find('/', hosts), options);
  const std::string name = slash + 1 < options ? uri.substr(slash + 1, options - slash - 1) : "tickwire_test";
  return uri.substr(0, slash) + "/" + name + "_" + random_text(8) + uri.substr(options);
}

inline constexpr auto no_mongodb = "TEST_MONGODB_URI is not set; script/test mongodb sets it";

} // namespace tickwire::testing
