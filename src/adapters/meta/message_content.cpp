#include "adapters/meta/message_content.hpp"

#include "adapters/meta/json_access.hpp"
#include "wire/body_json.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

namespace tickwire::meta {

namespace {

using wire::part_from;

std::string joined(std::string first, std::string_view separator, const std::string& second) {
  if (first.empty()) return second;
  if (!second.empty()) first.append(separator).append(second);
  return first;
}

std::string or_else(std::string text, std::string_view instead) {
  return text.empty() ? std::string(instead) : text;
}

message_content unsupported(std::string text) { return {"unsupported", std::move(text)}; }

message_body body_of(body_part part) {
  message_body body;
  body.parts.push_back(std::move(part));
  return body;
}

// Meta names the kind it could not pass on, or gives an error code.
message_content unsupported_of(const json::object& message) {
  std::string kind;
  if (const auto* body = object_at(message, "unsupported")) kind = text_at(*body, "type");
  if (const auto* errors = array_at(message, "errors"); errors && !errors->empty()) {
    const auto* error = errors->front().if_object();
    const auto code = error ? number_at(*error, "code") : std::nullopt;
    if (code == 131060)
      return unsupported("This message is not available here. Ask the customer to send it again.");
    if (code == 131052)
      return unsupported("A file that WhatsApp could not pass on. Ask the customer to send it again.");
  }
  if (kind == "edit")
    return unsupported("The customer edited a message. WhatsApp does not tell us the new text.");
  if (!kind.empty()) {
    for (char& c : kind)
      if (c == '_') c = ' ';
    return unsupported("A message of a kind that WhatsApp does not pass on (" + kind + ").");
  }
  return unsupported("A message of a kind that WhatsApp does not pass on.");
}

optional_text unless_empty(std::string text) {
  return text.empty() ? std::nullopt : optional_text(std::move(text));
}

message_content file_content(const std::string& type, const json::object& body) {
  media file;
  file.id = text_at(body, "id");
  file.mime_type = text_at(body, "mime_type");
  file.sha256 = unless_empty(text_at(body, "sha256"));
  file.caption = unless_empty(text_at(body, "caption"));
  if (body.contains("filename")) file.filename = safe_file_name(text_at(body, "filename"));
  file.voice = flag_at(body, "voice");
  file.animated = flag_at(body, "animated");
  return {type, file.caption.value_or(""), body_of(std::move(file))};
}

void append_line(std::string& text, const std::string& line) { text = joined(std::move(text), "\n", line); }

// 48.2081743 and not 4.82081743E1, which is JSON too but nothing to read.
std::string plain_number(double number) {
  std::array<char, 400> text;
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  return std::string(text.data(), written.ptr);
}

message_content location_content(const json::object& body) {
  const json::value* latitude = body.if_contains("latitude");
  const json::value* longitude = body.if_contains("longitude");
  if (!latitude || !longitude || !latitude->is_number() || !longitude->is_number())
    return unsupported("A location without coordinates.");
  location place;
  place.latitude = latitude->to_number<double>();
  place.longitude = longitude->to_number<double>();
  place.name = unless_empty(text_at(body, "name"));
  place.address = unless_empty(text_at(body, "address"));
  place.url = unless_empty(text_at(body, "url"));
  std::string text = joined(place.name.value_or(""), ", ", place.address.value_or(""));
  if (text.empty()) text = "Location " + plain_number(place.latitude) + ", " + plain_number(place.longitude);
  return {"location", std::move(text), body_of(std::move(place))};
}

// The texts `name` of a card's list: numbers, mail addresses, links.
std::vector<std::string> texts_of(const json::object& card, std::string_view list, std::string_view name) {
  std::vector<std::string> texts;
  if (const auto* items = array_at(card, list))
    for (const json::value& item : *items)
      if (const auto* object = item.if_object())
        if (std::string text = text_at(*object, name); !text.empty()) texts.push_back(std::move(text));
  return texts;
}

std::string name_of_card(const json::object& card) {
  const auto* name = object_at(card, "name");
  if (!name) return {};
  const std::string whole = text_at(*name, "formatted_name");
  return whole.empty() ? joined(text_at(*name, "first_name"), " ", text_at(*name, "last_name")) : whole;
}

message_content cards_content(const json::array& cards) {
  contact_cards list;
  std::string text;
  for (const json::value& item : cards) {
    const auto* card = item.if_object();
    if (!card) continue;
    contact_card shown;
    shown.name = name_of_card(*card);
    shown.phones = texts_of(*card, "phones", "phone");
    std::vector<std::string> emails = texts_of(*card, "emails", "email");
    std::vector<std::string> urls = texts_of(*card, "urls", "url");
    if (const auto* org = object_at(*card, "org")) shown.company = unless_empty(text_at(*org, "company"));
    // Whoever has no name is called by the first thing that leads to them.
    if (shown.name.empty()) shown.name = shown.company.value_or("");
    for (const auto* ways : {&shown.phones, &emails, &urls})
      if (shown.name.empty() && !ways->empty()) shown.name = ways->front();
    if (shown.name.empty()) shown.name = "Contact";
    // A card with a number can be written to; of any other, show how to reach the person.
    std::string line = shown.name;
    if (shown.phones.empty())
      for (const auto* ways : {&emails, &urls})
        for (const std::string& way : *ways)
          if (way != shown.name) line += " " + way;
    text = joined(std::move(text), ", ", line);
    if (!emails.empty()) shown.emails = std::move(emails);
    if (!urls.empty()) shown.urls = std::move(urls);
    list.push_back(std::move(shown));
  }
  if (list.empty()) return unsupported("Contact cards without content.");
  return {"contacts", "Contact: " + text, body_of(std::move(list))};
}

// "screen_0_delivery_date_1" → "delivery date": Meta's form builder puts the screen before a field's name and
// the field's number behind it.
std::string field_name(std::string_view name) {
  const auto skip_digits = [&](std::size_t from) {
    while (from < name.size() && name[from] >= '0' && name[from] <= '9') ++from;
    return from;
  };
  if (name.starts_with("screen_"))
    if (const std::size_t end = skip_digits(7); end > 7 && end + 1 < name.size() && name[end] == '_')
      name.remove_prefix(end + 1);
  if (const std::size_t mark = name.rfind('_'); mark != std::string_view::npos && mark > 0 &&
                                                mark + 1 < name.size() &&
                                                skip_digits(mark + 1) == name.size())
    name = name.substr(0, mark);
  std::string readable(name);
  for (char& c : readable)
    if (c == '_') c = ' ';
  return readable;
}

std::string readable_value(const json::value& value) {
  if (value.is_string()) return wire::text_of(value);
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  if (value.is_number()) return plain_number(value.to_number<double>());
  if (const auto* list = value.if_array()) {
    std::string text;
    for (const json::value& item : *list) text = joined(std::move(text), ", ", readable_value(item));
    return text;
  }
  if (const auto* object = value.if_object()) {
    std::string text;
    for (const auto& [name, inner] : *object)
      if (const std::string shown = readable_value(inner); !shown.empty())
        text = joined(std::move(text), ", ", field_name({name.data(), name.size()}) + " " + shown);
    return text;
  }
  return {};
}

// A completed form: its answers as names and values, in text and as a part of the body. Meta sends them as
// JSON within a text, others as an object.
message_content form_content(const json::object& reply, message_body body) {
  std::string text = or_else(text_at(reply, "body"), "Form answered");
  json::value answers;
  if (const json::value* response = reply.if_contains("response_json")) {
    answers = *response;
    if (const auto* inner = response->if_string()) {
      json::parse_options options;
      options.max_depth = 32;
      boost::system::error_code error;
      answers = json::parse(*inner, error, {}, options);
    }
  }
  form_answers list;
  if (const auto* object = answers.if_object())
    for (const auto& [key, value] : *object) {
      if (key == "flow_token") continue; // ours, not the customer's
      form_answer answer{field_name({key.data(), key.size()}), readable_value(value)};
      if (answer.value.empty()) continue;
      append_line(text, answer.name + ": " + answer.value);
      list.push_back(std::move(answer));
    }
  if (!list.empty()) body.parts.emplace_back(std::move(list));
  return {"nfm_reply", std::move(text), std::move(body)};
}

message_content interactive_content(const json::object& object) {
  const std::string kind = text_at(object, "type");
  const auto* reply = kind.empty() ? nullptr : object_at(object, kind);
  if (!reply) return unsupported("An interactive message of a kind that Tickwire does not know.");
  message_body body = body_of(part_from<interactive_reply>(object));
  if (kind == "button_reply" || kind == "list_reply")
    return {
        kind,
        or_else(joined(text_at(*reply, "title"), "\n", text_at(*reply, "description")), "Chose an answer"),
        std::move(body)};
  if (kind == "nfm_reply") return form_content(*reply, std::move(body));
  if (kind == "call_permission_reply")
    return {kind, text_at(*reply, "response") == "accept" ? "Allowed calls" : "Declined calls",
            std::move(body)};
  return {"unsupported", "An interactive message of a kind that Tickwire does not know (" + kind + ").",
          std::move(body)};
}

std::string two_decimals(double amount) {
  std::array<char, 400> text;
  const auto written =
      std::to_chars(text.data(), text.data() + text.size(), amount, std::chars_format::fixed, 2);
  return std::string(text.data(), written.ptr);
}

// A number, or a text that is one.
std::optional<double> amount_at(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(as_json(name));
  if (!value) return std::nullopt;
  if (value->is_number()) return value->to_number<double>();
  const auto* text = value->if_string();
  if (!text) return std::nullopt;
  double amount = 0;
  const auto read = std::from_chars(text->data(), text->data() + text->size(), amount);
  if (read.ec != std::errc() || read.ptr != text->data() + text->size() || !std::isfinite(amount))
    return std::nullopt;
  return amount;
}

constexpr std::size_t order_lines_max = 50; // a cart may hold more than anybody reads

// What, how much of it, at what price; and the sum, where all have a price in one currency.
message_content order_content(const json::object& body) {
  static const json::array none;
  const auto* listed = array_at(body, "product_items");
  const json::array& items = listed ? *listed : none;
  std::string lines;
  std::optional<double> total = 0;
  std::string currency;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto* item = items[i].if_object();
    const auto price = item ? amount_at(*item, "item_price") : std::nullopt;
    const double quantity = item ? amount_at(*item, "quantity").value_or(1) : 1;
    const std::string of_item = item ? text_at(*item, "currency") : "";
    if (currency.empty()) currency = of_item;
    if (!price || of_item != currency) total.reset();
    if (total) *total += *price * quantity;
    if (!item || i >= order_lines_max) continue;
    std::string line =
        plain_number(quantity) + " × " + or_else(text_at(*item, "product_retailer_id"), "item");
    if (price) line = joined(line + " at " + two_decimals(*price), " ", of_item);
    append_line(lines, line);
  }
  std::string text = text_at(body, "text");
  append_line(text, "Order of " + std::to_string(items.size()) + (items.size() == 1 ? " item" : " items"));
  append_line(text, lines);
  if (items.size() > order_lines_max)
    append_line(text, "and " + std::to_string(items.size() - order_lines_max) + " more");
  if (total && !items.empty()) append_line(text, joined("Total " + two_decimals(*total), " ", currency));
  return {"order", std::move(text), body_of(part_from<order>(body))};
}

message_content system_content(const json::object& body) {
  return {"system", or_else(text_at(body, "body"), "A change of the customer's account."),
          body_of(part_from<system_notice>(body))};
}

message_content by_type(const std::string& type, const json::object& message) {
  if (type == "contacts") {
    const auto* cards = array_at(message, "contacts");
    return cards ? cards_content(*cards) : unsupported("Contact cards without content.");
  }
  if (type == "unsupported") return unsupported_of(message);
  if (type == "request_welcome") return unsupported("Opened the chat for the first time."); // has no body
  if (type == "media_placeholder") return unsupported("A file that WhatsApp has not passed on.");
  if (type.empty()) return unsupported("A message without a kind.");

  const auto* body = object_at(message, type);
  if (!body) return unsupported("A message of a kind that Tickwire does not know (" + type + ").");
  if (type == "text") {
    const json::value* text = body->if_contains("body");
    if (!text || !text->is_string()) return unsupported("A text without content.");
    return {"text", text_at(*body, "body")};
  }
  if (type == "image" || type == "video" || type == "audio" || type == "document" || type == "sticker")
    return text_at(*body, "id").empty() ? unsupported("A file without content (" + type + ").")
                                        : file_content(type, *body);
  if (type == "location") return location_content(*body);
  if (type == "interactive") return interactive_content(*body);
  if (type == "button") {
    const std::string payload = or_else(text_at(*body, "payload"), "Pressed a button");
    return {"button", or_else(text_at(*body, "text"), payload), body_of(part_from<button_press>(*body))};
  }
  if (type == "order") return order_content(*body);
  if (type == "system") return system_content(*body);
  return unsupported("A message of a kind that Tickwire does not know (" + type + ").");
}

} // namespace

