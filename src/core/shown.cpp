#include "core/shown.hpp"

#include "core/views.hpp"

namespace tickwire {

void complete_as_shown(message& row, views& views) {
  struct lookup {
    tickwire::views& rows;
    std::optional<std::string> message_of(const std::string& wamid) const {
      const auto binding = rows.find_binding(wamid);
      return binding ? std::optional(binding->message_id) : std::nullopt;
    }
    std::optional<std::string> wamid_of(const std::string& message_id) const {
      const auto quoted = rows.find_message(message_id);
      return quoted ? std::optional(quoted->wamid()) : std::nullopt;
    }
    std::string present_id(std::string id) const {
      for (auto one = rows.find_contact(id); one && !one->merged_into.empty(); one = rows.find_contact(id))
        id = one->merged_into;
      return id;
    }
  };
  complete_as_shown_by(lookup{views}, row);
}

} // namespace tickwire
