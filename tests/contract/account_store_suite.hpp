// What every account_store must do, whatever it is made of. A store's own test file names a factory and
// instantiates this:
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, AccountStore, sqlite_accounts_factory);
// The factory has `std::unique_ptr<account_store> open(any_io_executor)`; all that it opens are about the
// same accounts, as those of several programs are. Where there is no store for tests, `missing` says so.
#pragma once

#include "app/ports.hpp"
#include "contract/wait_for.hpp"

#include <boost/asio/co_spawn.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickwire::testing {

using namespace std::chrono_literals;

template <class Factory>
class AccountStore : public ::testing::Test {
protected:
  void SetUp() override {
    if (!factory.missing.empty()) GTEST_SKIP() << factory.missing;
    store = factory.open(io.get_executor());
  }
  void TearDown() override { store.reset(); }

  // Ana is an administrator, Ben is not.
  void add_two() {
    ASSERT_TRUE(wait_for(io, store->add_user("Ana", role::admin, "hash of Ana")));
    ASSERT_TRUE(wait_for(io, store->add_user("Ben", role::agent, "hash of Ben")));
  }
  std::string id_of(const std::string& name) {
    return (*wait_for(io, store->find_user_by_name(name)))->who.id;
  }
  void enter(const std::string& name) {
    ASSERT_TRUE(wait_for(io, store->add_session("session of " + name, id_of(name), now, now + 1h)));
    ASSERT_TRUE(wait_for(io, store->add_device("device of " + name, id_of(name), now)));
  }
  bool has_session(const std::string& name, std::chrono::milliseconds later = 0ms) {
    return wait_for(io, store->find_session("session of " + name, now + later))->has_value();
  }
  bool has_device(const std::string& name) {
    return wait_for(io, store->find_device("device of " + name))->has_value();
  }

  // All at the same time; the codes of those that failed.
  template <class T>
  std::vector<std::string> together(std::vector<task<result<T>>> works) {
    std::size_t left = works.size();
    std::vector<std::string> failed;
    for (auto& work : works)
      boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr error, result<T> done) {
        if (error)
          failed.push_back("thrown");
        else if (!done)
          failed.push_back(done.error().code);
        if (--left == 0) io.stop();
      });
    io.restart();
    io.run_for(60s);
    EXPECT_EQ(left, 0u) << "not done within a minute";
    return failed;
  }

  boost::asio::io_context io;
  Factory factory;
  std::unique_ptr<account_store> store;
  const timestamp now{1'000h};
};

TYPED_TEST_SUITE_P(AccountStore);

TYPED_TEST_P(AccountStore, ASessionTellsItsUserAndItsEnd) {
  this->add_two();
  this->enter("Ben");
  const auto found = *wait_for(this->io, this->store->find_session("session of Ben", this->now));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->who.name, "Ben");
  EXPECT_EQ(found->who.id, this->id_of("Ben"));
  EXPECT_EQ(found->who.role, role::agent);
  EXPECT_EQ(found->until, this->now + 1h);
  EXPECT_TRUE(this->has_session("Ben", 1h - 1ms));
  EXPECT_FALSE(this->has_session("Ben", 1h));
  EXPECT_TRUE(wait_for(this->io, this->store->remove_session("session of Ben")));
  EXPECT_FALSE(this->has_session("Ben"));
  EXPECT_TRUE(wait_for(this->io, this->store->remove_session("session of Ben"))) << "once more harms nothing";
}

TYPED_TEST_P(AccountStore, SessionsThatHaveEndedMakeRoomAndOthersStay) {
  this->add_two();
  this->enter("Ana");
  const std::string id = this->id_of("Ben");
  ASSERT_TRUE(wait_for(this->io, this->store->add_session("old", id, this->now, this->now + 1min)));
  ASSERT_TRUE(wait_for(this->io, this->store->add_session("new", id, this->now + 2min, this->now + 1h)));
  EXPECT_FALSE(wait_for(this->io, this->store->find_session("old", this->now))->has_value()) << "dropped";
  EXPECT_TRUE(wait_for(this->io, this->store->find_session("new", this->now))->has_value());
  EXPECT_TRUE(this->has_session("Ana"));
}

