// From the bytes of a signed body to JSON that can be read, kept and shown.
#pragma once

#include "adapters/meta/json_access.hpp"

#include <string_view>

namespace tickwire::meta {

enum class body_kind {
  json,     // `value` holds it
  too_deep, // JSON, but nested deeper than we read
  not_json,
};

struct parsed_body {
  body_kind kind = body_kind::not_json;
  json::value value;
};

// Halves of surrogate pairs become U+FFFD, numbers beyond all floats null. The value lives in `memory`.
parsed_body parse_body(std::string_view body, json::storage_ptr memory);

} // namespace tickwire::meta
