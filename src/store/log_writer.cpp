#include "store/log_writer.hpp"

#include "base/logging.hpp"
#include "core/apply.hpp"
#include "core/complete.hpp"
#include "core/kept.hpp"
#include "core/shown.hpp"
#include "wire/entry_json.hpp"
#include "wire/public_json.hpp"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace tickwire {

namespace {

// What a probe writes. After a failure it is more than most commits, so that a disk which is full but for its
// last page is not called usable.
constexpr std::size_t probe_bytes = 2 * 1024, probe_bytes_after_failure = 64 * 1024;

// So often an append is decided anew; then it is refused, since its caller is better off knowing.
constexpr int overtaken_max = 100;

// Keys that are remembered at most. Without it, an append that comes again is answered as one that was there.
constexpr std::size_t unanswered_max = 10'000;

// Running out of memory is not the entry's fault: it may well be stored a second later.
bool is_of_the_store(const std::exception& error) {
  const auto* said = dynamic_cast<const store_error*>(&error);
  return (said && said->of_the_store()) || dynamic_cast<const std::bad_alloc*>(&error);
}

// Nothing when encoding is what throws.
std::optional<std::string> encoded_if_possible(const entry_data& data) {
  try {
    return wire::encode(data);
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

} // namespace

append_result store_is_away() {
  return fail(
      failure_kind::store_unavailable, "store_unavailable",
      "The database cannot be written at the moment. Nothing was changed; try again in a few seconds.");
}

// Begins with the newest entry that the views have: what belongs behind it may be missing in the log.
log_writer::log_writer(std::unique_ptr<log_rows> rows)
    : rows_(std::move(rows))
    , head_(std::max<std::uint64_t>(rows_->head(), 1) - 1) {
  take_in();
  head_ = std::max(head_, rows_->head());
  others_.clear(); // nobody listens yet
}

commit_outcome log_writer::commit(const std::vector<std::vector<entry>>& appends) {
  commit_outcome outcome;
  manner how = manner::together;
  attempt made = attempt::overtaken;
  for (int tries = 0; made == attempt::overtaken && tries < overtaken_max; ++tries) {
    made = try_take_in();
    if (made == attempt::done) made = try_commit(appends, how, outcome);
    if (made != attempt::thrown) continue;
    how = manner::one_by_one;
    made = attempt::overtaken;
  }
  if (made == attempt::overtaken)
    log_error("log: other writers were faster each time; " + std::to_string(appends.size()) +
              " appends are refused");
  outcome.durable = made == attempt::done;
  if (outcome.durable) forget_unanswered(appends);
  outcome.news = std::exchange(others_, {});
  std::move(news_.begin(), news_.end(), std::back_inserter(outcome.news));
  news_.clear();
  outcome.head = head_;
  while (outcome.answers.size() < appends.size()) outcome.answers.push_back(store_is_away());
  return outcome;
}

log_writer::attempt log_writer::try_take_in() {
  try {
    take_in();
    return attempt::done;
  } catch (const std::exception& error) {
    say_failure("the log was not read", error);
    return attempt::store_away;
  }
}

void log_writer::take_in() {
  while (may_be_behind_) {
    const std::vector<log_entry> entries = rows_->entries_after(head_);
    if (entries.empty())
      may_be_behind_ = false;
    else
      take_in(entries);
  }
}

// Brings the views to the last of these, unless somebody else has done it.
void log_writer::take_in(const std::vector<log_entry>& entries) {
  const std::uint64_t applied = rows_->head();
  if (entries.back().what.seq > applied) {
    try {
      rows_->begin();
      std::vector<const entry*> all;
      for (const log_entry& one : entries)
        if (one.what.seq > applied) all.push_back(&one.what);
      rows_->prefetch(all);
      for (const entry* one : all) apply_or_skip(*one);
      rows_->commit();
    } catch (const overtaken&) { // then they are applied; the next look says how far
      return rows_->roll_back();
    } catch (const std::exception&) {
      rows_->roll_back();
      throw;
    }
  }
  for (const log_entry& one : entries) {
    if (entry_news news = news_of(one.what, one.said); !news.empty()) others_.push_back(std::move(news));
    if (one.ours && unanswered_.size() < unanswered_max) unanswered_.insert(one.what.key);
    if (!owed_.empty() && owed_.front().key == one.what.key) owed_.erase(owed_.begin());
    if (!one.then.empty()) owed_ = one.then;
  }
  head_ = entries.back().what.seq;
}

// A fault of ours about one entry stops nobody: it stands in the log, and views made anew will have it.
std::optional<event> log_writer::apply_or_skip(const entry& entry) {
  try {
    return undone_if_it_throws([&] { return apply(rows_->views(), entry); });
  } catch (const std::exception& error) {
    if (is_of_the_store(error)) throw;
    log_error("log: entry " + std::to_string(entry.seq) + " is in no view, since it threw: " + error.what());
    return std::nullopt;
  }
}

void log_writer::forget_unanswered(const std::vector<std::vector<entry>>& appends) {
  if (unanswered_.empty()) return;
  for (const std::vector<entry>& proposals : appends)
    for (const entry& proposal : proposals) unanswered_.erase(proposal.key);
}

void log_writer::say_failure(const std::string& what, const std::exception& error) {
  if (!failed_before_) log_error("log: " + what + ": " + error.what());
  failed_before_ = true;
}

log_writer::attempt log_writer::try_commit(const std::vector<std::vector<entry>>& appends, manner how,
                                           commit_outcome& outcome) {
  if (appends.empty() && owed_.empty()) return attempt::done;
  const std::uint64_t head_before = head_;
  const auto take_back = [&] {
    rows_->roll_back();
    head_ = head_before;
    news_.clear();
    outcome.answers.clear();
  };
  try {
    rows_->begin();
    std::vector<const entry*> all;
    for (const std::vector<entry>& proposals : appends)
      for (const entry& proposal : proposals) all.push_back(&proposal);
    rows_->prefetch(all);
    append_owed();
    for (const std::vector<entry>& proposals : appends) {
      if (proposals.empty()) rows_->write_probe(failed_before_ ? probe_bytes_after_failure : probe_bytes);
      if (how == manner::one_by_one) {
        outcome.answers.push_back(append_by_itself(proposals));
        continue;
      }
      std::vector<appended> done;
      done.reserve(proposals.size());
      for (const entry& proposal : proposals) done.push_back(append(proposal));
      outcome.answers.emplace_back(std::move(done));
    }
    rows_->commit();
    owed_.clear();
    failed_before_ = false;
    return attempt::done;
  } catch (const overtaken&) {
    take_back();
    may_be_behind_ = true;
    return attempt::overtaken;
  } catch (const std::exception& error) {
    take_back();
    may_be_behind_ = true;
    const bool away = is_of_the_store(error);
    if (!away && how == manner::together) return attempt::thrown; // one by one will show which entry it is
    say_failure("nothing of " + std::to_string(appends.size()) + " appends was stored", error);
    return attempt::store_away;
  }
}

append_result log_writer::append_by_itself(const std::vector<entry>& proposals) {
  try {
    return undone_if_it_throws([&] {
      std::vector<appended> done;
      for (const entry& proposal : proposals) done.push_back(append_or_keep(proposal));
      return done;
    });
  } catch (const std::exception& error) {
    if (is_of_the_store(error)) throw;
    log_error(std::string("log: a change was not stored, since it threw: ") + error.what());
    return fail(failure_kind::internal, "internal",
                "Something went wrong on our side and nothing was changed. If it stays, look into the "
                "server's log.");
  }
}

appended log_writer::append_or_keep(const entry& proposal) {
  if (proposal.raw.empty()) return append(proposal);
  try {
    return undone_if_it_throws([&] { return append(proposal); });
  } catch (const std::exception& error) {
    if (is_of_the_store(error)) throw;
    const std::string what = "failed " + std::string(kind_of(proposal.data));
    entry kept;
    kept.inbox = proposal.inbox;
    kept.at = proposal.at;
    kept.key = std::string(kept_key_prefix) + proposal.key;
    kept.chat_id = proposal.chat_id;
    unhandled why{what + ": " + error.what(), {}, {}};
    if (auto data = encoded_if_possible(proposal.data)) {
      why.kind = kind_of(proposal.data);
      why.data = std::move(*data);
    }
    kept.data = std::move(why);
    kept.raw = proposal.raw;
    appended done = append(kept);
    if (done.stored)
      log_error("webhook: one item is kept as it came (" + what + "), since it threw: " + error.what());
    return done;
  }
}

// They are completed already; only a number and their turn is missing.
void log_writer::append_owed() {
  for (std::size_t i = 0; i < owed_.size(); ++i) {
    entry one = owed_[i];
    one.seq = head_ + 1;
    write(one, apply_or_skip(one), i > 0);
    head_ = one.seq;
  }
}

appended log_writer::append(const entry& proposal) {
  if (auto present = rows_->find(proposal.key)) return already_there(std::move(*present));
  appended done;
  for (entry& completed : complete(rows_->views(), proposal)) {
    if (completed.key != proposal.key && rows_->has(completed.key)) continue;
    completed.seq = head_ + 1;
    const std::optional<event> said = apply(rows_->views(), completed);
    write(completed, said, done.stored);
    head_ = completed.seq;
    if (completed.key != proposal.key) continue;
    done.stored = true;
    done.seq = completed.seq;
    if (!completed.message_id.empty()) done.row = shown(completed.message_id);
    done.stored_entry = std::move(completed);
  }
  if (!done.stored && !proposal.message_id.empty()) done.row = shown(proposal.message_id);
  return done;
}

std::optional<message> log_writer::shown(const std::string& message_id) {
  std::optional<message> row = rows_->views().find_message(message_id);
  if (row) complete_as_shown(*row, rows_->views());
  return row;
}

appended log_writer::already_there(entry present) {
  appended done;
  done.seq = present.seq;
  done.stored = unanswered_.contains(present.key);
  if (!present.message_id.empty()) done.row = shown(present.message_id);
  done.stored_entry = std::move(present);
  return done;
}

void log_writer::write(const entry& entry, const std::optional<event>& said, bool follows) {
  const std::string data = wire::encode(entry.data);
  std::optional<encoded_event> event;
  if (said)
    event = {entry.seq, std::string(name_of(*said)), said->only_user,
             std::make_shared<const std::string>(wire::event_data(*said))};
  entry_news news = news_of(entry, std::move(event));
  rows_->write({entry, data, news.event ? &*news.event : nullptr, follows});
  if (!news.empty()) news_.push_back(std::move(news));
}

template <class Work>
std::invoke_result_t<Work&> log_writer::undone_if_it_throws(Work work) {
  const std::uint64_t head_before = head_;
  const std::size_t news_before = news_.size();
  rows_->set_point();
  try {
    auto done = work();
    rows_->keep_since_point();
    return done;
  } catch (...) {
    rows_->undo_since_point();
    head_ = head_before;
    news_.resize(news_before);
    throw;
  }
}

} // namespace tickwire
