// Who an item of a webhook is from or to, in the many forms in which Meta names people.
#pragma once

#include "adapters/meta/json_access.hpp"
#include "core/contact.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tickwire::meta {

// The people whom one value names beside its items (`contacts`). Found by user id, else by number in any of
// its forms; never by position, since Meta's lists need not be aligned.
class named_people {
public:
  named_people() = default;
  // `contacts` must live as long as this; what is no object in it is never found.
  explicit named_people(const json::array* contacts);

  // Fills in what is known of the person: number, user id, names. An item that names nobody is of the only
  // person there is.
  void complete(identity& who);

  // Those whom no item has asked for.
  std::vector<const json::value*> unused() const;

private:
  struct person {
    const json::value* contact = nullptr;
    bool used = false;
  };
  person* find(const identity& who);

  std::vector<person> people_;
  std::unordered_map<std::string, std::size_t> by_user_id_, by_number_;
};

// The person who wrote a message.
identity sender_of(const json::object& message, named_people& people);

// The person to whom the business wrote.
identity receiver_of(const json::object& message, named_people& people);

// The person, outside groups, whose message a status is about; empty in groups.
identity recipient_of(const json::object& status, named_people& people);

// The member of a group whose status it is; empty outside groups.
identity participant_of(const json::object& status, named_people& people);

// The person of one thread of imported history.
identity person_of(const json::object& thread);

// A system message says that the person has another number or user id; `who` may have to be completed from
// it.
std::optional<identity> became(const json::object& message, identity& who);

// Digits of our own number, as the value's metadata shows it.
std::string business_number(const json::object& value);

} // namespace tickwire::meta
