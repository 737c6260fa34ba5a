#include "core/event.hpp"

namespace tickwire {

std::string_view name_of(const event& event) {
  struct names {
    std::string_view operator()(const new_message_event&) const { return "new_message"; }
    std::string_view operator()(const status_event&) const { return "message_status_update"; }
    std::string_view operator()(const message_update_event&) const { return "message_update"; }
    std::string_view operator()(const history_event&) const { return "history_message"; }
    std::string_view operator()(const contact_event&) const { return "contact_update"; }
    std::string_view operator()(const chat_merged_event&) const { return "chat_update"; }
    std::string_view operator()(const message_joined_event&) const { return "message_update"; }
    std::string_view operator()(const chat_event&) const { return "chat_update"; }
    std::string_view operator()(const read_mark_event&) const { return "read_mark"; }
  };
  return std::visit(names{}, event.what);
}

} // namespace tickwire
