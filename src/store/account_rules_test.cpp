#include "store/account_rules.hpp"

#include <gtest/gtest.h>

namespace tickwire {
namespace {

// What the rules decide is tested on every store: tests/contract/account_store_suite.hpp.

TEST(AccountRules, ThereIsALimitWithAnAnswerThatSaysWhatToDo) {
  account_list all;
  for (std::size_t i = 0; i < accounts_max; ++i) {
    const std::string name = std::to_string(i);
    all.push_back({{"u_" + name, name, role::agent}, "hash"});
  }
  const auto refused = add_account(all, "one more", role::agent, "hash");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "too_many_users");
  all.pop_back();
  EXPECT_TRUE(add_account(all, "one more", role::agent, "hash"));
}

TEST(AccountRules, IdsAreNeverGivenTwice) {
  EXPECT_NE(new_user_id(), new_user_id());
  EXPECT_TRUE(new_user_id().starts_with("u_"));
}

} // namespace
} // namespace tickwire
