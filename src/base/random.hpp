// Randomness of the kernel, as text.
#pragma once

#include <cstddef>
#include <string>

namespace tickwire {

// `characters` of the url-safe alphabet, six random bits each.
std::string random_text(std::size_t characters);

inline std::string new_message_id() { return "m_" + random_text(20); }

} // namespace tickwire
