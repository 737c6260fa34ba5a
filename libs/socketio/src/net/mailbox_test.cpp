// Letters from any thread to one: none lost, none twice, each sender's in its order.
#include "net/mailbox.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

namespace socketio::detail {
namespace {

TEST(Mailbox, LettersAreReadInTheOrderInWhichTheyCame) {
  mailbox mail;
  std::vector<int> read;
  EXPECT_TRUE(mail.post([&] { read.push_back(0); })) << "it was empty: its owner must be woken";
  for (int i = 1; i < 5; ++i) EXPECT_FALSE(mail.post([&, i] { read.push_back(i); })) << "it is awake";
  EXPECT_EQ(mail.waiting(), 5u);
  mail.read_all();
  EXPECT_EQ(read, (std::vector{0, 1, 2, 3, 4}));
  EXPECT_EQ(mail.waiting(), 0u);
  EXPECT_TRUE(mail.post([] {})) << "it is empty again";
}

TEST(Mailbox, WhatIsWrittenWhileItIsReadWaitsForTheNextTime) {
  mailbox mail;
  std::vector<int> read;
  mail.post([&] {
    read.push_back(1);
    EXPECT_TRUE(mail.post([&] { read.push_back(3); })) << "or nobody would wake the owner for it";
  });
  mail.post([&] { read.push_back(2); });
  mail.read_all();
  EXPECT_EQ(read, (std::vector{1, 2}));
  mail.read_all();
  EXPECT_EQ(read, (std::vector{1, 2, 3}));
}

TEST(Mailbox, WhatFollowsALetterThatThrowsIsReadTheNextTimeBeforeWhatCameSince) {
  mailbox mail;
  std::vector<int> read;
  mail.post([] { throw std::runtime_error("a letter that throws"); });
  mail.post([&] { read.push_back(1); });
  EXPECT_THROW(mail.read_all(), std::runtime_error);
  EXPECT_EQ(mail.waiting(), 1u);
  mail.post([&] { read.push_back(2); });
  mail.read_all();
  EXPECT_EQ(read, (std::vector{1, 2}));
}

TEST(Mailbox, WhatIsThrownAwayIsNotRunAndGoes) {
  const auto held = std::make_shared<int>();
  int run = 0;
  {
    mailbox mail;
    mail.post([] { throw std::runtime_error("a letter that throws"); });
    for (int i = 0; i < 3; ++i) mail.post([&run, held] { ++run; });
    EXPECT_THROW(mail.read_all(), std::runtime_error);
    mail.post([&run, held] { ++run; });
    EXPECT_EQ(held.use_count(), 5);
    mail.discard();
    EXPECT_EQ(held.use_count(), 1);
    EXPECT_EQ(mail.waiting(), 0u);
    EXPECT_TRUE(mail.post([&run, held] { ++run; })) << "it is empty";
  }
  EXPECT_EQ(held.use_count(), 1) << "with the mailbox";
  EXPECT_EQ(run, 0);
}

// The owner reads whenever one of the senders found it empty, as a loop does.
TEST(Mailbox, ManySendersLoseNothing) {
  constexpr int senders = 4, letters = 20'000;
  mailbox mail;
  std::atomic<int> wakes = 0;
  std::vector<int> next(senders, 0);
  int out_of_order = 0, read = 0;
  std::vector<std::thread> threads;
  for (int sender = 0; sender < senders; ++sender)
    threads.emplace_back([&, sender] {
      for (int i = 0; i < letters; ++i)
        if (mail.post([&, sender, i] {
              if (next[static_cast<std::size_t>(sender)]++ != i) ++out_of_order;
              ++read;
            }))
          ++wakes;
    });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (read < senders * letters && std::chrono::steady_clock::now() < deadline) {
    if (wakes.exchange(0) > 0)
      mail.read_all();
    else
      std::this_thread::yield();
  }
  for (auto& one : threads) one.join();
  EXPECT_EQ(read, senders * letters) << "who is woken finds everything";
  EXPECT_EQ(out_of_order, 0);
  EXPECT_EQ(mail.waiting(), 0u);
}

} // namespace
} // namespace socketio::detail
