#include "adapters/http/web_server.hpp"

#include "adapters/http/page.hpp"
#include "adapters/http/problem.hpp"
#include "base/logging.hpp"
#include "wire/json_writer.hpp"
#include "wire/public_json.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tickwire::http {

namespace asio = boost::asio;
namespace json = boost::json;
using socketio::http_request;
using socketio::http_response;
using socketio::responder;

namespace {

constexpr std::size_t page_limit_default = 50, page_limit_max = 200;
constexpr int cookie_days = 14;
constexpr std::chrono::milliseconds store_patience{2'500}; // of GET /readyz

http_response ok_json(std::string body, unsigned status = 200) {
  http_response response;
  response.status = status;
  response.body = std::move(body);
  response.headers.emplace_back("Content-Type", "application/json");
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

http_response plain(unsigned status, std::string body) {
  http_response response;
  response.status = status;
  response.body = std::move(body);
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.headers.emplace_back("Cache-Control", "no-store");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

http_response no_content() {
  http_response response;
  response.status = 204;
  return response;
}

void append_user(std::string& out, const user& who) {
  wire::object_writer object(out);
  object.member("id", who.id);
  object.member("name", who.name);
  object.member("role", who.role == role::admin ? "admin" : "agent");
}

// What a handler gets.
struct call {
  const http_request& request;
  user who;              // of routes with a session
  std::string token;     // its session
  std::string parameter; // the {…} of the path, decoded
};

using answer = task<http_response>;

result<json::object> read_object(const http_request& request) {
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code error;
  const std::string_view body = request.body();
  json::value value = json::parse(json::string_view(body.data(), body.size()), error, {}, options);
  if (error || !value.is_object())
    return fail(failure_kind::invalid, "json_invalid",
                "The request's body is not a JSON object. Check its syntax and send it as application/json.");
  return std::move(value.get_object());
}

// A text member; empty when it is absent or null.
result<std::string> text_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (!value || value->is_null()) return std::string();
  if (!value->is_string())
    return fail(failure_kind::invalid, "wrong_kind", "\"" + std::string(name) + "\" must be a text.");
  return std::string(value->get_string().data(), value->get_string().size());
}

result<std::string> needed_text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (!value || value->is_null())
    return fail(failure_kind::invalid, "missing",
                "\"" + std::string(name) + "\" is missing. Send it as a text.");
  return text_member(object, name);
}

result<std::uint64_t> number_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  if (value && value->is_int64() && value->get_int64() >= 0)
    return static_cast<std::uint64_t>(value->get_int64());
  return fail(failure_kind::invalid, "wrong_kind",
              "\"" + std::string(name) + "\" must be a whole number, zero or more.");
}

result<std::optional<std::uint64_t>> number_query(const http_request& request, std::string_view name) {
  const std::string text = request.query_value(name);
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ptr != text.data() + text.size() ||
      (parsed.ec != std::errc() && parsed.ec != std::errc::result_out_of_range))
    return fail(failure_kind::invalid, "wrong_number",
                "\"" + std::string(name) + "\" must be a whole number, zero or more.");
  // Beyond every seq is as good as the highest; stores count in signed numbers.
  constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return std::optional(parsed.ec == std::errc() ? std::min(value, highest) : highest);
}

result<std::size_t> limit_query(const http_request& request) {
  if (request.query_value("limit").empty() && request.query().find("limit") == std::string_view::npos)
    return page_limit_default;
  const auto limit = number_query(request, "limit");
  if (!limit || !*limit || **limit == 0)
    return fail(failure_kind::invalid, "wrong_limit",
                "\"limit\" must be a positive number; at most 200 are given.");
  return std::min<std::size_t>(static_cast<std::size_t>(std::min<std::uint64_t>(**limit, page_limit_max)),
                               page_limit_max);
}

std::string chat_json(const chat_summary& summary) {
  std::string out;
  wire::append_chat(out, summary.chat, summary.contact, summary.last_message, summary.unread);
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i] ^ b[b.empty() ? 0 : i % b.size()]);
  return difference == 0 && !b.empty();
}

} // namespace

