#include "adapters/mongo/mongo_leases.hpp"

#include "adapters/mongo/mongo_error.hpp"
#include "adapters/mongo/row_documents.hpp"
#include "base/blocking_pool.hpp"

#include <utility>

namespace tickwire::mongo {

namespace {

constexpr std::size_t waiting_max = 8;

document told_of(const sending_state& state) {
  document told;
  told.flag("paused", state.paused).text("reason", state.reason).number("waiting", state.waiting);
  told.time("since", state.since).time("nextTryAt", state.next_try_at);
  return told;
}

sending_state state_of(const reader& told) {
  sending_state state;
  state.paused = told.flag("paused");
  state.reason = told.text("reason");
  state.waiting = static_cast<std::size_t>(told.number("waiting"));
  state.since = told.maybe_time("since");
  state.next_try_at = told.maybe_time("nextTryAt");
  return state;
}

class mongo_leases final : public sending_leases {
public:
  mongo_leases(client_pool& pool, const std::string& inbox)
      : clients_(pool)
      , id_(inbox + "/sender") {}

  task<result<sending_lease>> beat(std::string node, sending_state told) override {
    return run([=, this](client& store) {
      document change;
      change.object("$inc", document().number("beat", 1));
      change.object("$set", document().object("told", told_of(told)));
      store.update_one(collections::meta, held_by(node), change);
      return now(store);
    });
  }

  task<result<sending_lease>> take(std::string node, sending_lease seen) override {
    return run([=, this](client& store) {
      document change;
      change.object("$inc", document().number("beat", 1));
      change.object("$set", document().text("holder", node));
      document as_seen = held_by(seen.holder);
      as_seen.number("beat", seen.beat);
      try {
        if (seen.beat == 0) // there is none yet
          store.insert(collections::meta, held_by(node).number("beat", 1).object("told", told_of({})));
        else
          store.update_one(collections::meta, as_seen, change);
      } catch (const mongo_error& error) {
        if (!error.duplicate()) throw; // somebody else was faster
      }
      return now(store);
    });
  }

  task<result<void>> leave(std::string node) override {
    const auto left = co_await run([=, this](client& store) {
      document change;
      change.object("$inc", document().number("beat", 1));
      change.object("$set", document().text("holder", ""));
      store.update_one(collections::meta, held_by(node), change);
      return sending_lease{};
    });
    if (!left) co_return std::unexpected(left.error());
    co_return result<void>{};
  }

private:
  document held_by(const std::string& node) const { return document().text("_id", id_).text("holder", node); }

  sending_lease now(client& store) const {
    sending_lease lease;
    if (const auto found = store.find_one(collections::meta, document().text("_id", id_))) {
      const reader row(*found);
      lease.holder = row.text("holder");
      lease.beat = static_cast<std::uint64_t>(row.number("beat"));
      if (const auto told = row.object("told")) lease.told = state_of(*told);
    }
    return lease;
  }

  template <class Work>
  task<result<sending_lease>> run(Work work) {
    auto on_thread = [this, work = std::move(work)]() mutable -> result<sending_lease> {
      try {
        client store = clients_.take();
        return work(store);
      } catch (const mongo_error& error) { // the log says that the store is away
        return fail(failure_kind::store_unavailable, "store_unavailable", error.what());
      }
    };
    co_return co_await pool_.run(std::move(on_thread));
  }

  client_pool& clients_;
  const std::string id_;
  blocking_pool pool_{1, waiting_max};
};

} // namespace

std::unique_ptr<sending_leases> open_leases(client_pool& pool, std::string inbox) {
  return std::make_unique<mongo_leases>(pool, inbox);
}

} // namespace tickwire::mongo
