// One line on standard error for each event worth knowing. Never tokens, texts, numbers or names of people:
// see masked().
#pragma once

#include <string>
#include <string_view>

namespace tickwire {

void log_info(std::string_view line);
void log_warning(std::string_view line);
void log_error(std::string_view line);

// An id that may be a phone number or a user id, for telling two of them apart without showing them: "…" and
// four characters of a hash that is different in each run.
std::string masked(std::string_view id);

} // namespace tickwire
