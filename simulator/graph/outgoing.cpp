#include "simulator/graph/outgoing.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>

namespace simulator {
namespace {

namespace json = boost::json;

using problem = std::optional<graph_error>;

graph_error missing(std::string_view what) {
  return {131008, "The parameter " + std::string(what) + " is required."};
}
graph_error invalid(std::string_view what, std::string_view why) {
  return {131009, "The parameter " + std::string(what) + " " + std::string(why)};
}
graph_error malformed(std::string_view what, std::string_view why) {
  return {100, "The parameter " + std::string(what) + " " + std::string(why)};
}

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }));
}

const json::value* member(const json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found != nullptr && !found->is_null() ? found : nullptr;
}

std::optional<std::string_view> string_in(const json::object& object, std::string_view name) {
  const auto* found = member(object, name);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string_view(found->as_string().data(), found->as_string().size());
}

const json::object* object_in(const json::object& object, std::string_view name) {
  const auto* found = member(object, name);
  return found != nullptr ? found->if_object() : nullptr;
}

/// A string that must be there (when `needed`) and hold at most `most` code points.
problem check_text(const json::object& object, std::string_view name, std::string_view path, std::size_t most,
                   bool needed = true) {
  const auto* found = member(object, name);
  if (found == nullptr) return needed ? problem(missing(path)) : std::nullopt;
  if (!found->is_string()) return malformed(path, "must be a string.");
  const auto text = string_in(object, name).value_or("");
  if (needed && text.empty()) return missing(path);
  if (code_points(text) > most)
    return invalid(path, "must be at most " + std::to_string(most) + " characters long.");
  return std::nullopt;
}

problem check_text_message(const json::object& text) {
  return check_text(text, "body", "text['body']", 4096);
}

problem check_media(std::string_view type, const json::object& media) {
  const bool has_id = string_in(media, "id").has_value();
  const bool has_link = string_in(media, "link").has_value();
  if (!has_id && !has_link) return missing(std::string(type) + "['id'] or ['link']");
  if (has_link) {
    const auto link = string_in(media, "link").value_or("");
    if (!link.starts_with("http://") && !link.starts_with("https://"))
      return invalid(std::string(type) + "['link']", "must be an http or https address.");
  }
  if (member(media, "caption") != nullptr) {
    if (type == "audio" || type == "sticker")
      return malformed(std::string(type) + "['caption']", "is not allowed for this type.");
    return check_text(media, "caption", std::string(type) + "['caption']", 1024, false);
  }
  return std::nullopt;
}

problem check_location(const json::object& location) {
  const auto coordinate = [&](std::string_view name, double most) -> problem {
    const auto path = "location['" + std::string(name) + "']";
    const auto* found = member(location, name);
    if (found == nullptr) return missing(path);
    double value = 0;
    if (found->is_number()) {
      value = found->to_number<double>();
    } else if (found->is_string()) {
      char* end = nullptr;
      value = std::strtod(found->as_string().c_str(), &end);
      if (end == found->as_string().c_str() || *end != '\0') return malformed(path, "must be a number.");
    } else {
      return malformed(path, "must be a number.");
    }
    if (!(value >= -most && value <= most)) return invalid(path, "is out of range.");
    return std::nullopt;
  };
  if (auto wrong = coordinate("latitude", 90)) return wrong;
  return coordinate("longitude", 180);
}

problem check_contacts(const json::value& value) {
  const auto* cards = value.if_array();
  if (cards == nullptr || cards->empty())
    return malformed("contacts", "must be an array with at least one card.");
  if (cards->size() > 257) return invalid("contacts", "must hold at most 257 cards.");
  for (const auto& card : *cards) {
    const auto* object = card.if_object();
    const auto* name = object != nullptr ? object_in(*object, "name") : nullptr;
    if (name == nullptr) return missing("contacts['name']");
    if (!string_in(*name, "formatted_name")) return missing("contacts['name']['formatted_name']");
    static constexpr std::string_view parts[] = {"first_name", "last_name", "middle_name", "suffix",
                                                 "prefix"};
    if (std::ranges::none_of(parts, [&](auto part) { return string_in(*name, part).has_value(); }))
      return malformed("contacts['name']", "needs another part beside formatted_name.");
  }
  return std::nullopt;
}

problem check_reaction(const json::object& reaction) {
  if (string_in(reaction, "message_id").value_or("").empty()) return missing("reaction['message_id']");
  if (!string_in(reaction, "emoji")) return missing("reaction['emoji']");
  return std::nullopt;
}

