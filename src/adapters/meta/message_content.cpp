#include "adapters/meta/message_content.hpp"

#include "adapters/meta/json_access.hpp"

#include <array>
#include <charconv>

namespace tickwire::meta {

namespace {

std::string joined(std::string first, std::string_view separator, const std::string& second) {
  if (first.empty()) return second;
  if (!second.empty()) first.append(separator).append(second);
  return first;
}

std::string or_else(std::string text, std::string_view instead) {
  return text.empty() ? std::string(instead) : text;
}

message_content unsupported(std::string text) { return {"unsupported", std::move(text), {}}; }

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

message_content media(const std::string& type, const json::object& body) {
  message_content content{type, text_at(body, "caption"), {}};
  json::object media;
  media["id"] = text_at(body, "id");
  media["mimeType"] = text_at(body, "mime_type");
  if (const std::string hash = text_at(body, "sha256"); !hash.empty()) media["sha256"] = hash;
  if (!content.text.empty()) media["caption"] = content.text;
  if (body.contains("filename")) media["filename"] = safe_file_name(text_at(body, "filename"));
  if (flag_at(body, "voice")) media["voice"] = true;
  if (flag_at(body, "animated")) media["animated"] = true;
  members extra;
  extra.add("media", media);
  content.extra = extra.take();
  return content;
}

// 48.2081743 and not 4.82081743E1, which is JSON too but nothing to read.
std::string plain_number(const json::value& value) {
  std::array<char, 400> text;
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value.to_number<double>(),
                                     std::chars_format::fixed);
  return std::string(text.data(), written.ptr);
}

message_content location(const json::object& body) {
  const json::value* latitude = body.if_contains("latitude");
  const json::value* longitude = body.if_contains("longitude");
  if (!latitude || !longitude || !latitude->is_number() || !longitude->is_number())
    return unsupported("A location without coordinates.");
  json::object place{{"latitude", *latitude}, {"longitude", *longitude}};
  for (const char* name : {"name", "address", "url"})
    if (const std::string text = text_at(body, name); !text.empty()) place[name] = text;
  std::string text = joined(text_at(body, "name"), ", ", text_at(body, "address"));
  if (text.empty()) text = "Location " + plain_number(*latitude) + ", " + plain_number(*longitude);
  members extra;
  extra.add("location", place);
  return {"location", std::move(text), extra.take()};
}

message_content contacts(const json::array& cards) {
  json::array list;
  std::string text;
  for (const json::value& item : cards) {
    const auto* card = item.if_object();
    if (!card) continue;
    const auto* name_object = object_at(*card, "name");
    std::string name = name_object ? text_at(*name_object, "formatted_name") : "";
    if (name.empty() && name_object)
      name = joined(text_at(*name_object, "first_name"), " ", text_at(*name_object, "last_name"));
    json::array phones;
    if (const auto* numbers = array_at(*card, "phones"))
      for (const json::value& number : *numbers)
        if (const auto* object = number.if_object())
          if (const std::string phone = text_at(*object, "phone"); !phone.empty()) phones.emplace_back(phone);
    if (name.empty() && !phones.empty()) name = std::string(phones.front().as_string());
    if (name.empty()) name = "Contact";
    text = joined(std::move(text), ", ", name);
    list.push_back(json::object{{"name", name}, {"phones", std::move(phones)}});
  }
  if (list.empty()) return unsupported("Contact cards without content.");
  members extra;
  extra.add("contacts", list);
  return {"contacts", "Contact: " + text, extra.take()};
}

message_content interactive(const json::object& body) {
  const std::string kind = text_at(body, "type");
  const auto* reply = kind.empty() ? nullptr : object_at(body, kind);
  if (!reply) return unsupported("An interactive message of a kind that Tickwire does not know.");
  members extra;
  extra.add("interactive", body);
  if (kind == "button_reply" || kind == "list_reply")
    return {
        kind,
        or_else(joined(text_at(*reply, "title"), "\n", text_at(*reply, "description")), "Chose an answer"),
        extra.take()};
  if (kind == "nfm_reply") {
    return {kind, or_else(text_at(*reply, "body"), "Form answered"), extra.take()};
  }
  if (kind == "call_permission_reply")
    return {kind, text_at(*reply, "response") == "accept" ? "Allowed calls" : "Declined calls", extra.take()};
  return {"unsupported", "An interactive message of a kind that Tickwire does not know (" + kind + ").",
          extra.take()};
}

message_content order(const json::object& body) {
  std::size_t count = 0;
  if (const auto* items = array_at(body, "product_items")) count = items->size();
  members extra;
  extra.add("order", body);
  const std::string summary = "Order of " + std::to_string(count) + (count == 1 ? " item" : " items");
  return {"order", joined(text_at(body, "text"), "\n", summary), extra.take()};
}

message_content system(const json::object& body) {
  members extra;
  extra.add("system", body);
  std::string text = text_at(body, "body");
  if (text.empty()) text = "A change of the customer's account.";
  return {"system", std::move(text), extra.take()};
}

message_content by_type(const std::string& type, const json::object& message) {
  if (type == "contacts") {
    const auto* cards = array_at(message, "contacts");
    return cards ? contacts(*cards) : unsupported("Contact cards without content.");
  }
  if (type == "unsupported") return unsupported_of(message);
  if (type == "request_welcome") return unsupported("Opened the chat for the first time."); // has no body
  if (type.empty()) return unsupported("A message without a kind.");

  const auto* body = object_at(message, type);
  if (!body) return unsupported("A message of a kind that Tickwire does not know (" + type + ").");
  if (type == "text") {
    const json::value* text = body->if_contains("body");
    if (!text || !text->is_string()) return unsupported("A text without content.");
    return {"text", text_at(*body, "body"), {}};
  }
  if (type == "image" || type == "video" || type == "audio" || type == "document" || type == "sticker")
    return text_at(*body, "id").empty() ? unsupported("A file without content (" + type + ").")
                                        : media(type, *body);
  if (type == "location") return location(*body);
  if (type == "interactive") return interactive(*body);
  if (type == "button") {
    members extra;
    extra.add("button", *body);
    return {"button", or_else(text_at(*body, "text"), "Pressed a button"), extra.take()};
  }
  if (type == "order") return order(*body);
  if (type == "system") return system(*body);
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

message_content content_of(const json::object& message) {
  message_content content = by_type(text_at(message, "type"), message);
  members more;
  if (const auto* context = object_at(message, "context")) {
    if (flag_at(*context, "forwarded") || flag_at(*context, "frequently_forwarded"))
      more.add("forwarded", true);
    if (const auto* product = object_at(*context, "referred_product")) more.add("referredProduct", *product);
  }
  if (const auto* referral = object_at(message, "referral")) more.add("referral", *referral);
  const std::string added = more.take();
  if (!added.empty()) content.extra += (content.extra.empty() ? "" : ",") + added;
  return content;
}

} // namespace tickwire::meta
