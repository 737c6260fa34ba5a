// The log's rows in MongoDB, for one writer among several: on one connection at a time, each commit an
// ordered insert of entries with consecutive numbers, then the rows of the views (applying.hpp).
#pragma once

#include "adapters/mongo/applying.hpp"
#include "adapters/mongo/client_pool.hpp"
#include "store/log_rows.hpp"

#include <memory>
#include <string>

namespace tickwire::mongo {

// Makes what is missing (indexes, the inbox's document) and finishes what a dead writer began. Throws when
// the store is away, or has something else under our names. `pool` lives longer.
std::unique_ptr<log_rows> open_rows(client_pool& pool, std::string inbox, views_are state = views_are::whole);

} // namespace tickwire::mongo