problem check_buttons(const json::object& action) {
  const auto* value = member(action, "buttons");
  const auto* buttons = value != nullptr ? value->if_array() : nullptr;
  if (buttons == nullptr || buttons->empty()) return missing("interactive['action']['buttons']");
  if (buttons->size() > 3) return invalid("interactive['action']['buttons']", "must hold at most 3 buttons.");

  std::set<std::string, std::less<>> ids;
  std::set<std::string, std::less<>> titles;
  for (const auto& button : *buttons) {
    const auto* object = button.if_object();
    const auto* reply = object != nullptr ? object_in(*object, "reply") : nullptr;
    if (reply == nullptr) return missing("interactive['action']['buttons']['reply']");
    if (auto wrong = check_text(*reply, "id", "button id", 256)) return wrong;
    if (auto wrong = check_text(*reply, "title", "button title", 20)) return wrong;
    if (!ids.emplace(string_in(*reply, "id").value_or("")).second)
      return invalid("button id", "must be unique.");
    if (!titles.emplace(string_in(*reply, "title").value_or("")).second)
      return invalid("button title", "must be unique.");
  }
  return std::nullopt;
}

problem check_list(const json::object& action) {
  if (auto wrong = check_text(action, "button", "interactive['action']['button']", 20)) return wrong;
  const auto* value = member(action, "sections");
  const auto* sections = value != nullptr ? value->if_array() : nullptr;
  if (sections == nullptr || sections->empty()) return missing("interactive['action']['sections']");
  if (sections->size() > 10)
    return invalid("interactive['action']['sections']", "must hold at most 10 sections.");

  std::size_t total = 0;
  std::set<std::string, std::less<>> ids;
  for (const auto& element : *sections) {
    const auto* section = element.if_object();
    const auto* rows_value = section != nullptr ? member(*section, "rows") : nullptr;
    const auto* rows = rows_value != nullptr ? rows_value->if_array() : nullptr;
    if (rows == nullptr || rows->empty()) return missing("section['rows']");
    if (auto wrong = check_text(*section, "title", "section['title']", 24, sections->size() > 1))
      return wrong;
    for (const auto& row_value : *rows) {
      const auto* row = row_value.if_object();
      if (row == nullptr) return malformed("section['rows']", "must hold objects.");
      if (auto wrong = check_text(*row, "id", "row id", 200)) return wrong;
      if (auto wrong = check_text(*row, "title", "row title", 24)) return wrong;
      if (auto wrong = check_text(*row, "description", "row description", 72, false)) return wrong;
      if (!ids.emplace(string_in(*row, "id").value_or("")).second)
        return invalid("row id", "must be unique.");
      ++total;
    }
  }
  if (total > 10) return invalid("interactive['action']['sections']", "must hold at most 10 rows in all.");
  return std::nullopt;
}

problem check_interactive(const json::object& interactive) {
  const auto type = string_in(interactive, "type");
  if (!type) return missing("interactive['type']");
  static constexpr std::string_view known[] = {"button",
                                               "list",
                                               "cta_url",
                                               "location_request_message",
                                               "request_contact_info",
                                               "flow",
                                               "product",
                                               "product_list",
                                               "catalog_message",
                                               "address_message",
                                               "call_permission_request",
                                               "voice_call",
                                               "carousel"};
  if (std::ranges::find(known, *type) == std::end(known))
    return invalid("interactive['type']", "is not known.");

  if (const auto* header = object_in(interactive, "header"))
    if (string_in(*header, "type") == "text")
      if (auto wrong = check_text(*header, "text", "interactive['header']['text']", 60)) return wrong;
  if (const auto* body = object_in(interactive, "body")) {
    if (auto wrong = check_text(*body, "text", "interactive['body']['text']", *type == "list" ? 4096 : 1024))
      return wrong;
  } else if (*type == "button" || *type == "list" || *type == "cta_url") {
    return missing("interactive['body']");
  }
  if (const auto* footer = object_in(interactive, "footer"))
    if (auto wrong = check_text(*footer, "text", "interactive['footer']['text']", 60)) return wrong;

  const auto* action = object_in(interactive, "action");
  if (action == nullptr) {
    const bool needs_one = *type != "call_permission_request";
    return needs_one ? problem(missing("interactive['action']")) : std::nullopt;
  }
  if (*type == "button") return check_buttons(*action);
  if (*type == "list") return check_list(*action);
  if (*type == "cta_url") {
    const auto* parameters = object_in(*action, "parameters");
    if (parameters == nullptr) return missing("interactive['action']['parameters']");
    if (auto wrong = check_text(*parameters, "display_text", "display_text", 20)) return wrong;
    return check_text(*parameters, "url", "url", 2000);
  }
  return std::nullopt;
}

