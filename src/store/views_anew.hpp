// Views from the log.
#pragma once

#include "store/store_digest.hpp"
#include "store/whole_store.hpp"

#include <functional>
#include <string>

namespace tickwire {

struct views_anew {
  views_digest before, after;
  bool as_they_were() const { return before == after; }
};

// Makes the views of every inbox from its log; `done` is called for each. Where they come out as others than
// they were, the log gets another epoch, so that pages load anew. Throws std::runtime_error with a sentence
// for people when there is no log, the store is unfinished, or a server uses it.
void make_views_anew(whole_store& store,
                     const std::function<void(const std::string& inbox, const views_anew&)>& done);

} // namespace tickwire
