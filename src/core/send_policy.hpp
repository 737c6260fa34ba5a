// What an answer of Graph means, and when to try again. Source of the codes: the page "Error codes" of Meta's
// documentation of the Cloud API.
#pragma once

#include "core/entry.hpp"
#include "core/message.hpp"
#include "core/send_pace.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace tickwire {

// A complete, parsed error of Graph.
struct graph_error {
  int code = 0;
  std::string title;   // "(#131030) …" without the prefix, or prose
  std::string details; // error_data.details, may be empty
};

// What one try came to.
struct send_outcome {
  send_outcome_kind kind = send_outcome_kind::unconfirmed;
  std::string whatsapp_message_id;
  std::optional<message_error> error;
  std::string wa_id; // accepted: the addressee's number as WhatsApp writes it; empty when it does not say
  // Refused or not taken for a reason that is not this message's: the token, the account, the line. Every
  // other message would fare the same now.
  bool of_number = false;
};

// A refusal or a "not now" surely did nothing; codes 1, 2, 131000 and 131016 may have done it and leave it
// unconfirmed.
send_outcome outcome_of(const graph_error& error, int http_status);

// Nothing was written yet: certainly not sent, to be tried again.
send_outcome not_reached(std::string_view what);

// Anything else after the first byte.
send_outcome unsure(std::string_view what);

// Words for a person: what a code means and what to do. Unknown codes give Meta's own title.
message_error explain(const graph_error& error);

// Nothing was written, and not because of the line: the message goes first when it can.
send_outcome put_back(std::string_view what);

// It waited so long that its author should decide.
message_error too_old(std::chrono::seconds max_age);

// How long to wait before try n+1, after try n (from 1) was not taken. 131056: 4^n s as Meta advises, but at
// most 16 s; others double from 1 s to 60 s.
std::chrono::milliseconds wait_before_next_try(int code, int try_number);

using wait_rule = std::chrono::milliseconds (*)(int code, int tries);

// Whether messages go out at all. When a try failed for a reason of the whole number, the others wait, and
// one try after growing pauses asks whether it is over. Pure: the time comes in.
class send_pause {
public:
  explicit send_pause(wait_rule wait = wait_before_next_try)
      : wait_(wait) {}
  bool paused() const { return !reason_.empty(); }
  // While paused: one sentence for people, what is wrong and what helps; since when; when to ask again.
  const std::string& reason() const { return reason_; }
  steady_time since() const { return since_; }
  steady_time ask_at() const { return ask_at_; }
  // Nothing was reached at all: opening a connection answers the question as well as a message.
  bool unreached() const { return paused() && code_ == code_unreached; }

  // A try ended with outcome.of_number. False: it ended for the reason for which we are paused already. Then
  // this message does not fail, but waits with the others: the author of the first one has been told the
  // reason.
  bool fault(const send_outcome& outcome, steady_time now, bool asked);
  // What was asked gave no answer to the question.
  void no_answer(steady_time now);
  // A try that began in the pause shows that it is over.
  void over() { *this = send_pause(wait_); }

private:
  static constexpr int code_unreached = -1;
  void ask_later(steady_time now);

  wait_rule wait_;
  std::string reason_; // empty: not paused
  int code_ = 0;
  int asked_ = 0; // times since the pause began
  steady_time since_{}, ask_at_{};
};

// Token bucket on a monotonic clock given by the caller. Pure: no clock inside.
class token_bucket {
public:
  token_bucket(double per_second, double burst)
      : per_second_(per_second)
      , burst_(burst)
      , tokens_(burst) {}
  // Time to wait until one token is there (0: taken now).
  std::chrono::milliseconds take(std::chrono::steady_clock::time_point now);
  // A token that was taken and not used.
  void put_back() { tokens_ += 1; }

private:
  void refill(std::chrono::steady_clock::time_point now);
  double per_second_;
  double burst_;
  double tokens_;
  std::optional<std::chrono::steady_clock::time_point> last_;
};

} // namespace tickwire
