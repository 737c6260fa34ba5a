// Whether it works, how much it has done, and what the login page shows.
#include "adapters/http/answers.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/route.hpp"
#include "base/metrics.hpp"
#include "base/start.hpp"
#include "wire/public_json.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tickwire::http {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::milliseconds store_patience{2'500}; // of GET /readyz

class health_routes {
public:
  health_routes(const services& services, const web_settings& settings)
      : io_(services.io)
      , settings_(settings)
      , log_(services.log)
      , service_(services.service) {}

  answer alive(call&) { co_return text_answer(200, "ok\n"); }

  answer ready(call&) {
    message_query query;
    query.limit = 1;
    const auto page = co_await log_.messages(query);
    if (page && co_await store_usable()) co_return text_answer(200, "ready\n");
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
  // No answer in time is an answer: a disk that hangs is no store.
  task<bool> store_usable() {
    struct question {
      explicit question(asio::io_context& io)
          : patience(io, store_patience) {}
      asio::steady_timer patience;
      bool usable = false;
    };
    auto asked = std::make_shared<question>(io_);
    auto ask = [](log_store& log, std::shared_ptr<question> asked) -> task<void> {
      asked->usable = co_await log.usable();
      asked->patience.cancel();
    };
    start(io_, "http: a look at the store", ask(log_, asked));
    co_await asked->patience.async_wait(asio::as_tuple(asio::use_awaitable));
    co_return asked->usable;
  }

  asio::io_context& io_;
  const web_settings& settings_;
  log_store& log_;
  const service_state& service_;
  gauge head_{"tickwire_log_head", "Number of the newest entry in the log.", [this] { return log_.head(); }};
};

} // namespace

void add_health_routes(route_table& table, const services& services, const web_settings& settings) {
  group_of_routes(table, std::make_shared<health_routes>(services, settings))
      .add("GET", "/healthz", access::everybody, &health_routes::alive)
      .add("GET", "/readyz", access::everybody, &health_routes::ready)
      .add("GET", "/metrics", access::session, &health_routes::metrics)
      .add("GET", "/info", access::everybody, &health_routes::info)
      .add("GET", "/service-state", access::session, &health_routes::service);
}

} // namespace tickwire::http