std::string session_token(std::string_view authorization, std::string_view cookie, bool& from_cookie) {
  from_cookie = false;
  static constexpr std::string_view scheme = "bearer ";
  const auto same_letter = [](char a, char b) { return a == b || (a >= 'A' && a <= 'Z' && a + 32 == b); };
  if (authorization.size() > scheme.size() &&
      std::equal(scheme.begin(), scheme.end(), authorization.begin(),
                 [&](char wanted, char got) { return same_letter(got, wanted); })) {
    authorization.remove_prefix(scheme.size());
    while (authorization.starts_with(' ')) authorization.remove_prefix(1);
    return std::string(authorization);
  }
  static constexpr std::string_view name = "tickwire_session=";
  while (!cookie.empty()) {
    while (cookie.starts_with(' ')) cookie.remove_prefix(1);
    const std::size_t end = cookie.find(';');
    const std::string_view one = cookie.substr(0, end);
    if (one.starts_with(name)) {
      from_cookie = true;
      return std::string(one.substr(name.size()));
    }
    if (end == std::string_view::npos) break;
    cookie.remove_prefix(end + 1);
  }
  return {};
}

bool same_origin(std::string_view origin, std::string_view host) {
  const std::size_t scheme = origin.find("://");
  return scheme != std::string_view::npos && !host.empty() && origin.substr(scheme + 3) == host;
}

struct web_server::impl {
  asio::io_context& io;
  const web_settings settings;
  log_store& log;
  auth::accounts& accounts;
  messaging& messages;
  ingest_webhook& webhook;
  const presence& present;
  const service_state& service;

  enum class session { none, needed };
  struct route {
    std::string_view method;
    std::string_view path; // "/chats/{}/read": one part may be a parameter
    session access;
    answer (impl::*handler)(call&);
  };
  static constexpr std::size_t route_count = 19;
  static const std::array<route, route_count>& routes();

  // --- accounts ---

  http_response session_answer(const http_request& request, const auth::login_result& entered,
                               unsigned status) {
    std::string body;
    {
      wire::object_writer object(body);
      append_user(object.open("user"), entered.who);
      object.member("token", entered.token);
    }
    http_response response = ok_json(std::move(body), status);
    response.headers.emplace_back("Set-Cookie", cookie(request, entered.token, cookie_days * 24 * 3600));
    return response;
  }

  std::string cookie(const http_request& request, std::string_view value, int seconds) const {
    const bool secure = settings.secure_cookie == web_settings::cookie_mode::always ||
                        (settings.secure_cookie == web_settings::cookie_mode::automatic &&
                         request.header("x-forwarded-proto") == "https");
    return "tickwire_session=" + std::string(value) +
           "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(seconds) +
           (secure ? "; Secure" : "");
  }

  answer log_in(call& call) {
    auto body = read_object(call.request);
    if (!body) co_return problem(body.error());
    auto name = needed_text(*body, "username");
    auto password = needed_text(*body, "password");
    if (!name) co_return problem(name.error());
    if (!password) co_return problem(password.error());
    auto entered = co_await accounts.log_in(*name, *password);
    if (!entered) co_return problem(entered.error());
    co_return session_answer(call.request, *entered, 200);
  }

  answer set_up(call& call) {
    auto body = read_object(call.request);
    if (!body) co_return problem(body.error());
    auto token = text_member(*body, "token");
    auto name = text_member(*body, "username");
    auto password = text_member(*body, "password");
    for (const auto* part : {&token, &name, &password})
      if (!*part) co_return problem(part->error());
    auto entered = co_await accounts.set_up(*token, *name, *password);
    if (!entered) co_return problem(entered.error());
    co_return session_answer(call.request, *entered, 201);
  }

  answer log_out(call& call) {
    auto done = co_await accounts.log_out(call.token);
    if (!done) co_return problem(done.error());
    http_response response = no_content();
    response.headers.emplace_back("Set-Cookie", cookie(call.request, "", 0));
    co_return response;
  }

