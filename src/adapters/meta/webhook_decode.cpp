#include "adapters/meta/webhook_decode.hpp"

#include "adapters/meta/json_access.hpp"
#include "adapters/meta/json_validity.hpp"
#include "adapters/meta/message_content.hpp"
#include "core/phone.hpp"
#include "core/send_policy.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace tickwire::meta {

namespace {

std::string hash_of(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (int i = 0; i < 16; ++i) {
    hex += digits[digest[i] >> 4];
    hex += digits[digest[i] & 15];
  }
  return hex;
}

constexpr std::size_t depth_max = 64; // Meta's own bodies have ten; the parser recurses

// The same JSON with U+FFFD for each escaped half of a surrogate pair without its other: JSON by its grammar,
// and what somebody gets who cuts a text by UTF-16 units, but our parser refuses it.
std::string without_halves_of_pairs(std::string_view body) {
  const auto unit_at = [&](std::size_t i) -> int { // of "\\uXXXX" at i, else -1
    if (i + 6 > body.size() || body[i] != '\\' || body[i + 1] != 'u') return -1;
    int unit = 0;
    const auto read = std::from_chars(body.data() + i + 2, body.data() + i + 6, unit, 16);
    return read.ptr == body.data() + i + 6 ? unit : -1;
  };
  const auto is_high = [](int unit) { return unit >= 0xD800 && unit <= 0xDBFF; };
  const auto is_low = [](int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; };
  std::string repaired;
  repaired.reserve(body.size());
  for (std::size_t i = 0; i < body.size();) {
    const int unit = unit_at(i);
    std::size_t length = unit >= 0 ? 6 : body[i] == '\\' && i + 1 < body.size() ? 2 : 1;
    if (is_high(unit) && is_low(unit_at(i + 6)))
      length = 12;
    else if (is_high(unit) || is_low(unit)) {
      repaired += "\\uFFFD";
      i += length;
      continue;
    }
    repaired += body.substr(i, length);
    i += length;
  }
  return repaired;
}

class decoder {
public:
  decoder(const std::string& inbox, timestamp now)
      : inbox_(inbox)
      , now_(now) {}

  decoded_webhook run(const json::value& body) {
    const auto* envelope = body.if_object();
    const auto* entries = envelope ? array_at(*envelope, "entry") : nullptr;
    if (!entries) {
      keep("envelope", body);
      return std::move(result_);
    }
    for (const json::value& item : *entries) {
      const auto* entry = item.if_object();
      const auto* changes = entry ? array_at(*entry, "changes") : nullptr;
      if (!changes) {
        keep("entry", item);
        continue;
      }
      for (const json::value& change : *changes) on_change(*entry, change);
    }
    return std::move(result_);
  }

  // Nothing in it is understood, yet it is signed: kept, so that Meta need not send it for a week.
  decoded_webhook keep_whole(std::string what, std::string_view body) {
    entry proposal;
    proposal.inbox = inbox_;
    proposal.at = now_;
    proposal.key = "raw:" + hash_of(body);
    proposal.data = unhandled{std::move(what)};
    proposal.raw = std::string(body);
    result_.proposals.push_back(std::move(proposal));
    return std::move(result_);
  }

private:
  void on_change(const json::object& entry, const json::value& change_value) {
    const auto* change = change_value.if_object();
    const auto* value = change ? object_at(*change, "value") : nullptr;
    const std::string field = change ? text_at(*change, "field") : "";
    if (!value) return keep("field " + field, change_value);

    if (const auto* metadata = object_at(*value, "metadata")) {
      const std::string number = text_at(*metadata, "phone_number_id");
      if (!number.empty() && number != inbox_) {
        ++result_.foreign;
        return;
      }
    }
    if (field == "messages")
      on_messages(*value, change_value);
    else if (field == "smb_message_echoes")
      on_echoes(*value);
    else if (field == "history")
      on_history(*value, change_value);
    else if (field == "group_lifecycle_update" || field == "group_settings_update")
      on_groups(field, *value, change_value);
    else
      keep_of(entry, "field " + field, change_value);
  }

  void on_messages(const json::object& value, const json::value& change) {
    const auto* contacts = array_at(value, "contacts");
    bool any = false;
    if (const auto* messages = array_at(value, "messages"))
      for (const json::value& item : *messages) {
        any = true;
        on_message(item, contacts, origin::customer);
      }
    if (const auto* statuses = array_at(value, "statuses"))
      for (const json::value& item : *statuses) {
        any = true;
        on_status(item);
      }
    if (!any || value.contains("errors")) keep("messages without items", change);
  }

