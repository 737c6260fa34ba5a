// Which contact somebody is, whatever form Meta or a colleague names them in. Decided once, before an entry
// is written; nothing here changes a row, what has to change comes out as entries.
#pragma once

#include "core/contact.hpp"
#include "core/entry.hpp"
#include "core/views.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire {

// The chat of messages that name nobody.
inline constexpr std::string_view unknown_sender_id = "unknown-sender";

// What may lead to this person, the surest first: user ids, then each number in all its forms.
std::vector<std::string> aliases_of(const identity& who);

// One proposal's questions. What it decides about a person is seen by what is asked next.
class identification {
public:
  explicit identification(views& views)
      : views_(views) {}

  // The contact that this person is, made or changed where needed. `at`: Meta's time of the names in it;
  // older ones replace no newer. Nobody at all is the unknown sender.
  std::string known(const identity& who, timestamp at);

  // We learned that the contact has these names as well. All three: the id of the contact that they are now.
  std::string same_person(const std::string& contact_id, const identity& also, timestamp at);

  // We learned that the two contacts are one person; they stay two where their numbers or user ids say
  // otherwise. The id of the contact that the first one is now.
  std::string both_are_one(const std::string& contact_id, const std::string& other_id);

  // The person has another number or user id from `at` on. They keep their id and their chat, and the old
  // number is free for its next owner.
  std::string moved(const std::string& contact_id, const identity& became, timestamp at);

  // As it is after all that was decided here.
  std::optional<contact> find_contact(const std::string& contact_id);

  // The contact of this id, or the one that it has become part of.
  std::string present_id(const std::string& contact_id);

  // Contacts that turned out to be others, each with the one that it is part of. They come behind the
  // changes.
  struct merge {
    std::string from, into;
  };
  std::vector<merge> take_merges();

  // What was decided and not taken yet: of this contact, or of all, in the order in which it has to be
  // applied.
  std::optional<contact_changed> take_change(const std::string& contact_id);
  std::vector<contact_changed> take_changes();

private:
  std::optional<std::string> find_alias(const std::string& alias);
  std::optional<contact> contact_by_alias(const std::string& alias);
  bool leads_to(const std::string& alias, const std::string& contact_id);
  std::vector<contact> contacts_of(const identity& who);
  contact made_one(const std::vector<contact>& same);
  std::string unused_id(const identity& who);
  void learn(contact record, const identity& who, timestamp at);
  void point(const std::string& alias, const std::string& contact_id);
  void release(const std::string& alias, const std::string& contact_id);
  void put(const contact& record);
  contact_changed& change_of(const std::string& contact_id);

  views& views_;
  std::vector<merge> merges_;
  std::vector<contact_changed> changes_;       // one for each contact
  std::map<std::string, contact> records_;     // as decided here
  std::map<std::string, std::string> pointed_; // alias → contact id, as decided here
};

} // namespace tickwire
