// Appending to the log: proposals are deduplicated, completed, applied and encoded, many at once in one
// transaction. The same for every store. One thread.
#pragma once

#include "app/ports.hpp"
#include "store/log_rows.hpp"

#include <memory>
#include <string>
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

  // All appends in one transaction. If it fails, each by itself, so that a single bad one harms no other. An
  // append without proposals asks whether the store can be used: a commit all the same, with nothing in the
  // log.
  commit_outcome commit(const std::vector<std::vector<entry>>& appends);

private:
  bool try_commit(const std::vector<entry>* first, std::size_t count, commit_outcome& outcome);
  appended append(const entry& proposal, std::vector<encoded_event>& events);
  appended already_there(entry present);
  void write(const entry& entry, const std::optional<event>& said, std::vector<encoded_event>& events);

  std::unique_ptr<log_rows> rows_;
  std::uint64_t head_;
  bool failed_before_ = false; // and nothing was stored since: said once, not for each request
};

} // namespace tickwire