  answer me(call& call) {
    std::string body;
    {
      wire::object_writer object(body);
      append_user(object.open("user"), call.who);
    }
    co_return ok_json(std::move(body));
  }

  answer users(call&) {
    auto all = co_await accounts.users();
    if (!all) co_return problem(all.error());
    std::string body = "{\"users\":[";
    for (const user& who : *all) {
      if (body.back() != '[') body += ',';
      wire::object_writer object(body);
      object.member("id", who.id);
      object.member("name", who.name);
      object.member("role", who.role == role::admin ? "admin" : "agent");
      object.member("online", present.online(who.id));
      if (const auto seen = present.last_seen(who.id))
        object.member("lastSeen", to_iso8601(*seen));
      else
        object.null("lastSeen");
    }
    body += "]}";
    co_return ok_json(std::move(body));
  }

  // --- messages ---

  answer send_message(call& call) {
    auto body = read_object(call.request);
    if (!body) co_return problem(body.error());
    send_request request;
    for (auto [name, target] : {std::pair{"chatId", &request.chat_id},
                                {"receiverId", &request.receiver_id},
                                {"text", &request.text},
                                {"clientId", &request.client_id},
                                {"replyTo", &request.reply_to}}) {
      auto text = text_member(*body, name);
      if (!text) co_return problem(text.error());
      *target = std::move(*text);
    }
    if (const json::value* id = body->if_contains("clientId");
        id && !id->is_null() && request.client_id.empty()) {
      const failure empty{failure_kind::invalid, "client_id_invalid",
                          "clientId must have 1 to 64 characters."};
      co_return problem(empty);
    }
    auto sent = co_await messages.send(call.who, std::move(request));
    if (!sent) co_return problem(sent.error());
    std::string out;
    wire::append_message(out, sent->row);
    co_return ok_json(std::move(out), sent->created ? 201 : 200);
  }

  answer retry(call& call) {
    auto row = co_await messages.retry(call.who, call.parameter);
    if (!row) co_return problem(row.error());
    std::string out;
    wire::append_message(out, *row);
    co_return ok_json(std::move(out), 202);
  }

  answer list_messages(call& call) {
    message_query query;
    const std::string chat_id = call.request.query_value("chatId");
    if (!chat_id.empty()) query.chat_id = chat_id;
    for (auto [name, target] :
         {std::pair{"before", &query.before}, {"after", &query.after}, {"around", &query.around}}) {
      auto number = number_query(call.request, name);
      if (!number) co_return problem(number.error());
      *target = *number;
    }
    const auto limit = limit_query(call.request);
    if (!limit) co_return problem(limit.error());
    query.limit = *limit;
    auto page = co_await log.messages(query);
    if (!page) co_return problem(page.error());
    if (page->messages.empty() && query.chat_id) {
      const auto known = co_await log.find_chat("", *query.chat_id);
      if (!known) co_return problem(known.error());
      if (!*known) {
        const failure unknown{failure_kind::not_found, "unknown_chat", "There is no such chat."};
        co_return problem(unknown);
      }
    }
    std::string body;
    body.reserve(page->messages.size() * 512 + 64);
    body = "{\"messages\":[";
    for (const message& row : page->messages) {
      if (body.back() != '[') body += ',';
      wire::append_message(body, row);
    }
    body += page->has_more ? "],\"hasMore\":true}" : "],\"hasMore\":false}";
    co_return ok_json(std::move(body));
  }

  answer list_chats(call& call) {
    const auto before = number_query(call.request, "before");
    if (!before) co_return problem(before.error());
    const auto limit = limit_query(call.request);
    if (!limit) co_return problem(limit.error());
    auto page = co_await log.chats(call.who.id, *before, *limit);
    if (!page) co_return problem(page.error());
    std::string body = "{\"chats\":[";
    for (const chat_summary& summary : page->chats) {
      if (body.back() != '[') body += ',';
      body += chat_json(summary);
    }
    body += page->has_more ? "],\"hasMore\":true}" : "],\"hasMore\":false}";
    co_return ok_json(std::move(body));
  }

