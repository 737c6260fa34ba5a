#include "simulator/faults/options.hpp"

#include "simulator/faults/fault_plan.hpp"

#include <boost/json/value.hpp>

#include <cmath>

namespace simulator {
namespace {

constexpr double hour = 3'600'000;
constexpr double week = 604'800'000;

constexpr option_field fields[] = {
    {"webhookUrl", "--webhook-url", &options::webhook_url, 0, 0, "where webhooks go (http)"},
    {"appSecret", "--app-secret", &options::app_secret, 0, 0, "key of X-Hub-Signature-256"},
    {"verifyToken", "--verify-token", &options::verify_token, 0, 0, "for the handshake; empty: none is made"},
    {"accessToken", "--access-token", &options::access_token, 0, 0, "the only good token; empty: any"},
    {"phoneNumberId", "--phone-number-id", &options::phone_number_id, 0, 0, "id of the business number"},
    {"wabaId", "--waba-id", &options::waba_id, 0, 0, "id of the business account"},
    {"displayPhoneNumber", "--display-phone-number", &options::display_phone_number, 0, 0,
     "the business number, digits"},
    {"businessName", "--business-name", &options::business_name, 0, 0, "its verified name"},
    {"apiVersion", "--api-version", &options::api_version, 0, 0, "named in the answers' headers"},
    {"inboxUrl", "--inbox-url", &options::inbox_url, 0, 0, "linked from the phone page"},
    {"seed", "--seed", &options::seed, 0, 9'007'199'254'740'991.0, "of every fault; setting it starts anew"},
    {"latency", "--latency", &options::latency, 0, hour, "ms before a send is answered"},
    {"refuse", "--refuse", &options::refuse, 0, 1, "rate of sends refused with refuseCode"},
    {"refuseCode", "--refuse-code", &options::refuse_code, 0, 9'999'999, "Graph error code"},
    {"reset", "--reset", &options::reset, 0, 1, "rate of connections cut, nothing accepted"},
    {"acceptThenReset", "--accept-then-reset", &options::accept_then_reset, 0, 1,
     "rate of sends accepted, connection cut"},
    {"acceptThenHang", "--accept-then-hang", &options::accept_then_hang, 0, 1,
     "rate of sends accepted, never answered"},
    {"acceptThenHtml", "--accept-then-html", &options::accept_then_html, 0, 1,
     "rate of sends accepted, answered by a 502 page"},
    {"truncate", "--truncate", &options::truncate, 0, 1, "rate of sends accepted, answer cut in the middle"},
    {"brokenJson", "--broken-json", &options::broken_json, 0, 1, "rate of sends accepted, answer no JSON"},
    {"html", "--html", &options::html, 0, 1, "rate of 502 pages, nothing accepted"},
    {"redirect", "--redirect", &options::redirect, 0, 1, "rate of 302 answers, nothing accepted"},
    {"retryAfter", "--retry-after", &options::retry_after, 0, 0,
     "Retry-After beside rate limits (Meta has none)"},
    {"pairLimit", "--pair-limit", &options::pair_limit, 0, 0, "1 message per 6 s and person, 45 in a burst"},
    {"throughputLimit", "--throughput-limit", &options::throughput_limit, 0, 100'000,
     "messages/s, 0: no limit"},
    {"enforceWindow", "--enforce-window", &options::enforce_window, 0, 0, "131047 outside the 24 hours"},
    {"prependCountryCode", "--prepend-country-code", &options::prepend_country_code, 0, 0,
     "take numbers without plus for domestic ones"},
    {"statusesBeforeAnswer", "--statuses-before-answer", &options::statuses_before_answer, 0, 0,
     "`sent` arrives before the answer to the send"},
    {"stepDelay", "--step-delay", &options::step_delay, 0, hour, "ms before every status"},
    {"failLater", "--fail-later", &options::fail_later, 0, 1,
     "rate of messages that fail after they were sent"},
    {"failLaterCode", "--fail-later-code", &options::fail_later_code, 0, 9'999'999, "with this code"},
    {"duplicate", "--duplicate", &options::duplicate, 0, 1, "rate of items that come twice"},
    {"reorder", "--reorder", &options::reorder, 0, 1, "rate of status runs that come out of order"},
    {"skipDelivered", "--skip-delivered", &options::skip_delivered, 0, 1,
     "rate of reads without `delivered`"},
    {"drop", "--drop", &options::drop, 0, 1, "rate of items that never come"},
    {"online", "--online", &options::online, 0, 0, "phones of new people are on"},
    {"autoRead", "--auto-read", &options::auto_read, 0, 0, "new people read at once"},
    {"webhooks", "--webhooks", &options::webhooks, 0, 0, "off: everything happens, nothing is told"},
    {"wrongSignature", "--wrong-signature", &options::wrong_signature, 0, 1,
     "rate of wrongly signed webhooks"},
    {"missingSignature", "--missing-signature", &options::missing_signature, 0, 1,
     "rate of unsigned webhooks"},
    {"batchSize", "--batch-size", &options::batch_size, 1, 1'000, "items in a webhook at most"},
    {"batchWait", "--batch-wait", &options::batch_wait, 0, hour, "ms that a batch waits to be full"},
    {"webhookConnections", "--webhook-connections", &options::webhook_connections, 1, 256,
     "webhooks under way at once"},
    {"webhookTimeout", "--webhook-timeout", &options::webhook_timeout, 1, hour,
     "ms until an attempt has failed"},
    {"retryBase", "--retry-base", &options::retry_base, 1, hour, "ms: first at once, then this, doubling"},
    {"retryMax", "--retry-max", &options::retry_max, 0, week, "ms between two tries at most"},
    {"retryGiveUp", "--retry-give-up", &options::retry_give_up, 0, week, "ms until a webhook is given up"},
    {"pendingWebhooksMax", "--pending-webhooks-max", &options::pending_webhooks_max, 1, 1'000'000,
     "more are dropped, and the journal says so"},
    {"journalLimit", "--journal-limit", &options::journal_limit, 0, 1'000'000, "entries kept"},
};

std::string wrong(std::string_view name, std::string_view wanted) {
  return std::string(name) + " must be " + std::string(wanted) + ".";
}

std::string range(const option_field& field) {
  const auto shown = [](double number) { return std::to_string(static_cast<long long>(number)); };
  return "a number from " + shown(field.least) + " to " + shown(field.most);
}

/// Sets one field; returns a sentence when the value does not fit.
std::string set(options& target, const option_field& field, const boost::json::value& value) {
  const auto number = [&](bool whole) -> std::expected<double, std::string> {
    if (!value.is_number()) return std::unexpected(wrong(field.name, range(field)));
    const auto read = value.to_number<double>();
    if (!(read >= field.least && read <= field.most)) return std::unexpected(wrong(field.name, range(field)));
    if (whole && read != std::floor(read)) return std::unexpected(wrong(field.name, "a whole number"));
    return read;
  };

  return std::visit(
      [&](auto member) -> std::string {
        auto& place = target.*member;
        using type = std::remove_reference_t<decltype(place)>;
        if constexpr (std::is_same_v<type, std::string>) {
          if (!value.is_string()) return wrong(field.name, "a string");
          place = value.as_string().c_str();
          if (field.name == "webhookUrl" && !place.empty() && !place.starts_with("http://"))
            return wrong(field.name, "an address that begins with http://, or empty");
        } else if constexpr (std::is_same_v<type, bool>) {
          if (!value.is_bool()) return wrong(field.name, "true or false");
          place = value.as_bool();
        } else {
          const auto read = number(!std::is_same_v<type, double>);
          if (!read) return read.error();
          place = static_cast<type>(*read);
        }
        return {};
      },
      field.where);
}

std::string set_next_send(next_send& target, const boost::json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return wrong("nextSend", "an object {outcome, code?, count?}");

  next_send read;
  read.count = 1;
  for (const auto& [name, member] : *object) {
    if (name == "outcome" && member.is_string())
      read.outcome = member.as_string().c_str();
    else if (name == "code" && member.is_int64())
      read.code = static_cast<int>(member.as_int64());
    else if (name == "count" && member.is_int64())
      read.count = static_cast<int>(member.as_int64());
    else
      return "nextSend has a member that is not known or of the wrong type: " + std::string(name);
  }
  if (!answer_from_name(read.outcome)) return "nextSend.outcome is not known: " + read.outcome;
  if (read.count < 0) return wrong("nextSend.count", "0 or more");
  if (read.outcome == "as-usual") read.count = 0;
  target = read;
  return {};
}

} // namespace

std::span<const option_field> option_fields() { return fields; }

boost::json::object to_json(const options& from) {
  boost::json::object out;
  for (const auto& field : fields)
    std::visit([&](auto member) { out.emplace(field.name, from.*member); }, field.where);
  out["nextSend"] = {{"outcome", from.next_send.count > 0 ? from.next_send.outcome : "as-usual"},
                     {"code", from.next_send.code},
                     {"count", from.next_send.count}};
  return out;
}

std::expected<options, std::string> patched(options current, const boost::json::object& patch) {
  for (const auto& [name, value] : patch) {
    std::string problem = "There is no option called " + std::string(name) + ".";
    if (name == "nextSend") problem = set_next_send(current.next_send, value);
    for (const auto& field : fields)
      if (field.name == name) problem = set(current, field, value);
    if (!problem.empty()) return std::unexpected(problem);
  }
  return current;
}

} // namespace simulator
