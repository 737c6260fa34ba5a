#include "hub/recovery_log.hpp"

#include "hub/broadcast_event.hpp"

#include <gtest/gtest.h>

#include <random>

namespace socketio::detail {
namespace {

using namespace std::chrono_literals;
using event_pointer = std::shared_ptr<const broadcast_event>;

struct Log : ::testing::Test {
  recovery_log::time_point now{1h};
  std::vector<std::uint64_t> counts = std::vector<std::uint64_t>(5);
  byte_total all_bytes = std::make_shared<std::atomic<std::size_t>>(0);

  event_pointer made(std::uint32_t sender, target_options whom = {}) {
    auto event = std::make_shared<broadcast_event>();
    event->head = codec::text_packet("4");
    event->whom = std::move(whom);
    event->number = event_number{sender, ++counts[sender]};
    return event;
  }
  void deliver(recovery_log& log, const event_pointer& event) {
    log.append(*event->number, now, event->size(), event);
  }
};

TEST_F(Log, OffsetsAreToldAsTheyAreRead) {
  for (const event_number number : {event_number{0, 1}, {0, UINT64_MAX}, {64, 71}})
    EXPECT_EQ(parse_offset(offset_text(number)), number);
  for (const char* wrong : {"", ".", "1.", ".1", "1 ", "-1", "1.1.1", "zzzzzzzzzzzzzzzzz"})
    EXPECT_FALSE(parse_offset(wrong)) << wrong;
}

TEST_F(Log, WhoWasInARoomWhenItWasSentHasMissedItAndNobodyElse) {
  recovery_log log(1h, 100, 100'000, all_bytes);
  const target_options red{{"red"}, {}};
  const auto before = log.reached();
  const auto early = made(0, red);
  deliver(log, early);
  const stay first{"red", log.reached(), nullptr};
  const auto inside = made(0, red);
  deliver(log, inside);
  stay left = first;
  left.until = log.reached();
  const auto late = made(0, red);
  deliver(log, late);
  EXPECT_EQ(log.missed(*before, now, "id", std::vector{first}), (recovery_log::events{inside, late}));
  EXPECT_EQ(log.missed(*before, now, "id", std::vector{left}), (recovery_log::events{inside}));
  EXPECT_EQ(log.missed(*before, now, "id", {}), (recovery_log::events{}));
}

TEST_F(Log, WhoeverIsInARoomThatIsLeftOutHasNotMissedIt) {
  recovery_log log(1h, 100, 100'000, all_bytes);
  const auto before = log.reached();
  const stay here{"red", before, nullptr};
  const auto without_red = made(0, {{}, {"red"}}), without_me = made(0, {{}, {"id"}}),
             to_blue_without_red = made(0, {{"blue"}, {"red"}}), to_me = made(0, {{"id"}, {}});
  for (const auto& event : {without_red, without_me, to_blue_without_red, to_me}) deliver(log, event);
  EXPECT_EQ(log.missed(*before, now, "id", std::vector{here}), (recovery_log::events{to_me}));
  EXPECT_EQ(log.missed(*before, now, "id", {}), (recovery_log::events{without_red, to_me}));
  const stay blue{"blue", before, nullptr};
  EXPECT_EQ(log.missed(*before, now, "other", std::vector{blue}),
            (recovery_log::events{without_red, without_me, to_blue_without_red}));
}

TEST_F(Log, NothingGoesSilently) {
  recovery_log log(1s, 2, 100'000, all_bytes);
  const auto begun = now;
  deliver(log, made(0));
  const received client{{}, std::nullopt, begun};
  ASSERT_TRUE(log.missed(*log.what_it_has(client), now, "id", {}));
  now += 1001ms;
  EXPECT_FALSE(log.missed(*log.what_it_has(client), now, "id", {})) << "the end of the window";
  // An idle client that answered a heartbeat since, or had exactly what is gone, has missed nothing.
  EXPECT_TRUE(log.missed(*log.what_it_has({{}, std::nullopt, now}), now, "id", {}));
  EXPECT_TRUE(log.missed(*log.what_it_has({{}, event_number{0, 1}, begun}), now, "id", {}));
  for (int i = 0; i < 3; ++i) deliver(log, made(0));
  EXPECT_FALSE(log.missed(*log.what_it_has({{}, event_number{0, 1}, begun}), now, "id", {})) << "the limit";
  EXPECT_FALSE(log.what_it_has({{}, event_number{0, 99}, begun})) << "nobody sent that";
}

// Of another sender, too, whose number the client does not name.
TEST_F(Log, WhoHasAnEventHasWhatWasDeliveredBeforeItAndIsGone) {
  recovery_log log(1h, 1, 100'000, all_bytes);
  deliver(log, made(1));
  deliver(log, made(0));
  const received client{{}, event_number{0, 1}, recovery_log::time_point::min()};
  EXPECT_EQ(log.missed(*log.what_it_has(client), now, "id", {}), recovery_log::events{});
  const received other{{}, std::nullopt, recovery_log::time_point::min()};
  EXPECT_FALSE(log.missed(*log.what_it_has(other), now, "id", {})) << "who had neither";
}

// Threads deliver in orders of their own; a client goes from one to another, each time with the last event
// that it had: in the end it has everything once, and of each sender in order.
TEST_F(Log, AClientGoesFromThreadToThread) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto below = [&](std::uint32_t limit) { return static_cast<std::uint32_t>(random() % limit); };
  for (int round = 0; round < 300; ++round) {
    const std::uint32_t threads = 1 + below(4);
    std::vector<recovery_log> logs;
    for (std::uint32_t i = 0; i < threads; ++i) logs.emplace_back(1h, 10'000, 1'000'000, all_bytes);
    std::vector<std::vector<event_pointer>> mail(threads);
    std::fill(counts.begin(), counts.end(), 0);
    std::vector<event_pointer> got, sent;
    std::uint32_t home = below(threads);
    bool reads = true;
    received client{{}, std::nullopt, now};
    std::optional<event_number> came_with, last;
    const auto deliver_at = [&](std::uint32_t thread, const event_pointer& event) {
      deliver(logs[thread], event);
      if (thread != home || !reads) return;
      got.push_back(event);
      last = event->number;
    };
    const auto read_mail = [&](std::uint32_t thread, std::size_t count) {
      for (; count > 0 && !mail[thread].empty(); --count) {
        deliver_at(thread, mail[thread].front());
        mail[thread].erase(mail[thread].begin());
      }
    };
    const auto come_back = [&](std::uint32_t thread) {
      reads = false;
      if (last != came_with) client.last = last;
      const auto has = logs[home].what_it_has(client);
      ASSERT_TRUE(has);
      read_mail(thread, SIZE_MAX);
      const auto missed = logs[thread].missed(*has, now, "id", {});
      ASSERT_TRUE(missed);
      home = thread;
      client = {*has, std::nullopt, recovery_log::time_point::min()};
      came_with = last;
      reads = true;
      // It may break again before it has all of that.
      const std::size_t heard =
          below(3) == 0 ? below(static_cast<std::uint32_t>(missed->size()) + 1) : missed->size();
      got.insert(got.end(), missed->begin(), missed->begin() + static_cast<std::ptrdiff_t>(heard));
      if (heard > 0) last = got.back()->number;
      if (heard < missed->size()) reads = false;
    };
    for (int i = 0; i < 60; ++i) {
      const std::uint32_t thread = below(threads);
      switch (below(6)) {
      case 0:
        reads = false;
        break;
      case 1:
        come_back(thread);
        break;
      case 2:
        read_mail(thread, below(4));
        break;
      default:
        const auto event = made(thread);
        sent.push_back(event);
        for (std::uint32_t other = 0; other < threads; ++other)
          if (other != thread) mail[other].push_back(event);
        deliver_at(thread, event);
      }
    }
    do come_back(home);
    while (!reads);
    EXPECT_EQ(got.size(), sent.size());
    for (const auto& event : sent) EXPECT_EQ(std::count(got.begin(), got.end(), event), 1);
    for (std::uint32_t sender = 0; sender < threads; ++sender) {
      std::uint64_t before = 0;
      for (const auto& event : got)
        if (event->number->sender == sender) EXPECT_EQ(event->number->count, ++before);
    }
  }
}

struct kept {
  byte_total all_bytes = std::make_shared<std::atomic<std::size_t>>(0);
  recovery_log log;
  kept(std::size_t max_packets, std::size_t max_bytes)
      : log(1min, max_packets, max_bytes, all_bytes) {}
  void append(std::uint64_t count, std::size_t bytes, recovery_log::time_point when = start) {
    log.append({0, count}, when, bytes, std::make_shared<broadcast_event>());
  }
  // How many were missed since; nothing: it cannot be told.
  std::optional<std::size_t> after(std::uint64_t count, recovery_log::time_point proven = start,
                                   recovery_log::time_point when = start) {
    const auto last = count > 0 ? std::optional(event_number{0, count}) : std::nullopt;
    const auto missed = log.missed(*log.what_it_has({{}, last, proven}), when, "id", {});
    return missed ? std::optional(missed->size()) : std::nullopt;
  }
  static constexpr recovery_log::time_point start{1h};
};

TEST(RecoveryLog, BeyondMaxPacketsTheOldestAreLostAndKnownToBe) {
  kept all(3, 1'000'000);
  for (std::uint64_t i = 1; i <= 5; ++i) all.append(i, 10);
  EXPECT_FALSE(all.after(1));
  EXPECT_EQ(all.after(2), 3u);
  EXPECT_EQ(all.after(4), 1u);
}

TEST(RecoveryLog, BeyondMaxBytesTheOldestAreLostAndKnownToBe) {
  kept all(1'000, 100);
  for (std::uint64_t i = 1; i <= 4; ++i) all.append(i, 40);
  EXPECT_FALSE(all.after(1));
  EXPECT_EQ(all.after(2), 2u);
  all.append(5, 1'000); // alone more than is kept
  EXPECT_FALSE(all.after(4));
  EXPECT_EQ(all.after(5), 0u);
}

TEST(RecoveryLog, LogsHaveMaxBytesTogetherAndOnlyWhoHasSomethingNewGivesUpItsOldest) {
  kept quiet(1'000, 100);
  {
    kept busy(1'000, 100);
    busy.log = recovery_log(1min, 1'000, 100, quiet.all_bytes);
    quiet.append(1, 60);
    for (std::uint64_t i = 1; i <= 4; ++i) busy.append(i, 15);
    EXPECT_EQ(*quiet.all_bytes, 90u);
    EXPECT_EQ(quiet.after(0), 1u);
    EXPECT_EQ(busy.after(2), 2u);
    EXPECT_FALSE(busy.after(1));
    busy.append(5, 50); // alone more than is left
    EXPECT_EQ(*quiet.all_bytes, 60u);
    EXPECT_EQ(quiet.after(0), 1u);
    busy.append(6, 40);
  }
  EXPECT_EQ(*quiet.all_bytes, 60u) << "it is gone";
  // Whoever asks finds that time is over; the bytes go with it.
  EXPECT_FALSE(quiet.after(0, kept::start, kept::start + 61s));
  EXPECT_EQ(*quiet.all_bytes, 0u);
}

TEST(RecoveryLog, WhatIsOlderThanTheTimeToKeepItWasReceivedByWhoHasAnsweredSince) {
  kept all(10, 1'000);
  all.append(1, 10);
  all.append(2, 10, kept::start + 50s);
  ASSERT_TRUE(all.after(0, kept::start, kept::start + 60s));
  all.append(3, 10, kept::start + 61s);
  EXPECT_EQ(all.after(0, kept::start + 1s, kept::start + 61s), 2u);
  EXPECT_FALSE(all.after(0, kept::start, kept::start + 61s));
}

} // namespace
} // namespace socketio::detail
