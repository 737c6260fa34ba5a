#pragma once
// Everything that can be set, by flag at the start and by HTTP while running: one struct, one table of names.

#include <boost/json/object.hpp>

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace simulator {

/// What happens to the next sends. The names are those of the HTTP interface.
///   as-usual           accepted and answered
///   error              refused at once or accepted and failed later, as Meta does for that code
///   refuse, fail       the same, said outright
///   reset, hang        connection cut, or left without an answer, before anything was accepted
///   html, redirect     a 502 page, or a 302, instead of an answer; nothing accepted
///   accept-then-reset, accept-then-hang, accept-then-html, accept-then-error, truncated, broken-json
///                      accepted, and the answer lost in that way
struct next_send {
  std::string outcome = "as-usual";
  int code = 131000; ///< for error, refuse and fail
  int count = 0;     ///< how many sends it is still good for
};

/// Milliseconds where nothing else is said; rates are 0 … 1.
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): there is one, and its order is for readers
struct options {
  // The business
  std::string webhook_url{}; ///< empty: no webhooks
  std::string app_secret = "simulated-app-secret";
  std::string verify_token{};
  std::string access_token{}; ///< empty: any token will do, but there must be one
  std::string phone_number_id = "100000000000001";
  std::string waba_id = "200000000000001";
  std::string display_phone_number = "15550001000";
  std::string business_name = "Casa Ladrilho";
  std::string api_version = "v25.0";
  std::string inbox_url{}; ///< where the phone page links to

  std::uint64_t seed = 1;

  // The answer to a send
  int latency = 0;
  double refuse = 0;
  int refuse_code = 131016;
  double reset = 0;
  double accept_then_reset = 0;
  double accept_then_hang = 0;
  double accept_then_html = 0;
  double truncate = 0;
  double broken_json = 0;
  double html = 0;
  double redirect = 0;
  bool retry_after = false;
  simulator::next_send next_send;

  // Limits of Meta's; off unless wanted
  bool pair_limit = false;           ///< 1 message per 6 s to one person, 45 in a burst: 131056
  int throughput_limit = 0;          ///< messages per second, 0: none: 130429
  bool enforce_window = false;       ///< 131047 when the person has not written for 24 hours
  bool prepend_country_code = false; ///< as Meta may do with numbers that lack the plus

  // Statuses
  bool statuses_before_answer = false;
  int step_delay = 0;
  double fail_later = 0;
  int fail_later_code = 131026;
  double duplicate = 0;
  double reorder = 0;
  double skip_delivered = 0;
  double drop = 0;

  // Phones of people who are new
  bool online = true;
  bool auto_read = true;

  // The way of the webhooks
  bool webhooks = true;
  double wrong_signature = 0;
  double missing_signature = 0;
  int batch_size = 1;
  int batch_wait = 20;
  int webhook_connections = 16;
  int webhook_timeout = 10'000;
  int retry_base = 1'000;
  int retry_max = 3'600'000;
  int retry_give_up = 604'800'000; ///< seven days
  int pending_webhooks_max = 50'000;

  int journal_limit = 20'000;
};

/// One setting: its names and where it lives. Numbers have an inclusive range.
struct option_field {
  using member = std::variant<std::string options::*, bool options::*, int options::*, double options::*,
                              std::uint64_t options::*>;
  std::string_view name; ///< camelCase, of the HTTP interface
  std::string_view flag; ///< of the command line
  member where;
  double least = 0;
  double most = 1;
  std::string_view help;
};

/// All settings except next_send, in the order of the documentation.
std::span<const option_field> option_fields();

/// As `GET /simulator/options` shows them; secrets are shown too: they are made up.
boost::json::object to_json(const options& from);

/// Returns `current` with the members of `patch` set, or a sentence that names the first wrong one.
/// All or nothing. Unknown names are wrong, so that a typing error in a test is found.
std::expected<options, std::string> patched(options current, const boost::json::object& patch);

} // namespace simulator