  answer list_contacts(call& call) {
    const auto limit = limit_query(call.request);
    if (!limit) co_return problem(limit.error());
    auto page = co_await log.contacts(call.request.query_value("after"), *limit);
    if (!page) co_return problem(page.error());
    std::string body = "{\"contacts\":[";
    for (const contact& row : page->first) {
      if (body.back() != '[') body += ',';
      wire::append_contact(body, row);
    }
    body += page->second ? "],\"hasMore\":true}" : "],\"hasMore\":false}";
    co_return ok_json(std::move(body));
  }

  answer open_chat(call& call) {
    auto body = read_object(call.request);
    if (!body) co_return problem(body.error());
    auto phone = text_member(*body, "phone");
    auto name = text_member(*body, "name");
    if (!phone) co_return problem(phone.error());
    if (!name) co_return problem(name.error());
    auto opened = co_await messages.open_chat(call.who, *phone, *name);
    if (!opened) co_return problem(opened.error());
    std::string out;
    {
      wire::object_writer object(out);
      if (opened->chat.contact) wire::append_contact(object.open("contact"), *opened->chat.contact);
      object.raw("chat", chat_json(opened->chat));
    }
    co_return ok_json(std::move(out), opened->created ? 201 : 200);
  }

  answer mark_read(call& call) {
    auto body = read_object(call.request);
    if (!body) co_return problem(body.error());
    const auto up_to = number_member(*body, "upTo");
    if (!up_to) co_return problem(up_to.error());
    auto done = co_await messages.mark_read(call.who, call.parameter, *up_to);
    if (!done) co_return problem(done.error());
    co_return no_content();
  }

  // --- Meta ---

  answer verify_webhook(call& call) {
    const bool right =
        call.request.query_value("hub.mode") == "subscribe" &&
        equal_in_constant_time(call.request.query_value("hub.verify_token"), settings.verify_token);
    if (!right) {
      const failure wrong{failure_kind::forbidden, "wrong_verify_token",
                          "The verify token is not the one in WHATSAPP_VERIFY_TOKEN."};
      co_return problem(wrong);
    }
    co_return plain(200, call.request.query_value("hub.challenge"));
  }

  answer receive_webhook(call& call) {
    const webhook_answer done =
        co_await webhook.receive(call.request.header("x-hub-signature-256"), call.request.body());
    failure why;
    switch (done) {
    case webhook_answer::stored:
      co_return plain(200, "");
    case webhook_answer::bad_signature:
      log_warning("webhook: refused, its signature is not that of the app secret");
      why = {failure_kind::unauthorized, "bad_signature",
             "X-Hub-Signature-256 is missing or does not fit the body. Check WHATSAPP_APP_SECRET."};
      break;
    case webhook_answer::not_json:
      why = {failure_kind::invalid, "json_invalid", "The body is signed, but it is not JSON."};
      break;
    case webhook_answer::unavailable:
      why = {failure_kind::store_unavailable, "store_unavailable",
             "The database cannot be written at the moment. Send it again later."};
      break;
    }
    co_return problem(why);
  }

  // --- health ---

  answer health(call&) { co_return plain(200, "ok\n"); }

  answer ready(call&) {
    message_query query;
    query.limit = 1;
    const auto page = co_await log.messages(query);
    if (page && co_await store_usable()) co_return plain(200, "ready\n");
    const failure away{failure_kind::store_unavailable, "store_unavailable",
                       "The database cannot be used at the moment."};
    co_return problem(away);
  }

  // No answer in time is an answer: a disk that hangs is no store.
  task<bool> store_usable() {
    struct question {
      explicit question(asio::io_context& io)
          : patience(io, store_patience) {}
      asio::steady_timer patience;
      bool usable = false;
    };
    auto asked = std::make_shared<question>(io);
    auto ask = [](log_store& log, std::shared_ptr<question> asked) -> task<void> {
      asked->usable = co_await log.usable();
      asked->patience.cancel();
    };
    asio::co_spawn(io, ask(log, asked), asio::detached);
    co_await asked->patience.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return asked->usable;
  }

