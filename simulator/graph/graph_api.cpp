#include "simulator/graph/graph_api.hpp"

#include "simulator/graph/multipart.hpp"
#include "simulator/webhook/signature.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cctype>

namespace simulator {

namespace asio = boost::asio;
namespace json = boost::json;
using steady = std::chrono::steady_clock;

namespace {

constexpr auto upload_life = std::chrono::hours(24 * 30);
constexpr auto url_life = std::chrono::minutes(5);

bool is_version(std::string_view segment) {
  if (!segment.starts_with('v')) return false;
  segment.remove_prefix(1);
  const auto dot = segment.find('.');
  const auto digits = [](std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](unsigned char letter) { return std::isdigit(letter) != 0; });
  };
  return dot != std::string_view::npos && digits(segment.substr(0, dot)) && digits(segment.substr(dot + 1));
}

/// The path's segments without a leading version.
std::vector<std::string> segments_of(std::string_view path) {
  std::vector<std::string> segments;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    if (!segment.empty()) segments.emplace_back(segment);
    path.remove_prefix(segment.size());
  }
  if (!segments.empty() && is_version(segments.front())) segments.erase(segments.begin());
  return segments;
}

void add_meta_headers(simulation& world, http_response& response) {
  response.headers.insert(response.headers.end(),
                          {{"facebook-api-version", world.set.api_version},
                           {"x-fb-trace-id", world.ids.trace_id(11)},
                           {"x-fb-request-id", world.ids.trace_id(22)},
                           {"x-fb-rev", "1029384756"},
                           {"X-FB-Debug", world.ids.trace_id(64)},
                           {"Cache-Control", "private, no-cache, no-store, must-revalidate"},
                           {"Pragma", "no-cache"},
                           {"Expires", "Sat, 01 Jan 2000 00:00:00 GMT"},
                           {"Access-Control-Allow-Origin", "*"},
                           {"Strict-Transport-Security", "max-age=15552000; preload"},
                           {"Vary", "Accept-Encoding"},
                           {"Alt-Svc", "h3=\":443\"; ma=86400"},
                           {"x-app-usage", R"({"call_count":0,"total_cputime":0,"total_time":0})"}});
  const auto usage = [](std::string_view type) {
    return json::object{{"type", type},
                        {"call_count", 1},
                        {"total_cputime", 1},
                        {"total_time", 1},
                        {"estimated_time_to_regain_access", 0}};
  };
  response.headers.emplace_back(
      "x-business-use-case-usage",
      json::serialize(json::object{
          {world.set.waba_id, json::array{usage("whatsapp"), usage("whatsapp_business_management")}}}));
}

http_response graph_answer(simulation& world, const json::value& body) {
  auto response = json_response(200, body);
  add_meta_headers(world, response);
  return response;
}

http_response graph_refusal(simulation& world, const graph_error& error) {
  auto response = json_response(http_status(error.code), error_body(error, world.ids.trace_id(23)));
  add_meta_headers(world, response);
  if (error.code == 190 || error.code == 104)
    response.headers.emplace_back("WWW-Authenticate", "OAuth \"Facebook Platform\" \"invalid_token\"");
  const bool limit = error.code == 4 || error.code == 80007 || error.code == 130429 || error.code == 131056;
  if (limit && world.set.retry_after)
    response.headers.emplace_back("Retry-After", error.code == 131056 ? "6" : "1");
  return response;
}

std::optional<graph_error> check_token(const simulation& world, const http_request& request) {
  auto token = request.parameter("access_token");
  const auto header = request.header("authorization");
  static constexpr std::string_view scheme = "bearer ";
  if (header.size() > scheme.size() &&
      std::ranges::equal(header.substr(0, scheme.size()), scheme, {},
                         [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); }))
    token = header.substr(scheme.size());
  if (token.empty()) return graph_error{104, {}};
  if (!world.set.access_token.empty() && token != world.set.access_token) return graph_error{190, {}};
  return std::nullopt;
}

graph_error no_such_object(const std::string& id) {
  return {100,
          "The object '" + id +
              "' does not exist, or this token may not see it, or it does not support this call.",
          33};
}

