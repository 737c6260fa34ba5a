#include "adapters/auth/sodium_hashing.hpp"

#include "contract/wait_for.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

namespace tickwire {
namespace {

using namespace std::chrono_literals;
using tickwire::testing::wait_for;

// Accounts in memory; `away`: nothing can be read.
class memory_accounts final : public account_store {
public:
  task<result<std::optional<user_record>>> find_user_by_name(std::string name) override {
    ++reads;
    const user_record* found = find(name);
    co_return found ? std::optional(*found) : std::nullopt;
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
  task<result<user>> change_user(std::string name, user_change change) override {
    user_record* found = find(name);
    if (!found) co_return fail(failure_kind::not_found, "unknown_user", "");
    if (change.disabled) found->who.disabled = *change.disabled;
    co_return found->who;
  }
  task<result<void>> remove_user(std::string name) override {
    std::erase_if(records, [&](const user_record& record) { return record.who.name == name; });
    co_return result<void>{};
  }
  task<result<void>> add_session(std::string hash, std::string user_id, timestamp, timestamp until) override {
    sessions[hash] = {user_id, until};
    co_return result<void>{};
  }
  task<result<std::optional<session_record>>> find_session(std::string hash, timestamp now) override {
    ++reads;
    if (away) co_return fail(failure_kind::store_unavailable, "store_unavailable", "");
    const auto place = sessions.find(hash);
    if (place == sessions.end() || place->second.second <= now) co_return std::optional<session_record>();
    for (const user_record& record : records)
      if (record.who.id == place->second.first && !record.who.disabled)
        co_return std::optional(session_record{record.who, place->second.second});
    co_return std::optional<session_record>();
  }
  task<result<void>> remove_session(std::string hash) override {
    sessions.erase(hash);
    co_return result<void>{};
  }
  task<result<void>> add_device(std::string hash, std::string user_id, timestamp) override {
    devices[hash] = user_id;
    co_return result<void>{};
  }
  task<result<std::optional<user>>> find_device(std::string hash) override {
    const auto place = devices.find(hash);
    if (place != devices.end())
      for (const user_record& record : records)
        if (record.who.id == place->second) co_return std::optional(record.who);
    co_return std::optional<user>();
  }
  void on_changed_elsewhere(std::function<void()>) override {}

  std::vector<user_record> records;
  std::map<std::string, std::pair<std::string, timestamp>> sessions;
  std::map<std::string, std::string> devices;
  bool away = false;
  int reads = 0;

private:
  user_record* find(const std::string& name) {
    const auto place = std::find_if(records.begin(), records.end(),
                                    [&](const user_record& record) { return record.who.name == name; });
    return place == records.end() ? nullptr : &*place;
  }
};

struct Accounts : ::testing::Test {
  boost::asio::io_context io;
  memory_accounts store;
  std::unique_ptr<password_hashing> hashing = auth::make_sodium_hashing();
  timestamp now = wall_now();
  login_throttle::clock::time_point steady{24h};
  account_limits limits = [] {
    account_limits its;
    its.throttle.same_source.free = 2;
    return its;
  }();
  accounts service{store, *hashing, limits, {[this] { return now; }, [this] { return steady; }}};

