// Tables by names that clients may choose.
#pragma once

#include "codec/seeded_hash.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace socketio::detail {

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return codec::seeded_hash(text); }
};
template <class Value>
using text_map = std::unordered_map<std::string, Value, text_hash, std::equal_to<>>;

} // namespace socketio::detail
