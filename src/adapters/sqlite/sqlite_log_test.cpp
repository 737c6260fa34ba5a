#include "adapters/sqlite/sqlite_log.hpp"

#include "adapters/sqlite/database.hpp"
#include "adapters/sqlite/log_reading.hpp"
#include "adapters/sqlite/schema.hpp"
#include "adapters/sqlite/sqlite_rows.hpp"
#include "contract/log_store_suite.hpp"
#include "wire/body_json.hpp"

#include <boost/json.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <fstream>

namespace tickwire::testing {
namespace {

struct temporary_folder {
  std::filesystem::path path;
  temporary_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tickwire-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;
  ~temporary_folder() { std::filesystem::remove_all(path); }
};

sqlite::log_config config_in(const std::filesystem::path& folder) {
  sqlite::log_config config;
  config.directory = folder;
  config.inbox = inbox;
  return config;
}

struct sqlite_factory {
  temporary_folder folder;
  append_limits limits;
  wrap_rows wrap;
  std::unique_ptr<log_store> open(boost::asio::any_io_executor io) {
    sqlite::log_config config = config_in(folder.path);
    config.appends = limits;
    config.wrap = wrap;
    return sqlite::open_log(std::move(io), config);
  }
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, LogStore, sqlite_factory);

TEST(SqliteLog, OneProcessWritesALog) {
  temporary_folder folder;
  boost::asio::io_context io;
  const auto first = sqlite::open_log(io.get_executor(), config_in(folder.path));
  EXPECT_THROW(sqlite::open_log(io.get_executor(), config_in(folder.path)), std::runtime_error);
}

TEST(SqliteLog, AFileOfANewerTickwireIsLeftAlone) {
  temporary_folder folder;
  {
    sqlite::database database(folder.path / ("inbox-" + inbox + ".db"), sqlite::open_mode::read_write);
    database.execute("PRAGMA user_version = 99");
  }
  boost::asio::io_context io;
  EXPECT_THROW(sqlite::open_log(io.get_executor(), config_in(folder.path)), std::runtime_error);
}

// Rows of the first schema keep their place, text and unread count in the one of today.
TEST(SqliteLog, AFileOfTheFirstSchemaIsTakenOver) {
  temporary_folder folder;
  {
    sqlite::database old(folder.path / ("inbox-" + inbox + ".db"), sqlite::open_mode::read_write);
    old.migrate({sqlite::log_migrations.front()});
    const auto row = [&](const std::string& id, int seq, int unread) {
      old.execute("INSERT INTO messages VALUES ('" + id + "'," + std::to_string(seq) +
                  ",'15550000101','15550000101','" + inbox + "',0,'text','text of " + id + "','','',5," +
                  std::to_string(unread) + ",3,1,0,6,'wamid." + id + "',NULL,NULL,NULL,NULL,NULL,NULL,'')");
    };
    row("m_b", 7, 1);
    row("m_unknown", 0, 0);
    row("m_a", 2, 1);
    old.execute("INSERT INTO chats VALUES ('15550000101',0,'',0,7,'m_b',5,1,7)");
    old.execute("INSERT INTO log VALUES (7,'k',5,'unhandled','','','','{\"what\":\"x\"}','',NULL,'','')");
  }
  boost::asio::io_context io;
  const auto store = sqlite::open_log(io.get_executor(), config_in(folder.path));
  const auto page = *wait_for(io, store->messages({}));
  ASSERT_EQ(page.messages.size(), 2u);
  EXPECT_EQ(page.messages[0].seq, 2u);
  EXPECT_EQ(page.messages[1].text, "text of m_b");
  EXPECT_EQ(wait_for(io, store->chats("u_ana", {}, 50))->chats.front().unread, 2u);
  EXPECT_TRUE(wait_for(io, store->append({received("wamid.new", person("15550000101"), "new", 9)})));
  EXPECT_EQ(store->head(), 10u); // the contact, the window, the message
}

// Rows and entries of the schema before bodies were values: the body stood as JSON text in `extra`.
TEST(SqliteLog, AFileWithBodiesAsTextIsTakenOver) {
  const std::string members =
      R"("media":{"id":"123","mimeType":"image/jpeg","caption":"A cat"},"newer":{"kept":[1,true]})";
  temporary_folder folder;
  {
    sqlite::database old(folder.path / ("inbox-" + inbox + ".db"), sqlite::open_mode::read_write);
    old.migrate({sqlite::log_migrations.begin(), sqlite::log_migrations.begin() + 6});
    old.execute("INSERT INTO log VALUES (1,'m:wamid.P',5,'message_received','15550000101','m_p','',"
                "'"
                R"({"wamid":"wamid.P","sender":{"phone":"15550000101"},"sentAt":5,"type":"image",)"
                R"("text":"A cat","initial":"delivered","extra":)" +
                boost::json::serialize(boost::json::string(members)) + "}','{}',NULL,'','')");
    old.execute("INSERT INTO messages VALUES (1,'m_p','15550000101','15550000101','" + inbox +
                "',0,'image','A cat','" + members +
                "','',5,1,2,1,0,6,'wamid.P',NULL,NULL,NULL,NULL,NULL,NULL,'')");
    old.execute("INSERT INTO bindings VALUES ('wamid.P','m_p',1)");
  }
  boost::asio::io_context io;
  const auto store = sqlite::open_log(io.get_executor(), config_in(folder.path));
  const message_body body = wire::body_from_members(members);
  const auto stored = [&] { return wait_for(io, store->find_message("m_p"))->value(); };
  EXPECT_EQ(stored().body, body);
  EXPECT_EQ(std::get<media>(stored().body.parts.front()).caption, "A cat");
  EXPECT_EQ(stored().body.further.front().name, "newer");

  // What comes later about the message leaves its body alone, and so does reading the old entry.
  ASSERT_TRUE(wait_for(io, store->append({reacted("wamid.R", "wamid.P", person("15550000101"), "👍", 9)})));
  EXPECT_EQ(stored().reactions.size(), 1u);
  EXPECT_EQ(stored().body, body);
  const auto page = *wait_for(io, store->messages({}));
  EXPECT_EQ(page.messages.front().body, body);

  sqlite::database connection(folder.path / ("inbox-" + inbox + ".db"), sqlite::open_mode::read_only);
  const auto old_entry = sqlite::read_entry_by_key(connection, "m:wamid.P");
  ASSERT_TRUE(old_entry);
  EXPECT_EQ(std::get<message_received>(old_entry->data).body, body);
}

// The fifth schema had no windows and no history, and what is not known yet stood right below zero.
TEST(SqliteLog, AFileOfTheFifthSchemaIsTakenOverWithAllThatIsInIt) {
  temporary_folder folder;
  const auto millis = [](timestamp time) { return std::to_string(time.time_since_epoch().count()); };
  {
    sqlite::database old(folder.path / ("inbox-" + inbox + ".db"), sqlite::open_mode::read_write);
    old.migrate({sqlite::log_migrations.begin(), sqlite::log_migrations.begin() + 5});
    const auto row = [&](int place, const std::string& id, const std::string& chat, int status) {
      old.execute("INSERT INTO messages VALUES (" + std::to_string(place) + ",'" + id + "','" + chat + "','" +
                  chat + "','" + inbox + "',0,'text','text of " + id + "','','',5,1," +
                  std::to_string(status) + ",1,0,6,'wamid." + id + "',NULL,NULL,NULL,NULL,NULL,NULL,'')");
    };
    row(2, "m_read", "15550000101", 4);
    row(4, "m_new", "15550000101", 3);
    row(-3, "m_unknown", "", 3);
    old.execute("INSERT INTO bindings VALUES ('wamid.m_read','m_read',1), ('wamid.m_unknown','m_unknown',1)");
    old.execute("INSERT INTO contacts VALUES ('15550000101','','Ana','15550000101','','',1,'ana',5,0,5,'')");
    old.execute("INSERT INTO aliases VALUES ('p:15550000101','15550000101',1)");
    old.execute("INSERT INTO chats VALUES ('15550000101',0,'',0,4,'m_new'," + millis(at(0)) + ",1,4)");
    old.execute("INSERT INTO read_marks VALUES ('','15550000101',2), ('u_ana','15550000101',2)");
    old.execute("INSERT INTO log VALUES (4,'in:wamid.m_new',5,'unhandled','','','','{\"what\":\"x\"}','',"
                "'new_message','','{\"seq\":4}')");
  }
  boost::asio::io_context io;
  const auto store = sqlite::open_log(io.get_executor(), config_in(folder.path));
  const auto chat = *wait_for(io, store->find_chat("u_ana", "15550000101"));
  ASSERT_TRUE(chat);
  EXPECT_EQ(chat->chat.window_ends_at, at(0) + std::chrono::hours{24});
  EXPECT_EQ(chat->unread, 1u);
  EXPECT_EQ(chat->last_message->id, "m_new");
  EXPECT_EQ(chat->contact->title(), "Ana");
  EXPECT_EQ(wait_for(io, store->events_between(0, 4, "u_ana", 10))->events.size(), 1u);

  // History goes between what was not known and what was, and either can be found.
  entry old_one = received("wamid.old", person("15550000101"), "years ago", -1000);
  std::get<message_received>(old_one.data).history = true;
  entry quote = received("wamid.q", person("15550000101"), "about that", 10);
  std::get<message_received>(quote.data).reply_to_whatsapp_id = "wamid.m_read";
  ASSERT_TRUE(wait_for(io, store->append({old_one, quote})));
  const auto page = *wait_for(io, store->messages({}));
  ASSERT_EQ(page.messages.size(), 4u);
  EXPECT_EQ(page.messages[0].text, "years ago");
  EXPECT_EQ(page.messages[1].id, "m_read");
  EXPECT_EQ(page.messages[3].reply->message_id, "m_read");
  EXPECT_EQ(wait_for(io, store->chats("u_ana", {}, 50))->chats.front().unread, 2u);
  EXPECT_EQ(wait_for(io, store->contacts("", 50))->first.size(), 1u);
}

// A child appends and reports each answered key through a pipe until it is killed with -9. Whatever was
// answered is there afterwards, the numbers have no gap, and the views are what the log says.
TEST(SqliteLog, WhatWasAnsweredSurvivesKill9) {
  std::mt19937 random(seed());
  for (int round = 0; round < 5; ++round) {
    temporary_folder folder;
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      boost::asio::io_context io;
      const auto store = sqlite::open_log(io.get_executor(), config_in(folder.path));
      for (std::uint32_t i = 0;; ++i) {
        std::vector<entry> batch{
            received("wamid." + std::to_string(i), person("1555000010" + std::to_string(i % 7)), "text", 1)};
        if (!wait_for(io, store->append(std::move(batch)))) ::_exit(1);
        if (::write(pipe_ends[1], &i, sizeof i) != sizeof i) ::_exit(1);
      }
    }
    ::close(pipe_ends[1]);
    const std::uint32_t enough = 20 + random() % 200;
    std::uint32_t answered_last = 0, number = 0;
    while (::read(pipe_ends[0], &number, sizeof number) == sizeof number) {
      answered_last = number;
      if (number >= enough) ::kill(child, SIGKILL);
    }
    ::close(pipe_ends[0]);
    int state = 0;
    ::waitpid(child, &state, 0);
    ASSERT_TRUE(WIFSIGNALED(state));

    boost::asio::io_context io;
    const auto store = sqlite::open_log(io.get_executor(), config_in(folder.path));
    message_query all;
    all.after = 0;
    all.limit = 100'000;
    const auto page = *wait_for(io, store->messages(all));
    std::set<std::string> wamids;
    for (const message& row : page.messages) wamids.insert(row.whatsapp_message_id);
    for (std::uint32_t i = 0; i <= answered_last; ++i)
      EXPECT_TRUE(wamids.contains("wamid." + std::to_string(i))) << seed_note();

    sqlite::database database(folder.path / ("inbox-" + inbox + ".db"), sqlite::open_mode::read_only);
    sqlite::statement count(database, "SELECT count(*), max(seq) FROM log");
    count.step();
    EXPECT_EQ(count.number(0), count.number(1)) << "numbers without gap, " << seed_note();
    EXPECT_EQ(static_cast<std::uint64_t>(count.number(1)), store->head());
  }
}

// The file may not grow: what does not fit is refused and changes nothing; when there is room again it goes
// on by itself.
TEST(SqliteLog, AFullDiskIsRefusedAndRecoversByItself) {
  temporary_folder folder;
  boost::asio::io_context io;
  const auto store = sqlite::open_log(io.get_executor(), config_in(folder.path));
  ASSERT_TRUE(wait_for(io, store->append({received("wamid.0", person("15550000101"), "fits", 0)})));

  struct rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 400'000;
  ::setrlimit(RLIMIT_FSIZE, &tight);
  bool refused = false;
  int stored = 0;
  for (int i = 1; i < 200 && !refused; ++i) {
    const auto done =
        wait_for(io, store->append({received("wamid." + std::to_string(i), person("15550000101"),
                                             std::string(4000, 'x'), i)}));
    if (done)
      ++stored;
    else {
      refused = true;
      EXPECT_EQ(done.error().kind, failure_kind::store_unavailable);
      EXPECT_FALSE(wait_for(io, store->usable()));
    }
  }
  ::setrlimit(RLIMIT_FSIZE, &before);
  ASSERT_TRUE(refused);
  EXPECT_TRUE(wait_for(io, store->usable())) << "also before anything was stored again";
  ASSERT_TRUE(wait_for(io, store->append({received("wamid.after", person("15550000101"), "again", 999)})));
  EXPECT_TRUE(wait_for(io, store->usable()));
  message_query all;
  all.after = 0;
  all.limit = 1000;
  EXPECT_EQ(wait_for(io, store->messages(all))->messages.size(), static_cast<std::size_t>(stored + 2));
}

// SQLite undoes the whole transaction by itself then: there is no point left to go back to, and what failed
// is still the disk.
TEST(SqliteLog, AfterAFullDiskInTheMiddleThereIsNothingToUndo) {
  temporary_folder folder;
  const auto rows = sqlite::open_rows(folder.path / "inbox-1.db");
  entry big = received("wamid.big", person("15550000101"), "", 1);
  big.seq = 1;
  big.raw.assign(std::size_t{20} * 1024 * 1024, 'x');
  struct rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit tight = before;
  tight.rlim_cur = 400'000;
  ::setrlimit(RLIMIT_FSIZE, &tight);
  rows->begin();
  rows->set_point();
  EXPECT_THROW(rows->write({big, "{}"}), store_error);
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_NO_THROW(rows->undo_since_point());
  rows->roll_back();
  EXPECT_EQ(rows->head(), 0u);
}

// A read that failed once leaves its connection as it was.
TEST(SqliteLog, AReaderThatFailedReadsAgain) {
  temporary_folder folder;
  const std::filesystem::path file = folder.path / "inbox-1.db";
  const auto rows = sqlite::open_rows(file);
  sqlite::database writer(file, sqlite::open_mode::read_write);
  sqlite::database reader(file, sqlite::open_mode::read_only);
  writer.execute("ALTER TABLE log RENAME TO gone");
  EXPECT_THROW(sqlite::log_reading(reader).messages({}), sqlite::sqlite_error);
  writer.execute("ALTER TABLE gone RENAME TO log");
  EXPECT_NO_THROW(sqlite::log_reading(reader).messages({}));
}

// Somebody's shell holds the database: all that waits is told so after one patience, not each after its own.
TEST(SqliteLog, ALockedDatabaseIsSaidToAllAtOnceAndRecoversByItself) {
  temporary_folder folder;
  boost::asio::io_context io;
  const auto store = sqlite::open_log(io.get_executor(), config_in(folder.path));
  sqlite::database other(folder.path / ("inbox-" + inbox + ".db"), sqlite::open_mode::read_write);
  EXPECT_TRUE(wait_for(io, store->usable()));
  other.execute("BEGIN IMMEDIATE");
  const auto started = std::chrono::steady_clock::now();
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    std::vector<entry> batch{received("wamid." + std::to_string(i), person("15550000101"), "text", i)};
    boost::asio::co_spawn(io, store->append(std::move(batch)), [&](std::exception_ptr, auto done) {
      refused += !done && done.error().kind == failure_kind::store_unavailable;
    });
  }
  EXPECT_FALSE(wait_for(io, store->usable()));
  while (refused < 40 && std::chrono::steady_clock::now() - started < std::chrono::seconds{20}) io.run_one();
  EXPECT_EQ(refused, 40);
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds{4});
  other.execute("ROLLBACK");
  EXPECT_TRUE(wait_for(io, store->usable()));
}

// Into a file that nobody will find again nothing is acknowledged.
TEST(SqliteLog, AMovedDatabaseTakesNothingUntilItIsBack) {
  temporary_folder folder;
  boost::asio::io_context io;
  const auto home = folder.path / "data", away = folder.path / "away";
  const auto store = sqlite::open_log(io.get_executor(), config_in(home));
  const auto arrive = [&](int i) {
    return wait_for(io,
                    store->append({received("wamid." + std::to_string(i), person("15550000101"), "t", i)}));
  };
  ASSERT_TRUE(arrive(0));
  std::filesystem::rename(home, away);
  EXPECT_FALSE(wait_for(io, store->usable()));
  EXPECT_EQ(arrive(1).error().kind, failure_kind::store_unavailable);
  std::filesystem::rename(away, home);
  EXPECT_TRUE(wait_for(io, store->usable()));
  EXPECT_TRUE(arrive(2));
}

} // namespace
} // namespace tickwire::testing
