#include "wire/public_json.hpp"

#include "core/text.hpp"
#include "wire/body_json.hpp"
#include "wire/json_writer.hpp"

namespace tickwire::wire {

namespace {

void add_time(object_writer& object, std::string_view name, const std::optional<timestamp>& time) {
  if (time) object.member(name, to_iso8601(*time));
}

void add_status_times(object_writer& object, const status_times& times) {
  object_writer inner(object.open("statusTimes"));
  add_time(inner, "sent", times.sent ? times.sent : times.accepted); // Meta's word before ours
  add_time(inner, "delivered", times.delivered);
  add_time(inner, "read", times.read);
  add_time(inner, "failed", times.failed);
}

// Always there, so that whoever merges an event into a message also loses what is over.
void add_error(object_writer& object, const message& message) {
  if (!message.error || (message.status != status::failed && !message.unconfirmed()))
    return object.null("error");
  object_writer inner(object.open("error"));
  inner.member("code", message.error->code);
  inner.member("title", message.error->title);
  inner.member("reason", message.error->reason);
  inner.member("canRetry", message.error->can_retry);
}

void add_receipts(object_writer& object, const message& message) {
  if (message.receipts.empty()) return;
  std::string& out = object.open("receipts");
  char separator = '[';
  for (const receipt& receipt : message.receipts) {
    out += separator;
    separator = ',';
    object_writer inner(out);
    inner.member("contactId", receipt.contact_id);
    inner.member("status", to_string(receipt.value));
    add_time(inner, "deliveredAt", receipt.delivered_at);
    add_time(inner, "readAt", receipt.read_at);
  }
  out += ']';
}

// Those that are left; an empty list where all were taken back.
void add_reactions(object_writer& object, const message& message) {
  if (message.reactions.empty()) return;
  std::string list;
  for (const reaction_mark& mark : message.reactions) {
    if (mark.emoji.empty()) continue;
    list += list.empty() ? '[' : ',';
    object_writer inner(list);
    inner.member("from", mark.from);
    inner.member("emoji", mark.emoji);
  }
  object.raw("reactions", list.empty() ? "[]" : list + "]");
}

void add_changes_of_content(object_writer& object, const message& message) {
  add_time(object, "editedAt", message.edited_at);
  if (message.edited_at) object.member("originalText", message.text);
  add_time(object, "revokedAt", message.revoked_at);
}

void add_quote(object_writer& object, const message& message) {
  if (!message.reply) return;
  object_writer inner(object.open("replyTo"));
  if (message.reply->whatsapp_message_id.empty())
    inner.null("whatsappMessageId");
  else
    inner.member("whatsappMessageId", message.reply->whatsapp_message_id);
  if (!message.reply->message_id.empty()) inner.member("messageId", message.reply->message_id);
}

// Where a message stands, the same in a message and in message_status_update.
void add_standing(object_writer& object, const message& message) {
  object.member("status", to_string(message.status));
  if (message.wamid().empty())
    object.null("whatsappMessageId");
  else
    object.member("whatsappMessageId", message.wamid());
  object.member("updatedAt", to_iso8601(message.updated_at));
  add_status_times(object, message.times);
  object.member("attempt", message.attempt);
  object.member("unconfirmed", message.unconfirmed());
  add_error(object, message);
  add_receipts(object, message);
  add_time(object, "playedAt", message.times.played);
}

void add_message(object_writer& object, const message& message) {
  object.member("id", message.id);
  object.member("chatId", message.chat_id);
  object.member("senderId", message.sender_id);
  object.member("receiverId", message.receiver_id);
  object.member("text", message.shown_text());
  object.member("createdAt", to_iso8601(message.created_at));
  add_standing(object, message);
  object.member("seq", message.seq);
  if (!message.client_id.empty()) object.member("clientId", message.client_id);
  object.member("direction", message.direction == direction::in ? "in" : "out");
  object.member("type", message.type);
  if (message.direction == direction::in && message.seq > 0 && !message.counts_unread)
    object.member("notice", true);
  add_quote(object, message);
  add_reactions(object, message);
  add_changes_of_content(object, message);
  add_members(object, message.body);
}

// What a list shows of a message: the beginning of its text, and no more than the usual beside it.
constexpr std::size_t preview_characters = 256, preview_body_bytes = 4096;

void add_preview(object_writer& object, message preview) {
  bool truncated = !preview.body.empty() && encode(preview.body).size() > preview_body_bytes;
  if (truncated) preview.body = {};
  for (std::string* text : {&preview.text, &preview.edited_text}) {
    const std::size_t length = first_characters(*text, preview_characters).size();
    truncated = truncated || length < text->size();
    text->resize(length);
  }
  add_message(object, preview);
  if (truncated) object.member("textTruncated", true);
}

void add_contact(object_writer& object, const contact& contact) {
  object.member("name", contact.title());
  object.member("profileName", contact.profile_name);
  object.member("phone", contact.phone);
  object.member("userId", contact.user_id);
  object.member("username", contact.username);
}

void add_title(object_writer& object, const chat& chat, const std::optional<contact>& contact) {
  const bool group = chat.kind == chat_kind::group;
  const std::string group_title = chat.subject.empty() ? "Group" : chat.subject;
  object.member("title", group ? group_title : contact ? contact->title() : chat.id);
  object.member("kind", group ? "group" : "person");
  if (contact && !contact->phone.empty()) object.member("phone", contact->phone);
  if (contact && !contact->username.empty()) object.member("username", contact->username);
}

void add_window(object_writer& object, const chat& chat) {
  if (chat.window_ends_at)
    object.member("windowEndsAt", to_iso8601(*chat.window_ends_at));
  else
    object.null("windowEndsAt");
}

struct event_writer {
  object_writer& object;
  std::uint64_t seq;

