// Appending to the log: proposals are deduplicated, completed, applied and encoded, many at once in one
// transaction. The same for every store. One thread.
#pragma once

#include "app/ports.hpp"
#include "store/log_rows.hpp"

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace tickwire {

using append_result = result<std::vector<appended>>;

// What a commit has to say.
struct commit_outcome {
  bool durable = false; // something was stored, if only a probe
  std::uint64_t head = 0;
  std::vector<encoded_event> events;  // in order of seq
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
  commit_outcome commit(const std::vector<std::vector<entry>>& appends);

private:
  // One by one costs some statements for each entry, so it is for when something has thrown.
  enum class manner { together, one_by_one };
  enum class attempt { done, store_away, thrown };

  attempt try_commit(const std::vector<std::vector<entry>>& appends, manner how, commit_outcome& outcome);
  append_result append_by_itself(const std::vector<entry>& proposals);
  appended append_or_keep(const entry& proposal);
  appended append(const entry& proposal);
  std::optional<message> shown(const std::string& message_id);
  appended already_there(entry present);
  void write(const entry& entry, const std::optional<event>& said);

  // work(), undone when it throws.
  template <class Work>
  std::invoke_result_t<Work&> undone_if_it_throws(Work work);

  std::unique_ptr<log_rows> rows_;
  std::uint64_t head_;
  std::vector<encoded_event> events_; // of the open transaction
  bool failed_before_ = false;        // and nothing was stored since: said once, not for each request
};

} // namespace tickwire
