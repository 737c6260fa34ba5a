// Randomness of the kernel, as text.
#pragma once

#include "core/message_id.hpp"

#include <cstddef>
#include <string>

namespace tickwire {

// `characters` of the url-safe alphabet, six random bits each.
std::string random_text(std::size_t characters);

inline std::string new_message_id(timestamp now) { return message_id(now, random_text(message_id_tail)); }

} // namespace tickwire
