// How the views of an inbox get from one entry of the log to a later one when any node may die, or sleep, at
// any point. One document of `meta` names the step that is under way: from which entry to which, and every
// row as it will be. The document changes only from a step whose rows are all written to the next, so whoever
// finds it can write the rows again; each row says up to which entry it is (`v`), and a later one is never
// replaced. Why not simply apply the entries again: decision 25.
#pragma once

#include "adapters/mongo/client_pool.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire::mongo {

// Whether a row was there before the step.
enum class before { absent, present, unknown };

enum class views_are { whole, made_anew };

// Takes all rows of an inbox's views away, and says so until finish_views(): none that is there is right, and
// whoever opens the inbox as if it were whole is refused. No server may run.
void remove_all_views(client& store, const std::string& inbox);
void finish_views(client& store, const std::string& inbox);

// The rows of one step.
class row_changes {
public:
  void put(const char* collection, const document& row, before there); // the row without `v`
  // Leaves a mark that it is gone, so that a slow node's older step does not bring it back.
  void remove(const char* collection, std::string_view id);
  // Leaves nothing: for rows that harm nobody when they come back.
  void erase(const char* collection, std::string_view id);
  // The messages that stand in the one chat stand in the other.
  void move_messages(std::string_view inbox, std::string_view from, std::string_view into);
  // What has a name that begins with the one text has it with the other; what is there under that stays.
  void move_names(std::string_view inbox, std::string_view from, std::string_view into);

  bool empty() const { return parts_.empty(); }
  // Each fits into one document.
  const std::vector<list>& parts() const { return parts_; }

private:
  void add(const document& change);
  std::vector<list> parts_;
};

class applying {
public:
  applying(std::string inbox, std::string writer)
      : inbox_(std::move(inbox))
      , writer_(std::move(writer)) {}

  // Makes the inbox's document when there is none; gives its epoch. From then on everything is refused when
  // the log has another one: whoever opened it before knows rows that are not there any more. Refused, too,
  // while the views are made anew, but for the one who does that.
  std::string open(client& store, views_are state = views_are::whole);

  // Writes the rows of the step that is under way. The entry that the views have then.
  std::uint64_t settle(client& store);

  // All rows from the entry `from`, up to which the views are settled, to the entry `to`. False: there is
  // another step, somebody else's; settle() writes it.
  bool advance(client& store, std::uint64_t from, std::uint64_t to, const row_changes& changes);

private:
  struct step;
  step read(client& store);
  bool perform(client& store, const step& step);

  const std::string inbox_;
  const std::string writer_;
  std::string epoch_;
  std::uint64_t steps_ = 0; // that this writer has made; names them
  bool had_parts_ = true;   // some step before may have left parts
};

} // namespace tickwire::mongo
