#pragma once
// What will go wrong, decided in one place: from options and seed to a plan, without I/O or clock.

#include "simulator/faults/options.hpp"
#include "simulator/faults/seeded_random.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

/// How a send ends, as its sender sees it.
enum class answer {
  as_usual,
  error, ///< becomes refuse or fail by the code
  refuse,
  fail,
  reset,
  hang,
  html,
  redirect,
  accept_then_reset,
  accept_then_hang,
  accept_then_html,
  accept_then_error,
  truncated,
  broken_json,
};

/// The names in next_send; nothing for an unknown one.
std::optional<answer> answer_from_name(std::string_view name);
std::string_view name_of(answer kind);

/// True when the message is taken on although the answer may be lost.
bool accepts(answer kind);

struct send_plan {
  answer kind = answer::as_usual;  ///< never `error`
  int code = 0;                    ///< of refuse
  std::optional<int> fails_with{}; ///< accepted, sent, and then failed with this code
};

/// Decides over one valid send. `next` wins over the rates and is used up by one.
send_plan plan_send(const options& set, next_send& next, seeded_random& random);

/// The phone that a message goes to, now.
struct phone_view {
  bool online = true;
  bool reads = false; ///< opens every message by itself
};

struct status_step {
  std::string status{}; ///< sent, delivered, read, played or failed
  int delay = 0;        ///< ms after the step before
  int copies = 1;       ///< 0: lost on the way, 2: comes twice
  bool operator==(const status_step&) const = default;
};

/// Statuses of a message just accepted. Those that wait for the phone are planned when it goes on or reads.
std::vector<status_step> plan_statuses(const options& set, const send_plan& send, phone_view phone,
                                       seeded_random& random);

/// Statuses of a message that lay on the server while the phone was off.
std::vector<status_step> plan_arrival(const options& set, phone_view phone, seeded_random& random);

/// The status of a delivered message that is now read; without delay, since a person did it.
std::vector<status_step> plan_reading(const options& set, seeded_random& random);

enum class signature { right, wrong, missing };
signature plan_signature(const options& set, seeded_random& random);

/// How often one inbound item is told: 0, 1 or 2 times.
int plan_copies(const options& set, seeded_random& random);

} // namespace simulator
