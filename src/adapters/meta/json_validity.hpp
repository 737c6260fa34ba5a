// Whether a text is JSON however deep it is nested: the parser recurses and must stop somewhere, this does
// not.
#pragma once

#include <string_view>

namespace tickwire::meta {

bool is_json(std::string_view text);

} // namespace tickwire::meta
