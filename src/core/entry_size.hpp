// What an entry weighs, for limits in bytes.
#pragma once

#include "core/entry.hpp"

#include <cstddef>

namespace tickwire {

// Roughly the memory it takes: itself, and its long texts. Never zero, so that many small ones count too.
std::size_t bytes_of(const entry& entry);

} // namespace tickwire
