// People and groups, and how the many forms in which Meta names them lead to one id.
#pragma once

#include "core/time.hpp"

#include <cstdint>
#include <string>

namespace tickwire {

// Someone who writes to us. `id` is also the chat id of the conversation with them.
struct contact {
  std::string id;
  std::string name;         // given by the team; empty when none was given
  std::string profile_name; // what the person calls themselves on WhatsApp
  std::string phone;        // digits without +; empty when WhatsApp withholds it
  std::string user_id;      // BSUID, business-scoped user id; empty in webhooks before 2026
  std::string username;
  timestamp profile_name_at{}, username_at{}; // Meta's time of what said so: an older webhook changes nothing
  std::uint64_t seq = 0;                      // entry that wrote this; the highest wins
  timestamp since{};                          // when they first wrote or were written to
  std::string merged_into; // another contact that turned out to be the same person; empty: none

  // What to call them on screen.
  std::string title() const;

  friend bool operator==(const contact&, const contact&) = default;
};

// How a webhook or a form names a person. Any part may be empty, not all.
struct identity {
  std::string phone;            // digits, from `from` or as typed
  std::string wa_id;            // digits; differs from `phone` by an extra digit in Brazil and Mexico
  std::string user_id;          // BSUID
  std::string previous_user_id; // before a change of number, else empty
  std::string username;
  std::string profile_name;
  bool empty() const { return phone.empty() && wa_id.empty() && user_id.empty(); }
  friend bool operator==(const identity&, const identity&) = default;
};

} // namespace tickwire
