#pragma once
// JSON as Meta's webhooks spell it.

#include <boost/json/value.hpp>

#include <string>

namespace simulator {

/// Compact; everything outside ASCII as \uXXXX (surrogate pairs above U+FFFF), `/` as `\/`. Bytes that are
/// no UTF-8 become U+FFFD.
std::string webhook_text(const boost::json::value& value);

} // namespace simulator
