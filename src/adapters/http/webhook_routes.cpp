// Meta's webhook: the subscription's handshake, and everything that comes after it.
#include "adapters/http/answers.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/route.hpp"
#include "base/constant_time.hpp"
#include "base/metrics.hpp"
#include "base/throttled_log.hpp"

namespace tickwire::http {

namespace {

class webhook_routes {
public:
  webhook_routes(const services& services, const web_settings& settings)
      : settings_(settings)
      , webhook_(services.webhook) {}

  answer verify(call& call) {
    const bool right =
        call.request.query_value("hub.mode") == "subscribe" &&
        equal_in_constant_time(call.request.query_value("hub.verify_token"), settings_.verify_token);
    if (!right) {
      const failure wrong{failure_kind::forbidden, "wrong_verify_token",
                          "The verify token is not the one in WHATSAPP_VERIFY_TOKEN."};
      co_return problem(wrong);
    }
    co_return text_answer(200, call.request.query_value("hub.challenge"));
  }

  answer receive(call& call) {
    const webhook_answer done =
        co_await webhook_.receive(call.request.header("x-hub-signature-256"), call.request.body());
    failure why;
    switch (done) {
    case webhook_answer::stored:
      co_return text_answer(200, "");
    case webhook_answer::bad_signature:
      refused_.add();
      refused_line_.warn("webhook: refused, its signature is not that of the app secret");
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

private:
  const web_settings& settings_;
  ingest_webhook& webhook_;
  counter refused_{"tickwire_webhooks_bad_signature_total",
                   "Webhooks whose signature is missing or wrong; nothing of them is kept."};
  throttled_log refused_line_;
};

} // namespace

void add_webhook_routes(route_table& table, const services& services, const web_settings& settings) {
  group_of_routes(table, std::make_shared<webhook_routes>(services, settings))
      .add("POST", "/webhook", access::signed_body, &webhook_routes::receive)
      .add("GET", "/webhook", access::everybody, &webhook_routes::verify);
}

} // namespace tickwire::http