  void operator()(const new_message_event& event) const { add_message(object, event.value); }

  void operator()(const status_event& event) const {
    object.member("messageId", event.value.id);
    object.member("chatId", event.value.chat_id);
    add_standing(object, event.value);
    object.member("seq", seq);
  }

  void operator()(const message_update_event& event) const {
    object.member("messageId", event.value.id);
    object.member("chatId", event.value.chat_id);
    object.member("text", event.value.shown_text());
    add_reactions(object, event.value);
    add_quote(object, event.value);
    add_changes_of_content(object, event.value);
    object.member("updatedAt", to_iso8601(event.value.updated_at));
    object.member("seq", seq);
    if (event.content) append_message(object.open("message"), event.value);
  }

  void operator()(const contact_event& event) const {
    object.member("contactId", event.value.id);
    add_contact(object, event.value);
    object.member("seq", seq);
  }

  void operator()(const chat_merged_event& event) const {
    object.member("chatId", event.from);
    object.member("mergedInto", event.into);
    object.member("seq", seq);
  }

  void operator()(const message_joined_event& event) const {
    object.member("messageId", event.from);
    object.member("chatId", event.into.chat_id);
    object.member("text", event.into.shown_text());
    append_message(object.open("joinedInto"), event.into);
    object.member("updatedAt", to_iso8601(event.into.updated_at));
    object.member("seq", seq);
  }

  void operator()(const history_event& event) const {
    object.member("messageId", event.value.id);
    object.member("chatId", event.value.chat_id);
    append_message(object.open("message"), event.value);
    object.member("seq", seq);
  }

  void operator()(const chat_event& event) const {
    object.member("chatId", event.value.id);
    if (event.title) add_title(object, event.value, event.contact);
    if (event.born) {
      object.null("lastMessage");
      object.member("unread", 0);
    }
    if (event.window) add_window(object, event.value);
    if (event.activity) object.member("activity", activity(event.value));
    object.member("seq", seq);
  }

  void operator()(const read_mark_event& event) const {
    object.member("userId", event.user_id);
    object.member("chatId", event.chat_id);
    object.member("upTo", event.up_to);
    object.member("unread", event.unread);
    object.member("seq", seq);
  }
};

} // namespace

void append_message(std::string& out, const message& message) {
  object_writer object(out);
  add_message(object, message);
}

void append_contact(std::string& out, const contact& contact) {
  object_writer object(out);
  object.member("id", contact.id);
  add_contact(object, contact);
}

void append_chat(std::string& out, const chat& chat, const std::optional<contact>& contact,
                 const std::optional<message>& last_message, std::uint64_t unread) {
  object_writer object(out);
  object.member("id", chat.id);
  add_title(object, chat, contact);
  if (last_message) {
    object_writer inner(object.open("lastMessage"));
    add_preview(inner, *last_message);
  } else
    object.null("lastMessage");
  object.member("unread", unread);
  add_window(object, chat);
  object.member("activity", activity(chat));
}

void append_service_state(std::string& out, const sending_state& sending,
                          const std::vector<foreign_number>* foreign) {
  object_writer object(out);
  {
    object_writer inner(object.open("sending"));
    inner.member("state", sending.paused ? "paused" : "ok");
    if (sending.paused) inner.member("reason", sending.reason);
    add_time(inner, "since", sending.since);
    add_time(inner, "nextTryAt", sending.next_try_at);
    inner.member("waiting", std::uint64_t{sending.waiting});
  }
  if (!foreign) return;
  std::string& list = object.open("foreignNumbers");
  list += '[';
  for (const foreign_number& number : *foreign) {
    if (list.back() != '[') list += ',';
    object_writer inner(list);
    inner.member("phoneNumberId", number.phone_number_id);
    if (!number.display_phone_number.empty()) inner.member("displayPhoneNumber", number.display_phone_number);
    inner.member("count", number.count);
    inner.member("lastAt", to_iso8601(number.last_at));
  }
  list += ']';
}

std::string event_data(const event& event) {
  std::string out;
  out.reserve(768);
  {
    object_writer object(out);
    std::visit(event_writer{object, event.seq}, event.what);
  }
  return out;
}

} // namespace tickwire::wire
