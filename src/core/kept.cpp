#include "core/kept.hpp"

#include <algorithm>

namespace tickwire {

std::size_t kept_kind_of(std::string_view what) {
  const std::string_view word = what.substr(0, what.find_first_of(" ,:"));
  const auto place = std::find(kept_kinds.begin(), kept_kinds.end(), word);
  return place == kept_kinds.end() ? kept_kinds.size() - 1
                                   : static_cast<std::size_t>(place - kept_kinds.begin());
}

std::string_view foreign_number_of(std::string_view what) {
  static constexpr std::string_view word = "number ";
  return what.starts_with(word) ? what.substr(word.size()) : std::string_view();
}

} // namespace tickwire