  void on_echoes(const json::object& value) {
    const auto* echoes = array_at(value, "message_echoes");
    if (!echoes) return;
    for (const json::value& item : *echoes) on_message(item, array_at(value, "contacts"), origin::business);
  }

  void on_history(const json::object& value, const json::value& change) {
    const std::string business = business_number(value);
    bool any = false;
    const auto take = [&](const json::array* messages, const json::array* contacts) {
      if (!messages) return;
      for (const json::value& item : *messages) {
        any = true;
        const auto* message = item.if_object();
        const bool ours = message && !business.empty() && digits_of(text_at(*message, "from")) == business;
        on_message(item, contacts, ours ? origin::business_history : origin::customer_history);
      }
    };
    if (const auto* chunks = array_at(value, "history"))
      for (const json::value& chunk : *chunks) {
        const auto* object = chunk.if_object();
        const auto* threads = object ? array_at(*object, "threads") : nullptr;
        if (!threads) continue;
        for (const json::value& thread : *threads)
          if (const auto* of_thread = thread.if_object()) take(array_at(*of_thread, "messages"), nullptr);
      }
    take(array_at(value, "messages"), array_at(value, "contacts"));
    take(array_at(value, "message_echoes"), array_at(value, "contacts"));
    if (!any) keep("field history", change);
  }

  void on_groups(const std::string& field, const json::object& value, const json::value& change) {
    keep("field " + field, change);
    const auto* groups = array_at(value, "groups");
    if (!groups) return;
    for (const json::value& item : *groups) {
      const auto* group = item.if_object();
      if (!group || group->contains("errors")) continue;
      const std::string id = text_at(*group, "group_id");
      std::string subject = text_at(*group, "subject");
      if (const auto* changed = object_at(*group, "group_subject");
          changed && flag_at(*changed, "update_successful"))
        subject = text_at(*changed, "text");
      if (id.empty() || subject.empty()) continue;
      entry proposal = fresh("gr:" + hash_of(json::serialize(item)), group_changed{subject}, item);
      proposal.chat_id = id;
      result_.proposals.push_back(std::move(proposal));
    }
  }

  enum class origin { customer, business, customer_history, business_history };

  void on_message(const json::value& item, const json::array* contacts, origin from) {
    const auto* message = item.if_object();
    const std::string wamid = message ? text_at(*message, "id") : "";
    if (wamid.empty())
      return keep("message without id", item); // it could not be told from its own repetition
    const bool from_business = from == origin::business || from == origin::business_history;
    identity who = from_business ? receiver_of(*message) : sender_of(*message, contacts);
    const std::string type = text_at(*message, "type");
    const timestamp at = time_at(*message, "timestamp");
    const std::string key = keys::received(wamid);

    if (type == "reaction") {
      const auto* body = object_at(*message, "reaction");
      const std::string target = body ? text_at(*body, "message_id") : "";
      if (target.empty() || (who.empty() && !from_business)) return keep("reaction without target", item);
      reaction data;
      data.target_whatsapp_id = target;
      data.whatsapp_message_id = wamid;
      data.sender = std::move(who);
      data.emoji = text_at(*body, "emoji");
      data.at = at;
      data.from_business = from_business;
      return propose(key, std::move(data), item);
    }
    if (type == "edit") {
      const auto* body = object_at(*message, "edit");
      const std::string target = body ? text_at(*body, "original_message_id") : "";
      const auto* inner = body ? object_at(*body, "message") : nullptr;
      if (target.empty() || !inner) return keep("edit without target", item);
      return propose(key, edit{target, wamid, content_of(*inner).text, at}, item);
    }
    if (type == "revoke") {
      const auto* body = object_at(*message, "revoke");
      const std::string target = body ? text_at(*body, "original_message_id") : "";
      if (target.empty()) return keep("revoke without target", item);
      return propose(key, revoke{target, wamid, at}, item);
    }

    message_received data;
    data.whatsapp_message_id = wamid;
    data.group_id = text_at(*message, "group_id");
    if (type == "system") data.became = became(*message, who);
    if (who.empty() && data.group_id.empty()) return keep("message from nobody", item);
    data.sender = std::move(who);
    data.sent_at = at;
    message_content content = content_of(*message);
    data.type = std::move(content.type);
    data.text = std::move(content.text);
    data.extra = std::move(content.extra);
    if (const auto* context = object_at(*message, "context"))
      data.reply_to_whatsapp_id = text_at(*context, "id");
    data.from_business = from_business;
    data.history = from == origin::customer_history || from == origin::business_history;
    if (from_business) data.initial = status::sent;
    if (data.history) data.initial = history_status(*message, from_business);
    propose(key, std::move(data), item);
  }

