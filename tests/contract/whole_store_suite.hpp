// What every whole_store must do. A store's own test file names a factory and instantiates this:
//   INSTANTIATE_TYPED_TEST_SUITE_P(Sqlite, WholeStore, sqlite_whole_factory);
// The factory has, all for one and the same store: `std::unique_ptr<whole_store> open()`,
// `std::unique_ptr<log_store> open_log(any_io_executor)` and `std::unique_ptr<account_store>
// open_accounts(any_io_executor)` as a server opens them, `std::shared_ptr<log_store> serve(any_io_executor)`
// as long as a server runs, and `void damage_views()`, which takes rows away.
#pragma once

#include "contract/compared_stores.hpp"
#include "contract/wait_for.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tickwire::testing {

template <class Factory>
class WholeStore : public ::testing::Test {
protected:
  store_in_memory source_of(int facts) { return {inbox, random_log(random, facts), some_people()}; }
  std::string refusal_of(whole_store& from, whole_store& to) {
    try {
      migrate(from, to);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "none";
  }
  void expect_refused_to_servers(const std::string& part_of_sentence) {
    for (const auto& open : std::vector<std::function<void()>>{
             [&] { factory.open_log(io.get_executor()); }, [&] { factory.open_accounts(io.get_executor()); }})
      try {
        open();
        ADD_FAILURE() << "it was opened";
      } catch (const std::runtime_error& error) {
        EXPECT_NE(std::string(error.what()).find(part_of_sentence), std::string::npos) << error.what();
      }
  }

  std::mt19937 random{seed()};
  boost::asio::io_context io;
  Factory factory;
};

TYPED_TEST_SUITE_P(WholeStore);

// The same log replayed into empty views gives the same state, field by field.
TYPED_TEST_P(WholeStore, ARandomLogThatIsCopiedGivesTheRowsOfTheReference) {
  store_in_memory source = this->source_of(900);
  const auto target = this->factory.open();
  const migration_result done = migrate(source, *target);
  EXPECT_FALSE(done.was_there);
  EXPECT_EQ(done.source, done.target) << seed_note();
  EXPECT_EQ(difference_of(done), "");
  expect_same(rows_in(*target), by_name(rows_of(source.log().rows)));

  const auto log = target->read(inbox);
  EXPECT_EQ(log->epoch(), source.read(inbox)->epoch());
  EXPECT_EQ(log->head(), source.log().head);
  std::vector<stored_entry> entries, expected;
  for (std::vector<stored_entry> part; !(part = log->entries_after(entries.size())).empty();)
    entries.insert(entries.end(), part.begin(), part.end());
  for (std::vector<stored_entry> part; !(part = source.read(inbox)->entries_after(expected.size())).empty();)
    expected.insert(expected.end(), part.begin(), part.end());
  ASSERT_EQ(entries.size(), expected.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    EXPECT_EQ(entries[i].what.seq, i + 1);
    EXPECT_EQ(entries[i].what.key, expected[i].what.key);
    EXPECT_EQ(entries[i].what.inbox, inbox);
    EXPECT_EQ(entries[i].data, expected[i].data);
    EXPECT_EQ(entries[i].what.raw, expected[i].what.raw);
    ASSERT_EQ(entries[i].said.has_value(), expected[i].said.has_value());
    if (entries[i].said) EXPECT_EQ(*entries[i].said->data, *expected[i].said->data);
  }
  EXPECT_TRUE(migrate(source, *target).was_there) << "again it is only compared";
}

// Hashes are worth something only if every field is in them.
TYPED_TEST_P(WholeStore, WhatIsDifferentIsSeen) {
  store_in_memory source = this->source_of(300);
  const auto target = this->factory.open();
  const store_digest right = migrate(source, *target).target;
  this->factory.damage_views();
  const store_digest damaged = digest_of(*target);
  EXPECT_NE(damaged.views, right.views);
  EXPECT_EQ(damaged.log, right.log);
  EXPECT_EQ(damaged.accounts, right.accounts);
  whole_accounts people = some_people();
  people.users[1].who.disabled = false;
  target->put_accounts(people);
  EXPECT_NE(digest_of(*target).accounts, right.accounts);
}

TYPED_TEST_P(WholeStore, WhoeverIsStoppedGoesOnAndUntilThenNoServerTakesIt) {
  store_in_memory source = this->source_of(600);
  for (int stops = 0; stops < 4; ++stops) {
    source.breaks_behind = source.log().head * static_cast<unsigned>(stops) / 4;
    EXPECT_EQ(this->refusal_of(source, *this->factory.open()), "a break for tests");
    this->expect_refused_to_servers("is not finished");
    store_in_memory other = source;
    other.name = "another";
    if (stops > 0)
      EXPECT_NE(this->refusal_of(other, *this->factory.open()).find("something else"), std::string::npos);
  }
  source.breaks_behind = UINT64_MAX;
  const auto target = this->factory.open();
  const migration_result done = migrate(source, *target);
  EXPECT_EQ(done.source, done.target) << seed_note();
  expect_same(rows_in(*target), by_name(rows_of(source.log().rows)));
}

TYPED_TEST_P(WholeStore, AServerGoesOnWithWhatWasCopied) {
  store_in_memory source = this->source_of(200);
  migrate(source, *this->factory.open());
  memory_log expected = source.log();
  const auto store = this->factory.open_log(this->io.get_executor());
  EXPECT_EQ(store->head(), expected.head);
  EXPECT_EQ(store->epoch(), source.read(inbox)->epoch());
  std::vector<entry> more;
  for (int i = 200; i < 400; ++i) {
    entry next = random_fact(this->random, i);
    if (!may_be_proposed(next, expected)) continue;
    expected.append(next);
    more.push_back(std::move(next));
  }
  ASSERT_TRUE(wait_for(this->io, store->append(std::move(more))));
  EXPECT_EQ(store->head(), expected.head);
  expect_same(rows_in(*this->factory.open()), by_name(rows_of(expected.rows)));
  const auto people = this->factory.open_accounts(this->io.get_executor());
  EXPECT_EQ((*wait_for(this->io, people->find_user_by_name("ana")))->password_hash, "hash of Ana");
  EXPECT_EQ((*wait_for(this->io, people->find_session("token 1", at(0))))->who.id, "u_ana");
  EXPECT_EQ((*wait_for(this->io, people->find_device("device 1")))->id, "u_ben");
}

TYPED_TEST_P(WholeStore, WhatIsNoTargetOrNoSourceIsRefusedWithASentence) {
  store_in_memory source = this->source_of(100);
  store_in_memory nothing(inbox, {}, {});
  EXPECT_NE(this->refusal_of(nothing, *this->factory.open()).find("There is nothing in memory"),
            std::string::npos);
  migrate(source, *this->factory.open());
  const auto both = this->factory.open();
  EXPECT_NE(this->refusal_of(*both, *this->factory.open()).find("the same"), std::string::npos);
  store_in_memory other = this->source_of(100);
  other.name = "another";
  EXPECT_NE(this->refusal_of(other, *both).find("something else"), std::string::npos);
  store_in_memory longer(inbox, random_log(this->random, 200), some_people());
  EXPECT_NE(this->refusal_of(longer, *both).find("something else"), std::string::npos);
  whole_accounts people = some_people();
  people.users.pop_back();
  both->put_accounts(people);
  EXPECT_NE(this->refusal_of(source, *both).find("something else"), std::string::npos);
  EXPECT_EQ(both->accounts().users.size(), 1u) << "it is as it was";
}

TYPED_TEST_P(WholeStore, AServerThatRunsIsNotDisturbed) {
  store_in_memory source = this->source_of(50);
  migrate(source, *this->factory.open());
  const auto server = this->factory.serve(this->io.get_executor());
  const auto store = this->factory.open();
  for (const auto& refused :
       std::vector<std::function<void()>>{[&] { migrate(source, *store); }, [&] { made_anew(*store); }})
    try {
      refused();
      ADD_FAILURE() << "it was done";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("Another Tickwire is running"), std::string::npos)
          << error.what();
    }
  EXPECT_TRUE(wait_for(this->io, server->usable()));
}

