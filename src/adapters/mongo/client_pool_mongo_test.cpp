// The driver's corners on a server: what a duplicate is, what an index that differs says.
#include "adapters/mongo/client_pool.hpp"
#include "adapters/mongo/testing.hpp"

#include <gtest/gtest.h>

namespace tickwire::mongo {
namespace {

class MongoClient : public ::testing::Test {
protected:
  testing::database database;
  client_pool pool{{database.uri()}};
  client asked = pool.take();
};

document row(int id, std::int64_t v, const char* word) {
  return document().number("_id", id).number("v", v).text("word", word);
}

TEST_F(MongoClient, AnOrderedInsertEndsAtTheFirstThatIsThere) {
  asked.insert("rows", row(3, 0, "there"));
  try {
    asked.insert_in_order("rows", {row(1, 0, "new"), row(2, 0, "new"), row(3, 0, "new"), row(4, 0, "new")});
    FAIL() << "3 is there twice";
  } catch (const mongo_error& error) {
    EXPECT_TRUE(error.duplicate()) << error.what();
    EXPECT_FALSE(error.of_the_store());
  }
  EXPECT_EQ(asked.count("rows", {}), 3);
}

TEST_F(MongoClient, ABulkLeavesWhatIsNewerAlone) {
  asked.insert("rows", row(1, 5, "old"));
  asked.insert("rows", row(2, 9, "newer"));
  bulk steps;
  const auto below_7 = [](int id) {
    return document().number("_id", id).object("v", document().number("$lt", 7));
  };
  for (int id : {1, 2, 3}) steps.replace(below_7(id), row(id, 7, "now"), upsert::yes);
  steps.insert(row(4, 7, "now"));
  steps.insert(row(2, 7, "now"));
  for (int twice = 0; twice < 2; ++twice) {
    asked.write("rows", steps);
    EXPECT_EQ(asked.count("rows", document().text("word", "now")), 3);
    EXPECT_EQ(reader(*asked.find_one("rows", document().number("_id", 2))).text("word"), "newer");
  }
}

TEST_F(MongoClient, MoreThanOneCommandHoldsIsWrittenAndReadAsAWhole) {
  bulk steps;
  std::vector<document> rows;
  for (int id = 0; id < 700; ++id) {
    steps.insert(row(id, 1, "bulk"));
    rows.push_back(row(1000 + id, 1, "in order"));
  }
  asked.write("rows", steps);
  asked.insert_in_order("rows", rows);
  EXPECT_EQ(asked.find("rows", {}).size(), 1400u);
  EXPECT_EQ(asked.find("rows", {}, {.sort = document().number("_id", -1), .limit = 5}).size(), 5u);
  EXPECT_EQ(asked.count("rows", document().number("v", 1), 1000), 1000);
}

TEST_F(MongoClient, AMissingIndexIsMadeAndAnotherOneIsReported) {
  const auto by_word = [](bool unique) {
    return std::vector<index>{{"by_word", document().number("word", 1).number("v", -1), unique}};
  };
  for (int twice = 0; twice < 2; ++twice) asked.ensure_indexes("rows", by_word(true));
  asked.insert("rows", row(1, 1, "a"));
  EXPECT_THROW(asked.insert("rows", row(2, 1, "a")), mongo_error);
  try {
    asked.ensure_indexes("rows", by_word(false));
    FAIL() << "it is unique";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("dropIndex(\"by_word\")"), std::string::npos) << error.what();
  }
}

} // namespace
} // namespace tickwire::mongo
