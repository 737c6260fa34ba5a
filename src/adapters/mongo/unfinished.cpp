#include "adapters/mongo/unfinished.hpp"

#include "adapters/mongo/row_documents.hpp"

#include <stdexcept>

namespace tickwire::mongo {

namespace {

document the_mark() { return document().text("_id", "unfinished"); }

} // namespace

std::string unfinished(client& store) {
  const auto mark = store.find_one(collections::meta, the_mark(), {.majority = true});
  return mark ? reader(*mark).text("why") : std::string();
}

void set_unfinished(client& store, const std::string& sentence) {
  if (sentence.empty()) {
    store.remove_one(collections::meta, the_mark());
    return;
  }
  const document why = document().text("why", sentence);
  store.update_one(collections::meta, the_mark(), document().object("$set", why), upsert::yes);
}

void refuse_unfinished(client& store) {
  if (const std::string why = unfinished(store); !why.empty()) throw std::runtime_error(why);
}

} // namespace tickwire::mongo