json::object accepted_body(const accepted& message) {
  json::object contact{{"input", message.input}};
  if (!message.wa_id.empty()) contact["wa_id"] = message.wa_id;
  if (!message.user_id.empty()) contact["user_id"] = message.user_id;
  json::object sent{{"id", message.wamid}};
  if (!message.group_id.empty()) sent["group_id"] = message.group_id;
  return {
      {"messaging_product", "whatsapp"}, {"contacts", json::array{contact}}, {"messages", json::array{sent}}};
}

http_response html_page() {
  http_response response;
  response.status = 502;
  response.content_type = "text/html; charset=utf-8";
  response.body =
      "<!doctype html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1>"
      "<p>The simulator was told to answer like this.</p></body></html>";
  return response;
}

/// The answer that the plan asks for.
http_response answer_of(simulation& world, const send_plan& plan, const json::value& good) {
  switch (plan.kind) {
  case answer::refuse:
    return graph_refusal(world, {plan.code, {}});
  case answer::reset:
  case answer::accept_then_reset: {
    http_response response;
    response.how = sending::reset;
    return response;
  }
  case answer::hang:
  case answer::accept_then_hang: {
    http_response response;
    response.how = sending::hang;
    return response;
  }
  case answer::html:
  case answer::accept_then_html:
    return html_page();
  case answer::redirect: {
    auto response = json_response(302, json::object{});
    response.headers.emplace_back("Location", "/simulator/elsewhere");
    return response;
  }
  case answer::accept_then_error:
    return graph_refusal(world, {131000, {}});
  case answer::truncated: {
    auto response = graph_answer(world, good);
    response.how = sending::truncated;
    return response;
  }
  case answer::broken_json: {
    auto response = graph_answer(world, good);
    response.body.resize(response.body.size() - 3);
    return response;
  }
  case answer::as_usual:
  case answer::error:
  case answer::fail:
    break;
  }
  return graph_answer(world, good);
}

bool answers(const http_response& response) {
  return response.how == sending::whole || response.how == sending::truncated;
}

asio::awaitable<void> pause(std::chrono::milliseconds length) {
  if (length.count() <= 0) co_return;
  asio::steady_timer timer(co_await asio::this_coro::executor, length);
  co_await timer.async_wait(asio::use_awaitable);
}

asio::awaitable<http_response> messages(simulation& world, const http_request& request) {
  const auto began = steady::now();
  request_record record{.method = request.method,
                        .path = request.path,
                        .body = {},
                        .outcome = {},
                        .wamid = {},
                        .callback_data = {}};
  const auto done = [&](http_response response, std::string outcome, int code = 0) {
    record.outcome = std::move(outcome);
    record.status = answers(response) ? response.status : 0;
    record.code = code;
    record.latency_ms = std::chrono::duration<double, std::milli>(steady::now() - began).count();
    world.log.add(std::move(record));
    return response;
  };

  boost::system::error_code malformed;
  auto body = json::parse(request.body, malformed);
  record.body = malformed ? json::value(json::string(request.body)) : body;
  if (const auto refused = check_token(world, request))
    co_return done(graph_refusal(world, *refused), "refused", refused->code);
  if (malformed) co_return done(graph_refusal(world, {100, "The body is no JSON."}), "refused", 100);

  const auto read = read_call(body);
  if (!read) co_return done(graph_refusal(world, read.error()), "refused", read.error().code);

  if (const auto* receipt = std::get_if<read_receipt>(&*read)) {
    record.wamid = receipt->wamid;
    const auto marked = world.read_by_business(*receipt);
    co_await pause(std::chrono::milliseconds(world.set.latency));
    if (!marked) co_return done(graph_refusal(world, marked.error()), "refused", marked.error().code);
    co_return done(graph_answer(world, {{"success", true}}), receipt->typing ? "read and typing" : "read");
  }

  const auto& message = std::get<outgoing>(*read);
  record.callback_data = message.callback_data;
  if (const auto fine = world.check(message); !fine)
    co_return done(graph_refusal(world, fine.error()), "refused", fine.error().code);

  const bool counted = world.set.next_send.count > 0;
  const auto plan = plan_send(world.set, world.set.next_send, world.random);
  if (counted && world.set.next_send.count == 0) world.hub.publish("options", to_json(world.set));

  if (!accepts(plan.kind)) {
    co_await pause(std::chrono::milliseconds(world.set.latency));
    const auto outcome =
        plan.kind == answer::refuse ? std::string("refused") : std::string(name_of(plan.kind));
    co_return done(answer_of(world, plan, {}), outcome, plan.code);
  }

  const auto taken = world.check_and_accept(message, plan);
  if (!taken) co_return done(graph_refusal(world, taken.error()), "refused", taken.error().code);
  record.wamid = taken->wamid;
  const auto outcome =
      plan.kind == answer::as_usual ? std::string("accepted") : std::string(name_of(plan.kind));

  if (world.set.statuses_before_answer) {
    const auto told = world.start(*taken, message, plan);
    co_await told->passed();
    co_await pause(std::chrono::milliseconds(world.set.latency));
    co_return done(answer_of(world, plan, accepted_body(*taken)), outcome);
  }
  co_await pause(std::chrono::milliseconds(world.set.latency));
  world.start(*taken, message, plan); // begins once this coroutine has handed its answer over
  co_return done(answer_of(world, plan, accepted_body(*taken)), outcome);
}

