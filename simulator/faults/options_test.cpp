#include "simulator/faults/options.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>
#include <set>

namespace simulator {
namespace {

namespace json = boost::json;

json::object object(const char* text) { return json::parse(text).as_object(); }

TEST(patched, sets_what_is_named_and_leaves_the_rest) {
  const auto changed =
      patched({}, object(R"({"latency":120,"duplicate":0.2,"webhooks":false,"seed":2081,"appSecret":"x",
                                              "nextSend":{"outcome":"error","code":131026,"count":3}})"));
  ASSERT_TRUE(changed) << changed.error();
  EXPECT_EQ(changed->latency, 120);
  EXPECT_EQ(changed->duplicate, 0.2);
  EXPECT_FALSE(changed->webhooks);
  EXPECT_EQ(changed->seed, 2081U);
  EXPECT_EQ(changed->app_secret, "x");
  EXPECT_EQ(changed->next_send.count, 3);
  EXPECT_EQ(changed->batch_size, 1);
}

TEST(patched, refuses_unknown_names_wrong_types_and_numbers_out_of_range_by_name) {
  for (const auto* patch :
       {R"({"latencies":1})", R"({"latency":"1"})", R"({"latency":1.5})", R"({"latency":-1})",
        R"({"drop":1.01})", R"({"webhooks":1})", R"({"batchSize":0})", R"({"retryBase":0})", R"({"seed":-1})",
        R"({"webhookUrl":"https://x/"})", R"({"appSecret":1})", R"({"nextSend":{"outcome":"maybe"}})",
        R"({"nextSend":"error"})", R"({"nextSend":{"count":-1}})"}) {
    const auto refused = patched({}, object(patch));
    ASSERT_FALSE(refused) << patch;
    const auto name = std::string(object(patch).begin()->key());
    EXPECT_NE(refused.error().find(name), std::string::npos) << refused.error();
  }
}

TEST(to_json, shows_every_option_so_that_it_can_be_set_back) {
  options set;
  set.drop = 0.25;
  set.next_send = {"html", 131000, 2};
  const auto shown = to_json(set);
  const auto read = patched({}, shown);
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(to_json(*read), shown);
}

TEST(option_fields, have_names_of_their_own) {
  std::set<std::string_view> names;
  for (const auto& field : option_fields()) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_TRUE(field.flag.starts_with("--"));
  }
}

} // namespace
} // namespace simulator
