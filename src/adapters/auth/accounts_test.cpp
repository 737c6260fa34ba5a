#include "adapters/auth/sodium_hashing.hpp"

#include "contract/wait_for.hpp"

#include <map>

#include <gtest/gtest.h>

namespace tickwire::auth {
namespace {

using tickwire::testing::wait_for;

// Accounts in memory.
class memory_accounts final : public account_store {
public:
  task<result<std::optional<user_record>>> find_user_by_name(std::string name) override {
    for (const user_record& record : records)
      if (record.who.name == name) co_return std::optional(record);
    co_return std::optional<user_record>();
  }
  task<result<std::vector<user>>> users() override {
    std::vector<user> all;
    for (const user_record& record : records) all.push_back(record.who);
    co_return all;
  }
  task<result<user>> add_user(std::string name, enum role role, std::string hash) override {
    records.push_back({{"u_" + name, name, role}, hash});
    co_return records.back().who;
  }
  task<result<user>> add_first_user(std::string name, enum role role, std::string hash) override {
    if (!records.empty()) co_return fail(failure_kind::conflict, "already_set_up", "");
    records.push_back({{"u_" + name, name, role}, hash});
    co_return records.back().who;
  }
  task<result<void>> add_session(std::string hash, std::string user_id, timestamp) override {
    sessions[hash] = user_id;
    co_return result<void>{};
  }
  task<result<std::optional<user>>> find_session(std::string hash, timestamp) override {
    const auto place = sessions.find(hash);
    if (place == sessions.end()) co_return std::optional<user>();
    for (const user_record& record : records)
      if (record.who.id == place->second) co_return std::optional(record.who);
    co_return std::optional<user>();
  }
  task<result<void>> remove_session(std::string hash) override {
    sessions.erase(hash);
    co_return result<void>{};
  }
  std::vector<user_record> records;
  std::map<std::string, std::string> sessions;
};

struct Accounts : ::testing::Test {
  boost::asio::io_context io;
  memory_accounts store;
  std::unique_ptr<password_hashing> hashing = make_sodium_hashing();
  accounts service{
      store, *hashing, {std::chrono::hours{1}, 2, std::chrono::seconds{60}, std::chrono::minutes{15}, 100}};
  void SetUp() override { wait_for(io, store.add_user("Ana", role::agent, *hashing->hash("correct horse"))); }
};

TEST_F(Accounts, TheRightPasswordGivesASessionThatEndsWithLogout) {
  const auto entered = wait_for(io, service.log_in("Ana", "correct horse"));
  ASSERT_TRUE(entered);
  EXPECT_GE(entered->token.size(), 43u);
  EXPECT_FALSE(store.sessions.contains(entered->token)); // only its hash is kept
  EXPECT_EQ(wait_for(io, service.who_is(entered->token))->name, "Ana");
  std::string told;
  service.on_log_out = [&](const std::string& token) { told = token; };
  ASSERT_TRUE(wait_for(io, service.log_out(entered->token)));
  EXPECT_EQ(told, entered->token);
  EXPECT_EQ(wait_for(io, service.who_is(entered->token)).error().kind, failure_kind::unauthorized);
}

TEST_F(Accounts, WrongPasswordAndUnknownNameSoundTheSame) {
  const auto wrong = wait_for(io, service.log_in("Ana", "wrong horse"));
  const auto unknown = wait_for(io, service.log_in("Eve", "wrong horse"));
  EXPECT_EQ(wrong.error().detail, unknown.error().detail);
  EXPECT_EQ(wrong.error().kind, failure_kind::unauthorized);
  EXPECT_EQ(unknown.error().kind, failure_kind::unauthorized);
}

TEST_F(Accounts, ManyWrongPasswordsMustWait) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(wait_for(io, service.log_in("Ana", "wrong horse")).error().kind, failure_kind::unauthorized);
  EXPECT_EQ(wait_for(io, service.log_in("ana", "correct horse")).error().kind, failure_kind::too_many);
}

TEST_F(Accounts, AFailureLongAgoIsForgotten) {
  accounts forgetful(store, *hashing,
                     {std::chrono::hours{1}, 2, std::chrono::seconds{60}, std::chrono::minutes{0}, 100});
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(wait_for(io, forgetful.log_in("Ana", "wrong horse")).error().kind, failure_kind::unauthorized);
  EXPECT_TRUE(wait_for(io, forgetful.log_in("Ana", "correct horse")));
}

TEST_F(Accounts, TheSetupLinkIsForTheFirstOneOnly) {
  EXPECT_TRUE(wait_for(io, service.setup_token())->empty());
  store.records.clear();
  const std::string token = *wait_for(io, service.setup_token());
  EXPECT_FALSE(token.empty());
  EXPECT_EQ(wait_for(io, service.set_up("guess", "Eve", "long enough")).error().kind,
            failure_kind::forbidden);
  EXPECT_EQ(wait_for(io, service.set_up(token, "Ana", "short")).error().kind, failure_kind::invalid);
  const auto first = wait_for(io, service.set_up(token, "Ana", "long enough"));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->who.role, role::admin);
  EXPECT_EQ(wait_for(io, service.set_up(token, "Eve", "long enough")).error().kind, failure_kind::forbidden);
}

} // namespace
} // namespace tickwire::auth
