#include "adapters/mongo/at_work.hpp"

#include "adapters/mongo/row_documents.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"

#include <map>

namespace tickwire::mongo {

namespace {

constexpr auto commands_collection = "commands"; // a mark for each that is at work
constexpr std::chrono::milliseconds look_every{100};
constexpr std::chrono::hours dead_after{24}; // commands that died leave theirs; they are swept some day
constexpr std::size_t id_characters = 12;

struct numbers {
  std::map<std::string, std::int64_t> of; // by whose they are
  bool some_may_be_dead = false;
};

numbers shown(client& store) {
  numbers now;
  store.each(collections::meta, document().object("beat", document().number("$gt", 0)), {},
             [&](const reader& lease) {
               now.of.emplace(lease.text("_id"), lease.number("beat"));
               now.some_may_be_dead = now.some_may_be_dead || !lease.view("holder").empty();
             });
  store.each(commands_collection, {}, {}, [&](const reader& mark) {
    now.of.emplace("command " + mark.text("_id"), mark.number("count"));
    now.some_may_be_dead = true;
  });
  return now;
}

} // namespace

command_mark::command_mark(client_pool& pool, std::chrono::milliseconds every)
    : pool_(pool)
    , every_(every)
    , id_(random_text(id_characters)) {
  const document long_ago = document().time("$lt", wall_now() - dead_after);
  pool_.take().remove_all(commands_collection, document().object("at", long_ago));
  raise();
  raising_ = std::thread([this] { work(); });
}

command_mark::~command_mark() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  raising_.join();
}

void command_mark::work() {
  for (std::unique_lock lock(mutex_); !wake_.wait_for(lock, every_, [this] { return ending_; });) {
    lock.unlock();
    try {
      raise();
    } catch (const mongo_error&) { // the next time
    }
    lock.lock();
  }
  try {
    pool_.take().remove_one(commands_collection, document().text("_id", id_));
  } catch (const mongo_error&) { // then it stays, and does not rise
  }
}

void command_mark::raise() {
  const document now = document().number("count", ++count_).time("at", wall_now());
  pool_.take().update_one(commands_collection, document().text("_id", id_), document().object("$set", now),
                          upsert::yes);
}

bool somebody_is_at_work(client_pool& pool, std::chrono::milliseconds silence) {
  client store = pool.take();
  const numbers before = shown(store);
  if (before.of.empty()) return false;
  const auto end = std::chrono::steady_clock::now() + (before.some_may_be_dead ? silence : silence / 4);
  while (std::chrono::steady_clock::now() < end) {
    if (shown(store).of != before.of) return true;
    std::this_thread::sleep_for(look_every);
  }
  return false;
}

} // namespace tickwire::mongo
