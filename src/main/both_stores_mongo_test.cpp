// The same log in SQLite and in MongoDB.
#include "adapters/mongo/mongo_store.hpp"
#include "adapters/mongo/testing.hpp"
#include "adapters/sqlite/sqlite_store.hpp"
#include "contract/compared_stores.hpp"

#include <cstdlib>
#include <filesystem>

namespace tickwire::testing {
namespace {

class BothStores : public ::testing::Test {
protected:
  BothStores() {
    std::string name = (std::filesystem::temp_directory_path() / "tickwire-both-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  ~BothStores() override { std::filesystem::remove_all(folder); }

  std::unique_ptr<whole_store> in_files(const char* name) { return sqlite::open_whole(folder / name); }
  std::unique_ptr<whole_store> in(const mongo::testing::database& named) {
    return mongo::open_whole({.uri = named.uri(), .silence = std::chrono::milliseconds{1'500}});
  }

  std::filesystem::path folder;
  mongo::testing::database database, other_database;
};

TEST_F(BothStores, TheSameLogReplayedIntoEmptyViewsGivesTheSameStateFieldByField) {
  std::mt19937 random(seed());
  store_in_memory origin(inbox, random_log(random, 1'500), some_people());
  const auto files = in_files("one"), documents = in(database);
  EXPECT_EQ(migrate(origin, *files).target, migrate(origin, *documents).target) << seed_note();
  expect_same(rows_in(*files), rows_in(*documents));

  // And from one to the other, both ways.
  const auto further_files = in_files("two"), further_documents = in(other_database);
  const migration_result there = migrate(*files, *further_documents);
  const migration_result back = migrate(*documents, *further_files);
  for (const migration_result& moved : {there, back}) EXPECT_EQ(moved.source, moved.target) << seed_note();
  expect_same(rows_in(*further_files), rows_in(*further_documents));
  expect_same(rows_in(*files), by_name(rows_of(origin.log().rows)));

  // Made anew in place.
  const views_digest in_one = made_anew(*files).after, in_the_other = made_anew(*documents).after;
  EXPECT_EQ(in_one, in_the_other) << seed_note();
}

} // namespace
} // namespace tickwire::testing