  answer metrics(call&) {
    std::string text = "# TYPE tickwire_log_head counter\ntickwire_log_head " + std::to_string(log.head()) +
                       "\n# TYPE tickwire_requests_total counter\ntickwire_requests_total " +
                       std::to_string(requests) + "\n";
    co_return plain(200, std::move(text));
  }

  answer tell_service_state(call& call) {
    std::string body;
    wire::append_service_state(body, service.sending(),
                               call.who.role == role::admin ? &service.foreign_numbers() : nullptr);
    co_return ok_json(std::move(body));
  }

  answer info(call&) { co_return ok_json(settings.info_json); }

  // --- the way in ---

  std::uint64_t requests = 0;

  void handle(const http_request& request, responder responder) {
    ++requests;
    if (request.method() == "OPTIONS") return responder.send(with_cors(request, preflight(request)));
    bool path_known = false;
    for (const route& candidate : routes()) {
      std::string parameter;
      if (!matches(candidate.path, request.path(), parameter)) continue;
      path_known = true;
      const bool method_fits =
          candidate.method == request.method() || (request.method() == "HEAD" && candidate.method == "GET");
      if (!method_fits) continue;
      asio::co_spawn(io, serve(candidate, std::move(parameter), std::move(responder)), asio::detached);
      return;
    }
    if (request.method() == "GET" || request.method() == "HEAD")
      if (auto file = page_answer(request)) return responder.send(std::move(*file));
    const failure missing =
        path_known ? failure{failure_kind::invalid, "method_not_allowed",
                             "This address does not take " + std::string(request.method()) + "."}
                   : failure{failure_kind::not_found, "not_found", "There is nothing at this address."};
    http_response response = problem(missing);
    if (path_known) {
      std::string allowed;
      for (const route& candidate : routes()) {
        std::string ignored;
        if (matches(candidate.path, request.path(), ignored))
          allowed += (allowed.empty() ? "" : ", ") + std::string(candidate.method);
      }
      response.headers.emplace_back("Allow", allowed);
    }
    responder.send(with_cors(request, std::move(response)));
  }

  asio::awaitable<void> serve(const route& route, std::string parameter, responder responder) {
    const http_request& request = responder.request();
    http_response response;
    try {
      if (request.body_too_large()) {
        const failure large{failure_kind::too_large, "too_large",
                            "The request is too large for this address. Send less at once."};
        response = problem(large);
      } else {
        call call{request, {}, {}, std::move(parameter)};
        const auto admitted = co_await admit(route, call);
        if (admitted)
          response = co_await (this->*route.handler)(call);
        else
          response = problem(admitted.error());
      }
    } catch (const std::exception& error) {
      log_error("request " + std::string(route.method) + " " + std::string(route.path) + ": " + error.what());
      const failure bug{
          failure_kind::internal, "internal",
          "Something went wrong on our side. Try again; if it stays, look into the server's log."};
      response = problem(bug);
    }
    responder.send(with_cors(request, std::move(response)));
  }

  asio::awaitable<result<void>> admit(const route& route, call& call) {
    if (route.handler == &impl::receive_webhook) co_return result<void>{};
    bool from_cookie = false;
    call.token =
        session_token(call.request.header("authorization"), call.request.header("cookie"), from_cookie);
    // Of logging in too: no page may change who somebody is here.
    const bool changes = call.request.method() != "GET" && call.request.method() != "HEAD";
    const std::string_view origin = call.request.header("origin");
    if (from_cookie && changes && !origin.empty() && !own(origin, call.request.header("host")) &&
        !allowed(origin))
      co_return fail(failure_kind::forbidden, "foreign_origin",
                     "This page may not act for you. Open Tickwire itself, or add the page to CORS_ORIGINS.");
    if (route.access == session::none) co_return result<void>{};
    auto who = co_await accounts.who_is(call.token);
    if (!who) co_return std::unexpected(who.error());
    call.who = std::move(*who);
    co_return result<void>{};
  }

