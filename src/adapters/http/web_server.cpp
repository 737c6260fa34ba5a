#include "adapters/http/web_server.hpp"

#include "adapters/http/answers.hpp"
#include "adapters/http/page.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/route.hpp"
#include "adapters/http/security_headers.hpp"
#include "base/logging.hpp"
#include "base/metrics.hpp"
#include "base/start.hpp"
#include "base/throttled_log.hpp"
#include "core/text.hpp"

namespace tickwire::http {

namespace asio = boost::asio;
using socketio::http_request;
using socketio::http_response;
using socketio::responder;

namespace {

// Whether a path is the route's; its {} goes into `parameter`.
bool matches(std::string_view pattern, std::string_view path, std::string& parameter) {
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

// "application/json", with or without parameters.
bool is_json_type(std::string_view type) {
  std::string name = ascii_lower(type.substr(0, type.find(';')));
  while (name.ends_with(' ')) name.pop_back();
  return name == "application/json";
}

// Each may stand in a request only once: of two with different values, a proxy may believe one and we the
// other.
constexpr std::string_view decisive_headers[] = {"authorization", "content-type", "origin", "sec-fetch-site",
                                                 "x-hub-signature-256"};

result<void> check_decisive_headers(const http_request& request) {
  std::size_t seen[std::size(decisive_headers)] = {};
  for (const auto& [name, value] : request.headers())
    for (std::size_t i = 0; i < std::size(decisive_headers); ++i)
      if (name.size() == decisive_headers[i].size() && ascii_lower(name) == decisive_headers[i] &&
          ++seen[i] > 1)
        return fail(failure_kind::invalid, "header_twice",
                    "The header " + std::string(decisive_headers[i]) + " stands there twice. Send it once.");
  return {};
}

bool is_read(const http_request& request) { return request.method() == "GET" || request.method() == "HEAD"; }

} // namespace

std::string all_lines(const http_request& request, std::string_view lower_case_name) {
  std::string all;
  for (const auto& [name, value] : request.headers())
    if (name.size() == lower_case_name.size() && ascii_lower(name) == lower_case_name)
      all.append(all.empty() ? "" : ", ").append(value);
  return all;
}

std::string client_of(const http_request& request, const web_settings& settings) {
  return settings.proxies.client(request.remote_address(), all_lines(request, "x-forwarded-for"));
}

struct web_server::impl {
  impl(web_settings its_settings, const services& services)
      : io(services.io)
      , settings(std::move(its_settings))
      , people(services.people) {
    add_webhook_routes(routes, services, settings); // first: it is asked most
    add_message_routes(routes, services);
    add_chat_routes(routes, services);
    add_account_routes(routes, services, settings);
    add_health_routes(routes, services, settings);
  }

  asio::io_context& io;
  const web_settings settings;
  accounts& people;
  route_table routes;
  throttled_log forbidden_line_; // strangers cause it
  counter requests{"tickwire_requests_total", "HTTP requests outside Socket.IO."};

  void handle(const http_request& request, responder responder) {
    requests.add();
    if (request.method() == "OPTIONS") return responder.send(with_cors(request, preflight(request)));
    std::string allowed; // methods that this path takes
    for (const route& candidate : routes) {
      std::string parameter;
      if (!matches(candidate.path, request.path(), parameter)) continue;
      const bool method_fits =
          candidate.method == request.method() || (request.method() == "HEAD" && candidate.method == "GET");
      if (method_fits) {
        start(io, "http: a request", serve(candidate, std::move(parameter), std::move(responder)));
        return;
      }
      allowed += (allowed.empty() ? "" : ", ") + std::string(candidate.method);
    }
    if (is_read(request))
      if (auto file = page_answer(request)) return responder.send(with_transport(request, std::move(*file)));
    responder.send(with_cors(request, no_route(request, allowed)));
  }

  static http_response no_route(const http_request& request, const std::string& allowed) {
    if (allowed.empty())
      return problem({failure_kind::not_found, "not_found", "There is nothing at this address."});
    http_response response = problem({failure_kind::wrong_method, "method_not_allowed",
                                      "This address does not take " + std::string(request.method()) + "."});
    response.headers.emplace_back("Allow", allowed);
    return response;
  }