TYPED_TEST_P(AccountStore, NobodyIsLetInBySessionsAndDevicesOfNobody) {
  this->add_two();
  EXPECT_FALSE(this->has_session("Eve"));
  EXPECT_FALSE(this->has_device("Eve"));
  wait_for(this->io, this->store->add_session("session of Eve", "u_nobody", this->now, this->now + 1h));
  wait_for(this->io, this->store->add_device("device of Eve", "u_nobody", this->now));
  EXPECT_FALSE(this->has_session("Eve"));
  EXPECT_FALSE(this->has_device("Eve"));
}

TYPED_TEST_P(AccountStore, TheFirstAdministratorIsMadeOnce) {
  EXPECT_TRUE(wait_for(this->io, this->store->users())->empty());
  EXPECT_FALSE(wait_for(this->io, this->store->find_user_by_name("Ana"))->has_value());
  EXPECT_EQ(wait_for(this->io, this->store->add_first_user("Ana", role::admin, "hash"))->name, "Ana");
  EXPECT_EQ(wait_for(this->io, this->store->add_first_user("Eve", role::admin, "hash")).error().code,
            "already_set_up");
  EXPECT_FALSE(wait_for(this->io, this->store->find_user_by_name("Eve"))->has_value());
}

TYPED_TEST_P(AccountStore, NamesAreUniqueWhateverTheirCase) {
  this->add_two();
  EXPECT_EQ(wait_for(this->io, this->store->add_user("aNa", role::agent, "hash")).error().code, "name_taken");
  const auto found = *wait_for(this->io, this->store->find_user_by_name("ANA"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->who.name, "Ana");
  EXPECT_EQ(found->who.role, role::admin);
  EXPECT_EQ(found->password_hash, "hash of Ana");
  ASSERT_TRUE(wait_for(this->io, this->store->add_user("ama$.\"Zoë", role::agent, "hash")));
  std::vector<std::string> names;
  for (const user& one : *wait_for(this->io, this->store->users())) names.push_back(one.name);
  EXPECT_EQ(names, (std::vector<std::string>{"ama$.\"Zoë", "Ana", "Ben"}));
}

TYPED_TEST_P(AccountStore, AUserCanBeRenamedAndAnotherOnesNameIsTaken) {
  this->add_two();
  const std::string id = this->id_of("Ben");
  this->enter("Ben");
  EXPECT_EQ(wait_for(this->io, this->store->change_user("ben", {.name = "Bea"}))->name, "Bea");
  EXPECT_EQ(this->id_of("BEA"), id);
  EXPECT_TRUE(this->has_session("Ben")) << "a new name ends no session";
  EXPECT_FALSE(wait_for(this->io, this->store->find_user_by_name("Ben"))->has_value());
  EXPECT_EQ(wait_for(this->io, this->store->change_user("Bea", {.name = "ANA"})).error().code, "name_taken");
  EXPECT_EQ(wait_for(this->io, this->store->change_user("Bea", {.name = "BEA"}))->name, "BEA");
  EXPECT_EQ(wait_for(this->io, this->store->change_user("Eve", {.name = "Eva"})).error().code,
            "unknown_user");
}

TYPED_TEST_P(AccountStore, ANewPasswordEndsSessionsAndForgetsDevices) {
  this->add_two();
  this->enter("Ana");
  this->enter("Ben");
  ASSERT_TRUE(wait_for(this->io, this->store->change_user("Ben", {.password_hash = "another hash"})));
  EXPECT_EQ((*wait_for(this->io, this->store->find_user_by_name("Ben")))->password_hash, "another hash");
  EXPECT_FALSE(this->has_session("Ben"));
  EXPECT_FALSE(this->has_device("Ben"));
  EXPECT_TRUE(this->has_session("Ana"));
  EXPECT_TRUE(this->has_device("Ana"));
}

TYPED_TEST_P(AccountStore, WhoIsDisabledOrRemovedHasNoSessions) {
  this->add_two();
  this->enter("Ben");
  EXPECT_TRUE(wait_for(this->io, this->store->change_user("Ben", {.disabled = true}))->disabled);
  EXPECT_FALSE(this->has_session("Ben"));
  EXPECT_TRUE(this->has_device("Ben"));
  EXPECT_FALSE(wait_for(this->io, this->store->change_user("Ben", {.disabled = false}))->disabled);
  EXPECT_FALSE(this->has_session("Ben")) << "it does not come back";
  ASSERT_TRUE(
      wait_for(this->io, this->store->add_session("again", this->id_of("Ben"), this->now, this->now + 1h)));
  EXPECT_TRUE(wait_for(this->io, this->store->find_session("again", this->now))->has_value());
  EXPECT_TRUE(wait_for(this->io, this->store->remove_user("Ben")));
  EXPECT_FALSE(wait_for(this->io, this->store->find_session("again", this->now))->has_value());
  EXPECT_FALSE(this->has_device("Ben"));
  EXPECT_EQ(wait_for(this->io, this->store->remove_user("Ben")).error().code, "unknown_user");
  ASSERT_TRUE(wait_for(this->io, this->store->add_user("Ben", role::agent, "hash of Ben")));
  EXPECT_FALSE(wait_for(this->io, this->store->find_session("again", this->now))->has_value())
      << "this is another Ben";
}

TYPED_TEST_P(AccountStore, TheLastAdministratorStays) {
  this->add_two();
  for (const user_change& change : {user_change{.role = role::agent}, user_change{.disabled = true}})
    EXPECT_EQ(wait_for(this->io, this->store->change_user("Ana", change)).error().code, "last_admin");
  EXPECT_EQ(wait_for(this->io, this->store->remove_user("Ana")).error().code, "last_admin");
  EXPECT_EQ(wait_for(this->io, this->store->change_user("Ben", {.role = role::admin}))->role, role::admin);
  EXPECT_TRUE(wait_for(this->io, this->store->change_user("Ben", {.disabled = true})));
  EXPECT_EQ(wait_for(this->io, this->store->remove_user("Ana")).error().code, "last_admin")
      << "Ben may not log in";
  EXPECT_TRUE(wait_for(this->io, this->store->change_user("Ben", {.disabled = false})));
  EXPECT_TRUE(wait_for(this->io, this->store->remove_user("Ana")));
}

TYPED_TEST_P(AccountStore, TheNewestDevicesOfAUserAreKept) {
  this->add_two();
  this->enter("Ana");
  const std::string ben = this->id_of("Ben");
  for (std::size_t i = 0; i <= account_store::devices_max; ++i) {
    const std::string device = "device " + std::to_string(i);
    ASSERT_TRUE(wait_for(this->io, this->store->add_device(device, ben, this->now + i * 1s)));
  }
  EXPECT_FALSE(wait_for(this->io, this->store->find_device("device 0"))->has_value());
  EXPECT_EQ((*wait_for(this->io, this->store->find_device("device 1")))->name, "Ben");
  EXPECT_TRUE(this->has_device("Ana"));
}

TYPED_TEST_P(AccountStore, EverythingIsThereAfterARestart) {
  this->add_two();
  this->enter("Ben");
  wait_for(this->io, this->store->change_user("Ben", {.role = role::admin}));
  this->store = nullptr;
  this->store = this->factory.open(this->io.get_executor());
  EXPECT_EQ((*wait_for(this->io, this->store->find_user_by_name("Ben")))->who.role, role::admin);
  EXPECT_TRUE(this->has_session("Ben"));
  EXPECT_TRUE(this->has_device("Ben"));
}

// Each of two programs takes an administrator away, at the same time, since the other one stays.
TYPED_TEST_P(AccountStore, OfTwoProgramsThatDecideAtOnceOneSeesWhatTheOtherDid) {
  this->add_two();
  ASSERT_TRUE(wait_for(this->io, this->store->change_user("Ben", {.role = role::admin})));
  const auto other = this->factory.open(this->io.get_executor());
  for (int round = 0; round < 10; ++round) {
    std::vector<task<result<user>>> both;
    both.push_back(this->store->change_user("Ana", {.role = role::agent}));
    both.push_back(other->change_user("Ben", {.disabled = true}));
    EXPECT_EQ(this->together(std::move(both)), std::vector<std::string>{"last_admin"}) << round;
    std::vector<task<result<user>>> back;
    back.push_back(this->store->change_user("Ben", {.disabled = false}));
    back.push_back(other->change_user("Ana", {.role = role::admin}));
    EXPECT_EQ(this->together(std::move(back)), std::vector<std::string>{}) << round;
  }
}

TYPED_TEST_P(AccountStore, OfManyThatAddTheSameNameAtOnceOneDoes) {
  std::vector<std::unique_ptr<account_store>> others;
  for (int i = 0; i < 3; ++i) others.push_back(this->factory.open(this->io.get_executor()));
  std::vector<task<result<user>>> first;
  for (const auto& one : others)
    first.push_back(one->add_first_user("First " + std::to_string(first.size()), role::admin, "hash"));
  EXPECT_EQ(this->together(std::move(first)), std::vector<std::string>(2, "already_set_up"));
  std::vector<task<result<user>>> same;
  for (const char* name : {"Eve", "eve", "EVE"})
    same.push_back(others[same.size()]->add_user(name, role::agent, "hash"));
  EXPECT_EQ(this->together(std::move(same)), std::vector<std::string>(2, "name_taken"));
  EXPECT_EQ(wait_for(this->io, this->store->users())->size(), 2u);
}

TYPED_TEST_P(AccountStore, WhatAnotherProgramChangesIsHeardOf) {
  this->add_two();
  int heard = 0;
  this->store->on_changed_elsewhere([&] { ++heard; });
  const auto hear = [&] {
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (heard == 0 && std::chrono::steady_clock::now() < deadline) {
      this->io.restart();
      this->io.run_one_for(100ms);
    }
    return std::exchange(heard, 0) > 0;
  };
  // Our own changes are known to us.
  this->enter("Ana");
  wait_for(this->io, this->store->change_user("Ana", {.name = "Anna"}));
  wait_for(this->io, this->store->remove_session("session of Ana"));
  this->factory.look_for_changes(this->io);
  EXPECT_EQ(heard, 0);

  auto other = this->factory.open(this->io.get_executor());
  wait_for(this->io, other->change_user("Ben", {.disabled = true}));
  other = nullptr;
  this->factory.program_ends();
  EXPECT_TRUE(hear());

  this->enter("Anna");
  other = this->factory.open(this->io.get_executor());
  wait_for(this->io, other->remove_session("session of Anna"));
  other = nullptr;
  this->factory.program_ends();
  EXPECT_TRUE(hear()) << "somebody logged out elsewhere";
}

REGISTER_TYPED_TEST_SUITE_P(AccountStore, ASessionTellsItsUserAndItsEnd,
                            SessionsThatHaveEndedMakeRoomAndOthersStay,
                            NobodyIsLetInBySessionsAndDevicesOfNobody, TheFirstAdministratorIsMadeOnce,
                            NamesAreUniqueWhateverTheirCase, AUserCanBeRenamedAndAnotherOnesNameIsTaken,
                            ANewPasswordEndsSessionsAndForgetsDevices, WhoIsDisabledOrRemovedHasNoSessions,
                            TheLastAdministratorStays, TheNewestDevicesOfAUserAreKept,
                            EverythingIsThereAfterARestart,
                            OfTwoProgramsThatDecideAtOnceOneSeesWhatTheOtherDid,
                            OfManyThatAddTheSameNameAtOnceOneDoes, WhatAnotherProgramChangesIsHeardOf);

} // namespace tickwire::testing
