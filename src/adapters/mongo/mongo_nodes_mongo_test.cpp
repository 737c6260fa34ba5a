// Several writers of one inbox, and writers that die: whatever happens, the log is without a gap, each key is
// in it once, and the views are what the log says.
#include "adapters/mongo/applying.hpp"
#include "adapters/mongo/mongo_log.hpp"
#include "adapters/mongo/mongo_rows.hpp"
#include "adapters/mongo/row_documents.hpp"
#include "adapters/mongo/testing.hpp"
#include "contract/faulty_rows.hpp"
#include "contract/wait_for.hpp"
#include "core/apply.hpp"
#include "core/memory_views.hpp"
#include "core/shown.hpp"
#include "core/testing.hpp"
#include "store/log_writer.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <random>
#include <set>
#include <thread>

namespace tickwire::testing {
namespace {

// Everything that the entries of the log say, by core's own rows.
struct told_by_the_log {
  explicit told_by_the_log(mongo::client& store) {
    store.each(mongo::collections::log, mongo::in_inbox(inbox), {.sort = mongo::document().number("seq", 1)},
               [this](const mongo::reader& row) {
                 entry one = mongo::entry_of(row);
                 EXPECT_EQ(one.seq, entries.size() + 1) << "no gap";
                 EXPECT_TRUE(keys.insert(one.key).second) << one.key << " is there twice";
                 apply(rows, one);
                 entries.push_back(std::move(one));
               });
  }
  std::map<std::string, message> messages() {
    std::map<std::string, message> known;
    for (auto [id, row] : rows.messages) {
      if (!row.known()) continue;
      complete_as_shown(row, rows);
      known.emplace(id, row);
    }
    return known;
  }
  memory_views rows;
  std::vector<entry> entries;
  std::set<std::string> keys;
};

// What the store answers is what its log says, field by field.
void expect_views_of_the_log(mongo::client_pool& pool) {
  boost::asio::io_context io;
  mongo::log_config config;
  config.inbox = inbox;
  const auto store = mongo::open_log(io.get_executor(), pool, config);
  mongo::client asked = pool.take();
  told_by_the_log log(asked);
  EXPECT_EQ(store->head(), log.entries.size());
  message_query all;
  all.limit = 100'000;
  std::map<std::string, message> messages;
  for (const message& row : wait_for(io, store->messages(all))->messages) messages.emplace(row.id, row);
  EXPECT_EQ(messages, log.messages());
  std::map<std::string, chat> chats;
  std::map<std::string, std::uint64_t> unread, recounted;
  for (const chat_summary& one : wait_for(io, store->chats("u_ana", {}, 10'000))->chats) {
    chats.emplace(one.chat.id, one.chat);
    unread.emplace(one.chat.id, one.unread);
    recounted.emplace(
        one.chat.id,
        log.rows.count_unread(one.chat.id, log.rows.find_read_mark("u_ana", one.chat.id), unread_cap));
  }
  EXPECT_EQ(chats, log.rows.chats);
  EXPECT_EQ(unread, recounted);
  std::map<std::string, contact> contacts, expected;
  for (const contact& one : wait_for(io, store->contacts("", 10'000))->first) contacts.emplace(one.id, one);
  for (const auto& [id, one] : log.rows.contacts)
    if (one.merged_into.empty()) expected.emplace(id, one);
  EXPECT_EQ(contacts, expected);
  std::map<std::string, wamid_binding> bindings;
  asked.each(mongo::collections::bindings, {}, {}, [&](const mongo::reader& row) {
    bindings.emplace(row.text("_id").substr(inbox.size() + 1), mongo::binding_of(row));
  });
  EXPECT_EQ(bindings, log.rows.bindings);
  // What an old step of a sleeper brought back stands under names that are bound, hence nobody takes it.
  std::set<std::string> parked, still_parked;
  asked.each(mongo::collections::parked, {}, {}, [&](const mongo::reader& row) {
    if (!log.rows.bindings.contains(row.text("name")))
      parked.insert(row.text("name") + " " + row.text("key"));
  });
  for (const auto& [name, entries] : log.rows.parked)
    for (const auto& [key, one] : entries)
      if (!log.rows.bindings.contains(name)) still_parked.insert(name + " " + key);
  EXPECT_EQ(parked, still_parked);
}

// Proposals in which everything meets: people who turn out to be one, early statuses, echoes, quotes, marks.
class story {
public:
  explicit story(unsigned seed)
      : random_(seed) {}

  std::vector<entry> next() {
    std::vector<entry> batch;
    for (int i = 1 + number(6); i > 0; --i) batch.push_back(one());
    return batch;
  }

private:
  int number(unsigned below) { return static_cast<int>(random_() % below); }

  entry one() {
    const int i = ++time_;
    const std::string n = std::to_string(number(25));
    const int p = number(4);
    const bool by_number = number(3) > 0, by_user = !by_number || number(3) == 0;
    const identity who = person(by_number ? "1555000010" + std::to_string(p) : "",
                                by_user ? "US." + std::to_string(p) : "", "Person " + std::to_string(p));
    entry next;
    switch (number(11)) {
    case 0:
      return accepted("m_" + n, "15550000100", "text " + n, i);
    case 1:
      return answered("m_" + n, 1, static_cast<send_outcome_kind>(number(4)), "wamid.o" + n, i);
    case 2:
      return changed("wamid.o" + n, static_cast<status_word>(number(5)), i, number(2) ? "m_" + n : "");
    case 3:
      return reacted("wamid.r" + std::to_string(i), "wamid.i" + n, who, number(2) ? "👍" : "", i);
    case 4:
      return edited("wamid.e" + std::to_string(i), "wamid.i" + n, "edited " + n, i);
    case 5:
      next = received("wamid.o" + n, who, "text " + n, i);
      std::get<message_received>(next.data).from_business = true;
      return next;
    case 6:
      next = proposal("rm:" + std::to_string(i), at(i), read_mark{static_cast<std::uint64_t>(number(200))});
      next.actor = number(2) ? "u_ana" : "u_ben";
      next.chat_id = "1555000010" + std::to_string(p);
      return next;
    case 7:
      return changed("wamid.i" + n, status_word::read, i);
    default:
      next = received("wamid.i" + n, who, "text " + n, i, number(6) == 0 ? "group-1" : "");
      if (number(3) == 0)
        std::get<message_received>(next.data).reply_to_whatsapp_id = (number(2) ? "wamid.o" : "wamid.i") + n;
      return next;
    }
  }

  std::mt19937 random_;
  int time_ = 0;
};

log_writer writer_of(mongo::client_pool& pool) { return log_writer(mongo::open_rows(pool, inbox)); }

commit_outcome follow(log_writer& writer) {
  writer.expect_others();
  return writer.commit({});
}

std::vector<encoded_event> events_of(const commit_outcome& outcome) {
  std::vector<encoded_event> events;
  for (const entry_news& one : outcome.news)
    if (one.event) events.push_back(*one.event);
  return events;
}

class MongoNodes : public ::testing::Test {
protected:
  mongo::testing::database database;
  mongo::client_pool pool{{.uri = database.uri(), .clients = 40}};
};

TEST_F(MongoNodes, TwoWritersThatKnowNothingOfEachOtherMakeOneLogAndHearEachOthersEvents) {
  log_writer a = writer_of(pool), b = writer_of(pool);
  story of_a(seed()), of_b(seed() + 1);
  std::map<std::uint64_t, std::string> heard_by_a, heard_by_b;
  const auto hear = [](auto& heard, const commit_outcome& outcome) {
    for (const encoded_event& one : events_of(outcome)) {
      EXPECT_TRUE(heard.empty() || one.seq > heard.rbegin()->first) << "in order, each once";
      heard.emplace(one.seq, *one.data);
    }
  };
  for (int round = 0; round < 25; ++round) {
    const commit_outcome by_a = a.commit({of_a.next()}), by_b = b.commit({of_b.next(), of_b.next()});
    ASSERT_TRUE(by_a.answers[0]) << seed_note();
    ASSERT_TRUE(by_b.answers[1]) << seed_note();
    hear(heard_by_a, by_a);
    hear(heard_by_b, by_b);
  }
  hear(heard_by_a, follow(a));
  hear(heard_by_b, follow(b));
  EXPECT_EQ(a.head(), b.head());
  EXPECT_EQ(heard_by_a, heard_by_b) << seed_note();
  expect_views_of_the_log(pool);
}

// The queue of each node's sender goes by chats.
TEST_F(MongoNodes, EachNodeHearsThatTwoChatsHaveBecomeOne) {
  log_writer a = writer_of(pool), b = writer_of(pool);
  const std::string phone = "15550000101", user = "US.101";
  const auto merges = [](const commit_outcome& outcome) {
    std::vector<std::pair<std::string, std::string>> all;
    for (const entry_news& one : outcome.news)
      if (one.merged) all.emplace_back(one.merged->from, one.merged->into);
    return all;
  };
  a.commit({{received("wamid.1", person(phone), "by number", 1),
             received("wamid.2", person("", user), "by id", 2)}});
  const auto by_a = merges(a.commit({{received("wamid.3", person(phone, user), "by both", 3)}}));
  ASSERT_EQ(by_a.size(), 1u);
  EXPECT_EQ(merges(follow(b)), by_a);
}

// What one node knew when it decided is old when another has appended: the decision is made again.
TEST_F(MongoNodes, ADecisionThatAnotherNodeOvertookIsMadeAgain) {
  log_writer a = writer_of(pool), b = writer_of(pool);
  entry try_of_a = proposal(keys::attempted("m_1", 1, 1), at(2), send_attempted{1, 1}), try_of_b = try_of_a;
  try_of_a.message_id = try_of_b.message_id = "m_1";
  ASSERT_TRUE((*a.commit({{accepted("m_1", "15550000101", "hi", 1)}}).answers[0])[0].stored);
  // b does not know of the message yet, nor a of b's try.
  const commit_outcome by_b = b.commit({{try_of_b}});
  EXPECT_TRUE((*by_b.answers[0])[0].stored);
  const commit_outcome by_a = a.commit({{try_of_a}});
  EXPECT_FALSE((*by_a.answers[0])[0].stored) << "at most one of them may send";
  // The message has failed; only one of two nodes' retries makes an attempt.
  a.commit({{answered("m_1", 1, send_outcome_kind::refused, "", 3)}});
  const commit_outcome retry_b = b.commit({{retried("m_1", 2, 4)}});
  EXPECT_TRUE((*retry_b.answers[0])[0].stored);
  entry again = retried("m_1", 2, 5);
  again.key += " by another key";
  EXPECT_FALSE((*a.commit({{again}}).answers[0])[0].stored);
  EXPECT_EQ((*a.commit({{again}}).answers[0])[0].row->attempt, 2);
  expect_views_of_the_log(pool);
}

TEST_F(MongoNodes, SixteenWritersInOneProcessLoseAndDoubleNothing) {
  constexpr int writers = 16, appends = 6;
  {
    writer_of(pool);
  } // makes the indexes
  std::vector<std::thread> threads;
  std::atomic<int> stored = 0, shared_stored = 0;
  for (int w = 0; w < writers; ++w)
    threads.emplace_back([&, w] {
      log_writer mine = writer_of(pool);
      for (int i = 0; i < appends; ++i) {
        const std::string name = std::to_string(w) + "." + std::to_string(i);
        std::vector<entry> batch{
            received("wamid.mine" + name, person("1555000010" + std::to_string(w % 4)), name, i),
            received("wamid.shared" + std::to_string(i), person("15550000199"), "everybody's", i)};
        const commit_outcome done = mine.commit({batch});
        if (!done.answers[0]) {
          ADD_FAILURE() << done.answers[0].error().detail;
          continue;
        }
        stored += (*done.answers[0])[0].stored;
        shared_stored += (*done.answers[0])[1].stored;
      }
    });
  for (std::thread& one : threads) one.join();
  EXPECT_EQ(stored, writers * appends);
  EXPECT_EQ(shared_stored, appends) << "one of them has each";
  expect_views_of_the_log(pool);
}

TEST_F(MongoNodes, FourProcessesLoseAndDoubleNothing) {
  constexpr int processes = 4, appends = 12;
  {
    writer_of(pool);
  }
  std::vector<pid_t> children;
  for (int p = 0; p < processes; ++p) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      int failed = 0;
      try {
        mongo::client_pool own({.uri = database.uri()});
        log_writer mine = writer_of(own);
        story mine_story(seed() + static_cast<unsigned>(p));
        for (int i = 0; i < appends; ++i) failed += !mine.commit({mine_story.next()}).answers[0];
      } catch (...) {
        failed = 100;
      }
      ::_exit(failed);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
  expect_views_of_the_log(pool);
}

// The sender must know whether its try stands in the log: by nobody's else, it may not send.
TEST_F(MongoNodes, AnAppendWhoseAnswerWasLostIsStoredOnceAndSaidToBeStoredWhenItComesAgain) {
  bool lose = false;
  mongo::command_watch watch;
  watch.after = [&](const std::string& what) {
    if (lose && what == "adding to the rows of log") {
      lose = false;
      throw mongo::mongo_error(0, 0, "the answer was lost");
    }
  };
  mongo::client_pool lossy({.uri = database.uri(), .watch = watch});
  log_writer writer = writer_of(lossy);
  lose = true;
  const std::vector<std::vector<entry>> sent{{accepted("m_1", "15550000101", "hi", 1)}};
  ASSERT_FALSE(writer.commit(sent).answers[0]);
  const commit_outcome again = writer.commit(sent);
  ASSERT_TRUE(again.answers[0]);
  EXPECT_TRUE((*again.answers[0])[0].stored);
  EXPECT_EQ((*again.answers[0])[0].row->id, "m_1");
  EXPECT_EQ(events_of(again).size(), 2u) << "the chat and the message, said once";
  const commit_outcome third = writer.commit(sent);
  EXPECT_FALSE((*third.answers[0])[0].stored);
  EXPECT_TRUE(events_of(third).empty());
  expect_views_of_the_log(pool);
}

// Two processes at a time, each killed at some moment: what one of them was told is stored is in the log.
TEST_F(MongoNodes, ProcessesThatAreKilledLoseNothingThatTheyWereTold) {
  constexpr int rounds = 8;
  std::mt19937 random(seed());
  {
    writer_of(pool);
  }
  std::set<std::string> told;
  for (int round = 0; round < rounds; ++round) {
    std::vector<std::pair<pid_t, int>> children; // with the pipe that names what was stored
    for (int p = 0; p < 2; ++p) {
      int ends[2];
      ASSERT_EQ(::pipe(ends), 0);
      const auto story_seed = static_cast<unsigned>(random());
      const pid_t child = ::fork();
      ASSERT_GE(child, 0);
      if (child == 0) {
        mongo::client_pool own({.uri = database.uri()});
        log_writer mine = writer_of(own);
        story mine_story(story_seed);
        for (;;) {
          const std::vector<entry> batch = mine_story.next();
          const commit_outcome done = mine.commit({batch});
          std::string keys;
          if (done.answers[0])
            for (std::size_t i = 0; i < batch.size(); ++i)
              if ((*done.answers[0])[i].stored) keys += batch[i].key + '\n';
          if (::write(ends[1], keys.data(), keys.size()) < 0) ::_exit(1);
        }
      }
      ::close(ends[1]);
      children.emplace_back(child, ends[0]);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{600 + random() % 700}); // anything may be under way
    for (const auto& [child, pipe] : children) {
      ::kill(child, SIGKILL);
      ::waitpid(child, nullptr, 0);
      std::string keys;
      char bytes[4096];
      for (ssize_t got; (got = ::read(pipe, bytes, sizeof bytes)) > 0;)
        keys.append(bytes, static_cast<std::size_t>(got));
      ::close(pipe);
      for (std::size_t from = 0, end; (end = keys.find('\n', from)) != std::string::npos; from = end + 1)
        EXPECT_TRUE(told.insert(keys.substr(from, end - from)).second) << "told twice, " << seed_note();
    }
  }
  expect_views_of_the_log(pool);
  mongo::client asked = pool.take();
  const told_by_the_log log(asked);
  EXPECT_GT(told.size(), 20u) << "something was under way";
  for (const std::string& key : told) EXPECT_TRUE(log.keys.contains(key)) << key << ' ' << seed_note();
}

// Rows are remembered between commits; what another node has made of them meanwhile counts.
TEST_F(MongoNodes, WhatAWriterRemembersIsNotOldAfterItHasFollowed) {
  log_writer a = writer_of(pool), b = writer_of(pool);
  a.commit({{received("wamid.1", person("15550000101", "", "Ana"), "text", 1)}});
  b.commit({{edited("wamid.e", "wamid.1", "edited", 2)}});
  const commit_outcome followed = follow(a);
  ASSERT_EQ(followed.news.size(), 1u);
  EXPECT_EQ(followed.head, b.head());
  ASSERT_TRUE(a.commit({{reacted("wamid.r", "wamid.1", person("15550000101"), "👍", 3)}}).answers[0]);
  expect_views_of_the_log(pool);
}

// A step is put only in place of the one that ends where it begins, whoever puts it.
TEST_F(MongoNodes, OneOfTwoStepsFromTheSameEntryIsTaken) {
  mongo::client store = pool.take();
  mongo::applying a(inbox, "a"), b(inbox, "b");
  EXPECT_EQ(a.open(store), b.open(store)) << "one epoch";
  const auto row = [](const char* word) {
    mongo::row_changes changes;
    mongo::document value;
    value.text("_id", mongo::row_id(inbox, "p:1")).text("contactId", word);
    changes.put(mongo::collections::aliases, value, mongo::before::unknown);
    return changes;
  };
  EXPECT_TRUE(a.advance(store, 0, 2, row("of a")));
  EXPECT_FALSE(b.advance(store, 0, 1, row("of b")));
  EXPECT_FALSE(b.advance(store, 1, 3, row("of b")));
  EXPECT_EQ(b.settle(store), 2u);
  EXPECT_EQ(mongo::reader(*store.find_one(mongo::collections::aliases, {})).text("contactId"), "of a");
  EXPECT_TRUE(b.advance(store, 2, 3, row("of b")));
  EXPECT_FALSE(a.advance(store, 2, 4, row("of a")));
  EXPECT_EQ(a.settle(store), 3u);
  EXPECT_EQ(mongo::reader(*store.find_one(mongo::collections::aliases, {})).text("contactId"), "of b");
}

// A commit of many entries goes to the server in parts; another node may read, and apply, the first of them.
TEST_F(MongoNodes, AnotherNodeMayApplyTheFirstHalfOfACommitWhileItIsAppended) {
  log_writer other = writer_of(pool);
  bool opened = false;
  int parts = 0;
  mongo::command_watch watch;
  watch.before = [&](const std::string& what) {
    if (opened && what == "adding to the rows of log" && ++parts == 2) follow(other);
  };
  mongo::client_pool watched({.uri = database.uri(), .watch = watch});
  log_writer writer = writer_of(watched);
  opened = true;
  std::vector<entry> batch;
  for (int i = 0; i < 60; ++i)
    batch.push_back(received("wamid." + std::to_string(i), person("15550000101", "", "Ana"), "text", i));
  for (int i = 0; i < 60; ++i) // the rows of the first half are others at the end
    batch.push_back(edited("wamid.e" + std::to_string(i), "wamid." + std::to_string(i), "edited", 100 + i));
  const commit_outcome done = writer.commit({batch});
  ASSERT_TRUE(done.answers[0]);
  EXPECT_GE(parts, 2);
  EXPECT_GT(other.head(), 60u);
  EXPECT_LT(other.head(), done.head);
  expect_views_of_the_log(pool);
}

// The views of a writer that died are brought up to date by whoever comes next. A fault of ours about one of
// the entries costs that one, and nobody waits for it.
TEST_F(MongoNodes, AnEntryThatThrowsWhileItIsTakenInCostsItselfOnly) {
  bool die = false;
  mongo::command_watch watch;
  watch.after = [&](const std::string& what) {
    if (die && what == "adding to the rows of log") throw mongo::mongo_error(0, 0, "dead");
  };
  {
    mongo::client_pool dying({.uri = database.uri(), .watch = watch});
    log_writer writer = writer_of(dying);
    die = true;
    std::vector<entry> batch;
    for (const char* name : {"wamid.1", "wamid.2", "wamid.3"})
      batch.push_back(received(name, person("15550000101"), name, 1));
    writer.commit({batch});
  }
  log_writer next(std::make_unique<faulty_rows>(mongo::open_rows(pool, inbox), fault_at::taking_in,
                                                keys::received("wamid.2")));
  EXPECT_EQ(next.head(), 5u) << "the contact, the chat and the three messages";
  ASSERT_TRUE(next.commit({{received("wamid.4", person("15550000101"), "wamid.4", 2)}}).answers[0]);

  boost::asio::io_context io;
  mongo::log_config config;
  config.inbox = inbox;
  const auto store = mongo::open_log(io.get_executor(), pool, config);
  std::vector<std::string> texts;
  for (const message& row : wait_for(io, store->messages({}))->messages) texts.push_back(row.text);
  EXPECT_EQ(texts, (std::vector<std::string>{"wamid.1", "wamid.3", "wamid.4"}));
}

// A node that is stopped before its n-th command, and wakes when another one has gone on, for every n. What
// it writes then is old.
TEST_F(MongoNodes, AWriterThatSleepsAtAnyCommandHarmsNothingWhenItWakes) {
  for (int n = 1, commands = 1; n <= commands; ++n) {
    mongo::testing::database own;
    mongo::client_pool awake({.uri = own.uri()});
    story told(seed() + static_cast<unsigned>(n));
    log_writer other = writer_of(awake);
    other.commit({told.next(), told.next(), told.next()});
    int count = -1000; // opening does not count
    mongo::command_watch watch;
    watch.before = [&](const std::string&) {
      if (++count != n) return;
      other.commit({told.next()});
      other.commit({told.next(), told.next()});
    };
    mongo::client_pool sleepy({.uri = own.uri(), .watch = watch});
    log_writer sleeper = writer_of(sleepy);
    count = 0;
    const commit_outcome woken = sleeper.commit({told.next(), told.next()});
    commands = count;
    ASSERT_TRUE(woken.answers[0] && woken.answers[1]) << "command " << n << ' ' << seed_note();
    other.commit({told.next()});
    expect_views_of_the_log(awake);
    if (HasFailure()) FAIL() << "command " << n << ' ' << seed_note();
  }
}

// An insert of many entries may end in the middle. What pages are told because of an entry comes all the
// same.
class MongoNodesAfterADeath : public MongoNodes, public ::testing::WithParamInterface<bool> {};

TEST_P(MongoNodesAfterADeath, WhatFollowsAnEntryComesAlsoWhenItsWriterDiedInBetween) {
  mongo::command_watch watch;
  bool die = false;
  watch.after = [&](const std::string& what) {
    if (die && what == "adding to the rows of log") throw mongo::mongo_error(0, 0, "dead");
  };
  const std::string quoting = "qk:";
  {
    mongo::client_pool dying({.uri = database.uri(), .watch = watch});
    log_writer writer = writer_of(dying);
    entry quote = received("wamid.2", person("15550000101"), "an answer", 1);
    std::get<message_received>(quote.data).reply_to_whatsapp_id = "wamid.1";
    writer.commit({{quote}});
    die = true;
    writer.commit({{received("wamid.1", person("15550000101"), "the question, which comes late", 2)}});
  }
  mongo::client asked = pool.take();
  const auto newest =
      asked.find_one(mongo::collections::log, {}, {.sort = mongo::document().number("seq", -1)});
  const std::int64_t seq = mongo::reader(*newest).number("seq");
  ASSERT_TRUE(mongo::reader(*newest).text("key").starts_with(quoting));
  ASSERT_EQ(asked.remove_one(mongo::collections::log, mongo::document().number("seq", seq)), 1);

  // Perhaps somebody has brought the views to that entry, and died before it could append anything.
  if (GetParam()) writer_of(pool);
  log_writer next = writer_of(pool);
  const commit_outcome done = next.commit({{accepted("m_1", "15550000101", "hi", 3)}});
  ASSERT_TRUE(done.answers[0]);
  const std::vector<encoded_event> told = events_of(done);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told[0].seq, static_cast<std::uint64_t>(seq));
  EXPECT_EQ(told[0].name, "message_update");
  const auto again = asked.find_one(mongo::collections::log, mongo::document().number("seq", seq));
  EXPECT_EQ(mongo::reader(*again).text("key"), mongo::reader(*newest).text("key"));
  expect_views_of_the_log(pool);
}

INSTANTIATE_TEST_SUITE_P(ViewsOldAndNew, MongoNodesAfterADeath, ::testing::Bool());

// The n-th command is not sent, or its answer is lost, and the writer is gone; for every n. Another one opens
// the store and goes on, and whoever was not answered asks again.
TEST_F(MongoNodes, AWriterThatDiesAtAnyCommandLeavesNothingHalfDone) {
  for (const bool answer_lost : {false, true}) {
    bool reached_the_end = false;
    for (int n = 1; !reached_the_end; ++n) {
      mongo::testing::database own;
      mongo::client_pool healthy({.uri = own.uri()});
      story told(seed() + static_cast<unsigned>(n));
      std::vector<std::vector<entry>> batches{told.next(), told.next(), told.next(), told.next()};
      log_writer first = writer_of(healthy);
      first.commit({batches[0], batches[1]});
      int left = n;
      {
        const auto count = [&](const std::string&) {
          if (left > 0 && --left == 0) left = -1;
          if (left < 0) throw mongo::mongo_error(0, 0, "cut");
        };
        mongo::command_watch watch;
        (answer_lost ? watch.after : watch.before) = count;
        left = 0; // opening is not cut here
        mongo::client_pool dying({.uri = own.uri(), .watch = watch});
        log_writer writer = writer_of(dying);
        left = n;
        writer.commit({batches[2], batches[3]});
        reached_the_end = left > 0;
      }
      log_writer second = writer_of(healthy);
      const commit_outcome again = second.commit({batches[2], batches[3]});
      ASSERT_TRUE(again.answers[0] && again.answers[1]) << "command " << n << ' ' << seed_note();
      expect_views_of_the_log(healthy);
      if (::testing::Test::HasFailure())
        FAIL() << "command " << n << (answer_lost ? " after" : " before") << seed_note();
    }
  }
}

} // namespace
} // namespace tickwire::testing