  asio::awaitable<void> serve(const route& route, std::string parameter, responder responder) {
    const http_request& request = responder.request();
    http_response response;
    try {
      call call{request, {}, {}, std::move(parameter)};
      const auto admitted = co_await admit(route, call);
      if (admitted)
        response = co_await route.handle(call);
      else
        response = refused(route, request, admitted.error());
    } catch (const std::exception& error) {
      log_error("request " + std::string(route.method) + " " + std::string(route.path) + ": " + error.what());
      const failure bug{
          failure_kind::internal, "internal",
          "Something went wrong on our side. Try again; if it stays, look into the server's log."};
      response = problem(bug);
    }
    responder.send(with_cors(request, std::move(response)));
  }

  http_response refused(const route& route, const http_request& request, const failure& why) {
    if (why.kind == failure_kind::forbidden)
      forbidden_line_.warn("refused: " + why.code + ", " + std::string(route.method) + " " +
                           std::string(route.path) + " from " + client_of(request, settings));
    return problem(why);
  }

  // Whether the handler may see the request, and whose it is.
  asio::awaitable<result<void>> admit(const route& route, call& call) {
    if (call.request.body_too_large())
      co_return fail(failure_kind::too_large, "too_large",
                     "The request is too large for this address. Send less at once.");
    if (auto fine = check_decisive_headers(call.request); !fine) co_return fine;
    if (route.access == access::signed_body) co_return result<void>{};
    if (!is_read(call.request))
      if (auto fine = may_change(call.request); !fine) co_return fine;
    session_claim claim =
        session_claim_of(call.request.header("authorization"), call.request.header("cookie"));
    call.token = std::move(claim.token);
    if (route.access == access::everybody) co_return result<void>{};
    auto session = co_await people.find_session(call.token);
    if (!session) co_return std::unexpected(session.error());
    call.who = std::move(session->who);
    if (route.access == access::admin && call.who.role != role::admin)
      co_return fail(failure_kind::forbidden, "admin_only", "Only administrators may see or do this.");
    co_return result<void>{};
  }

  // No foreign page may change anything, and that includes logging in: a page that secretly logs people in to
  // an account of its own could read there what they write.
  result<void> may_change(const http_request& request) const {
    const page_claim page{request.header("origin"), request.header("sec-fetch-site"), request.header("host")};
    if (!settings.pages.may_change(page))
      return fail(failure_kind::forbidden, "foreign_origin",
                  "This page may not act for you. Open Tickwire itself, or add the page to CORS_ORIGINS.");
    // A form cannot send JSON. Programs may leave the type out; browsers then name the origin.
    if (const std::string_view type = request.header("content-type"); !type.empty() && !is_json_type(type))
      return fail(failure_kind::unsupported, "json_needed",
                  "This address takes JSON only. Send it with Content-Type: application/json.");
    return {};
  }

  // Where a proxy says that people came by https.
  http_response with_transport(const http_request& request, http_response response) const {
    if (request.header("x-forwarded-proto") == "https")
      response.headers.emplace_back("Strict-Transport-Security", std::string(strict_transport));
    return response;
  }

  http_response with_cors(const http_request& request, http_response answer) const {
    http_response response = with_transport(request, std::move(answer));
    if (!settings.pages.some_named()) return response;
    response.headers.emplace_back("Vary", "Origin");
    const std::string_view origin = request.header("origin");
    if (!settings.pages.named(origin)) return response;
    response.headers.emplace_back("Access-Control-Allow-Origin", std::string(origin));
    response.headers.emplace_back("Access-Control-Allow-Credentials", "true");
    response.headers.emplace_back("Access-Control-Expose-Headers", "retry-after");
    return response;
  }

  http_response preflight(const http_request& request) const {
    http_response response = no_content();
    if (!settings.pages.named(request.header("origin"))) return response;
    response.headers.emplace_back("Access-Control-Allow-Methods", "GET, HEAD, POST");
    response.headers.emplace_back("Access-Control-Allow-Headers", "content-type, authorization");
    response.headers.emplace_back("Access-Control-Max-Age", "600");
    return response;
  }
};

web_server::web_server(web_settings settings, const services& services)
    : impl_(std::make_unique<impl>(std::move(settings), services)) {}
web_server::~web_server() = default;

void web_server::handle(const http_request& request, responder responder) {
  impl_->handle(request, std::move(responder));
}

} // namespace tickwire::http