http_response upload(simulation& world, const http_request& request) {
  const auto parts = read_form(request.header("content-type"), request.body);
  if (!parts) return graph_refusal(world, {100, "The body must be multipart/form-data."});

  const form_part* file = nullptr;
  bool product = false;
  std::string type;
  for (const auto& part : *parts) {
    if (part.name == "file") file = &part;
    if (part.name == "messaging_product") product = part.content == "whatsapp";
    if (part.name == "type") type = std::string(part.content);
  }
  if (!product) return graph_refusal(world, {100, "The parameter messaging_product must be whatsapp."});
  if (file == nullptr) return graph_refusal(world, {131008, "The parameter file is required."});
  if (type.empty()) type = file->content_type;

  const auto mime = type.substr(0, type.find(';'));
  const std::size_t most = mime.starts_with("image/webp")                             ? 500U << 10
                           : mime.starts_with("image/")                               ? 5U << 20
                           : mime.starts_with("video/") || mime.starts_with("audio/") ? 16U << 20
                                                                                      : 100U << 20;
  static constexpr std::string_view allowed[] = {"image/jpeg", "image/png", "image/webp", "video/mp4",
                                                 "video/3gpp", "audio/aac", "audio/amr",  "audio/mpeg",
                                                 "audio/mp4",  "audio/ogg", "text/plain", "application/pdf"};
  const bool office = mime.starts_with("application/vnd.") || mime == "application/msword";
  if (!office && std::ranges::find(allowed, mime) == std::end(allowed))
    return graph_refusal(world, {100, "Media of the type " + mime + " are not taken."});
  if (file->content.empty() || file->content.size() > most)
    return graph_refusal(world, {100, "The file is empty or larger than its type allows."});

  const auto& kept = world.media.put({.id = world.ids.media_id(),
                                      .mime_type = type,
                                      .filename = file->filename,
                                      .sha256 = sha256_base64(file->content),
                                      .bytes = std::make_shared<const std::string>(file->content),
                                      .expires = std::chrono::system_clock::now() + upload_life});
  return graph_answer(world, {{"id", kept.id}});
}

/// The short-lived key of a media address: only who asked the Graph has it.
std::string url_key(const simulation& world, const std::string& id, const std::string& expires) {
  return signature_header(world.set.app_secret, id + "/" + expires).substr(7, 24);
}

http_response describe_media(simulation& world, const http_request& request, const media& found) {
  const auto expires = std::to_string(seconds_of(std::chrono::system_clock::now() + url_life));
  return graph_answer(world, {{"messaging_product", "whatsapp"},
                              {"url", request.own_address + "/simulated-lookaside/?mid=" + found.id +
                                          "&ext=" + expires + "&hash=" + url_key(world, found.id, expires)},
                              {"mime_type", found.mime_type},
                              {"sha256", found.sha256},
                              {"file_size", found.bytes->size()},
                              {"id", found.id}});
}

