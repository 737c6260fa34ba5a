// A database that is not to be used as if it were whole: somebody is copying into it, or died doing that. A
// document of `meta` says so, and why.
#pragma once

#include "adapters/mongo/client_pool.hpp"

#include <string>

namespace tickwire::mongo {

std::string unfinished(client& store); // the sentence; empty: it is whole
void set_unfinished(client& store, const std::string& sentence);
// Throws std::runtime_error with the sentence.
void refuse_unfinished(client& store);

} // namespace tickwire::mongo
