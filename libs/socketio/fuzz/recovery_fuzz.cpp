// Connection state recovery: offsets are told and read as the same number, and the log forgets nothing
// silently: it is compared with a list of all events ever sent.
#include "must.hpp"

#include "hub/broadcast_event.hpp"
#include "hub/recovery_log.hpp"

#include <string>
#include <vector>

using namespace socketio::detail;
using socketio::fuzz::must;
using socketio::fuzz::take_byte;

namespace {

using milliseconds = std::chrono::milliseconds;

struct sent {
  std::uint64_t counter;
  recovery_log::time_point at;
  std::shared_ptr<const broadcast_event> event;
};

std::vector<std::string> some_rooms(std::uint8_t bits) {
  std::vector<std::string> rooms;
  for (int i = 0; i < 4; ++i)
    if (bits >> i & 1) rooms.push_back(std::string(1, static_cast<char>('a' + i)));
  return rooms;
}

bool share(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  for (const auto& one : a)
    for (const auto& other : b)
      if (one == other) return true;
  return false;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view input = socketio::fuzz::text_of(data, size);
  if (const auto counter = parse_offset(input)) {
    const std::string text = offset_text(*counter);
    must(text.size() <= input.size() && parse_offset(text) == counter, "an offset is told as it was read");
  }

  const milliseconds keep{1 + take_byte(input) * 4};
  const std::size_t max_packets = take_byte(input) % 16, max_bytes = take_byte(input) * 4u;
  const std::uint64_t began_after = take_byte(input) % 8; // sent before there was a log
  recovery_log log(keep, max_packets, max_bytes, began_after);
  std::vector<sent> all;
  recovery_log::time_point now{std::chrono::hours(1)};
  std::uint64_t counter = began_after;
  std::size_t bytes = 0;
  while (!input.empty()) {
    const std::uint8_t step = take_byte(input);
    if (step % 4 == 0) {
      now += milliseconds(take_byte(input));
    } else if (step % 4 == 1) {
      const auto counts_from = std::uint64_t{take_byte(input)};
      const auto rooms = some_rooms(step >> 4);
      const std::uint64_t seen = counts_from > counter ? counter : counter - counts_from;
      const auto missed = log.missed_after(seen, now, rooms);
      std::vector<std::shared_ptr<const broadcast_event>> expected;
      for (const sent& one : all) {
        if (one.counter <= seen || one.at + keep < now) continue;
        if ((one.event->whom.rooms.empty() || share(one.event->whom.rooms, rooms)) &&
            !share(one.event->whom.except, rooms))
          expected.push_back(one.event);
      }
      if (missed) must(*missed == expected, "all that was missed, in order, and nothing else");
      if (seen < began_after) must(!missed, "what was sent before the log is lost");
      must(missed || seen < began_after || all.size() > max_packets || bytes > max_bytes,
           "nothing is lost within the limits");
    } else {
      auto event = std::make_shared<broadcast_event>();
      const std::uint8_t whom = take_byte(input);
      event->whom = {some_rooms(whom & 15), some_rooms(whom >> 4)};
      ++counter;
      log.append(counter, now, step, event);
      bytes += step;
      all.push_back({counter, now, std::move(event)});
    }
    if (all.size() > 64) break;
  }
  return 0;
}
