#include "simulator/faults/fault_plan.hpp"

#include "simulator/graph/graph_error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace simulator {
namespace {

constexpr std::array<std::pair<std::string_view, answer>, 14> names{{
    {"as-usual", answer::as_usual},
    {"error", answer::error},
    {"refuse", answer::refuse},
    {"fail", answer::fail},
    {"reset", answer::reset},
    {"hang", answer::hang},
    {"html", answer::html},
    {"redirect", answer::redirect},
    {"accept-then-reset", answer::accept_then_reset},
    {"accept-then-hang", answer::accept_then_hang},
    {"accept-then-html", answer::accept_then_html},
    {"accept-then-error", answer::accept_then_error},
    {"truncated", answer::truncated},
    {"broken-json", answer::broken_json},
}};

/// Gives the steps their copies and, by chance, another order.
std::vector<status_step> with_faults(const options& set, std::vector<status_step> steps,
                                     seeded_random& random) {
  for (auto& step : steps) step.copies = plan_copies(set, random);

  const bool disorder = random.chance(set.reorder);
  const auto turn = random.next();
  if (disorder && steps.size() > 1) {
    // A rotation never leaves the order as it was; a shuffle might, and the rate would lie.
    const auto by = 1 + turn % (steps.size() - 1);
    std::rotate(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(by), steps.end());
  }
  return steps;
}

void add_arrival(std::vector<status_step>& steps, const options& set, phone_view phone,
                 seeded_random& random) {
  const bool skip = random.chance(set.skip_delivered);
  if (!phone.online) return;
  if (!(skip && phone.reads)) steps.push_back({"delivered", set.step_delay});
  if (phone.reads) steps.push_back({"read", set.step_delay});
}

} // namespace

std::optional<answer> answer_from_name(std::string_view name) {
  for (const auto& [known, kind] : names)
    if (known == name) return kind;
  return std::nullopt;
}

std::string_view name_of(answer kind) {
  for (const auto& [name, known] : names)
    if (known == kind) return name;
  return "as-usual";
}

bool accepts(answer kind) {
  switch (kind) {
  case answer::refuse:
  case answer::reset:
  case answer::hang:
  case answer::html:
  case answer::redirect:
    return false;
  default:
    return true;
  }
}

send_plan plan_send(const options& set, next_send& next, seeded_random& random) {
  send_plan plan;

  // All chances are drawn each time, so that the run of numbers does not depend on what was hit.
  const std::pair<double, answer> rates[] = {
      {set.refuse, answer::refuse},
      {set.reset, answer::reset},
      {set.accept_then_reset, answer::accept_then_reset},
      {set.accept_then_hang, answer::accept_then_hang},
      {set.accept_then_html, answer::accept_then_html},
      {set.truncate, answer::truncated},
      {set.broken_json, answer::broken_json},
      {set.html, answer::html},
      {set.redirect, answer::redirect},
  };
  for (const auto& [rate, kind] : rates)
    if (random.chance(rate) && plan.kind == answer::as_usual) plan.kind = kind;
  if (plan.kind == answer::refuse) plan.code = set.refuse_code;
  if (random.chance(set.fail_later) && accepts(plan.kind)) plan.fails_with = set.fail_later_code;

  if (next.count <= 0) return plan;
  --next.count;
  plan = {.kind = answer_from_name(next.outcome).value_or(answer::as_usual)};
  if (plan.kind == answer::error) plan.kind = told_later(next.code) ? answer::fail : answer::refuse;
  if (plan.kind == answer::refuse) plan.code = next.code;
  if (plan.kind == answer::fail) {
    plan.kind = answer::as_usual;
    plan.fails_with = next.code;
  }
  return plan;
}

std::vector<status_step> plan_statuses(const options& set, const send_plan& send, phone_view phone,
                                       seeded_random& random) {
  std::vector<status_step> steps;
  if (send.fails_with && !follows_sent(*send.fails_with)) {
    steps.push_back({"failed", set.step_delay});
  } else {
    steps.push_back({"sent", set.step_delay});
    if (send.fails_with)
      steps.push_back({"failed", set.step_delay});
    else
      add_arrival(steps, set, phone, random);
  }
  return with_faults(set, std::move(steps), random);
}

std::vector<status_step> plan_arrival(const options& set, phone_view phone, seeded_random& random) {
  std::vector<status_step> steps;
  add_arrival(steps, set, phone, random);
  return with_faults(set, std::move(steps), random);
}

std::vector<status_step> plan_reading(const options& set, seeded_random& random) {
  return with_faults(set, {{"read", 0}}, random);
}

signature plan_signature(const options& set, seeded_random& random) {
  const bool wrong = random.chance(set.wrong_signature);
  const bool missing = random.chance(set.missing_signature);
  return missing ? signature::missing : wrong ? signature::wrong : signature::right;
}

int plan_copies(const options& set, seeded_random& random) {
  const bool twice = random.chance(set.duplicate);
  const bool lost = random.chance(set.drop);
  return lost ? 0 : twice ? 2 : 1;
}

} // namespace simulator