problem check_template(const json::object& object) {
  if (auto wrong = check_text(object, "name", "template['name']", 512)) return wrong;
  const auto* language = object_in(object, "language");
  if (language == nullptr) return missing("template['language']");
  return check_text(*language, "code", "template['language']['code']", 16);
}

problem check_pin(const json::object& pin) {
  const auto type = string_in(pin, "type");
  if (type != "pin" && type != "unpin") return invalid("pin['type']", "must be pin or unpin.");
  if (!string_in(pin, "message_id")) return missing("pin['message_id']");
  return std::nullopt;
}

problem check_content(std::string_view type, const json::object& content) {
  if (type == "text") return check_text_message(content);
  if (type == "location") return check_location(content);
  if (type == "reaction") return check_reaction(content);
  if (type == "interactive") return check_interactive(content);
  if (type == "template") return check_template(content);
  if (type == "pin") return check_pin(content);
  return check_media(type, content);
}

std::expected<call, graph_error> read_receipt_from(const json::object& body) {
  if (string_in(body, "status") != "read") return std::unexpected(invalid("status", "must be read."));
  const auto wamid = string_in(body, "message_id");
  if (!wamid || wamid->empty()) return std::unexpected(missing("message_id"));

  read_receipt receipt{std::string(*wamid), false};
  if (const auto* typing = object_in(body, "typing_indicator")) {
    if (string_in(*typing, "type") != "text")
      return std::unexpected(invalid("typing_indicator['type']", "must be text."));
    receipt.typing = true;
  }
  return receipt;
}

} // namespace

std::expected<call, graph_error> read_call(const json::value& value) {
  const auto* body = value.if_object();
  if (body == nullptr) return std::unexpected(graph_error{100, "The body must be a JSON object."});
  if (member(*body, "messaging_product") == nullptr)
    return std::unexpected(graph_error{100, "The parameter messaging_product is required."});
  if (string_in(*body, "messaging_product") != "whatsapp")
    return std::unexpected(malformed("messaging_product", "must be whatsapp."));
  if (member(*body, "status") != nullptr) return read_receipt_from(*body);

  outgoing message;
  const auto recipient_type = string_in(*body, "recipient_type").value_or("individual");
  if (recipient_type != "individual" && recipient_type != "group")
    return std::unexpected(malformed("recipient_type", "must be individual or group."));
  message.group = recipient_type == "group";
  if (const auto* to = member(*body, "to"); to != nullptr && !to->is_string())
    return std::unexpected(malformed("to", "must be a string."));
  message.to = string_in(*body, "to").value_or("");
  if (message.to.empty()) message.recipient = string_in(*body, "recipient").value_or("");
  if (message.to.empty() && message.recipient.empty()) return std::unexpected(missing("to"));

  message.type = string_in(*body, "type").value_or("text");
  static constexpr std::string_view known[] = {"text",     "image",       "video",    "document",
                                               "audio",    "sticker",     "location", "contacts",
                                               "reaction", "interactive", "template", "pin"};
  if (std::ranges::find(known, message.type) == std::end(known))
    return std::unexpected(malformed("type", "must be a type of message that is known."));
  if (message.group &&
      (message.type == "interactive" || message.type == "location" || message.type == "contacts"))
    return std::unexpected(graph_error{131051, "Groups take text, media and template messages only."});

  const auto* content = member(*body, message.type);
  if (content == nullptr) return std::unexpected(missing(message.type));
  if (message.type == "contacts") {
    if (auto wrong = check_contacts(*content)) return std::unexpected(*wrong);
    message.content["contacts"] = *content;
  } else {
    if (!content->is_object()) return std::unexpected(malformed(message.type, "must be an object."));
    if (auto wrong = check_content(message.type, content->as_object())) return std::unexpected(*wrong);
    message.content = content->as_object();
  }

  if (const auto* context = object_in(*body, "context")) {
    const auto quoted = string_in(*context, "message_id");
    if (!quoted || quoted->empty()) return std::unexpected(missing("context['message_id']"));
    message.quoted = *quoted;
  }
  if (auto wrong = check_text(*body, "biz_opaque_callback_data", "biz_opaque_callback_data", 512, false))
    return std::unexpected(*wrong);
  message.callback_data = string_in(*body, "biz_opaque_callback_data").value_or("");
  return message;
}

} // namespace simulator
