// Passwords that somebody who guesses tries first.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

// Whether the password is one that thousands of people use, or little more than a name: the product's or one
// of `own_words` (who it is for, the business). The case of letters does not count. Takes any bytes; says
// nothing about length.
bool is_weak_password(std::string_view password, const std::vector<std::string>& own_words);

} // namespace tickwire
