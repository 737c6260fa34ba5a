// Kept items once more, by the decoder of today.
#pragma once

#include "core/entry.hpp"

#include <string>
#include <vector>

namespace tickwire::meta {

// What is understood of an item that was kept (`unhandled`) when it came, as proposals of that time. Nothing:
// still not understood, or it was kept without what stood around it, so that nobody can say whose it is.
std::vector<entry> decode_kept(const entry& kept, const std::string& inbox);

// How Meta writes the business number of a change, "15550009999"; empty when it does not say.
std::string display_number_of(const std::string& raw_change);

} // namespace tickwire::meta
