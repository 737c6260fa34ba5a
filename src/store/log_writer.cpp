#include "store/log_writer.hpp"

#include "base/logging.hpp"
#include "core/apply.hpp"
#include "core/complete.hpp"
#include "wire/entry_json.hpp"
#include "wire/public_json.hpp"

namespace tickwire {

namespace {

// More than a usual commit once one has failed, so that the answer is not "usable" as long as the last free
// page of a full disk lasts.
constexpr std::size_t probe_bytes = 2 * 1024, probe_bytes_after_failure = 64 * 1024;

std::unexpected<failure> unavailable() {
  return fail(failure_kind::store_unavailable, "store_unavailable",
              "The database cannot be written or read at the moment. Nothing was changed; try again in a few "
              "seconds.");
}

} // namespace

log_writer::log_writer(std::unique_ptr<log_rows> rows)
    : rows_(std::move(rows))
    , head_(rows_->head()) {}

commit_outcome log_writer::commit(const std::vector<std::vector<entry>>& appends) {
  commit_outcome outcome;
  if (!try_commit(appends.data(), appends.size(), outcome))
    for (const std::vector<entry>& one : appends) try_commit(&one, 1, outcome);
  outcome.head = head_;
  return outcome;
}

// False: nothing is stored because of one of several; each has to be tried by itself.
bool log_writer::try_commit(const std::vector<entry>* first, std::size_t count, commit_outcome& outcome) {
  const std::uint64_t head_before = head_;
  const std::size_t events_before = outcome.events.size(), answers_before = outcome.answers.size();
  try {
    rows_->begin();
    for (const auto* proposals = first; proposals != first + count; ++proposals) {
      if (proposals->empty()) rows_->write_probe(failed_before_ ? probe_bytes_after_failure : probe_bytes);
      std::vector<appended> done;
      done.reserve(proposals->size());
      for (const entry& proposal : *proposals) done.push_back(append(proposal, outcome.events));
      outcome.answers.emplace_back(std::move(done));
    }
    rows_->commit();
    outcome.durable = true;
    failed_before_ = false;
    return true;
  } catch (const std::exception& error) {
    rows_->roll_back();
    head_ = head_before;
    outcome.events.resize(events_before);
    outcome.answers.erase(outcome.answers.begin() + static_cast<std::ptrdiff_t>(answers_before),
                          outcome.answers.end());
    const auto* said = dynamic_cast<const store_error*>(&error);
    const bool all_together = count == 1 || (said && said->of_the_store());
    if (!failed_before_ || !all_together)
      log_error("log: nothing of " + std::to_string(count) + " appends was stored: " + error.what());
    failed_before_ = true;
    if (!all_together) return false;
    for (std::size_t i = 0; i < count; ++i) outcome.answers.emplace_back(unavailable());
    return true;
  }
}

appended log_writer::append(const entry& proposal, std::vector<encoded_event>& events) {
  if (auto present = rows_->find(proposal.key)) return already_there(std::move(*present));
  appended done;
  for (entry& completed : complete(rows_->views(), proposal)) {
    if (completed.key != proposal.key && rows_->find(completed.key)) continue;
    completed.seq = head_ + 1;
    const std::optional<event> said = apply(rows_->views(), completed);
    write(completed, said, events);
    head_ = completed.seq;
    if (completed.key != proposal.key) continue;
    done.stored = true;
    done.seq = completed.seq;
    if (!completed.message_id.empty()) done.row = rows_->views().find_message(completed.message_id);
    done.stored_entry = std::move(completed);
  }
  if (!done.stored && !proposal.message_id.empty())
    done.row = rows_->views().find_message(proposal.message_id);
  return done;
}

appended log_writer::already_there(entry present) {
  appended done;
  done.seq = present.seq;
  if (!present.message_id.empty()) done.row = rows_->views().find_message(present.message_id);
  done.stored_entry = std::move(present);
  return done;
}

void log_writer::write(const entry& entry, const std::optional<event>& said,
                       std::vector<encoded_event>& events) {
  const std::string data = wire::encode(entry.data);
  if (!said) return rows_->write({entry, data});
  events.push_back({entry.seq, std::string(name_of(*said)), said->only_user,
                    std::make_shared<const std::string>(wire::event_data(*said))});
  rows_->write({entry, data, &events.back()});
}

} // namespace tickwire
