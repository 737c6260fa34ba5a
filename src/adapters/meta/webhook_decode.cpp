#include "adapters/meta/webhook_decode.hpp"

#include "adapters/meta/webhook_identities.hpp"
#include "adapters/meta/webhook_items.hpp"
#include "adapters/meta/webhook_repair.hpp"
#include "core/phone.hpp"

namespace tickwire::meta {

namespace {

// Goes through the envelope, entry by entry and change by change, down to the items.
class decoder {
public:
  decoder(const std::string& inbox, timestamp now)
      : inbox_(inbox)
      , items_(inbox, now) {}

  decoded_webhook run(const json::value& body) {
    const auto* envelope = body.if_object();
    const auto* entries = envelope ? array_at(*envelope, "entry") : nullptr;
    if (entries)
      for (const json::value& entry : *entries) on_entry(entry);
    else
      items_.keep("envelope", body);
    return {items_.take(), foreign_};
  }

private:
  void on_entry(const json::value& item) {
    const auto* entry = item.if_object();
    const auto* changes = entry ? array_at(*entry, "changes") : nullptr;
    if (!changes) return items_.keep("entry", item);
    for (const json::value& change : *changes) on_change(*entry, change);
  }

  void on_change(const json::object& entry, const json::value& change_value) {
    const auto* change = change_value.if_object();
    const auto* value = change ? object_at(*change, "value") : nullptr;
    const std::string field = change ? text_at(*change, "field") : "";
    if (!value) return items_.keep("field " + field, change_value);

    if (const auto* metadata = object_at(*value, "metadata")) {
      const std::string number = text_at(*metadata, "phone_number_id");
      if (!number.empty() && number != inbox_) {
        ++foreign_;
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
      items_.keep_of(entry, "field " + field, change_value);
  }

  void on_messages(const json::object& value, const json::value& change) {
    bool any = take_messages(value, "messages", origin::customer);
    if (const auto* statuses = array_at(value, "statuses"))
      for (const json::value& item : *statuses) {
        any = true;
        items_.status(item);
      }
    if (!any || value.contains("errors")) items_.keep("messages without items", change);
  }

  void on_echoes(const json::object& value) { take_messages(value, "message_echoes", origin::business); }

  void on_history(const json::object& value, const json::value& change) {
    const std::string business = business_number(value);
    bool any = false;
    const auto take = [&](const json::array* messages, const json::array* contacts) {
      if (!messages) return;
      for (const json::value& item : *messages) {
        any = true;
        const auto* message = item.if_object();
        const bool ours = message && !business.empty() && digits_of(text_at(*message, "from")) == business;
        items_.message(item, contacts, ours ? origin::business_history : origin::customer_history);
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
    if (!any) items_.keep("field history", change);
  }

  void on_groups(const std::string& field, const json::object& value, const json::value& change) {
    items_.keep("field " + field, change);
    if (const auto* groups = array_at(value, "groups"))
      for (const json::value& group : *groups) items_.group(group);
  }

  // Whether there was any.
  bool take_messages(const json::object& value, std::string_view list, origin from) {
    const auto* messages = array_at(value, list);
    if (!messages) return false;
    for (const json::value& item : *messages) items_.message(item, array_at(value, "contacts"), from);
    return !messages->empty();
  }

  const std::string& inbox_;
  webhook_items items_;
  std::size_t foreign_ = 0;
};

} // namespace

std::optional<decoded_webhook> decode_webhook(std::string_view body, const std::string& inbox,
                                              timestamp now) {
  unsigned char first[16 * 1024];
  json::monotonic_resource memory(first, sizeof first);
  const parsed_body parsed = parse_body(body, &memory);
  switch (parsed.kind) {
  case body_kind::json:
    return decoder(inbox, now).run(parsed.value);
  case body_kind::too_deep: {
    // Nothing in it is understood, yet it is signed: kept, so that Meta need not send it for a week.
    webhook_items whole(inbox, now);
    whole.keep_body("body too deep", body);
    return decoded_webhook{whole.take(), 0};
  }
  case body_kind::not_json:
    break;
  }
  return std::nullopt;
}

} // namespace tickwire::meta
