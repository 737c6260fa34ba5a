#include "core/send_policy.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace tickwire {

namespace {

enum class verdict { refused, not_taken, unsure };

struct explanation {
  int code;
  verdict verdict;
  bool can_retry; // by a person, later
  std::string_view title;
  std::string_view reason;
};

// Meta's codes in plain words. Codes that are not here are refusals with Meta's own title.
constexpr std::array explanations{
    explanation{
        0, verdict::refused, true, "WhatsApp access expired",
        "WhatsApp no longer accepts our access token. Ask your administrator to renew it, then retry."},
    explanation{1, verdict::unsure, true, "WhatsApp had a fault",
                "WhatsApp reported an unknown fault on its side."},
    explanation{2, verdict::unsure, true, "WhatsApp is unavailable", "WhatsApp is temporarily unavailable."},
    explanation{3, verdict::refused, false, "Permission missing",
                "The access token lacks a permission for this. Ask your administrator to check the token."},
    explanation{4, verdict::not_taken, true, "Too many calls",
                "WhatsApp limits our calls for now; we try again by ourselves."},
    explanation{10, verdict::refused, false, "Permission missing",
                "The access token lacks a permission for this. Ask your administrator to check the token."},
    explanation{
        33, verdict::refused, false, "Business number unknown",
        "WhatsApp does not know our business number. Ask your administrator to check the number's id."},
    explanation{100, verdict::refused, false, "WhatsApp refused the message",
                "WhatsApp found something in the message or the address that it does not accept. Check the "
                "number and the text."},
    explanation{104, verdict::refused, true, "Access token missing",
                "WhatsApp got no access token from us. Ask your administrator to set it, then retry."},
    explanation{
        190, verdict::refused, true, "WhatsApp access expired",
        "WhatsApp no longer accepts our access token. Ask your administrator to renew it, then retry."},
    explanation{368, verdict::refused, false, "Account restricted",
                "Meta has restricted this business account for a policy violation. Your administrator finds "
                "the way out in "
                "WhatsApp Manager."},
    explanation{80007, verdict::not_taken, true, "Too many calls",
                "WhatsApp limits our account's calls for now; we try again by ourselves."},
    explanation{130403, verdict::refused, false, "You have blocked this person",
                "This business has blocked the person. Unblock them first, then write again."},
    explanation{130429, verdict::not_taken, true, "Too fast for WhatsApp",
                "We reached WhatsApp's sending speed; we try again by ourselves."},
    explanation{130472, verdict::refused, false, "Held back by Meta",
                "Meta does not deliver this marketing message as part of an experiment. Write again when the "
                "customer has written."},
    explanation{130497, verdict::refused, false, "Country not allowed",
                "This business may not write to people in that country."},
    explanation{131000, verdict::unsure, true, "WhatsApp had a fault",
                "WhatsApp had a fault on its side. Your text and the number are fine; try again."},
    explanation{131005, verdict::refused, false, "Permission missing",
                "The access token lacks a permission for this. Ask your administrator to check the token."},
    explanation{131008, verdict::refused, false, "WhatsApp refused the message",
                "WhatsApp misses something in the message. Please report this to us."},
    explanation{131009, verdict::refused, false, "WhatsApp refused the message",
                "WhatsApp does not accept a value in the message, often because the quoted message is too "
                "old or gone."},
    explanation{131016, verdict::unsure, true, "WhatsApp is unavailable",
                "WhatsApp's service is overloaded for now."},
    explanation{131021, verdict::refused, false, "This is our own number",
                "The message was addressed to the business number itself. Choose another number."},
    explanation{131026, verdict::refused, false, "Not deliverable",
                "WhatsApp cannot deliver to this number: it may not be on WhatsApp, use a very old version, "
                "or not have accepted "
                "the terms. Check the number or reach the person another way."},
    explanation{131030, verdict::refused, false, "Number not on the test list",
                "This is a test number and may only write to numbers on its list. Add the number in Meta's "
                "App Dashboard, "
                "then send the message again."},
    explanation{
        131031, verdict::refused, false, "Account locked",
        "Meta has locked this business account. Your administrator finds the reason in WhatsApp Manager."},
    explanation{131037, verdict::refused, false, "Display name not approved",
                "Meta has not approved the display name of our number yet. Your administrator can follow it "
                "in WhatsApp Manager."},
    explanation{131042, verdict::refused, true, "Payment problem",
                "Meta could not charge this business account. Ask your administrator to mend the payment "
                "method, then retry."},
    explanation{131045, verdict::refused, true, "Number not registered",
                "Our business number is not registered for sending. Ask your administrator to register it, "
                "then retry."},
    explanation{131047, verdict::refused, false, "Reply window closed",
                "More than 24 hours have passed since the customer last wrote, so WhatsApp takes only a "
                "template. Send a "
                "template, or wait until they write again."},
    explanation{131048, verdict::refused, true, "Sending limited after reports",
                "WhatsApp limits our number because people reported its messages. Wait, check the quality in "
                "WhatsApp Manager, "
                "then retry."},
    explanation{131049, verdict::refused, false, "Held back by Meta",
                "Meta did not deliver this to keep the customer's marketing messages few. Wait a day, or "
                "wait until they write."},
    explanation{131050, verdict::refused, false, "Customer opted out",
                "The customer does not want marketing messages from us. Do not try again."},
    explanation{131051, verdict::refused, false, "Kind not supported",
                "WhatsApp does not support this kind of message."},
    explanation{131053, verdict::refused, false, "File not accepted",
                "WhatsApp could not use the file. Check its kind and size, then send it anew."},
    explanation{131056, verdict::not_taken, true, "Too fast for this person",
                "WhatsApp limits how fast we may write to one person; we try again by ourselves."},
    explanation{131057, verdict::not_taken, true, "Number in maintenance",
                "WhatsApp is upgrading our number; we try again by ourselves."},
    explanation{131062, verdict::refused, false, "Needs a phone number",
                "WhatsApp wants the person's phone number for this message, and we only have a user name."},
    explanation{133010, verdict::refused, true, "Number not registered",
                "Our business number is not registered for sending. Ask your administrator to register it, "
                "then retry."},
};

// Reasons that are not the message's: token, permissions, account, number, speed of the whole number.
// (200 to 299 are permissions too.)
constexpr std::array number_codes{0,     3,      4,      10,     33,     104,    190,   368,
                                  80007, 130429, 131005, 131031, 131045, 131057, 133010};

bool is_of_number(int code) {
  return (code >= 200 && code < 300) ||
         std::find(number_codes.begin(), number_codes.end(), code) != number_codes.end();
}

const explanation* find(int code) {
  const auto place = std::find_if(explanations.begin(), explanations.end(),
                                  [&](const explanation& e) { return e.code == code; });
  return place == explanations.end() ? nullptr : &*place;
}

} // namespace

