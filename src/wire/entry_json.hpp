// Log entries as stored: the kind by name and the data as a JSON object.
#pragma once

#include "base/result.hpp"
#include "core/entry.hpp"

#include <string>
#include <string_view>

namespace tickwire::wire {

std::string encode(const entry_data& data);

// The reverse; fails on what encode never writes.
result<entry_data> decode(std::string_view kind, std::string_view json);

} // namespace tickwire::wire