std::string safe_file_name(std::string_view name) {
  if (const std::size_t slash = name.find_last_of("/\\"); slash != std::string_view::npos)
    name.remove_prefix(slash + 1);
  // Direction marks and overrides make "exe.gpj" look like "jpg.exe".
  static constexpr std::array<std::string_view, 12> directions{"\u200E", "\u200F", "\u202A", "\u202B",
                                                               "\u202C", "\u202D", "\u202E", "\u2066",
                                                               "\u2067", "\u2068", "\u2069", "\u061C"};
  std::string safe;
  for (std::size_t i = 0; i < name.size();) {
    std::size_t skip = 0;
    for (std::string_view mark : directions)
      if (name.substr(i).starts_with(mark)) skip = mark.size();
    const auto c = static_cast<unsigned char>(name[i]);
    if (skip == 0 && (c < 0x20 || c == 0x7F)) skip = 1;
    if (skip == 0) safe += name[i];
    i += skip == 0 ? 1 : skip;
  }
  while (safe.starts_with('.')) safe.erase(0, 1);
  return safe.empty() ? "file" : safe;
}

message_content payment_content(const json::object& status) {
  std::string text = "Payment " + or_else(text_at(status, "status"), "changed");
  message_body body;
  if (const auto* details = object_at(status, "payment")) {
    const auto* amount = object_at(*details, "amount");
    const auto value = amount ? amount_at(*amount, "value") : std::nullopt;
    const double offset = amount ? amount_at(*amount, "offset").value_or(1) : 1;
    if (value && offset > 0)
      text += ": " + joined(two_decimals(*value / offset), " ", text_at(*details, "currency"));
    if (const std::string reference = text_at(*details, "reference_id"); !reference.empty())
      text += " (" + reference + ")";
    json::object shown{{"state", text_at(status, "status")}};
    for (const auto& member : *details) shown[member.key()] = member.value();
    body = body_of(part_from<payment>(shown));
  }
  return {"payment", std::move(text), std::move(body)};
}

message_content content_of(const json::object& message) {
  message_content content = by_type(text_at(message, "type"), message);
  message_body& body = content.body;
  if (const auto* context = object_at(message, "context")) {
    body.forwarded = flag_at(*context, "forwarded") || flag_at(*context, "frequently_forwarded");
    if (const auto* about = object_at(*context, "referred_product"))
      body.parts.emplace_back(part_from<product>(*about));
  }
  if (const auto* from = object_at(message, "referral")) body.parts.emplace_back(part_from<referral>(*from));
  return content;
}

} // namespace tickwire::meta
