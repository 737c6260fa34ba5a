#include "core/quote.hpp"

#include "core/views.hpp"

namespace tickwire {

void complete_quote(message& row, views& views) {
  struct lookup {
    tickwire::views& rows;
    std::optional<std::string> message_of(const std::string& wamid) const {
      const auto binding = rows.find_binding(wamid);
      return binding ? std::optional(binding->message_id) : std::nullopt;
    }
    std::optional<std::string> wamid_of(const std::string& message_id) const {
      const auto quoted = rows.find_message(message_id);
      return quoted ? std::optional(quoted->whatsapp_message_id) : std::nullopt;
    }
  };
  complete_quote_by(lookup{views}, row);
}

} // namespace tickwire
