// All accounts as one document, since what must hold is about all of them: a change of one document is atomic
// on every MongoDB, of several it is not. `version` is another text after each change, so that whoever
// decided on an older one notices.
#pragma once

#include "adapters/mongo/document.hpp"
#include "store/account_rules.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace tickwire::mongo {

// Sessions and devices carry the number that their user had when they were made, and are of no use once it is
// another one: a new password ends all of them in the same moment in which it is stored.
struct generations {
  std::int64_t sessions = 0, devices = 0;
};

struct accounts_now {
  std::string version; // empty: there is no document yet
  account_list all;
  std::map<std::string, generations> of; // by the user's id

  // Nothing when there is no such user.
  const user_record* find(const std::string& user_id) const { return find_by_id(all, user_id); }
  generations generations_of(const std::string& user_id) const {
    const auto place = of.find(user_id);
    return place == of.end() ? generations{} : place->second;
  }

  void add(user_record added);
  void change(const account_change& done);
  void remove(const account_change& done);
};

inline constexpr auto users_collection = "users";
inline constexpr auto sessions_collection = "sessions", devices_collection = "devices"; // a document for each

document which_users();                           // the filter for the document
document which_users(const std::string& version); // the same, unless it has changed
accounts_now read_accounts(const reader& stored);
// The row with the document's members.
document with_accounts(document row, const accounts_now& accounts);

} // namespace tickwire::mongo
