#include "adapters/meta/webhook_decode.hpp"

#include "adapters/meta/webhook_items.hpp"
#include "adapters/meta/webhook_repair.hpp"
#include "core/phone.hpp"

#include <algorithm>
#include <initializer_list>

namespace tickwire::meta {

namespace {

// Goes through the envelope, entry by entry and change by change, down to the items. Whatever stands where it
// should not is kept at the lowest level at which it can be told apart.
class decoder {
public:
  decoder(const std::string& inbox, timestamp now)
      : inbox_(inbox)
      , items_(inbox, now) {}

  decoded_webhook run(const json::value& body) {
    on_envelope(body);
    return {items_.take(), std::move(foreign_)};
  }

private:
  void on_envelope(const json::value& body) {
    const auto* envelope = body.if_object();
    const auto* entries = envelope ? array_at(*envelope, "entry") : nullptr;
    const std::string object = envelope ? text_at(*envelope, "object") : "";
    const bool ours = object.empty() || object == "whatsapp_business_account";
    if (!entries || entries->empty() || !ours) return items_.keep("envelope " + object, body);
    for (const json::value& entry : *entries) on_entry(entry);
    keep_rest("envelope", *envelope, {"entry"});
  }

  void on_entry(const json::value& item) {
    const auto* entry = item.if_object();
    const auto* changes = entry ? array_at(*entry, "changes") : nullptr;
    if (!changes || changes->empty()) return items_.keep("entry", item);
    for (const json::value& change : *changes) on_change(*entry, change);
    keep_rest("entry", *entry, {"changes"});
  }

  void on_change(const json::object& entry, const json::value& item) {
    const auto* change = item.if_object();
    const auto* value = change ? object_at(*change, "value") : nullptr;
    const std::string field = change ? text_at(*change, "field") : "";
    if (!value) return items_.keep_of(entry, "field " + field, item);

    if (const auto* metadata = object_at(*value, "metadata")) {
      std::string number = text_at(*metadata, "phone_number_id");
      if (!number.empty() && number != inbox_) {
        items_.keep_of(entry, "number " + number, item);
        foreign_.push_back({std::move(number), text_at(*metadata, "display_phone_number")});
        return;
      }
    }
    bool understood = false;
    if (field == "messages")
      understood = on_messages(*value);
    else if (field == "smb_message_echoes" || field == "message_echoes")
      understood = on_echoes(*value);
    else if (field == "history")
      understood = on_history(*value);
    else if (field == "group_lifecycle_update" || field == "group_settings_update")
      on_groups(*value);
    if (!understood) return items_.keep_of(entry, "field " + field, item);
    keep_rest("field " + field, *change, {"value"});
  }

  // Each of these: false when there is nothing in it that it understands.
  bool on_messages(const json::object& value) {
    named_people people(array_at(value, "contacts"));
    bool any = each(value, "messages",
                    [&](const json::value& item) { items_.message(item, people, origin::customer); });
    any |= each(value, "statuses", [&](const json::value& item) { items_.status(item, people); });
    return any && keep_context("messages", value, people, {"messages", "statuses"});
  }

  bool on_echoes(const json::object& value) {
    named_people people(array_at(value, "contacts"));
    const bool any = each(value, "message_echoes",
                          [&](const json::value& item) { items_.message(item, people, origin::business); });
    return any && keep_context("echoes", value, people, {"message_echoes"});
  }

  bool on_history(const json::object& value) {
    const std::string business = business_number(value);
    named_people people(array_at(value, "contacts"));
    named_people nobody;
    const auto take = [&](const json::value& item, named_people& named, const identity& of_thread) {
      const auto* message = item.if_object();
      const bool ours = message && !business.empty() && digits_of(text_at(*message, "from")) == business;
      const origin from = ours ? origin::business_history : origin::customer_history;
      items_.message(item, named, from, of_thread);
    };
    bool any = each(value, "history", [&](const json::value& chunk) {
      each_below("history", chunk, "threads", {"metadata"}, [&](const json::value& thread) {
        const identity who = thread.is_object() ? person_of(thread.get_object()) : identity();
        each_below("history", thread, "messages", {"context"},
                   [&](const json::value& item) { take(item, nobody, who); });
      });
    });
    for (const char* list : {"messages", "message_echoes"})
      any |= each(value, list, [&](const json::value& item) { take(item, people, {}); });
    return any && keep_context("history", value, people, {"history", "messages", "message_echoes"});
  }

  // The whole change is kept as well: we take no more than the name from it.
  void on_groups(const json::object& value) {
    each(value, "groups", [&](const json::value& group) { items_.group(group); });
  }

  // Calls `take` with each item of the list, and keeps whatever stands there without being a list. True when
  // there was an item.
  template <class Take>
  bool each(const json::object& object, std::string_view name, Take take) {
    const json::value* list = object.if_contains(as_json(name));
    if (!list || list->is_null()) return false;
    const auto* items = list->if_array();
    if (!items) {
      items_.keep(std::string(name), *list);
      return false;
    }
    for (const json::value& item : *items) take(item);
    return !items->empty();
  }

  // The same for the list `name` within `item`. An item without one is kept; so are other members of it.
  template <class Take>
  void each_below(const std::string& what, const json::value& item, std::string_view name,
                  std::initializer_list<std::string_view> context, Take take) {
    const auto* object = item.if_object();
    if (!object || !each(*object, name, take)) return items_.keep(what, item);
    keep_rest(what, *object, context, name);
  }

  // What stands in a value beside its items and the people they are of.
  bool keep_context(const std::string& what, const json::object& value, const named_people& people,
                    std::initializer_list<std::string_view> lists) {
    for (const json::value* contact : people.unused()) items_.keep(what + ", contacts", *contact);
    for (const auto& member : value) {
      const std::string_view name(member.key().data(), member.key().size());
      const bool is_list = std::find(lists.begin(), lists.end(), name) != lists.end();
      const bool of_people = name == "contacts" && member.value().is_array();
      const bool of_number = name == "metadata" && member.value().is_object();
      if (!is_list && !of_people && !of_number) keep_member(what, name, member.value());
    }
    return true;
  }

  void keep_rest(const std::string& what, const json::object& object,
                 std::initializer_list<std::string_view> known, std::string_view also = {}) {
    for (const auto& member : object) {
      const std::string_view name(member.key().data(), member.key().size());
      if (name != also && std::find(known.begin(), known.end(), name) == known.end())
        keep_member(what, name, member.value());
    }
  }

  // Texts and numbers describe what stands beside them; lists and objects may be items.
  void keep_member(const std::string& what, std::string_view name, const json::value& value) {
    const bool may_be_item = (value.is_array() && !value.get_array().empty()) ||
                             (value.is_object() && !value.get_object().empty());
    if (may_be_item) items_.keep(what + ", " + std::string(name), value);
  }

  const std::string& inbox_;
  webhook_items items_;
  std::vector<foreign_number> foreign_;
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
    return decoded_webhook{whole.take(), {}};
  }
  case body_kind::not_json:
    break;
  }
  return std::nullopt;
}

} // namespace tickwire::meta
