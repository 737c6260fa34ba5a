// Logging in and out, and who is there.
#include "adapters/http/answers.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/request_reading.hpp"
#include "adapters/http/route.hpp"
#include "app/browser.hpp"
#include "base/logging.hpp"
#include "wire/json_writer.hpp"

namespace tickwire::http {

using socketio::http_request;
using socketio::http_response;

namespace {

constexpr std::chrono::seconds session_cookie_life = std::chrono::days{14};
constexpr std::chrono::seconds device_cookie_life = std::chrono::days{400}; // browsers keep none longer

void add_user_members(wire::object_writer& object, const user& who) {
  object.member("id", who.id);
  object.member("name", who.name);
  object.member("role", who.role == role::admin ? "admin" : "agent");
  if (who.disabled) object.member("disabled", true);
}

class account_routes {
public:
  account_routes(const services& services, const web_settings& settings)
      : settings_(settings)
      , people_(services.people)
      , present_(services.present) {}

  answer log_in(call& call) {
    auto body = read_object(call.request.body());
    if (!body) co_return problem(body.error());
    auto name = needed_text(*body, "username");
    auto password = needed_text(*body, "password");
    if (!name) co_return problem(name.error());
    if (!password) co_return problem(password.error());
    login_request request{std::move(*name), std::move(*password), client_of(call.request, settings_),
                          std::string(own_cookie(call.request.header("cookie"), device_cookie))};
    auto entered = co_await people_.log_in(std::move(request));
    if (!entered) co_return problem(entered.error());
    co_await end_session_before(call);
    co_return session_answer(call.request, *entered, 200);
  }

  answer set_up(call& call) {
    auto body = read_object(call.request.body());
    if (!body) co_return problem(body.error());
    auto token = text_member(*body, "token");
    auto name = text_member(*body, "username");
    auto password = text_member(*body, "password");
    for (const auto* part : {&token, &name, &password})
      if (!*part) co_return problem(part->error());
    auto entered = co_await people_.set_up(*token, *name, *password);
    if (!entered) co_return problem(entered.error());
    co_await end_session_before(call);
    co_return session_answer(call.request, *entered, 201);
  }

  answer log_out(call& call) {
    auto done = co_await people_.log_out(call.token);
    if (!done) co_return problem(done.error());
    log_info("logout: " + call.who.id);
    http_response response = no_content();
    response.headers.emplace_back("Set-Cookie",
                                  cookie(call.request, session_cookie, "", std::chrono::seconds{0}));
    co_return response;
  }

  answer me(call& call) {
    std::string body;
    {
      wire::object_writer object(body);
      wire::object_writer its(object.open("user"));
      add_user_members(its, call.who);
    }
    co_return json_answer(std::move(body));
  }

  answer users(call&) {
    auto all = co_await people_.users();
    if (!all) co_return problem(all.error());
    std::string body = "{\"users\":[";
    for (const user& who : *all) {
      if (body.back() != '[') body += ',';
      wire::object_writer object(body);
      add_user_members(object, who);
      object.member("online", present_.online(who.id));
      if (const auto seen = present_.last_seen(who.id))
        object.member("lastSeen", to_iso8601(*seen));
      else
        object.null("lastSeen");
    }
    body += "]}";
    co_return json_answer(std::move(body));
  }

private:
  // The browser forgets the session that it had: nobody else must find it.
  task<void> end_session_before(call& call) {
    const std::string before(own_cookie(call.request.header("cookie"), session_cookie));
    if (!before.empty()) co_await people_.log_out(before);
  }

  http_response session_answer(const http_request& request, const login_result& entered,
                               unsigned status) const {
    std::string body;
    {
      wire::object_writer object(body);
      {
        wire::object_writer its(object.open("user"));
        add_user_members(its, entered.who);
      }
      object.member("token", entered.token);
    }
    http_response response = json_answer(std::move(body), status);
    response.headers.emplace_back("Set-Cookie",
                                  cookie(request, session_cookie, entered.token, session_cookie_life));
    if (!entered.device.empty())
      response.headers.emplace_back("Set-Cookie",
                                    cookie(request, device_cookie, entered.device, device_cookie_life));
    return response;
  }

  std::string cookie(const http_request& request, std::string_view name, std::string_view value,
                     std::chrono::seconds life) const {
    const bool secure = settings_.secure_cookie == web_settings::cookie_mode::always ||
                        (settings_.secure_cookie == web_settings::cookie_mode::automatic &&
                         request.header("x-forwarded-proto") == "https");
    return std::string(secure ? secure_prefix : "") + std::string(name) + "=" + std::string(value) +
           "; Path=/; HttpOnly; SameSite=Lax; Max-Age=" + std::to_string(life.count()) +
           (secure ? "; Secure" : "");
  }

  const web_settings& settings_;
  accounts& people_;
  const presence& present_;
};

} // namespace

void add_account_routes(route_table& table, const services& services, const web_settings& settings) {
  group_of_routes(table, std::make_shared<account_routes>(services, settings))
      .add("GET", "/me", access::session, &account_routes::me)
      .add("GET", "/users", access::session, &account_routes::users)
      .add("POST", "/login", access::everybody, &account_routes::log_in)
      .add("POST", "/logout", access::session, &account_routes::log_out)
      .add("POST", "/setup", access::everybody, &account_routes::set_up);
}

} // namespace tickwire::http
