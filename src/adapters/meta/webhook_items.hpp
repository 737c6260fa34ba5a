// The items of a webhook (messages, statuses, echoes, history, groups) as proposals for the log.
#pragma once

#include "adapters/meta/json_access.hpp"
#include "adapters/meta/webhook_identities.hpp"
#include "core/entry.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickwire::meta {

enum class origin { customer, business, customer_history, business_history };

// Collects what the items of one body become. Whatever is not understood is kept with its JSON, under the
// hash of it: the same again is the same entry.
class webhook_items {
public:
  // `inbox` and `now` as for decode_webhook(); `inbox` must live as long as this.
  webhook_items(const std::string& inbox, timestamp now)
      : inbox_(inbox)
      , now_(now) {}

  // `otherwise`: the person when neither the item nor `people` name one.
  void message(const json::value& item, named_people& people, origin from, const identity& otherwise = {});
  void status(const json::value& item, named_people& people);
  // A group's name, where the item tells one.
  void group(const json::value& item);

  void keep(std::string what, const json::value& item);
  // The key is made of the entry's id and time too: Meta may say the same thing twice and mean both.
  void keep_of(const json::object& entry, std::string what, const json::value& change);
  // A body that cannot be read as JSON values, byte for byte.
  void keep_body(std::string what, std::string_view body);

  std::vector<entry> take() { return std::move(proposals_); }

private:
  void payment(const json::object& status, named_people& people, const json::value& item);
  void reaction_to(const json::object& message, identity who, bool from_business, const json::value& item);
  void edit_of(const json::object& message, identity who, const json::value& item);
  void revoke_of(const json::object& message, identity who, const json::value& item);

  timestamp time_of(const json::object& item) const;
  void propose(std::string key, entry_data data, const json::value& item);
  void add(std::string key, entry_data data, std::string raw);

  const std::string& inbox_;
  const timestamp now_;
  std::vector<entry> proposals_;
};

} // namespace tickwire::meta