  static bool matches(std::string_view pattern, std::string_view path, std::string& parameter) {
    const std::size_t hole = pattern.find("{}");
    if (hole == std::string_view::npos) return pattern == path;
    const std::string_view before = pattern.substr(0, hole), behind = pattern.substr(hole + 2);
    if (path.size() <= before.size() + behind.size() || !path.starts_with(before) || !path.ends_with(behind))
      return false;
    const std::string_view part = path.substr(before.size(), path.size() - before.size() - behind.size());
    if (part.find('/') != std::string_view::npos) return false;
    parameter.clear();
    for (char c : part)
      parameter += c == '+' ? std::string("%2B") : std::string(1, c); // a plus in a path is a plus
    parameter = socketio::url_decode(parameter);
    return true;
  }

  // The host that was asked or, behind a proxy that asks under another name, the one people use.
  bool own(std::string_view origin, std::string_view host) const {
    return same_origin(origin, host) || (!settings.public_url.empty() && origin == settings.public_url);
  }

  bool allowed(std::string_view origin) const {
    return std::find(settings.cors_origins.begin(), settings.cors_origins.end(), origin) !=
           settings.cors_origins.end();
  }

  http_response with_cors(const http_request& request, http_response response) const {
    if (settings.cors_origins.empty()) return response;
    response.headers.emplace_back("Vary", "Origin");
    const std::string_view origin = request.header("origin");
    if (!allowed(origin)) return response;
    response.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
    response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
    response.headers.emplace_back("Access-Control-Expose-Headers", "retry-after");
    return response;
  }

  http_response preflight(const http_request& request) const {
    http_response response = no_content();
    if (!allowed(request.header("origin"))) return response;
    response.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST");
    response.headers.emplace_back("Access-Control-Allow-Headers", "content-type, authorization");
    response.headers.emplace_back("Access-Control-Max-Age", "600");
    return response;
  }
};

const std::array<web_server::impl::route, web_server::impl::route_count>& web_server::impl::routes() {
  // The webhook first: it is asked most.
  static const std::array<route, route_count> table{{
      {"POST", "/webhook", session::none, &impl::receive_webhook},
      {"GET", "/webhook", session::none, &impl::verify_webhook},
      {"POST", "/send-message", session::needed, &impl::send_message},
      {"GET", "/messages", session::needed, &impl::list_messages},
      {"POST", "/messages/{}/retry", session::needed, &impl::retry},
      {"GET", "/chats", session::needed, &impl::list_chats},
      {"POST", "/chats/{}/read", session::needed, &impl::mark_read},
      {"GET", "/contacts", session::needed, &impl::list_contacts},
      {"POST", "/contacts", session::needed, &impl::open_chat},
      {"GET", "/users", session::needed, &impl::users},
      {"GET", "/me", session::needed, &impl::me},
      {"POST", "/login", session::none, &impl::log_in},
      {"POST", "/logout", session::needed, &impl::log_out},
      {"POST", "/setup", session::none, &impl::set_up},
      {"GET", "/info", session::none, &impl::info},
      {"GET", "/service-state", session::needed, &impl::tell_service_state},
      {"GET", "/healthz", session::none, &impl::health},
      {"GET", "/readyz", session::none, &impl::ready},
      {"GET", "/metrics", session::needed, &impl::metrics},
  }};
  return table;
}

web_server::web_server(asio::io_context& io, web_settings settings, log_store& log, auth::accounts& accounts,
                       messaging& messages, ingest_webhook& webhook, const presence& present,
                       const service_state& service)
    : impl_(new impl{io, std::move(settings), log, accounts, messages, webhook, present, service}) {}
web_server::~web_server() = default;

void web_server::handle(const http_request& request, responder responder) {
  impl_->handle(request, std::move(responder));
}

} // namespace tickwire::http