http_response download(simulation& world, const http_request& request) {
  const auto now = std::chrono::system_clock::now();
  const auto id = request.parameter("mid");
  const auto expires = request.parameter("ext");
  const auto* found = world.media.find(id, now);
  if (check_token(world, request)) return problem_response(401, "The token is missing or wrong.");
  if (found == nullptr || request.parameter("hash") != url_key(world, id, expires) ||
      std::strtoll(expires.c_str(), nullptr, 10) < seconds_of(now))
    return problem_response(404, "This address is not known, or no longer.");

  http_response response;
  response.content_type = found->mime_type;
  response.headers.emplace_back("Content-Disposition", "attachment");
  response.body = *found->bytes;
  return response;
}

json::object number_body(const simulation& world) {
  return {{"verified_name", world.set.business_name},
          {"display_phone_number", "+" + world.set.display_phone_number},
          {"quality_rating", "GREEN"},
          {"code_verification_status", "VERIFIED"},
          {"platform_type", "CLOUD_API"},
          {"throughput", {{"level", "STANDARD"}}},
          {"whatsapp_business_manager_messaging_limit", "TIER_2K"},
          {"id", world.set.phone_number_id}};
}

http_response other_calls(simulation& world, const http_request& request,
                          const std::vector<std::string>& path) {
  if (const auto refused = check_token(world, request)) return graph_refusal(world, *refused);
  const auto id = path.empty() ? std::string() : path.front();
  const auto edge = path.size() > 1 ? path[1] : std::string();
  const bool get = request.method == "GET";

  if (id == world.set.phone_number_id) {
    if (get && edge.empty()) return graph_answer(world, number_body(world));
    if (request.method == "POST" && edge == "media") return upload(world, request);
  }
  if (id == world.set.waba_id) {
    if (get && edge.empty()) return graph_answer(world, {{"id", id}, {"name", world.set.business_name}});
    if (get && edge == "phone_numbers")
      return graph_answer(world, {{"data", json::array{number_body(world)}}});
    if (get && edge == "message_templates")
      return graph_answer(world, {{"data", json::array{{{"name", "hello_world"},
                                                        {"language", "en_US"},
                                                        {"status", "APPROVED"},
                                                        {"category", "UTILITY"},
                                                        {"id", "1000000000000001"}}}}});
    if (edge == "subscribed_apps") {
      if (!get) return graph_answer(world, {{"success", true}});
      const json::object app{
          {"whatsapp_business_api_data", {{"name", "Simulated app"}, {"id", "300000000000001"}}}};
      return graph_answer(world, {{"data", json::array{app}}});
    }
  }
  if (edge.empty()) {
    const auto* found = world.media.find(id, std::chrono::system_clock::now());
    const auto owner = request.parameter("phone_number_id");
    const bool mine = owner.empty() || owner == world.set.phone_number_id;
    if (found != nullptr && mine && get) return describe_media(world, request, *found);
    if (found != nullptr && mine && request.method == "DELETE") {
      world.media.erase(id);
      return graph_answer(world, {{"success", true}});
    }
  }
  return graph_refusal(world, no_such_object(id));
}

} // namespace

asio::awaitable<http_response> answer_graph(simulation& world, const http_request& request) {
  if (request.path == "/simulated-lookaside/") co_return download(world, request);

  const auto path = segments_of(request.path);
  const bool ours = path.size() == 2 && path[0] == world.set.phone_number_id;
  if (request.method == "POST" && ours && path[1] == "messages") co_return co_await messages(world, request);

  const auto began = steady::now();
  auto response = other_calls(world, request, path);
  const bool text = request.header("content-type").starts_with("application/json");
  world.log.add(
      request_record{.method = request.method,
                     .path = request.path,
                     .body = text ? json::value(json::string(request.body)) : json::value(nullptr),
                     .outcome = response.status == 200 ? "ok" : "refused",
                     .status = response.status,
                     .wamid = {},
                     .callback_data = {},
                     .latency_ms = std::chrono::duration<double, std::milli>(steady::now() - began).count()});
  co_return response;
}

} // namespace simulator
