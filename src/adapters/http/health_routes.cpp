// Whether it works, how much it has done, and what the login page shows.
#include "adapters/http/answers.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/route.hpp"
#include "adapters/http/store_question.hpp"
#include "base/metrics.hpp"
#include "wire/public_json.hpp"

namespace tickwire::http {

namespace {

class health_routes {
public:
  health_routes(const services& services, const web_settings& settings)
      : settings_(settings)
      , reads_(services.reads)
      , service_(services.service)
      , asked_(services.io, services.reads) {}

  answer alive(call&) { co_return text_answer(200, "ok\n"); }

  answer ready(call&) {
    const bool usable = co_await asked_.ask();
    if (usable) co_return text_answer(200, "ready\n");
    const failure away{failure_kind::store_unavailable, "store_unavailable",
                       "The database cannot be used at the moment."};
    co_return problem(away);
  }

  answer metrics(call&) { co_return text_answer(200, metrics_text()); }

  answer info(call&) { co_return json_answer(settings_.info_json); }

  answer service(call& call) {
    std::string body;
    wire::append_service_state(body, service_.sending(),
                               call.who.role == role::admin ? &service_.foreign_numbers() : nullptr);
    co_return json_answer(std::move(body));
  }

private:
  const web_settings& settings_;
  reading& reads_;
  const service_state& service_;
  store_question asked_;
  gauge head_{"tickwire_log_head", "Number of the newest entry in the log.",
              [this] { return reads_.head(); }};
};

} // namespace

void add_health_routes(route_table& table, const services& services, const web_settings& settings) {
  group_of_routes(table, std::make_shared<health_routes>(services, settings))
      .add("GET", "/healthz", access::everybody, &health_routes::alive)
      .add("GET", "/readyz", access::everybody, &health_routes::ready)
      .add("GET", "/metrics", access::admin, &health_routes::metrics)
      .add("GET", "/info", access::everybody, &health_routes::info)
      .add("GET", "/service-state", access::session, &health_routes::service);
}

} // namespace tickwire::http
