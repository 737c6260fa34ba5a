#pragma once
// The people on the other side, their phones, and what stands on them.

#include "simulator/state/clock.hpp"
#include "simulator/webhook/shapes.hpp"

#include <boost/json/object.hpp>

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace simulator {

/// One message on one phone.
struct phone_message {
  std::string wamid{};
  bool from_customer = false;
  std::string type{};
  boost::json::object content{}; ///< the object under the type's name
  std::string quoted{};
  wall_time at{};
  std::string group_id{};
  std::string callback_data{};
  std::string category = "service";

  /// From the customer: sending, delivered (webhook answered 200), read (read receipt of the business).
  /// From the team: accepted, sent, delivered, read, failed.
  std::string status{};
  int error_code = 0;
};

boost::json::object to_json(const phone_message& message);

struct customer {
  std::size_t number = 0; ///< in order of appearance, so that lists do not jump
  person who{};
  bool online = true;
  bool reads = true;
  bool number_withheld = false;          ///< webhooks name the user id only
  std::optional<wall_time> last_wrote{}; ///< opens the 24-hour window
  wall_time last_active{};
  std::deque<phone_message> messages{}; ///< the newest 500
  std::optional<wall_time> typing{};    ///< the business showed the typing indicator

  /// As webhooks name this person.
  person shown() const;
  phone_message* find(std::string_view wamid);
  int unread() const; ///< messages of the team on the phone that were not read
};

/// For the list of people; `messages` of them, the newest, when wanted.
boost::json::object to_json(const customer& someone, std::size_t messages);

struct group {
  std::string id{};
  std::string subject{};
  std::vector<std::string> participants{}; ///< digits
};

class customers {
public:
  static constexpr std::size_t messages_max = 500;
  static constexpr std::size_t people_max = 20'000;

  /// Somebody by number; makes him up when unknown. Nothing when there are too many people.
  customer* at(const std::string& digits, bool online, bool reads);
  customer* find(const std::string& digits);
  customer* find_user(std::string_view user_id);

  /// Puts a message on a phone and remembers on which one it lies.
  phone_message& put(customer& on, phone_message message);
  /// The first phone that has the message.
  customer* holder(const std::string& wamid);

  group& group_at(const std::string& id);
  group* find_group(const std::string& id);
  std::map<std::string, group>& groups() { return groups_; }

  /// The people active last, newest first.
  std::vector<const customer*> newest(std::size_t most) const;
  std::size_t size() const { return people_.size(); }

private:
  std::unordered_map<std::string, customer> people_; ///< by digits
  std::unordered_map<std::string, std::string> holders_;
  std::map<std::string, group> groups_;
};

} // namespace simulator