  void on_status(const json::value& item) {
    const auto* object = item.if_object();
    if (!object) return keep("status", item);
    status_changed data;
    data.whatsapp_message_id = text_at(*object, "id");
    const std::string word = text_at(*object, "status");
    if (word == "sent")
      data.word = status_word::sent;
    else if (word == "delivered")
      data.word = status_word::delivered;
    else if (word == "read")
      data.word = status_word::read;
    else if (word == "played")
      data.word = status_word::played;
    else if (word == "failed")
      data.word = status_word::failed;
    else
      return keep("status " + word, item);
    if (data.whatsapp_message_id.empty() || text_at(*object, "type") == "call")
      return keep("status without message", item);

    data.changed_at = time_at(*object, "timestamp");
    data.callback_message_id = text_at(*object, "biz_opaque_callback_data");
    identity participant;
    participant.phone = digits_of(text_at(*object, "recipient_participant_id"));
    if (participant.phone.empty())
      participant.phone = digits_of(text_at(*object, "participant_recipient_id")); // Meta's groups page
    participant.user_id = text_at(*object, "recipient_participant_user_id");
    std::string participant_key = participant.user_id.empty() ? participant.phone : participant.user_id;
    if (!participant.empty()) data.participant = std::move(participant);
    if (data.word == status_word::failed) data.error = error_of(*object);
    const std::string key = keys::status(data.whatsapp_message_id, word, participant_key);
    propose(key, std::move(data), item);
  }

  static message_error error_of(const json::object& status) {
    const auto* errors = array_at(status, "errors");
    const auto* first = errors && !errors->empty() ? errors->front().if_object() : nullptr;
    if (!first)
      return {0, "Not delivered", "WhatsApp could not deliver the message and did not say why. Try again.",
              true};
    graph_error error;
    error.code = static_cast<int>(number_at(*first, "code").value_or(0));
    error.title = text_at(*first, "title");
    if (const auto* data = object_at(*first, "error_data")) error.details = text_at(*data, "details");
    if (error.code == 131000)
      return {131000, "WhatsApp had a fault on its side",
              "WhatsApp took the message and then could not pass it on. Your text and the number are fine; "
              "try again.",
              true};
    return explain(error);
  }

  // --- who ---

  static identity sender_of(const json::object& message, const json::array* contacts) {
    identity who;
    who.phone = digits_of(text_at(message, "from"));
    who.user_id = text_at(message, "from_user_id");
    if (const json::object* contact = contact_of(who, contacts)) {
      who.wa_id = digits_of(text_at(*contact, "wa_id"));
      if (who.user_id.empty()) who.user_id = text_at(*contact, "user_id");
      if (const auto* profile = object_at(*contact, "profile")) {
        who.profile_name = text_at(*profile, "name");
        who.username = text_at(*profile, "username");
      }
    }
    return who;
  }

  // By user id, then by number; never by position, since Meta's two lists need not be aligned.
  static const json::object* contact_of(const identity& who, const json::array* contacts) {
    if (!contacts) return nullptr;
    for (const json::value& item : *contacts)
      if (const auto* contact = item.if_object();
          contact && !who.user_id.empty() && text_at(*contact, "user_id") == who.user_id)
        return contact;
    for (const json::value& item : *contacts)
      if (const auto* contact = item.if_object();
          contact && !who.phone.empty() && digits_of(text_at(*contact, "wa_id")) == who.phone)
        return contact;
    return nullptr;
  }

  static identity receiver_of(const json::object& message) {
    identity who;
    who.phone = digits_of(text_at(message, "to"));
    who.user_id = text_at(message, "to_user_id");
    return who;
  }

