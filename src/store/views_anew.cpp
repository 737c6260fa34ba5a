#include "store/views_anew.hpp"

#include "base/random.hpp"

#include <stdexcept>

namespace tickwire {

namespace {

constexpr std::size_t epoch_characters = 16; // 96 random bits

views_anew of_inbox(whole_store& store, const std::string& inbox) {
  views_anew made;
  const auto log = store.read(inbox);
  const std::string epoch = log->epoch();
  made.before = digest_of_views(*log);
  store.set_epoch(inbox, random_text(epoch_characters)); // first, since this may be stopped before it knows
  store.make_views_anew(inbox);
  made.after = digest_of_views(*log);
  if (made.as_they_were()) store.set_epoch(inbox, epoch);
  return made;
}

} // namespace

void make_views_anew(whole_store& store,
                     const std::function<void(const std::string&, const views_anew&)>& done) {
  if (const std::string why = store.unfinished(); !why.empty()) throw std::runtime_error(why);
  const std::vector<std::string> inboxes = store.inboxes();
  if (inboxes.empty())
    throw std::runtime_error("There is no log in " + store.told() +
                             " yet. Check DATA_DIR and MONGODB_URI, or start the server once.");
  store.keep_servers_out();
  for (const std::string& inbox : inboxes) done(inbox, of_inbox(store, inbox));
}

} // namespace tickwire
