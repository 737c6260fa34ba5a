#include "simulator/net/test_api.hpp"

#include "simulator/graph/recipient.hpp"
#include "simulator/graph/sample_media.hpp"
#include "simulator/page/page_files.hpp"
#include "simulator/webhook/signature.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>

namespace simulator {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr int inbound_count_max = 10'000;
constexpr std::size_t journal_page_max = 10'000;

/// A refusal on its way out of a handler.
struct refusal {
  int status;
  std::string sentence;
};

std::string text_in(const json::object& body, std::string_view name, bool needed = false) {
  const auto* found = body.if_contains(name);
  if (found == nullptr || found->is_null()) {
    if (needed) throw refusal{400, std::string(name) + " is needed."};
    return {};
  }
  if (!found->is_string()) throw refusal{400, std::string(name) + " must be a string."};
  return std::string(found->as_string());
}

std::optional<bool> flag_in(const json::object& body, std::string_view name) {
  const auto* found = body.if_contains(name);
  if (found == nullptr) return std::nullopt;
  if (!found->is_bool()) throw refusal{400, std::string(name) + " must be true or false."};
  return found->as_bool();
}

int number_in(const json::object& body, std::string_view name, int otherwise, int least, int most) {
  const auto* found = body.if_contains(name);
  if (found == nullptr) return otherwise;
  if (!found->is_int64() || found->as_int64() < least || found->as_int64() > most)
    throw refusal{400, std::string(name) + " must be a whole number from " + std::to_string(least) + " to " +
                           std::to_string(most) + "."};
  return static_cast<int>(found->as_int64());
}

std::string digits_in(const json::object& body, std::string_view name) {
  const auto digits = recipient_digits(text_in(body, name, true));
  if (!digits) throw refusal{400, std::string(name) + " must be a phone number."};
  return *digits;
}

json::object body_of(const http_request& request) {
  boost::system::error_code malformed;
  const auto value = json::parse(request.body, malformed);
  if (malformed || !value.is_object()) throw refusal{400, "The body must be a JSON object."};
  return value.as_object();
}

customer& person_in(simulation& world, const json::object& body) {
  auto* someone = world.people.find(digits_in(body, "phone"));
  if (someone == nullptr) throw refusal{404, "No customer has that number."};
  return *someone;
}

std::uint64_t parameter_number(const http_request& request, std::string_view name, std::uint64_t otherwise) {
  const auto text = request.parameter(name);
  if (text.empty()) return otherwise;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    throw refusal{400, std::string(name) + " must be a number."};
  return value;
}

std::string own_media(simulation& world, std::string bytes, std::string mime) {
  auto hash = sha256_base64(bytes);
  return world.media
      .put({.id = world.ids.media_id(),
            .mime_type = std::move(mime),
            .filename = {},
            .sha256 = std::move(hash),
            .bytes = std::make_shared<const std::string>(std::move(bytes)),
            .expires = std::chrono::system_clock::now() + std::chrono::hours(24 * 7)})
      .id;
}

/// Things that the buttons of the page send.
json::object ready_made(simulation& world, const std::string& kind, const json::object& body,
                        const customer* writer) {
  if (kind == "picture") {
    const auto id = own_media(world, sample_picture(world.ids.media_id().back() - '0'), "image/png");
    const auto* kept = world.media.find(id, std::chrono::system_clock::now());
    json::object image{{"mime_type", kept->mime_type}, {"sha256", kept->sha256}, {"id", id}};
    if (const auto caption = text_in(body, "text"); !caption.empty()) image["caption"] = caption;
    return {{"type", "image"}, {"image", std::move(image)}};
  }
  if (kind == "voice") {
    const auto id = own_media(world, sample_voice_note(4), "audio/ogg; codecs=opus");
    const auto* kept = world.media.find(id, std::chrono::system_clock::now());
    return {
        {"type", "audio"},
        {"audio", {{"mime_type", kept->mime_type}, {"sha256", kept->sha256}, {"id", id}, {"voice", true}}}};
  }
  if (kind == "location")
    return {{"type", "location"},
            {"location",
             {{"latitude", 38.7105},
              {"longitude", -9.1307},
              {"name", "Largo das Cerâmicas"},
              {"address", "Rua dos Azulejos 12"}}}};
  if (kind == "reaction") {
    auto target = text_in(body, "messageId");
    if (target.empty() && writer != nullptr)
      for (const auto& message : writer->messages)
        if (!message.from_customer && (message.status == "delivered" || message.status == "read"))
          target = message.wamid;
    if (target.empty()) throw refusal{409, "There is no message of the team on this phone to react to."};
    const auto emoji = text_in(body, "emoji");
    return {{"type", "reaction"},
            {"reaction", {{"message_id", target}, {"emoji", emoji.empty() ? "👍" : emoji}}}};
  }
  throw refusal{400, "kind must be picture, voice, location or reaction."};
}

http_response post_inbound(simulation& world, const http_request& request) {
  const auto body = body_of(request);
  inbound what{.from = digits_in(body, "from"),
               .name = text_in(body, "name"),
               .group_id = text_in(body, "groupId"),
               .message = {}};
  const auto count = number_in(body, "count", 1, 1, inbound_count_max);
  const auto text = text_in(body, "text");
  const auto kind = text_in(body, "kind");
  const auto* raw = body.if_contains("message");
  if (raw != nullptr && !raw->is_object()) throw refusal{400, "message must be an object."};
  if (raw == nullptr && text.empty() && kind.empty()) throw refusal{400, "text, message or kind is needed."};

  json::array wamids;
  for (int n = 1; n <= count; ++n) {
    if (raw != nullptr)
      what.message = raw->as_object();
    else if (!kind.empty())
      what.message = ready_made(world, kind, body, world.people.find(what.from));
    else
      what.message = {{"type", "text"},
                      {"text", {{"body", count == 1 ? text : text + " " + std::to_string(n)}}}};
    if (const auto quoted = text_in(body, "replyTo"); !quoted.empty())
      what.message["context"] = {{"from", world.set.display_phone_number}, {"id", quoted}};
    const auto wamid = world.receive(what);
    if (!wamid) throw refusal{409, wamid.error()};
    wamids.push_back(json::string(*wamid));
  }
  return json_response(201, {{"wamids", std::move(wamids)}});
}

http_response post_status(simulation& world, const http_request& request) {
  const auto body = body_of(request);
  const auto done =
      world.force_status(text_in(body, "wamid", true), text_in(body, "status", true),
                         number_in(body, "code", 131026, 0, 9'999'999), text_in(body, "participant"));
  if (!done) throw refusal{404, done.error()};
  return json_response(202, json::object{});
}

http_response post_customer(simulation& world, const http_request& request) {
  const auto body = body_of(request);
  const auto digits = digits_in(body, "phone");
  const auto online = flag_in(body, "online");
  const auto reads = flag_in(body, "reads");
  const bool known = world.people.find(digits) != nullptr;
  auto* someone =
      world.people.at(digits, online.value_or(world.set.online), reads.value_or(world.set.auto_read));
  if (someone == nullptr) throw refusal{409, "The simulator knows too many people."};

  if (const auto name = text_in(body, "name"); !name.empty()) someone->who.name = name;
  if (const auto username = text_in(body, "username"); !username.empty()) someone->who.username = username;
  if (const auto withheld = flag_in(body, "numberWithheld")) someone->number_withheld = *withheld;
  world.set_phone(*someone, online, reads);
  return json_response(known ? 200 : 201, to_json(*someone, 0));
}

http_response get_customers(const simulation& world, const http_request& request) {
  const auto most = static_cast<std::size_t>(parameter_number(request, "limit", 100));
  const auto messages = static_cast<std::size_t>(parameter_number(request, "messages", 0));
  json::array shown;
  for (const auto* someone : world.people.newest(most)) shown.push_back(to_json(*someone, messages));
  return json_response(200, {{"customers", std::move(shown)}, {"total", world.people.size()}});
}

http_response post_group(simulation& world, const http_request& request) {
  const auto body = body_of(request);
  const auto id = text_in(body, "id", true);
  auto& made = world.people.group_at(id);
  made.subject = text_in(body, "subject");
  if (const auto* members = body.if_contains("participants")) {
    if (!members->is_array()) throw refusal{400, "participants must be an array of phone numbers."};
    made.participants.clear();
    for (const auto& member : members->as_array()) {
      const auto digits = member.is_string() ? recipient_digits(member.as_string().c_str()) : std::nullopt;
      if (!digits) throw refusal{400, "participants must be an array of phone numbers."};
      world.people.at(*digits, world.set.online, world.set.auto_read);
      made.participants.push_back(*digits);
    }
  }
  return json_response(
      201, {{"id", id}, {"subject", made.subject}, {"participants", json::value_from(made.participants)}});
}

asio::awaitable<http_response> post_webhook(simulation& world, const http_request& request) {
  // The body goes out byte for byte; how it is signed stands in the address.
  raw_webhook webhook{.body = request.body, .signature = {}};
  const auto signature = request.parameter("signature");
  if (signature == "missing")
    webhook.signature = "";
  else if (signature == "wrong")
    webhook.signature = signature_header(world.set.app_secret + "?", request.body);
  else if (!signature.empty() && signature != "right")
    webhook.signature = signature;
  webhook.retry = request.parameter("retry") == "true";

  const auto [seq, told] = world.sender.post(std::move(webhook));
  co_await told->passed();
  json::object answer{{"seq", seq}};
  if (const auto* record = world.log.webhook(seq)) {
    answer["state"] = record->state;
    answer["status"] = record->attempts.empty() ? 0 : record->attempts.back().status;
    if (!record->attempts.empty() && !record->attempts.back().error.empty())
      answer["error"] = record->attempts.back().error;
  }
  co_return json_response(200, answer);
}

json::object statistics(const simulation& world) {
  std::vector<double> latencies;
  std::size_t requests = 0;
  std::size_t webhooks = 0;
  std::size_t attempts = 0;
  std::size_t delivered = 0;
  for (const auto& entry : world.log.entries()) {
    const auto* webhook = std::get_if<webhook_record>(&entry.record);
    if (webhook == nullptr) {
      ++requests;
      continue;
    }
    ++webhooks;
    attempts += static_cast<std::size_t>(webhook->tries);
    delivered += webhook->state == "delivered" ? 1 : 0;
    for (const auto& attempt : webhook->attempts) latencies.push_back(attempt.latency_ms);
  }
  std::ranges::sort(latencies);
  const auto at = [&](double part) {
    return latencies.empty()
               ? 0.0
               : latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
  };
  return {{"requests", requests},
          {"webhooks", webhooks},
          {"delivered", delivered},
          {"attempts", attempts},
          {"pending", world.sender.pending()},
          {"latency",
           {{"p50", at(0.5)}, {"p99", at(0.99)}, {"max", at(1)}, {"targetP50", 250}, {"targetP99", 1000}}}};
}

http_response get_media(const simulation& world, const std::string& id) {
  const auto* found = world.media.find(id, std::chrono::system_clock::now());
  if (found == nullptr) throw refusal{404, "That is not known, or no longer."};
  static constexpr std::string_view harmless[] = {"image/png", "image/jpeg", "image/webp",
                                                  "audio/ogg", "audio/mpeg", "audio/mp4",
                                                  "audio/aac", "audio/amr",  "video/mp4"};
  const auto mime = found->mime_type.substr(0, found->mime_type.find(';'));
  const bool shown = std::ranges::find(harmless, mime) != std::end(harmless);

  http_response response;
  response.content_type = shown ? found->mime_type : "application/octet-stream";
  if (!shown) response.headers.emplace_back("Content-Disposition", "attachment");
  response.headers.emplace_back("Content-Security-Policy", "sandbox; default-src 'none'");
  response.body = *found->bytes;
  return response;
}

http_response get_page(std::string_view path) {
  auto name = path.substr(1);
  if (name.empty()) name = "phone.html";
  for (const auto& file : page_files()) {
    if (file.name != name) continue;
    http_response response;
    response.content_type = name.ends_with(".css")   ? "text/css; charset=utf-8"
                            : name.ends_with(".js")  ? "text/javascript; charset=utf-8"
                            : name.ends_with(".svg") ? "image/svg+xml"
                                                     : "text/html; charset=utf-8";
    response.headers.emplace_back("Cache-Control", "no-cache");
    response.headers.emplace_back("Referrer-Policy", "no-referrer");
    response.headers.emplace_back(
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src "
        "'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response.body = file.content;
    return response;
  }
  throw refusal{404, "There is nothing here."};
}

http_response get_events(simulation& world) {
  http_response response;
  response.events = world.hub.subscribe();
  if (!response.events) throw refusal{503, "Too many pages are open."};
  response.how = sending::events;
  event_hub::give(*response.events, event_hub::text_of("state", world.snapshot()));
  return response;
}

http_response patch_options(simulation& world, const http_request& request) {
  const auto changed = world.change_options(body_of(request));
  if (!changed) throw refusal{400, changed.error()};
  return json_response(200, to_json(world.set));
}

http_response get_journal(const simulation& world, const http_request& request) {
  const auto kind = request.parameter("kind");
  if (!kind.empty() && kind != "request" && kind != "webhook")
    throw refusal{400, "kind must be request or webhook."};
  const auto most =
      std::min<std::uint64_t>(parameter_number(request, "limit", journal_page_max), journal_page_max);
  return json_response(
      200, world.log.list(parameter_number(request, "since", 0), kind, static_cast<std::size_t>(most)));
}

/// Everything that needs no waiting.
http_response at_once(simulation& world, const http_request& request) {
  const auto call = request.method + " " + request.path;
  if (call == "GET /simulator/options") return json_response(200, to_json(world.set));
  if (call == "PATCH /simulator/options") return patch_options(world, request);
  if (call == "GET /simulator/journal") return get_journal(world, request);
  if (call == "DELETE /simulator/journal") {
    world.log.clear();
    return json_response(200, json::object{});
  }
  if (call == "GET /simulator/statistics") return json_response(200, statistics(world));
  if (call == "POST /simulator/inbound") return post_inbound(world, request);
  if (call == "POST /simulator/status") return post_status(world, request);
  if (call == "GET /simulator/customers") return get_customers(world, request);
  if (call == "POST /simulator/customers") return post_customer(world, request);
  if (call == "POST /simulator/groups") return post_group(world, request);
  if (call == "POST /simulator/read") {
    auto& someone = person_in(world, body_of(request));
    if (!someone.online) throw refusal{409, "The phone is off."};
    return json_response(200, {{"read", world.read_all(someone)}});
  }
  if (call == "GET /simulator/events") return get_events(world);
  static constexpr std::string_view media_path = "/simulator/media/";
  if (request.method == "GET" && request.path.starts_with(media_path))
    return get_media(world, request.path.substr(media_path.size()));
  if (request.method == "GET" && !request.path.starts_with("/simulator/")) return get_page(request.path);
  throw refusal{404, "There is no such call. See simulator/README.md."};
}

/// Pages of other origins must not reach the controls, although they listen on this machine.
bool is_foreign(const http_request& request) {
  const auto origin = request.header("origin");
  return !origin.empty() && origin != request.own_address;
}

} // namespace

bool is_test_path(std::string_view path) {
  return path.starts_with("/simulator/") || path == "/" ||
         std::ranges::any_of(page_files(),
                             [&](const page_file& file) { return path.substr(1) == file.name; });
}

asio::awaitable<http_response> answer_test(simulation& world, const http_request& request) {
  if (is_foreign(request)) co_return problem_response(403, "Pages of other origins may not do this.");
  const auto call = request.method + " " + request.path;

  std::optional<refusal> refused;
  try {
    if (call == "POST /simulator/webhook") co_return co_await post_webhook(world, request);
    if (call == "POST /simulator/verify") {
      const auto result = co_await world.verify();
      co_return json_response(200,
                              {{"good", result.good}, {"status", result.status}, {"answer", result.answer}});
    }
    if (call == "GET /simulator/idle") {
      const auto limit = std::chrono::milliseconds(
          std::min<std::uint64_t>(parameter_number(request, "timeout", 10'000), 600'000));
      const bool silent = co_await world.busy.silent_within(limit);
      co_return json_response(silent ? 200 : 408, {{"idle", silent}, {"pending", world.sender.pending()}});
    }
    co_return at_once(world, request);
  } catch (const refusal& reason) {
    refused = reason;
  }
  co_return problem_response(refused->status, refused->sentence);
}

} // namespace simulator
