#pragma once

#include "adapters/mongo/at_work.hpp"
#include "adapters/mongo/client_pool.hpp"
#include "store/whole_store.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace tickwire::mongo {

struct store_config {
  std::string uri;
  // Whoever copies or rebuilds a store has time: counting or removing all rows may take minutes.
  struct patience patience = {std::chrono::seconds{5}, std::chrono::minutes{10}};
  std::chrono::milliseconds silence = silence_of_the_dead; // see at_work.hpp
};

// The database that the URI names. Connects at the first question. While something is written that is shown
// to others who would do so: one command at a time, and of one that was killed nothing is under way any more
// when the next begins.
std::unique_ptr<whole_store> open_whole(store_config config);

} // namespace tickwire::mongo
