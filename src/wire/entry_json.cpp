#include "wire/entry_json.hpp"

#include "wire/body_json.hpp"
#include "wire/json_writer.hpp"
#include "wire/stored_json.hpp"

#include <boost/json.hpp>

namespace tickwire::wire {

namespace {

namespace json = boost::json;

std::int64_t millis(timestamp time) { return time.time_since_epoch().count(); }

void add_time(object_writer& object, std::string_view name, timestamp time) {
  object.raw(name, std::to_string(millis(time)));
}

void add_time(object_writer& object, std::string_view name, const std::optional<timestamp>& time) {
  if (time) add_time(object, name, *time);
}

// Empty texts are left out: most fields of most entries are.
void add_text(object_writer& object, std::string_view name, const std::string& text) {
  if (!text.empty()) object.member(name, text);
}

void add_identity(object_writer& object, std::string_view name, const identity& who) {
  object_writer inner(object.open(name));
  add_text(inner, "phone", who.phone);
  add_text(inner, "waId", who.wa_id);
  add_text(inner, "userId", who.user_id);
  add_text(inner, "previousUserId", who.previous_user_id);
  add_text(inner, "username", who.username);
  add_text(inner, "profileName", who.profile_name);
}

void add_error(object_writer& object, const std::optional<message_error>& error) {
  if (!error) return;
  object_writer inner(object.open("error"));
  inner.member("code", error->code);
  inner.member("title", error->title);
  inner.member("reason", error->reason);
  inner.member("canRetry", error->can_retry);
}

struct encoder {
  object_writer& object;

  void operator()(const message_received& data) const {
    object.member("wamid", data.whatsapp_message_id);
    add_identity(object, "sender", data.sender);
    add_text(object, "groupId", data.group_id);
    add_time(object, "sentAt", data.sent_at);
    object.member("type", data.type);
    object.member("text", data.text);
    if (!data.body.empty()) object.raw("body", encode(data.body));
    add_text(object, "replyTo", data.reply_to_whatsapp_id);
    if (data.from_business) object.member("fromBusiness", true);
    if (data.history) object.member("history", true);
    if (data.referral) object.member("referral", true);
    object.member("initial", to_string(data.initial));
    if (data.became) add_identity(object, "became", *data.became);
    if (data.notice) object.member("notice", true);
    if (data.repeats) object.member("repeats", data.repeats);
    if (data.position) object.member("position", data.position);
    if (data.placeholder) object.member("placeholder", true);
    if (data.replaces_placeholder) object.member("replacesPlaceholder", true);
  }
  void operator()(const message_accepted& data) const {
    object.member("clientId", data.client_id);
    object.member("text", data.text);
    add_text(object, "replyTo", data.reply_to_message_id);
  }
  void operator()(const retry_requested& data) const { object.member("attempt", data.attempt); }
  void operator()(const sending_taken& data) const {
    object.member("node", data.node);
    object.member("term", data.term);
  }
  void operator()(const send_attempted& data) const {
    object.member("attempt", data.attempt);
    object.member("try", data.try_number);
    if (data.term) object.member("term", data.term);
  }
  void operator()(const send_result& data) const {
    object.member("attempt", data.attempt);
    object.member("try", data.try_number);
    object.member("outcome", static_cast<int>(data.outcome));
    add_text(object, "wamid", data.whatsapp_message_id);
    add_error(object, data.error);
    add_text(object, "waId", data.wa_id);
    if (data.term) object.member("term", data.term);
  }
  void operator()(const status_changed& data) const {
    object.member("wamid", data.whatsapp_message_id);
    object.member("word", static_cast<int>(data.word));
    add_time(object, "changedAt", data.changed_at);
    if (data.participant) add_identity(object, "participant", *data.participant);
    add_text(object, "callback", data.callback_data);
    add_error(object, data.error);
    add_text(object, "participantId", data.participant_id);
    object.member("attempt", data.attempt);
  }
  void operator()(const reaction& data) const {
    object.member("target", data.target_whatsapp_id);
    object.member("wamid", data.whatsapp_message_id);
    add_identity(object, "sender", data.sender);
    add_text(object, "senderId", data.sender_id);
    add_text(object, "emoji", data.emoji);
    add_time(object, "at", data.at);
    if (data.from_business) object.member("fromBusiness", true);
  }
  void operator()(const edit& data) const {
    object.member("target", data.target_whatsapp_id);
    object.member("wamid", data.whatsapp_message_id);
    object.member("text", data.text);
    add_time(object, "at", data.at);
  }
  void operator()(const revoke& data) const {
    object.member("target", data.target_whatsapp_id);
    object.member("wamid", data.whatsapp_message_id);
    add_time(object, "at", data.at);
  }
  void operator()(const read_mark& data) const {
    object.member("upTo", data.up_to);
    if (data.seen_up_to) object.member("seenUpTo", data.seen_up_to);
    if (data.more) object.member("more", true);
  }
  void operator()(const contact_changed& data) const {
    {
      object_writer inner(object.open("contact"));
      inner.member("id", data.contact.id);
      add_text(inner, "name", data.contact.name);
      add_text(inner, "profileName", data.contact.profile_name);
      add_text(inner, "phone", data.contact.phone);
      add_text(inner, "userId", data.contact.user_id);
      add_text(inner, "username", data.contact.username);
      add_time(inner, "profileNameAt", data.contact.profile_name_at);
      add_time(inner, "usernameAt", data.contact.username_at);
      add_time(inner, "since", data.contact.since);
    }
    std::string& out = object.open("aliases");
    out += '[';
    for (const std::string& alias : data.aliases) {
      if (&alias != data.aliases.data()) out += ',';
      append_string(out, alias);
    }
    out += ']';
    if (data.opens_chat) object.member("opensChat", true);
  }
  void operator()(const contacts_merged& data) const {
    object.member("from", data.from);
    object_writer marks(object.open("marks"));
    for (const contacts_merged::mark& mark : data.marks) marks.member(mark.user_id, mark.up_to);
  }
  void operator()(const message_joined& data) const {
    object.member("from", data.from);
    object.member("wamid", data.whatsapp_message_id);
    object.member("attempt", data.attempt);
  }
  void operator()(const group_changed& data) const { object.member("subject", data.subject); }
  void operator()(const chat_changed& data) const {
    if (data.kind == chat_kind::group) object.member("group", true);
    if (data.opened) object.member("opened", true);
    add_time(object, "windowEndsAt", data.window_ends_at);
    add_time(object, "entryPointAt", data.entry_point_at);
    add_time(object, "entryPointAnswered", data.entry_point_answered);
  }
  void operator()(const quote_known&) const {}
  void operator()(const unhandled& data) const {
    object.member("what", data.what);
    if (data.kind.empty()) return;
    object.member("kind", data.kind);
    object.member("data", data.data);
  }
};

// Reading what encode() wrote. A missing member is its default; a wrong kind throws, which decode() turns
// into a failure.
struct reader {
  const json::object& object;

