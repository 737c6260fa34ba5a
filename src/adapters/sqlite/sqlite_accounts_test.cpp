#include "adapters/sqlite/sqlite_accounts.hpp"

#include "contract/wait_for.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

namespace tickwire::sqlite {
namespace {

using namespace std::chrono_literals;
using tickwire::testing::wait_for;

struct SqliteAccounts : ::testing::Test {
  std::filesystem::path folder = [] {
    std::string name = (std::filesystem::temp_directory_path() / "tickwire-accounts-XXXXXX").string();
    return std::filesystem::path(::mkdtemp(name.data()));
  }();
  boost::asio::io_context io;
  std::unique_ptr<account_store> store = open_accounts(io.get_executor(), folder);
  const timestamp now{1'000h};

  void SetUp() override {
    wait_for(io, store->add_user("Ana", role::admin, "hash of Ana"));
    wait_for(io, store->add_user("Ben", role::agent, "hash of Ben"));
  }
  void TearDown() override {
    store.reset();
    std::filesystem::remove_all(folder);
  }
  std::string id_of(const std::string& name) {
    return (*wait_for(io, store->find_user_by_name(name)))->who.id;
  }
  void enter(const std::string& name) {
    wait_for(io, store->add_session("session of " + name, id_of(name), now, now + 1h));
    wait_for(io, store->add_device("device of " + name, id_of(name), now));
  }
  bool has_session(const std::string& name, std::chrono::milliseconds later = 0ms) {
    return wait_for(io, store->find_session("session of " + name, now + later))->has_value();
  }
  bool has_device(const std::string& name) {
    return wait_for(io, store->find_device("device of " + name))->has_value();
  }
};

TEST_F(SqliteAccounts, ASessionTellsItsUserAndItsEnd) {
  enter("Ben");
  const auto found = *wait_for(io, store->find_session("session of Ben", now));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->who.name, "Ben");
  EXPECT_EQ(found->until, now + 1h);
  EXPECT_TRUE(has_session("Ben", 1h - 1ms));
  EXPECT_FALSE(has_session("Ben", 1h));
}

TEST_F(SqliteAccounts, NamesAreUniqueAndTheFirstAdminIsMadeOnce) {
  EXPECT_EQ(wait_for(io, store->add_first_user("Eve", role::admin, "hash")).error().code, "already_set_up");
  EXPECT_EQ(wait_for(io, store->add_user("aNa", role::agent, "hash")).error().code, "name_taken");
  EXPECT_EQ((*wait_for(io, store->find_user_by_name("ANA")))->who.name, "Ana");
  EXPECT_FALSE(wait_for(io, store->find_user_by_name("Eve"))->has_value());
  EXPECT_TRUE(wait_for(io, store->remove_user("Ben")));
}

TEST_F(SqliteAccounts, AUserCanBeRenamedAndAnotherOnesNameIsTaken) {
  EXPECT_EQ(wait_for(io, store->change_user("ben", {.name = "Bea"}))->name, "Bea");
  EXPECT_TRUE(wait_for(io, store->find_user_by_name("BEA"))->has_value());
  EXPECT_FALSE(wait_for(io, store->find_user_by_name("Ben"))->has_value());
  EXPECT_EQ(wait_for(io, store->change_user("Bea", {.name = "ANA"})).error().code, "name_taken");
  EXPECT_EQ(wait_for(io, store->change_user("Bea", {.name = "BEA"}))->name, "BEA");
  EXPECT_EQ(wait_for(io, store->change_user("Eve", {.name = "Eva"})).error().code, "unknown_user");
}

TEST_F(SqliteAccounts, ANewPasswordEndsSessionsAndForgetsDevices) {
  enter("Ana");
  enter("Ben");
  wait_for(io, store->change_user("Ben", {.password_hash = "another hash"}));
  EXPECT_EQ((*wait_for(io, store->find_user_by_name("Ben")))->password_hash, "another hash");
  EXPECT_FALSE(has_session("Ben"));
  EXPECT_FALSE(has_device("Ben"));
  EXPECT_TRUE(has_session("Ana"));
  EXPECT_TRUE(has_device("Ana"));
}

TEST_F(SqliteAccounts, WhoIsDisabledOrRemovedHasNoSessions) {
  enter("Ben");
  EXPECT_TRUE(wait_for(io, store->change_user("Ben", {.disabled = true}))->disabled);
  EXPECT_FALSE(has_session("Ben"));
  EXPECT_FALSE(wait_for(io, store->change_user("Ben", {.disabled = false}))->disabled);
  EXPECT_FALSE(has_session("Ben")) << "it does not come back";
  enter("Ben");
  EXPECT_TRUE(wait_for(io, store->remove_user("Ben")));
  EXPECT_FALSE(has_session("Ben"));
  EXPECT_FALSE(has_device("Ben"));
  EXPECT_EQ(wait_for(io, store->remove_user("Ben")).error().code, "unknown_user");
}

TEST_F(SqliteAccounts, TheLastAdministratorStays) {
  for (const user_change& change : {user_change{.role = role::agent}, user_change{.disabled = true}})
    EXPECT_EQ(wait_for(io, store->change_user("Ana", change)).error().code, "last_admin");
  EXPECT_EQ(wait_for(io, store->remove_user("Ana")).error().code, "last_admin");
  EXPECT_EQ(wait_for(io, store->change_user("Ben", {.role = role::admin}))->role, role::admin);
  EXPECT_TRUE(wait_for(io, store->remove_user("Ana")));
}

TEST_F(SqliteAccounts, TheNewestDevicesOfAUserAreKept) {
  enter("Ana");
  for (std::size_t i = 0; i <= account_store::devices_max; ++i)
    wait_for(io, store->add_device("device " + std::to_string(i), id_of("Ben"), now + i * 1s));
  EXPECT_FALSE(wait_for(io, store->find_device("device 0"))->has_value());
  EXPECT_TRUE(wait_for(io, store->find_device("device 1"))->has_value());
  EXPECT_TRUE(has_device("Ana"));
}

TEST_F(SqliteAccounts, WhatAnotherProgramChangesIsHeardOf) {
  int heard = 0;
  store->on_changed_elsewhere([&] { ++heard; });
  enter("Ana"); // our own changes are known to us
  io.restart();
  io.poll();
  EXPECT_EQ(heard, 0);
  const pid_t child = ::fork(); // a program of its own: locks and files of SQLite are by process
  if (child == 0) {
    const int file = ::open((folder / "accounts.db").c_str(), O_RDWR);
    ::close(file);
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  io.restart();
  io.run_one_for(10s);
  EXPECT_GE(heard, 1);
}

} // namespace
} // namespace tickwire::sqlite