message_error explain(const graph_error& error) {
  if (const explanation* known = find(error.code))
    return {error.code, std::string(known->title), std::string(known->reason), known->can_retry};
  std::string title = error.title.empty() ? "WhatsApp refused the message" : error.title;
  const std::string& said = error.details.empty() ? error.title : error.details;
  std::string reason = "WhatsApp refused the message (code " + std::to_string(error.code) + ")";
  reason += said.empty() ? "." : ": " + said;
  if (reason.back() != '.') reason += '.';
  reason += " Check the message, then retry.";
  return {error.code, std::move(title), std::move(reason), true};
}

send_outcome outcome_of(const graph_error& error, int http_status) {
  send_outcome outcome;
  outcome.error = explain(error);
  if (const explanation* known = find(error.code)) {
    switch (known->verdict) {
    case verdict::refused:
      outcome.kind = send_outcome_kind::refused;
      break;
    case verdict::not_taken:
      outcome.kind = send_outcome_kind::not_taken;
      break;
    case verdict::unsure:
      outcome.kind = send_outcome_kind::unconfirmed;
      break;
    }
  } else {
    // A parsed refusal of the request is certain; a fault of the server is not, whatever it says.
    outcome.kind =
        http_status >= 400 && http_status < 500 ? send_outcome_kind::refused : send_outcome_kind::unconfirmed;
  }
  outcome.of_number = outcome.kind != send_outcome_kind::unconfirmed && is_of_number(error.code);
  if (outcome.kind == send_outcome_kind::unconfirmed)
    outcome.error->reason =
        "WhatsApp reported a fault (code " + std::to_string(error.code) +
        ") and did not say whether it took the message. It may have arrived; sending again could double it.";
  return outcome;
}