  std::string text(std::string_view name) const { return stored_text(object, name); }
  std::int64_t number(std::string_view name) const {
    const json::value* value = object.if_contains(name);
    return value ? value->to_number<std::int64_t>() : 0;
  }
  std::uint64_t term() const { return static_cast<std::uint64_t>(number("term")); }
  int small(std::string_view name) const { return static_cast<int>(number(name)); }
  bool flag(std::string_view name) const { return object.contains(name) && object.at(name).as_bool(); }
  timestamp time(std::string_view name) const { return timestamp{std::chrono::milliseconds{number(name)}}; }
  std::optional<timestamp> maybe_time(std::string_view name) const {
    return object.contains(name) ? std::optional(time(name)) : std::nullopt;
  }

  identity who(std::string_view name) const {
    const reader inner{object.at(name).as_object()};
    identity result;
    result.phone = inner.text("phone");
    result.wa_id = inner.text("waId");
    result.user_id = inner.text("userId");
    result.previous_user_id = inner.text("previousUserId");
    result.username = inner.text("username");
    result.profile_name = inner.text("profileName");
    return result;
  }
  std::optional<identity> maybe_who(std::string_view name) const {
    return object.contains(name) ? std::optional(who(name)) : std::nullopt;
  }
  message_body body() const {
    if (object.contains("extra")) return body_from_members(text("extra"));
    return object.contains("body") ? body_from(object.at("body").as_object()) : message_body{};
  }
  std::optional<message_error> error() const {
    if (!object.contains("error")) return std::nullopt;
    const reader inner{object.at("error").as_object()};
    return message_error{inner.small("code"), inner.text("title"), inner.text("reason"),
                         inner.flag("canRetry")};
  }
};

entry_data decode_object(std::string_view kind, const reader& from) {
  if (kind == "message_received") {
    message_received data;
    data.whatsapp_message_id = from.text("wamid");
    data.sender = from.who("sender");
    data.group_id = from.text("groupId");
    data.sent_at = from.time("sentAt");
    data.type = from.text("type");
    data.text = from.text("text");
    data.body = from.body();
    data.reply_to_whatsapp_id = from.text("replyTo");
    data.from_business = from.flag("fromBusiness");
    data.history = from.flag("history");
    data.initial = status_from(from.text("initial")).value();
    data.became = from.maybe_who("became");
    data.notice = from.flag("notice");
    data.repeats = from.small("repeats");
    data.referral = from.flag("referral");
    data.position = from.number("position");
    data.placeholder = from.flag("placeholder");
    data.replaces_placeholder = from.flag("replacesPlaceholder");
    return data;
  }
  if (kind == "message_accepted")
    return message_accepted{from.text("clientId"), from.text("text"), from.text("replyTo")};
  if (kind == "retry_requested") return retry_requested{from.small("attempt")};
  if (kind == "sending_taken") return sending_taken{from.text("node"), from.term()};
  if (kind == "send_attempted") return send_attempted{from.small("attempt"), from.small("try"), from.term()};
  if (kind == "send_result")
    return send_result{from.small("attempt"),
                       from.small("try"),
                       static_cast<send_outcome_kind>(from.small("outcome")),
                       from.text("wamid"),
                       from.error(),
                       from.text("waId"),
                       from.term()};
  if (kind == "status_changed")
    return status_changed{from.text("wamid"),
                          static_cast<status_word>(from.small("word")),
                          from.time("changedAt"),
                          from.maybe_who("participant"),
                          from.text("callback"),
                          from.error(),
                          from.text("participantId"),
                          from.small("attempt"),
                          std::nullopt};
  if (kind == "reaction")
    return reaction{from.text("target"), from.text("wamid"), from.who("sender"),       from.text("senderId"),
                    from.text("emoji"),  from.time("at"),    from.flag("fromBusiness")};
  if (kind == "edit")
    return edit{from.text("target"), from.text("wamid"), from.text("text"), from.time("at")};
  if (kind == "revoke") return revoke{from.text("target"), from.text("wamid"), from.time("at")};
  if (kind == "read_mark")
    return read_mark{static_cast<std::uint64_t>(from.number("upTo")),
                     static_cast<std::uint64_t>(from.number("seenUpTo")), from.flag("more")};
  if (kind == "contact_changed") {
    const reader inner{from.object.at("contact").as_object()};
    contact_changed data;
    data.contact.id = inner.text("id");
    data.contact.name = inner.text("name");
    data.contact.profile_name = inner.text("profileName");
    data.contact.phone = inner.text("phone");
    data.contact.user_id = inner.text("userId");
    data.contact.username = inner.text("username");
    data.contact.profile_name_at = inner.time("profileNameAt");
    data.contact.username_at = inner.time("usernameAt");
    data.contact.since = inner.time("since");
    for (const json::value& alias : from.object.at("aliases").as_array())
      data.aliases.emplace_back(alias.as_string());
    data.opens_chat = from.flag("opensChat");
    return data;
  }
  if (kind == "contacts_merged") {
    contacts_merged data{from.text("from"), {}};
    for (const auto& [user_id, up_to] : from.object.at("marks").as_object())
      data.marks.push_back({std::string(user_id), up_to.to_number<std::uint64_t>()});
    return data;
  }
  if (kind == "message_joined")
    return message_joined{from.text("from"), from.text("wamid"), from.small("attempt")};
  if (kind == "group_changed") return group_changed{from.text("subject")};
  if (kind == "chat_changed")
    return chat_changed{from.flag("group") ? chat_kind::group : chat_kind::person, from.flag("opened"),
                        from.maybe_time("windowEndsAt"), from.maybe_time("entryPointAt"),
                        from.maybe_time("entryPointAnswered")};
  if (kind == "quote_known") return quote_known{};
  if (kind == "unhandled") return unhandled{from.text("what"), from.text("kind"), from.text("data")};
  throw std::invalid_argument("unknown kind");
}

} // namespace

std::string encode(const entry_data& data) {
  std::string out;
  out.reserve(256);
  {
    object_writer object(out);
    std::visit(encoder{object}, data);
  }
  return out;
}

result<entry_data> decode(std::string_view kind, std::string_view text) {
  try {
    const json::value value = parse_stored(text);
    return decode_object(kind, reader{value.as_object()});
  } catch (const std::exception&) {
    // falls through: what encode() never writes
  }
  return fail(failure_kind::internal, "log_entry_unreadable",
              "A log entry of kind " + std::string(kind) +
                  " cannot be read; the database was changed by something else.");
}

} // namespace tickwire::wire
