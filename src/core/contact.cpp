#include "core/contact.hpp"

namespace tickwire {

std::string contact::title() const {
  if (!name.empty()) return name;
  if (!profile_name.empty()) return profile_name;
  if (!username.empty()) return "@" + username;
  if (!phone.empty()) return "+" + phone;
  return user_id.empty() ? "Unknown sender" : "WhatsApp user";
}

} // namespace tickwire
