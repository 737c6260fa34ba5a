#include "main/config.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace tickwire {
namespace {

lookup of(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
    const auto place = values.find(name);
    return place == values.end() ? std::nullopt : std::optional(place->second);
  };
}

std::map<std::string, std::string> good() {
  return {{"WHATSAPP_ACCESS_TOKEN", "token"},
          {"WHATSAPP_PHONE_NUMBER_ID", "100000000000001"},
          {"WHATSAPP_APP_SECRET", "secret"},
          {"WHATSAPP_VERIFY_TOKEN", "word"}};
}

TEST(Config, WhatMetaGivesIsEnough) {
  const auto loaded = load_config(of(good()));
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.value.port, 8000);
  EXPECT_EQ(loaded.value.whatsapp_api_base, "https://graph.facebook.com");
}

TEST(Config, AllProblemsAreSaidTogether) {
  const auto loaded = load_config(of({{"PORT", "eighty"},
                                      {"HOST", "my machine"},
                                      {"WHATSAPP_API_BASE", "https://"},
                                      {"WHATSAPP_API_VERSION", "vnext"},
                                      {"LOGIN_FREE_FAILURES", "0"},
                                      {"CORS_ORIGINS", "*"},
                                      {"MONGODB_URI", "localhost"},
                                      {"PUBLIC_URL", "inbox"},
                                      {"SEND_MAX_AGE", "soon"},
                                      {"TRUSTED_PROXIES", "10.0.0.0/8, proxy"},
                                      {"WHATSAPP_PHONE_NUMBER_ID", "+49"}}));
  std::string all;
  for (const std::string& problem : loaded.problems) all += problem + "\n";
  for (const char* name :
       {"HOST", "WHATSAPP_API_BASE", "WHATSAPP_API_VERSION", "LOGIN_FREE_FAILURES", "PORT", "SEND_MAX_AGE",
        "CORS_ORIGINS", "MONGODB_URI", "PUBLIC_URL", "TRUSTED_PROXIES", "WHATSAPP_ACCESS_TOKEN",
        "WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_APP_SECRET", "WHATSAPP_VERIFY_TOKEN"})
    EXPECT_NE(all.find(name), std::string::npos) << name;
}

TEST(Config, TwoSecretsRotateAndHttpsMakesTheCookieSecure) {
  auto values = good();
  values["WHATSAPP_APP_SECRET"] = "new, old";
  values["PUBLIC_URL"] = "https://inbox.example.org";
  const auto loaded = load_config(of(values));
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.value.whatsapp_app_secrets, (std::vector<std::string>{"new", "old"}));
  EXPECT_EQ(loaded.value.cookie_secure, "always");
}

TEST(Config, EverythingIsInMongoDbWhenItsAddressIsSet) {
  auto values = good();
  EXPECT_EQ(load_config(of(values)).value.store.mongodb_uri, "");
  values["DATA_DIR"] = "/somewhere";
  values["MONGODB_URI"] = "mongodb://ana:canary@db.example.org/inbox";
  const auto loaded = load_config(of(values));
  EXPECT_TRUE(loaded.problems.empty());
  EXPECT_EQ(loaded.value.store.mongodb_uri, values["MONGODB_URI"]);
  EXPECT_EQ(store_place_of(of(values)).mongodb_uri, values["MONGODB_URI"]);
  EXPECT_EQ(store_place_of(of(values)).data_dir, "/somewhere");
}

TEST(Config, AnAddressOfMongoDbThatCannotBeTakenIsToldWithoutItsPassword) {
  auto values = good();
  values["MONGODB_URI"] = "mongodb://ana:can/ary@db.example.org/inbox";
  const auto problems = load_config(of(values)).problems;
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_TRUE(problems[0].starts_with("MONGODB_URI is no address of MongoDB.")) << problems[0];
  EXPECT_EQ(problems[0].find("can/ary"), std::string::npos) << problems[0];
  try {
    store_place_of(of(values));
    FAIL() << "tools cannot take it either";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), problems[0]);
  }
}

TEST(Config, TimesAreWrittenWithTheirUnit) {
  auto values = good();
  EXPECT_EQ(load_config(of(values)).value.send_max_age, std::chrono::hours{1});
  for (const auto& [text, seconds] :
       {std::pair{"90s", 90}, {"90", 90}, {"30m", 1'800}, {"2h", 7'200}, {"7d", 604'800}}) {
    values["SEND_MAX_AGE"] = text;
    const auto loaded = load_config(of(values));
    EXPECT_TRUE(loaded.problems.empty()) << text;
    EXPECT_EQ(loaded.value.send_max_age, std::chrono::seconds{seconds}) << text;
  }
  for (const char* text : {"0", "-1", "1w", "8d", "h", "1h30m", "99999999999999999999"}) {
    values["SEND_MAX_AGE"] = text;
    EXPECT_EQ(load_config(of(values)).problems.size(), 1u) << text;
  }
}

TEST(Config, AFolderThatCannotBeMadeIsSaid) {
  EXPECT_EQ(problem_of_data_dir("/tmp/not/there/yet"), "");
  EXPECT_NE(problem_of_data_dir("/proc/version/data").find("DATA_DIR"), std::string::npos);
}

TEST(Dotenv, IsReadAsPeopleWriteIt) {
  const auto values = parse_dotenv(
      "# comment\nA=1\nexport B = two words # why\nC=\"quoted # not\"\n\nD='x'\nE=\nbroken\nF=a=b\n");
  EXPECT_EQ(values.at("A"), "1");
  EXPECT_EQ(values.at("B"), "two words");
  EXPECT_EQ(values.at("C"), "quoted # not");
  EXPECT_EQ(values.at("D"), "x");
  EXPECT_EQ(values.at("E"), "");
  EXPECT_EQ(values.at("F"), "a=b");
  EXPECT_FALSE(values.contains("broken"));
}

} // namespace
} // namespace tickwire