  void SetUp() override { wait_for(io, store.add_user("Ana", role::agent, *hashing->hash("correct horse"))); }
  result<login_result> log_in(std::string name, std::string password, std::string device = "",
                              std::string address = "192.0.2.1") {
    return wait_for(
        io, service.log_in({std::move(name), std::move(password), std::move(address), std::move(device)}));
  }
  result<session> find(const std::string& token) { return wait_for(io, service.find_session(token)); }
};

TEST_F(Accounts, TheRightPasswordGivesASessionThatEndsWithLogout) {
  const auto entered = log_in("Ana", "correct horse");
  ASSERT_TRUE(entered);
  EXPECT_GE(entered->token.size(), 43u);
  EXPECT_FALSE(store.sessions.contains(entered->token)); // only its hash is kept
  EXPECT_EQ(find(entered->token)->who.name, "Ana");
  std::string told;
  service.on_log_out = [&](const std::string& token) { told = token; };
  ASSERT_TRUE(wait_for(io, service.log_out(entered->token)));
  EXPECT_EQ(told, entered->token);
  EXPECT_EQ(find(entered->token).error().kind, failure_kind::unauthorized);
}

TEST_F(Accounts, ASessionThatWasLookedUpLivesToItsEndAndNoLonger) {
  const auto entered = log_in("Ana", "correct horse");
  for (const auto later : {std::chrono::seconds{0}, std::chrono::seconds{59}, std::chrono::seconds{2h},
                           std::chrono::seconds{24h * 13}}) {
    const timestamp start = now;
    now += later;
    EXPECT_TRUE(find(entered->token)) << later.count();
    EXPECT_TRUE(find(entered->token)) << later.count();
    now = start;
  }
  now += 24h * 14 - 1s;
  EXPECT_TRUE(find(entered->token));
  now += 1s;
  EXPECT_EQ(find(entered->token).error().kind, failure_kind::unauthorized);
}

TEST_F(Accounts, ARestartLogsNobodyOutHoweverLongAfterIt) {
  const auto entered = log_in("Ana", "correct horse");
  accounts restarted(store, *hashing, limits, {[this] { return now; }, [this] { return steady; }});
  EXPECT_TRUE(wait_for(io, restarted.find_session(entered->token)));
  now += 61min;
  EXPECT_TRUE(wait_for(io, restarted.find_session(entered->token)));
}

TEST_F(Accounts, ALookUpIsRememberedForAMinuteAndAskedAgainAfterIt) {
  const auto entered = log_in("Ana", "correct horse");
  EXPECT_TRUE(find(entered->token));
  const int reads = store.reads;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(find(entered->token));
  EXPECT_EQ(store.reads, reads);
  store.sessions.clear();
  now += 61s;
  EXPECT_EQ(find(entered->token).error().kind, failure_kind::unauthorized);
}

TEST_F(Accounts, WhatWasChangedElsewhereCountsAtOnce) {
  const auto entered = log_in("Ana", "correct horse");
  EXPECT_TRUE(find(entered->token));
  wait_for(io, store.change_user("Ana", {.disabled = true}));
  int told = 0;
  service.on_change = [&] { ++told; };
  service.changed_elsewhere();
  EXPECT_EQ(told, 1);
  EXPECT_EQ(find(entered->token).error().kind, failure_kind::unauthorized);
  EXPECT_EQ(log_in("Ana", "correct horse").error().code, "account_disabled");
  EXPECT_EQ(log_in("Ana", "wrong horse").error().code, "wrong_login"); // only who knows it learns that
}

TEST_F(Accounts, WhileTheStoreIsAwayWhoWasLetInIsLetInAndNobodyElse) {
  const auto entered = log_in("Ana", "correct horse");
  EXPECT_TRUE(find(entered->token));
  store.away = true;
  now += 5min;
  EXPECT_TRUE(find(entered->token));
  EXPECT_EQ(find(std::string(43, 'x')).error().kind, failure_kind::store_unavailable);
}

TEST_F(Accounts, WrongPasswordAndUnknownNameSoundTheSame) {
  const auto wrong = log_in("Ana", "wrong horse");
  const auto unknown = log_in("Eve", "wrong horse");
  EXPECT_EQ(wrong.error().detail, unknown.error().detail);
  EXPECT_EQ(wrong.error().kind, failure_kind::unauthorized);
  EXPECT_EQ(unknown.error().kind, failure_kind::unauthorized);
}

TEST_F(Accounts, ManyWrongPasswordsMustWait) {
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(log_in("Ana", "wrong horse").error().kind, failure_kind::unauthorized);
  const auto waits = log_in("ana", "correct horse");
  EXPECT_EQ(waits.error().kind, failure_kind::too_many);
  EXPECT_GT(waits.error().retry_after.count(), 0);
  steady += waits.error().retry_after;
  EXPECT_TRUE(log_in("Ana", "correct horse"));
}

TEST_F(Accounts, ADeviceThatLoggedInBeforeIsNotHeldUpByStrangers) {
  const auto first = log_in("Ana", "correct horse");
  ASSERT_FALSE(first->device.empty());
  EXPECT_FALSE(store.devices.contains(first->device)); // only its hash is kept
  for (int i = 0; i < 5; ++i) log_in("Ana", "wrong horse", "", "198.51.100.1");
  EXPECT_EQ(log_in("Ana", "correct horse", "", "198.51.100.1").error().kind, failure_kind::too_many);
  // Ana in the same network as who tries.
  const auto again = log_in("Ana", "correct horse", first->device, "198.51.100.1");
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->device.empty()) << "the cookie it has will do";
  // Somebody else's device is a stranger's.
  wait_for(io, store.add_user("Ben", role::agent, *hashing->hash("another horse")));
  for (int i = 0; i < 5; ++i) log_in("Ben", "wrong horse", first->device, "198.51.100.1");
  EXPECT_EQ(log_in("Ben", "another horse", first->device, "198.51.100.1").error().kind,
            failure_kind::too_many);
}

TEST_F(Accounts, WhoWasHereBeforeGoesAheadOfAllStrangersWhoWait) {
  const auto first = log_in("Ana", "correct horse");
  std::vector<std::string> order;
  const auto try_it = [&](std::string name, std::string device) {
    login_request request{name, "correct horse", "198.51.100.7", device};
    boost::asio::co_spawn(io, service.log_in(std::move(request)),
                          [&order, name](std::exception_ptr, result<login_result> done) {
                            order.push_back(done ? "in " + name : done.error().code);
                          });
  };
  io.restart();
  for (int i = 0; i < 30; ++i) try_it("name" + std::to_string(i), "");
  try_it("Ana", first->device);
  io.run();
  ASSERT_EQ(order.size(), 31u);
  EXPECT_EQ(std::count(order.begin(), order.end(), "busy"), 6); // 24 may wait
  const auto place = std::find(order.begin(), order.end(), "in Ana") - order.begin();
  EXPECT_LE(place, 6 + 2) << "after one stranger, or two";
}

TEST_F(Accounts, WhatIsTooLongIsRefusedBeforeAnythingIsReadOrRemembered) {
  const int reads = store.reads;
  EXPECT_EQ(log_in(std::string(250'000, 'n'), "x").error().code, "name_invalid");
  EXPECT_EQ(log_in("Ana", std::string(250'000, 'p')).error().code, "password_too_long");
  EXPECT_EQ(log_in(std::string(65, 'n'), "x").error().code, "name_invalid");
  EXPECT_EQ(log_in("\xFF", "x").error().code, "name_invalid");
  EXPECT_EQ(store.reads, reads);
}

TEST_F(Accounts, WithoutMemoryForAHashALoginIsPutOff) {
  struct : password_hashing {
    password_hashing* real = nullptr;
    bool memory = false;
    result<std::string> hash(std::string_view password) override {
      if (memory) return real->hash(password);
      return fail(failure_kind::overloaded, "no_memory", "No memory.");
    }
    bool fits(const std::string& hash, std::string_view password) override {
      return real->fits(hash, password);
    }
    std::string digest(std::string_view token) override { return real->digest(token); }
  } scarce;
  scarce.real = hashing.get();
  accounts people{store, scarce, limits};
  const auto enter = [&](std::string name) {
    return wait_for(io, people.log_in({std::move(name), "correct horse", "192.0.2.1", ""}));
  };
  EXPECT_EQ(enter("Nobody").error().kind, failure_kind::overloaded);
  scarce.memory = true;
  EXPECT_EQ(enter("Nobody").error().kind, failure_kind::unauthorized);
  EXPECT_TRUE(enter("Ana"));
}

TEST_F(Accounts, TheSetupLinkIsForTheFirstOneOnly) {
  EXPECT_TRUE(wait_for(io, service.setup_token())->empty());
  EXPECT_EQ(wait_for(io, service.set_up("", "Eve", "long enough")).error().kind, failure_kind::forbidden);
  store.records.clear();
  bool told = false;
  service.on_set_up = [&] { told = true; };
  const std::string token = *wait_for(io, service.setup_token());
  EXPECT_FALSE(token.empty());
  EXPECT_EQ(wait_for(io, service.set_up("guess", "Eve", "long enough")).error().kind,
            failure_kind::forbidden);
  EXPECT_EQ(wait_for(io, service.set_up(token, "Ana", "short")).error().kind, failure_kind::invalid);
  EXPECT_EQ(wait_for(io, service.set_up(token, "Ana", "password1")).error().code, "password_too_common");
  EXPECT_FALSE(told);
  const auto first = wait_for(io, service.set_up(token, "Ana", "long enough"));
  ASSERT_TRUE(first);
  EXPECT_TRUE(told);
  EXPECT_EQ(first->who.role, role::admin);
  EXPECT_EQ(wait_for(io, service.set_up(token, "Eve", "long enough")).error().kind, failure_kind::forbidden);
}

TEST_F(Accounts, TheSetupLinkEndsAfterADay) {
  store.records.clear();
  const std::string token = *wait_for(io, service.setup_token());
  steady += 24h;
  EXPECT_EQ(wait_for(io, service.set_up(token, "Ana", "long enough")).error().kind, failure_kind::forbidden);
  const std::string fresh = *wait_for(io, service.setup_token());
  EXPECT_NE(fresh, token);
  steady += 24h - 1s;
  EXPECT_TRUE(wait_for(io, service.set_up(fresh, "Ana", "long enough")));
}

TEST_F(Accounts, PasswordsAreCountedInCharacters) {
  const auto wanted = [](std::string password) { return check_password_length(password).has_value(); };
  std::string seven, eight, many, too_many;
  for (int i = 0; i < 129; ++i) {
    if (i < 7) seven += "\U0001F511";
    if (i < 8) eight += "\U0001F511";
    if (i < 128) many += "\U0001F511";
    too_many += "\U0001F511";
  }
  EXPECT_FALSE(wanted(seven));
  EXPECT_TRUE(wanted(eight));
  EXPECT_TRUE(wanted(many));
  EXPECT_FALSE(wanted(too_many));
  EXPECT_FALSE(wanted(std::string(129, 'x')));
  EXPECT_TRUE(wanted(std::string(128, '\xff'))) << "what is no text is counted in bytes";
  wait_for(io, store.add_user("Key", role::agent, *hashing->hash(many)));
  EXPECT_TRUE(log_in("Key", many));
  EXPECT_EQ(log_in("Key", too_many).error().code, "password_too_long");
}

} // namespace
} // namespace tickwire
