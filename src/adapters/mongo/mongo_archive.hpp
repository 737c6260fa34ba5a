#pragma once

#include "adapters/mongo/client_pool.hpp"
#include "store/kept_archive.hpp"

#include <memory>

namespace tickwire::mongo {

// `pool` lives longer.
std::unique_ptr<kept_archive> open_archive(client_pool& pool);

} // namespace tickwire::mongo
