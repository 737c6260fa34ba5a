// What an answer of Graph means, and when to try again. Sources: Meta's error table (reference, §5.1), DESIGN
// §5.
#pragma once

#include "core/entry.hpp"
#include "core/message.hpp"

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

// How long to wait before try n+1, after try n (from 1) was not taken. 131056: 4^n s as Meta advises, but at
// most 16 s; others double from 1 s to 60 s.
std::chrono::milliseconds wait_before_next_try(int code, int try_number);

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
