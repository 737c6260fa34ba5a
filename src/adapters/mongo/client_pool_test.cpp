#include "adapters/mongo/client_pool.hpp"

#include <gtest/gtest.h>

namespace tickwire::mongo {
namespace {

TEST(MongoAway, ItIsSaidWithinTwoSecondsAndItIsOfTheStore) {
  client_pool pool({"mongodb://127.0.0.1:1/x"});
  client asked = pool.take();
  const auto start = std::chrono::steady_clock::now();
  try {
    asked.ping();
    FAIL() << "nobody is there";
  } catch (const mongo_error& error) {
    EXPECT_TRUE(error.of_the_store()) << error.what();
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds{2});
}

TEST(MongoAway, WhatIsNoAddressIsRefusedWithASentence) {
  for (const char* uri : {"", "localhost:27017", "mongodb://"})
    EXPECT_THROW(client_pool({uri}), std::runtime_error) << uri;
}

} // namespace
} // namespace tickwire::mongo
