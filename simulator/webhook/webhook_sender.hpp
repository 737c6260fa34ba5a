#pragma once
// Posts webhooks as Meta does: signed, several at once, again and again until a 200 comes.

#include "simulator/faults/options.hpp"
#include "simulator/faults/seeded_random.hpp"
#include "simulator/state/activity.hpp"
#include "simulator/state/journal.hpp"
#include "simulator/webhook/shapes.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace simulator {

struct raw_webhook {
  std::string body{};
  std::optional<std::string> signature{}; ///< instead of the right one; empty: no header
  bool retry = false;
};

/// One thread. Options are read at each use, so that changes count at once.
class webhook_sender {
public:
  webhook_sender(boost::asio::any_io_executor executor, const options& set, journal& log,
                 seeded_random& random, activity& busy);
  ~webhook_sender();

  /// Takes one item on; it goes alone or in a batch. `delivered` is called when a 200 came, perhaps after
  /// retries. The gate opens when the first attempt is over, however it ended.
  std::shared_ptr<gate> tell(webhook_item item, std::function<void()> delivered = {});

  /// Posts the bytes as they are. Returns the number of the journal entry; the gate opens after the first
  /// attempt.
  std::pair<std::uint64_t, std::shared_ptr<gate>> post(raw_webhook webhook);

  struct handshake {
    bool good = false;
    int status = 0;
    std::string answer;
  };
  /// `GET` with hub.mode, hub.verify_token and hub.challenge.
  boost::asio::awaitable<handshake> verify();

  /// Webhooks that have not been answered 200 yet.
  std::size_t pending() const;

private:
  struct implementation;
  std::shared_ptr<implementation> self_;
};

} // namespace simulator
