#include "core/lookups.hpp"

#include "core/apply.hpp"
#include "core/complete.hpp"
#include "core/identify.hpp"

#include <utility>

namespace tickwire {

namespace {

class collection {
public:
  explicit collection(const entry& proposal)
      : entry_(proposal) {}

  lookups run() {
    add(found_.messages, entry_.message_id);
    add(found_.chats, entry_.chat_id);
    std::visit([this](const auto& data) { look(data); }, entry_.data);
    for (const std::string& id : found_.messages) found_.bindings.push_back(joined_key(id));
    return std::move(found_);
  }

private:
  static void add(std::vector<std::string>& list, const std::string& value) {
    if (!value.empty()) list.push_back(value);
  }

  void person(const identity& who) {
    for (std::string& alias : aliases_of(who)) found_.aliases.push_back(std::move(alias));
    for (const std::string* id : {&who.phone, &who.wa_id, &who.user_id})
      add(found_.chats, *id); // if they are new
  }

  void look(const message_received& received) {
    person(received.sender);
    if (received.became) person(*received.became);
    add(found_.chats, received.group_id);
    add(found_.wamids, received.whatsapp_message_id);
    add(found_.wamids, received.reply_to_whatsapp_id);
    if (entry_.message_id.empty()) found_.messages.push_back(id_of_received(entry_));
  }
  void look(const message_accepted& accepted) { add(found_.messages, accepted.reply_to_message_id); }
  void look(const send_result& result) {
    add(found_.wamids, result.whatsapp_message_id);
    identity addressee;
    addressee.wa_id = result.wa_id;
    person(addressee);
  }
  void look(const status_changed& changed) {
    add(found_.wamids, changed.whatsapp_message_id);
    if (const auto ours = callback_from(changed.callback_data)) add(found_.messages, ours->message_id);
    if (changed.participant) person(*changed.participant);
    if (changed.recipient) person(*changed.recipient);
  }
  void look(const reaction& reaction) {
    person(reaction.sender);
    add(found_.wamids, reaction.target_whatsapp_id);
  }
  void look(const edit& edit) {
    person(edit.with);
    add(found_.wamids, edit.target_whatsapp_id);
  }
  void look(const revoke& revoke) {
    person(revoke.with);
    add(found_.wamids, revoke.target_whatsapp_id);
  }
  void look(const tickwire::read_mark&) {
    found_.readers.push_back("");
    add(found_.readers, entry_.actor);
  }
  void look(const contact_changed& change) {
    identity who;
    who.phone = change.contact.phone;
    who.user_id = change.contact.user_id;
    person(who);
    add(found_.chats, change.contact.id);
    for (const std::string& alias : change.aliases)
      found_.aliases.push_back(alias.starts_with('-') ? alias.substr(1) : alias);
  }
  void look(const contacts_merged& merged) { add(found_.chats, merged.from); }
  void look(const message_joined& joined) {
    add(found_.messages, joined.from);
    add(found_.wamids, joined.whatsapp_message_id);
  }
  void look(const retry_requested&) {}
  void look(const sending_taken&) {}
  void look(const send_attempted&) {}
  void look(const group_changed&) {}
  void look(const chat_changed&) {}
  void look(const quote_known&) {}
  void look(const unhandled&) {}

  const entry& entry_;
  lookups found_;
};

} // namespace

lookups lookups_of(const entry& proposal) { return collection(proposal).run(); }

} // namespace tickwire
