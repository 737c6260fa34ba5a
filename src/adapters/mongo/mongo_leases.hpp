// Who sends for an inbox, in a document of `meta`: {_id: "<inbox>/sender", holder, beat, told}.
#pragma once

#include "adapters/mongo/client_pool.hpp"
#include "app/ports.hpp"

#include <memory>
#include <string>

namespace tickwire::mongo {

// Asks on a thread of its own, with a connection of `pool`, which lives longer.
std::unique_ptr<sending_leases> open_leases(client_pool& pool, std::string inbox);

} // namespace tickwire::mongo
