#include "app/kept_items.hpp"

#include "core/testing.hpp"

#include <gtest/gtest.h>

namespace tickwire::testing {
namespace {

entry kept(std::string what, int second, std::string raw = "{}") {
  entry item = proposal("raw:" + what, at(second), unhandled{std::move(what), {}, {}});
  item.raw = std::move(raw);
  return item;
}

TEST(KeptItems, AreCountedByFewKindsWhateverMetaCallsThem) {
  EXPECT_EQ(kept_kinds[kept_kind_of("number 200000000000002")], "number");
  EXPECT_EQ(kept_kinds[kept_kind_of("failed message_received: why")], "failed");
  EXPECT_EQ(kept_kinds[kept_kind_of("field")], "field");
  EXPECT_EQ(kept_kinds[kept_kind_of("status, odd")], "status");
  EXPECT_EQ(kept_kinds[kept_kind_of("")], "other");
  EXPECT_EQ(kept_kinds[kept_kind_of("numbers")], "other");
}

TEST(KeptItems, TheLogSaysItOnceInAWhileWithHowMany) {
  service_state service;
  kept_items items(service, [](const std::string&) { return std::string(); });
  const auto first = items.add(kept("field account_update", 0));
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, "webhook: kept without being understood: 1 \"field\", see \"tickwire webhooks list\"");
  for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(items.add(kept("status invented by a customer", 1)));
  const auto second = items.add(kept("field x", 700));
  ASSERT_TRUE(second);
  EXPECT_NE(second->find("1 \"field\", 1000 \"status\","), std::string::npos) << *second;
  EXPECT_EQ(second->find("customer"), std::string::npos) << "nothing of what came stands in the log";
  EXPECT_EQ(items.count(kept_kind_of("status")), 1'000u);
}

TEST(KeptItems, AForeignNumberIsToldToAdmins) {
  service_state service;
  int told = 0;
  service.on_change = [&] { ++told; };
  kept_items items(service, [](const std::string& raw) { return raw; });
  items.add(kept("number 200000000000002", 5, "15550009999"));
  ASSERT_EQ(service.foreign_numbers().size(), 1u);
  EXPECT_EQ(service.foreign_numbers()[0], (foreign_number{"200000000000002", "15550009999", 1, at(5)}));
  EXPECT_EQ(told, 1);
}

} // namespace
} // namespace tickwire::testing
