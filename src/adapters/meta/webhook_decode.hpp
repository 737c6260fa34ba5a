// Meta's webhook bodies as proposals for the log. Lenient: every item of a batch counts, a bad one is kept
// with its JSON and harms no other. Whatever is signed leaves at least one proposal, and each item stands in
// the `raw` of one: what is not understood as `unhandled`, whose `what` says which. Source: the webhook
// reference of Meta's Cloud API; shapes seen in practice are accepted beside it.
#pragma once

#include "core/entry.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire::meta {

// A business number that is not ours, as a change named it.
struct foreign_number {
  std::string phone_number_id;
  std::string display_number; // may be empty
};

struct decoded_webhook {
  std::vector<entry> proposals;
  // One for each change of another number, which is kept whole as `unhandled` ("number <id>"): Meta sends us
  // the webhooks of a number that nobody reads here.
  std::vector<foreign_number> foreign;
};

// `inbox` is our phone_number_id, `now` the time of receipt. Nothing: the body is not JSON.
std::optional<decoded_webhook> decode_webhook(std::string_view body, const std::string& inbox, timestamp now);

} // namespace tickwire::meta
