// Meta's webhook bodies as proposals for the log. Lenient: every item of a batch counts, a bad one is kept
// with its JSON and harms no other. Source: Meta's webhook reference (shared reference §1–3); shapes seen in
// practice are accepted beside it.
#pragma once

#include "core/entry.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire::meta {

struct decoded_webhook {
  std::vector<entry> proposals;
  std::size_t foreign = 0; // items of other business numbers: not ours to store
};

// `inbox` is our phone_number_id, `now` the time of receipt. Nothing: the body is not JSON.
std::optional<decoded_webhook> decode_webhook(std::string_view body, const std::string& inbox, timestamp now);

} // namespace tickwire::meta
