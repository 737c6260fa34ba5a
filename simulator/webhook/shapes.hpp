#pragma once
// Webhook bodies: statuses, inbound messages and the envelope around them. Pure.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace simulator {

/// The business number that an item belongs to.
struct business_number {
  std::string waba_id{};
  std::string phone_number_id{};
  std::string display_phone_number{};
  bool operator==(const business_number&) const = default;
};

/// A person as webhooks name him. `digits` is empty when the number is withheld.
struct person {
  std::string digits{};
  std::string user_id{};
  std::string name{};
  std::string username{};
};

/// One update: a message or a status, with the contact that belongs to it.
struct webhook_item {
  std::string kind{}; ///< "message" or "status"
  business_number number{};
  std::optional<boost::json::object> contact{};
  boost::json::object content{};
};

struct status_facts {
  std::string wamid{};
  std::string status{};
  std::int64_t timestamp = 0; ///< seconds
  std::string group_id{};     ///< empty: to one person
  bool whole_group = false;   ///< the one `sent` of a group names no participant
  std::string callback_data{};
  std::string category = "service"; ///< of the price; marketing, utility, … for templates
  int error_code = 0;               ///< of `failed`
};

/// A status. `contacts` come with sent, delivered and read; a price with sent and delivered, or with read
/// when `delivered` was left out (`priced`).
webhook_item status_item(const business_number& number, const person& to, const status_facts& facts,
                         bool priced);

/// An inbound message. `body` holds at least `type` and the object of that name; from, id and timestamp are
/// put in front unless they stand in it already.
webhook_item message_item(const business_number& number, const person& from, const std::string& wamid,
                          std::int64_t timestamp, const std::string& group_id,
                          const boost::json::object& body);

/// One POST body around items: an entry per business account, a change per number, contacts named once.
boost::json::object envelope(std::span<const webhook_item> items);

} // namespace simulator
