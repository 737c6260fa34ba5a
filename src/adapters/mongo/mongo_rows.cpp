#include "adapters/mongo/mongo_rows.hpp"

#include "adapters/mongo/mongo_views.hpp"
#include "adapters/mongo/row_documents.hpp"
#include "base/random.hpp"

#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace tickwire::mongo {

namespace {

// Entries that are taken in at once: about what a commit of our own has.
constexpr std::uint64_t taken_at_once = 500;

// Another writer's entry makes ours impossible some time before it can be read (with a majority's word). So
// long is waited for it, in such steps.
constexpr std::chrono::milliseconds visible_within{1'000}, visible_step{5};

class mongo_rows final : public log_rows {
public:
  mongo_rows(client_pool& pool, std::string inbox, views_are state)
      : pool_(pool)
      , inbox_(std::move(inbox))
      , writer_(random_text(12))
      , views_(inbox_)
      , applying_(inbox_, writer_) {
    client store = pool_.take();
    ensure_log_indexes(store);
    epoch_ = applying_.open(store, state);
    head_ = applying_.settle(store);
  }

  void begin() override {
    store_.emplace(pool_.take());
    views_.begin(*store_);
  }

  void commit() override {
    if (!entries_.empty()) append();
    if (last_ > head_)
      bring_views_to(last_);
    else
      check_that_nothing_is_new();
    if (entries_.empty() && !probe_.empty()) write_probe_now();
    end();
  }

  void roll_back() noexcept override {
    views_.forget();
    last_ = 0;
    end();
  }

  void set_point() override {
    views_.set_point();
    points_.push_back({entries_.size(), last_});
  }
  void keep_since_point() override {
    views_.keep_since_point();
    points_.pop_back();
  }
  void undo_since_point() override {
    views_.undo_since_point();
    for (; entries_.size() > points_.back().entries; entries_.pop_back())
      written_.erase(reader(entries_.back()).text("key"));
    last_ = points_.back().last;
    points_.pop_back();
  }

  std::uint64_t head() override { return head_; }
  std::string epoch() override { return epoch_; }

  std::vector<log_entry> entries_after(std::uint64_t seq) override;

  void prefetch(const std::vector<const entry*>& proposals) override {
    std::vector<std::string> keys;
    for (const entry* proposal : proposals)
      if (proposal->seq == 0) keys.push_back(proposal->key); // others are of the log
    look_up(keys);
    views_.prefetch(proposals);
  }

  std::optional<entry> find(const std::string& key) override {
    if (const auto place = written_.find(key); place != written_.end())
      return entry_of(reader(entries_[place->second]));
    if (!found_.contains(key)) look_up({key});
    return found_.at(key);
  }
  bool has(const std::string& key) override { return written_.contains(key) || there_.contains(key); }

  void write(const log_row& row) override {
    written_.emplace(row.what.key, entries_.size());
    if (row.follows) following_.insert(entries_.size());
    entries_.push_back(document_of(row, inbox_, writer_));
    last_ = row.what.seq;
  }

  class views& views() override { return views_; }

  void write_probe(std::size_t bytes) override { probe_.assign(bytes, '\0'); }

private:
  void append();
  void name_what_follows();
  void bring_views_to(std::uint64_t seq);
  void check_that_nothing_is_new();
  void write_probe_now();
  void look_up(const std::vector<std::string>& keys);

  void end() noexcept {
    views_.end();
    store_.reset();
    entries_.clear();
    written_.clear();
    found_.clear();
    following_.clear();
    points_.clear();
    probe_.clear();
  }

  client_pool& pool_;
  const std::string inbox_;
  const std::string writer_; // our entries carry it
  mongo_views views_;
  applying applying_;
  std::string epoch_;
  std::uint64_t head_ = 0;                // the views have this entry
  std::unordered_set<std::string> there_; // keys that has() did not know of when it was asked
  bool more_is_there_ = false;            // another writer's entry, though perhaps not to be read yet

  // Of the open transaction.
  std::optional<client> store_;
  std::vector<document> entries_;
  std::unordered_map<std::string, std::size_t> written_;        // key → which of them
  std::unordered_map<std::string, std::optional<entry>> found_; // by key
  std::unordered_set<std::size_t> following_;                   // which of them belong to the one before
  std::uint64_t last_ = 0;                                      // to which the views are to be brought
  struct point {
    std::size_t entries;
    std::uint64_t last;
  };
  std::vector<point> points_;
  std::string probe_;
};

// An insert may end in the middle. What must not be missing behind an entry stands in it, too.
void mongo_rows::name_what_follows() {
  std::size_t leader = 0;
  list then;
  const auto name = [&] {
    if (!then.empty()) entries_[leader].array("then", then);
    then = list();
  };
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (!following_.contains(i)) {
      name();
      leader = i;
      continue;
    }
    document follower;
    follower.all_of(reader(entries_[i]), {"seq", "event", "writer"});
    then.object(follower);
  }
  name();
}

void mongo_rows::append() {
  name_what_follows();
  try {
    store_->insert_in_order(collections::log, entries_);
  } catch (const mongo_error& error) {
    if (!error.duplicate()) throw;
    // Either somebody has our numbers, or one of the keys was there already. Both are told by who has the
    // keys.
    std::vector<std::string> keys;
    for (const document& one : entries_) keys.push_back(reader(one).text("key"));
    found_.clear();
    look_up(keys);
    more_is_there_ = true;
    for (const auto& [key, present] : found_) {
      if (!present || present->seq > head_) continue;
      there_.insert(key);
      more_is_there_ = false;
    }
    throw overtaken();
  }
  there_.clear();
}

void mongo_rows::bring_views_to(std::uint64_t seq) {
  bool surely = true;
  while (head_ < seq) {
    const row_changes changes = views_.changes(surely);
    if (applying_.advance(*store_, head_, seq, changes)) {
      head_ = seq;
      views_.written();
      return;
    }
    // Somebody who read our entries was faster with the first or all of them, or more.
    head_ = applying_.settle(*store_);
    if (head_ < seq && entries_.empty()) throw overtaken();
    surely = false;
  }
  views_.forget();
}

// That nothing may happen, or has happened already, is a decision too: an entry of another node may turn it.
// (Where there are entries, appending them is the check.)
void mongo_rows::check_that_nothing_is_new() {
  document next = in_inbox(inbox_);
  next.number("seq", head_ + 1);
  if (store_->find_one(collections::log, next, {.only = document().number("_id", 1), .majority = true}))
    throw overtaken();
}

void mongo_rows::write_probe_now() {
  document asked;
  asked.binary("bytes", probe_);
  store_->update_one(collections::meta, document().text("_id", inbox_ + "/asked"),
                     document().object("$set", asked), upsert::yes);
}

void mongo_rows::look_up(const std::vector<std::string>& keys) {
  for (const std::vector<std::string>& part : parts_of(keys)) {
    document filter = in_inbox(inbox_);
    filter.object("key", one_of(part));
    store_->each(collections::log, filter, {}, [&](const reader& row) {
      entry found = entry_of(row);
      std::string key = found.key;
      found_.insert_or_assign(std::move(key), std::move(found));
    });
    for (const std::string& key : part) found_.try_emplace(key);
  }
}

std::vector<log_entry> mongo_rows::entries_after(std::uint64_t seq) {
  client store = pool_.take();
  document filter = in_inbox(inbox_);
  filter.object("seq",
                within(static_cast<std::int64_t>(seq), static_cast<std::int64_t>(seq + taken_at_once)));
  const find_options in_order{.sort = document().number("seq", 1), .majority = true};
  std::vector<log_entry> entries;
  const auto look = [&] {
    store.each(collections::log, filter, in_order, [&](const reader& row) {
      entries.push_back({entry_of(row), event_of(row), row.view("writer") == writer_, {}});
      row.each_object("then", [&](const reader& one) { entries.back().then.push_back(entry_of(one)); });
    });
  };
  look();
  const auto start = std::chrono::steady_clock::now();
  while (entries.empty() && more_is_there_) {
    if (std::chrono::steady_clock::now() - start > visible_within)
      throw mongo_error(0, 0, "MongoDB: an entry of another node is there and cannot be read");
    std::this_thread::sleep_for(visible_step);
    look();
  }
  more_is_there_ = false;
  if (entries.empty()) return entries;
  const std::uint64_t settled = applying_.settle(store);
  if (settled != head_) views_.forget();
  head_ = settled;
  last_ = entries.back().what.seq;
  return entries;
}

} // namespace

std::unique_ptr<log_rows> open_rows(client_pool& pool, std::string inbox, views_are state) {
  return std::make_unique<mongo_rows>(pool, std::move(inbox), state);
}

} // namespace tickwire::mongo