TYPED_TEST_P(WholeStore, ViewsThatAreMadeAnewAreWhatTheLogSays) {
  store_in_memory source = this->source_of(900);
  migrate(source, *this->factory.open());
  const auto expected = by_name(rows_of(source.log().rows));
  const std::string epoch = this->factory.open()->read(inbox)->epoch();

  const views_anew same = made_anew(*this->factory.open());
  EXPECT_TRUE(same.as_they_were()) << seed_note();
  expect_same(rows_in(*this->factory.open()), expected);
  EXPECT_EQ(this->factory.open()->read(inbox)->epoch(), epoch) << "pages need not load anew";

  this->factory.damage_views();
  const views_anew mended = made_anew(*this->factory.open());
  EXPECT_FALSE(mended.as_they_were());
  EXPECT_EQ(mended.after, same.after);
  expect_same(rows_in(*this->factory.open()), expected);
  EXPECT_NE(this->factory.open()->read(inbox)->epoch(), epoch) << "pages show what was wrong";
  const auto server = this->factory.open_log(this->io.get_executor());
  EXPECT_EQ(server->head(), source.log().head);
}

REGISTER_TYPED_TEST_SUITE_P(WholeStore, ARandomLogThatIsCopiedGivesTheRowsOfTheReference,
                            WhatIsDifferentIsSeen, WhoeverIsStoppedGoesOnAndUntilThenNoServerTakesIt,
                            AServerGoesOnWithWhatWasCopied, WhatIsNoTargetOrNoSourceIsRefusedWithASentence,
                            AServerThatRunsIsNotDisturbed, ViewsThatAreMadeAnewAreWhatTheLogSays);

} // namespace tickwire::testing