send_outcome not_reached(std::string_view what) {
  message_error error{0, "WhatsApp not reached",
                      "We could not reach WhatsApp (" + std::string(what) + "); we try again by ourselves.",
                      true};
  return {send_outcome_kind::not_taken, "", std::move(error), "", true};
}

send_outcome put_back(std::string_view what) {
  message_error error{0, "Not sent yet", "It was not sent yet (" + std::string(what) + ").", true};
  return {send_outcome_kind::not_taken, "", std::move(error), "", false};
}

message_error too_old(std::chrono::seconds max_age) {
  const auto minutes = std::chrono::ceil<std::chrono::minutes>(max_age).count();
  return {0, "Not sent in time",
          "WhatsApp could not be asked to send this for " + std::to_string(minutes) +
              (minutes == 1 ? " minute" : " minutes") +
              ", so it was not sent. Send it again if it is still right to say.",
          true};
}

send_outcome unsure(std::string_view what) {
  message_error error{0, "No answer from WhatsApp",
                      "WhatsApp did not confirm the message (" + std::string(what) +
                          "). It may have arrived; sending again could double it.",
                      true};
  return {send_outcome_kind::unconfirmed, "", std::move(error), "", false};
}

std::chrono::milliseconds wait_before_next_try(int code, int try_number) {
  using namespace std::chrono_literals;
  const int n = std::clamp(try_number - 1, 0, 16);
  if (code == 131056) return std::min<std::chrono::milliseconds>(1s * (1LL << (2 * std::min(n, 8))), 16s);
  // 0: Graph was not reached, so that asking again soon burdens nobody. 130429, too many messages, and 131056
  // are tried again within 25 s.
  const auto longest = code == 0 ? 10s : code == 130429 ? 16s : 60s;
  return std::min<std::chrono::milliseconds>(1s * (1LL << n), longest);
}

bool send_pause::fault(const send_outcome& outcome, steady_time now, bool asked) {
  const bool reached = outcome.kind != send_outcome_kind::not_taken || outcome.error->code != 0;
  const int code = reached ? outcome.error->code : code_unreached;
  const bool begins = !paused();
  const bool same = !begins && code == code_;
  if (begins) since_ = now;
  code_ = code;
  if (!same) {
    reason_ = outcome.error->reason;
    // The sentence is meant for the author of one message; here everybody reads it.
    constexpr std::string_view to_author = ", then retry.";
    if (reason_.ends_with(to_author))
      reason_.replace(reason_.size() - to_author.size(), to_author.size(),
                      "; what waits then goes out by itself.");
  }
  if (begins || asked) ask_later(now);
  return !same;
}

void send_pause::no_answer(steady_time now) {
  if (paused()) ask_later(now);
}

void send_pause::ask_later(steady_time now) {
  ask_at_ = now + wait_(code_ == code_unreached ? 0 : code_, ++asked_);
}

void token_bucket::refill(std::chrono::steady_clock::time_point now) {
  if (last_ && now > *last_)
    tokens_ = std::min(burst_, tokens_ + per_second_ * std::chrono::duration<double>(now - *last_).count());
  if (!last_ || now > *last_) last_ = now;
}

std::chrono::milliseconds token_bucket::take(std::chrono::steady_clock::time_point now) {
  refill(now);
  // A token that is there but for the clock's rounding counts, else the caller would wait a second time.
  if (tokens_ >= 1.0 - 1e-6) {
    tokens_ = std::max(0.0, tokens_ - 1.0);
    return std::chrono::milliseconds{0};
  }
  const double seconds = (1.0 - tokens_) / per_second_;
  return std::chrono::milliseconds{static_cast<std::int64_t>(std::ceil(seconds * 1000.0))};
}

} // namespace tickwire
