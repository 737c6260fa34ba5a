#include "adapters/sqlite/sqlite_store.hpp"

#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/log_files.hpp"
#include "adapters/sqlite/sqlite_accounts.hpp"
#include "adapters/sqlite/sqlite_log.hpp"
#include "contract/whole_store_suite.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace tickwire::testing {
namespace {

struct sqlite_whole_factory {
  sqlite_whole_factory() {
    std::string name = (std::filesystem::temp_directory_path() / "tickwire-whole-XXXXXX").string();
    folder = ::mkdtemp(name.data());
  }
  sqlite_whole_factory(const sqlite_whole_factory&) = delete;
  sqlite_whole_factory& operator=(const sqlite_whole_factory&) = delete;
  ~sqlite_whole_factory() { std::filesystem::remove_all(folder); }

  std::unique_ptr<whole_store> open() { return sqlite::open_whole(folder); }
  std::unique_ptr<log_store> open_log(boost::asio::any_io_executor io) {
    sqlite::log_config config;
    config.directory = folder;
    config.inbox = inbox;
    return sqlite::open_log(std::move(io), config);
  }
  std::shared_ptr<log_store> serve(boost::asio::any_io_executor io) { return open_log(std::move(io)); }
  std::unique_ptr<account_store> open_accounts(boost::asio::any_io_executor io) {
    return sqlite::open_accounts(std::move(io), folder);
  }
  void damage_views() {
    sqlite::database file(sqlite::log_file(folder, inbox), sqlite::open_mode::read_write);
    file.execute("DELETE FROM messages WHERE id IN (SELECT id FROM messages LIMIT 1)");
    file.execute("UPDATE contacts SET name = 'somebody else'");
    file.execute("DELETE FROM bindings");
  }

  std::filesystem::path folder;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, WholeStore, sqlite_whole_factory);

// What was in the folder, file by file.
std::map<std::string, std::string> bytes_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream stream(file.path(), std::ios::binary);
    if (!file.path().string().ends_with("-shm")) // SQLite's notes on who reads
      files[file.path().filename()] = std::string(std::istreambuf_iterator<char>(stream), {});
  }
  std::erase_if(files, [](const auto& one) { return one.second.empty(); }); // an empty -wal says nothing
  return files;
}

TEST(SqliteStore, TheSourceIsNotChangedNotEvenItsFiles) {
  std::mt19937 random(seed());
  sqlite_whole_factory first, second;
  store_in_memory origin(inbox, random_log(random, 300), some_people());
  migrate(origin, *first.open());
  const auto before = bytes_of(first.folder);
  ASSERT_EQ(before.size(), 2u);
  const migration_result done = migrate(*first.open(), *second.open());
  EXPECT_EQ(done.source, done.target);
  EXPECT_EQ(bytes_of(first.folder), before);
}

TEST(SqliteStore, AFolderIsTheSameByWhateverNameItGoes) {
  std::mt19937 random(seed());
  sqlite_whole_factory one;
  store_in_memory origin(inbox, random_log(random, 20), some_people());
  migrate(origin, *one.open());
  std::filesystem::create_directory_symlink(one.folder, one.folder / "link");
  EXPECT_THROW(migrate(*one.open(), *sqlite::open_whole(one.folder / "link")), std::runtime_error);
}

TEST(SqliteStore, AFileOfAnOlderTickwireIsNotTakenForOneOfToday) {
  std::mt19937 random(seed());
  sqlite_whole_factory old, fresh;
  store_in_memory origin(inbox, random_log(random, 20), some_people());
  migrate(origin, *old.open());
  sqlite::database(sqlite::log_file(old.folder, inbox), sqlite::open_mode::read_write)
      .execute("PRAGMA user_version = 3");
  EXPECT_THROW(migrate(*old.open(), *fresh.open()), std::runtime_error);
}

// Killed while the views are made anew: the old ones are there.
TEST(SqliteStore, ViewsThatWereBeingMadeAnewAreTheOldOnesAfterAKill) {
  std::mt19937 random(seed());
  sqlite_whole_factory place;
  store_in_memory origin(inbox, random_log(random, 900), some_people());
  migrate(origin, *place.open());
  const auto expected = by_name(rows_of(origin.log().rows));
  for (int round = 0; round < 8; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) made_anew(*place.open());
    }
    ::usleep(static_cast<useconds_t>(random() % 60'000)); // any moment will do
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    expect_same(rows_in(*place.open()), expected);
    boost::asio::io_context io;
    EXPECT_EQ(place.open_log(io.get_executor())->head(), origin.log().head) << seed_note();
  }
}

} // namespace
} // namespace tickwire::testing