  // A system message says that the person has another number or user id; `who` may have to be completed from
  // it.
  static std::optional<identity> became(const json::object& message, identity& who) {
    const auto* body = object_at(message, "system");
    if (!body) return std::nullopt;
    identity fresh;
    fresh.phone = digits_of(text_at(*body, "wa_id"));
    if (fresh.phone.empty()) fresh.phone = digits_of(text_at(*body, "new_wa_id"));
    fresh.user_id = text_at(*body, "user_id");
    const std::string previous = text_at(*body, "previous_user_id");
    const bool changed = text_at(*body, "type").find("changed") != std::string::npos &&
                         (text_at(*body, "type").find("number") != std::string::npos ||
                          text_at(*body, "type").find("user_id") != std::string::npos);
    if (!changed || fresh.empty()) return std::nullopt;
    // The envelope already names the new id; who they were is found by the old one.
    if (!previous.empty())
      who.user_id = previous;
    else if (who.user_id == fresh.user_id)
      who.user_id.clear();
    if (who.empty()) {
      who = fresh;
      who.previous_user_id = previous;
    }
    return fresh;
  }

  static std::string business_number(const json::object& value) {
    const auto* metadata = object_at(value, "metadata");
    return metadata ? digits_of(text_at(*metadata, "display_phone_number")) : "";
  }

  static status history_status(const json::object& message, bool from_business) {
    const auto* context = object_at(message, "history_context");
    const std::string word = context ? text_at(*context, "status") : "";
    if (word == "READ" || word == "PLAYED") return status::read;
    if (word == "DELIVERED") return status::delivered;
    if (word == "ERROR") return status::failed;
    return from_business ? status::sent : status::delivered;
  }

  timestamp time_at(const json::object& object, std::string_view name) const {
    const auto seconds = number_at(object, name);
    constexpr std::int64_t latest = 253'402'300'799; // the year 9999
    return seconds && *seconds > 0 && *seconds <= latest ? from_unix_seconds(*seconds) : now_;
  }

  // --- what is kept ---

  entry fresh(std::string key, entry_data data, const json::value& item) const {
    entry proposal;
    proposal.inbox = inbox_;
    proposal.at = now_;
    proposal.key = std::move(key);
    proposal.data = std::move(data);
    proposal.raw = json::serialize(item);
    return proposal;
  }

  void propose(const std::string& key, entry_data data, const json::value& item) {
    result_.proposals.push_back(fresh(key, std::move(data), item));
  }

  void keep(std::string what, const json::value& item) {
    entry proposal = fresh("", unhandled{std::move(what)}, item);
    proposal.key = "raw:" + hash_of(proposal.raw);
    result_.proposals.push_back(std::move(proposal));
  }

  // The same news at another time is other news.
  void keep_of(const json::object& of_entry, std::string what, const json::value& item) {
    entry proposal = fresh("", unhandled{std::move(what)}, item);
    proposal.key =
        "raw:" + hash_of(text_at(of_entry, "id") + "/" + text_at(of_entry, "time") + "/" + proposal.raw);
    result_.proposals.push_back(std::move(proposal));
  }

  const std::string& inbox_;
  const timestamp now_;
  decoded_webhook result_;
};

// Numbers beyond all floats are infinities for our parser, which JSON cannot say; what is kept and shown of a
// message has null in their place.
void drop_infinities(json::value& value) {
  if (auto* array = value.if_array())
    for (json::value& item : *array) drop_infinities(item);
  else if (auto* object = value.if_object())
    for (auto& member : *object) drop_infinities(member.value());
  else if (value.is_double() && !std::isfinite(value.get_double()))
    value = nullptr;
}

} // namespace

std::optional<decoded_webhook> decode_webhook(std::string_view body, const std::string& inbox,
                                              timestamp now) {
  unsigned char first[16 * 1024];
  json::monotonic_resource memory(first, sizeof first);
  json::parse_options options;
  options.max_depth = depth_max;
  boost::system::error_code error;
  json::value parsed = json::parse(as_json(body), error, &memory, options);
  if (error && error != json::error::too_deep)
    if (const std::string repaired = without_halves_of_pairs(body); repaired != body)
      parsed = json::parse(repaired, error, &memory, options);
  if (error == json::error::too_deep && is_json(body))
    return decoder(inbox, now).keep_whole("body too deep", body);
  if (error) return std::nullopt;
  drop_infinities(parsed);
  return decoder(inbox, now).run(parsed);
}

} // namespace tickwire::meta
