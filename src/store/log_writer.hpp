// Appending to the log: proposals are deduplicated, completed, applied and encoded, many at once in one
// transaction. The same for every store. One thread. Its steps, and those of MongoDB's rows, are checked in
// model/log.pml.
#pragma once

#include "app/ports.hpp"
#include "store/log_rows.hpp"

#include <memory>
#include <set>
#include <string>
#include <type_traits>
#include <vector>

namespace tickwire {

using append_result = result<std::vector<appended>>;

append_result store_is_away();

// What a commit has to say.
struct commit_outcome {
  bool durable = false; // something was stored, if only a probe
  std::uint64_t head = 0;
  std::vector<entry_news> news;       // of all entries behind the head of the outcome before, in their order
  std::vector<append_result> answers; // one for each append, in the same order
};

class log_writer {
public:
  explicit log_writer(std::unique_ptr<log_rows> rows);

  std::uint64_t head() const { return head_; }
  std::string epoch() { return rows_->epoch(); }

  // All appends in one transaction. An append without proposals asks whether the store can be used: a commit
  // all the same, with nothing in the log.
  //
  // When the store cannot be used, all are refused (store_unavailable). When something else throws, it is a
  // fault of ours about one entry, and it harms no other: the transaction is made again, one by one, and
  // an item of Meta's (it has raw JSON) that throws is kept as `unhandled` under "kept:" and its key, while
  // an append of our own fails as a whole (internal).
  //
  // When another writer was faster, what it wrote is taken in and everything is decided anew (decision 25).
  // An append that was refused since nobody knew whether it was stored, and that was, is answered as stored
  // when it comes again.
  commit_outcome commit(const std::vector<std::vector<entry>>& appends);

  // The next commit, also one of nothing, takes in first what other writers have appended.
  void expect_others() { may_be_behind_ = true; }

private:
  // One by one costs some statements for each entry, so it is for when something has thrown.
  enum class manner { together, one_by_one };
  enum class attempt { done, store_away, thrown, overtaken };

  void take_in();
  void take_in(const std::vector<log_entry>& entries);
  std::optional<event> apply_or_skip(const entry& entry);
  attempt try_take_in();
  void forget_unanswered(const std::vector<std::vector<entry>>& appends);
  void say_failure(const std::string& what, const std::exception& error);

  attempt try_commit(const std::vector<std::vector<entry>>& appends, manner how, commit_outcome& outcome);
  append_result append_by_itself(const std::vector<entry>& proposals);
  appended append_or_keep(const entry& proposal);
  appended append(const entry& proposal);
  std::optional<message> shown(const std::string& message_id);
  appended already_there(entry present);
  void append_owed();
  void write(const entry& entry, const std::optional<event>& said, bool follows = false);

  // work(), undone when it throws.
  template <class Work>
  std::invoke_result_t<Work&> undone_if_it_throws(Work work);

  std::unique_ptr<log_rows> rows_;
  std::uint64_t head_;
  std::vector<entry_news> news_;     // of the open transaction
  std::vector<entry_news> others_;   // of entries taken in, for the next outcome
  bool may_be_behind_ = true;        // the log may have entries that we do not know
  std::vector<entry> owed_;          // what must be appended before anything else: a writer died before it
  std::set<std::string> unanswered_; // keys of ours that are stored, and whoever appended them does not know
  bool failed_before_ = false;       // and nothing was stored since: said once, not for each request
};

} // namespace tickwire
