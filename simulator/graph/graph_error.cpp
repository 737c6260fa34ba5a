#include "simulator/graph/graph_error.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <string_view>

namespace simulator {
namespace {

enum class told { at_once, later };

struct known_error {
  int code;
  int status;
  told when;
  std::string_view title;
  std::string_view details;
};

constexpr known_error table[] = {
    {0, 401, told::at_once, "AuthException", "The access token could not be used."},
    {1, 400, told::at_once, "API Unknown", "The request is not known or Meta had a fault."},
    {2, 503, told::at_once, "API Service", "The service is down or overloaded for the moment."},
    {3, 500, told::at_once, "API Method", "The app lacks the capability for this call."},
    {4, 400, told::at_once, "API Too Many Calls", "The app has reached its call limit."},
    {10, 403, told::at_once, "Permission Denied", "The token has no permission for this call."},
    {33, 400, told::at_once, "Parameter value is not valid", "The business number was deleted."},
    {100, 400, told::at_once, "Invalid parameter", "A parameter is not known or wrong."},
    {104, 401, told::at_once, "Token missing", "An access token is needed for this call."},
    {190, 401, told::at_once, "Access token invalid", "The access token is wrong or has expired."},
    {368, 403, told::at_once, "Temporarily blocked for policies violations", "The account is restricted."},
    {80007, 400, told::at_once, "Rate limit issues", "The business account has reached its call limit."},
    {130403, 400, told::at_once, "User blocked", "The business has blocked this person."},
    {130429, 400, told::at_once, "Rate limit hit", "Too many messages at once from this number."},
    {130472, 400, told::later, "User's number is part of an experiment", "Meta holds this message back."},
    {130497, 403, told::at_once, "Country restricted", "The business may not message this country."},
    {131000, 500, told::later, "Something went wrong",
     "The message could not be sent for an unknown reason."},
    {131005, 403, told::at_once, "Access denied", "The permission was not granted or was taken back."},
    {131008, 400, told::at_once, "Required parameter is missing", "A needed parameter is missing."},
    {131009, 400, told::at_once, "Parameter value is not valid",
     "A parameter has a value that is not allowed."},
    {131016, 500, told::at_once, "Service unavailable", "A service is not available for the moment."},
    {131021, 400, told::at_once, "Recipient cannot be sender", "The number would message itself."},
    {131026, 400, told::later, "Message undeliverable",
     "The number is not on WhatsApp, uses a very old version, or has not accepted the terms."},
    {131030, 400, told::at_once, "Recipient phone number not in allowed list",
     "A test number can only message the numbers on its list."},
    {131031, 403, told::at_once, "Business account locked",
     "The account broke a policy or its data is wrong."},
    {131037, 400, told::at_once, "Display name not approved", "The display name must be approved first."},
    {131041, 400, told::at_once, "Unknown group", "There is no such group on this number."},
    {131042, 400, told::later, "Business eligibility payment issue", "The way of payment has a problem."},
    {131045, 500, told::at_once, "Incorrect certificate", "The number is not registered properly."},
    {131047, 400, told::later, "Re-engagement message",
     "More than 24 hours have passed since this person last wrote."},
    {131048, 400, told::at_once, "Spam rate limit hit", "Too many messages of this number were reported."},
    {131049, 400, told::later, "Not delivered to keep engagement healthy", "Meta chose not to deliver it."},
    {131050, 400, told::later, "User stopped marketing messages", "This person wants no marketing messages."},
    {131051, 400, told::at_once, "Unsupported message type", "The type of message is not supported."},
    {131052, 400, told::at_once, "Media download error", "The person's media could not be fetched."},
    {131053, 400, told::later, "Media upload error", "The media of the message could not be used."},
    {131056, 400, told::at_once, "(Business Account, Consumer Account) pair rate limit hit",
     "Too many messages to this person in a short time."},
    {131057, 500, told::at_once, "Account in maintenance mode", "The number is being upgraded."},
    {131062, 400, told::at_once, "Recipient not supported", "This message cannot be addressed by user id."},
    {132000, 400, told::at_once, "Template param count mismatch", "The number of parameters is wrong."},
    {132001, 404, told::at_once, "Template does not exist",
     "No approved template has that name and language."},
    {132005, 400, told::at_once, "Template hydrated text too long", "The filled text is too long."},
    {132007, 400, told::at_once, "Template format character policy violated", "The text breaks a rule."},
    {132012, 400, told::at_once, "Template parameter format mismatch", "A parameter has the wrong form."},
    {132015, 400, told::at_once, "Template is paused", "The template is paused for its quality."},
    {132016, 400, told::at_once, "Template is disabled", "The template was disabled for good."},
    {133010, 400, told::at_once, "Phone number not registered", "The business number is not registered."},
    {135000, 400, told::at_once, "Generic user error", "The message has a fault in its parameters."},
};

const known_error& lookup(int code) {
  static constexpr known_error unknown{0, 400, told::at_once, "Unknown error", "Something went wrong."};
  const auto* found = std::ranges::find(table, code, &known_error::code);
  return found == std::end(table) ? unknown : *found;
}

bool is_token_or_permission(int code) {
  return code == 0 || code == 3 || code == 10 || code == 104 || code == 190 || (code >= 200 && code <= 299);
}

} // namespace

int http_status(int code) {
  if (code >= 200 && code <= 299) return 403;
  return lookup(code).status;
}

std::string title_of(int code) { return std::string(lookup(code).title); }

bool told_later(int code) { return lookup(code).when == told::later; }

bool follows_sent(int code) {
  // Meta looks at window, payment, policy and media before anything leaves.
  return code == 131000 || code == 131026;
}

boost::json::object error_body(const graph_error& error, const std::string& trace_id) {
  const auto& known = lookup(error.code);
  const auto details = error.details.empty() ? std::string(known.details) : error.details;

  boost::json::object inner;
  if (is_token_or_permission(error.code) || error.subcode == 33) {
    inner["message"] = details;
    inner["type"] = error.subcode == 33 ? "GraphMethodException" : "OAuthException";
    inner["code"] = error.code;
  } else {
    inner["message"] = "(#" + std::to_string(error.code) + ") " + std::string(known.title);
    inner["type"] = "OAuthException";
    inner["code"] = error.code;
    inner["error_data"] = {{"messaging_product", "whatsapp"}, {"details", details}};
  }
  if (error.subcode != 0) inner["error_subcode"] = error.subcode;
  if (error.code == 2 || error.code == 131016) inner["is_transient"] = true;
  inner["fbtrace_id"] = trace_id;
  return {{"error", std::move(inner)}};
}

boost::json::object webhook_error(int code) {
  const auto& known = lookup(code);
  const auto title = std::string(known.title);
  return {{"code", code},
          {"title", title},
          {"message", title},
          {"error_data", {{"details", std::string(known.details)}}},
          {"href", "/documentation/business-messaging/whatsapp/support/error-codes"}};
}

} // namespace simulator
