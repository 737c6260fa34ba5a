// Connection state recovery: offsets are told and read as the same number, and the logs of threads that
// deliver in orders of their own lose and repeat nothing silently: a client goes from one to another, and
// what it gets is compared with a list of all events ever sent.
#include "must.hpp"

#include "hub/broadcast_event.hpp"
#include "hub/recovery_log.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <vector>

using namespace socketio::detail;
using socketio::fuzz::must;
using socketio::fuzz::take_byte;

namespace {

using milliseconds = std::chrono::milliseconds;
using event_pointer = std::shared_ptr<const broadcast_event>;

constexpr std::uint32_t threads = 3;

// One thread: its log, and events of the others that are on their way to it.
struct delivering {
  explicit delivering(recovery_log log)
      : log(std::move(log)) {}
  recovery_log log;
  std::deque<event_pointer> mail;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = socketio::fuzz::text_of(data, size);
  if (const auto number = parse_offset(input))
    must(parse_offset(offset_text(*number)) == number, "an offset is told as it was read");

  const milliseconds keep{1 + take_byte(input) * 4};
  const std::size_t max_packets = take_byte(input) % 16, max_bytes = take_byte(input) * 4u;
  std::vector<delivering> all;
  for (std::uint32_t i = 0; i < threads; ++i) // each has its own limit
    all.emplace_back(
        recovery_log(keep, max_packets, max_bytes, std::make_shared<std::atomic<std::size_t>>(0)));
  std::array<std::uint64_t, threads> sent{};
  recovery_log::time_point now{std::chrono::hours(1)};

  // The client is on one thread, or away from it; what it got so far, and what it was to get in the end.
  std::uint32_t home = 0;
  bool here = true;
  received client{{}, std::nullopt, now};
  std::optional<event_number> came_with, last;
  std::vector<event_pointer> got, owed;

  const auto deliver = [&](std::uint32_t thread, const event_pointer& event) {
    all[thread].log.append(*event->number, now, event->size(), event);
    if (thread != home || !here) return;
    got.push_back(event);
    last = event->number;
  };
  const auto read_mail = [&](std::uint32_t thread) {
    while (!all[thread].mail.empty()) {
      const event_pointer event = all[thread].mail.front();
      all[thread].mail.pop_front();
      deliver(thread, event);
    }
  };
  const auto come_back = [&](std::uint32_t thread) {
    here = false;
    if (last != came_with) client.last = last;
    const auto has = all[home].log.what_it_has(client);
    must(has.has_value(), "what it had is known");
    read_mail(thread); // whatever was handed out before is there before the answer
    const auto missed = all[thread].log.missed(*has, now, "id", {});
    home = thread;
    here = true;
    if (!missed) { // some of it is gone: it begins anew
      got.clear();
      owed.assign(all[home].mail.begin(), all[home].mail.end());
      client = {*all[home].log.reached(), std::nullopt, now};
      last.reset();
      came_with.reset();
      return;
    }
    got.insert(got.end(), missed->begin(), missed->end());
    client = {*has, std::nullopt, recovery_log::time_point::min()};
    came_with = last;
    if (!missed->empty()) last = missed->back()->number;
  };

  while (!input.empty()) {
    const std::uint8_t step = take_byte(input);
    const std::uint32_t thread = step / 8 % threads;
    switch (step % 8) {
    case 0:
      now += milliseconds(take_byte(input));
      break;
    case 1: // nothing reaches it any more
      here = false;
      break;
    case 2:
      come_back(thread);
      break;
    case 3: // it answers a heartbeat
      if (here) client.proven = now;
      break;
    case 4:
      read_mail(thread);
      break;
    default: { // that thread sends
      auto event = std::make_shared<broadcast_event>();
      event->head = socketio::codec::text_packet("4");
      event->number = event_number{thread, ++sent[thread]};
      owed.push_back(event);
      for (std::uint32_t other = 0; other < threads; ++other)
        if (other != thread) all[other].mail.push_back(event);
      deliver(thread, event);
    }
    }
    if (sent[0] + sent[1] + sent[2] > 48) break;
  }
  come_back(home);
  for (const auto& event : owed) must(std::count(got.begin(), got.end(), event) == 1, "everything once");
  for (std::uint32_t sender = 0; sender < threads; ++sender) {
    std::uint64_t before = 0;
    for (const auto& event : got) {
      if (event->number->sender != sender) continue;
      must(event->number->count > before, "of each sender in order");
      before = event->number->count;
    }
  }
  return 0;
}
