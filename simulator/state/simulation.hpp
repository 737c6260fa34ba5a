#pragma once
// The made-up world: people, phones, messages under way, and the rules by which statuses follow.

#include "simulator/faults/fault_plan.hpp"
#include "simulator/faults/options.hpp"
#include "simulator/graph/media_table.hpp"
#include "simulator/graph/outgoing.hpp"
#include "simulator/graph/rate_limits.hpp"
#include "simulator/net/event_hub.hpp"
#include "simulator/state/activity.hpp"
#include "simulator/state/customers.hpp"
#include "simulator/state/identifiers.hpp"
#include "simulator/state/journal.hpp"
#include "simulator/webhook/webhook_sender.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <expected>
#include <memory>
#include <string>
#include <vector>

namespace simulator {

/// A message taken on, before anything was told.
struct accepted {
  std::string wamid{};
  std::string wa_id{};   ///< digits, when addressed by number
  std::string user_id{}; ///< when addressed by user id
  std::string input{};   ///< as the caller wrote it
  std::string group_id{};
};

/// What a customer sends. Either `text`, or `message`: a raw object with at least a `type`.
struct inbound {
  std::string from{}; ///< digits
  std::string name{}; ///< empty: as known
  std::string group_id{};
  boost::json::object message{};
};

/// Owned by main; lives in the one thread of `executor`.
class simulation {
public:
  simulation(const boost::asio::any_io_executor& executor, options set);

  options set;
  seeded_random random;
  journal log;
  customers people;
  identifiers ids;
  media_table media;
  event_hub hub;
  activity busy;
  webhook_sender sender;

  /// Puts the customers of the demonstration on stage: the first ones have names.
  void invite(int count);

  /// All or nothing; a sentence when something does not fit. Does the handshake when address or token
  /// changed.
  std::expected<void, std::string> change_options(const boost::json::object& patch);

  /// Checks who is meant, limits and media, and takes the message on. Statuses wait for `start`.
  std::expected<accepted, graph_error> check_and_accept(const outgoing& message, const send_plan& plan);
  /// Starts the statuses of an accepted message. The gate opens when the first was told.
  std::shared_ptr<gate> start(const accepted& message, const outgoing& sent, const send_plan& plan);
  /// Everything that Meta would refuse before taking a message on.
  std::expected<void, graph_error> check(const outgoing& message);

  std::expected<void, graph_error> read_by_business(const read_receipt& receipt);

  /// Returns the wamid, or a sentence.
  std::expected<std::string, std::string> receive(const inbound& what);

  /// One status, just so. A sentence when the message is not known.
  std::expected<void, std::string> force_status(const std::string& wamid, const std::string& status, int code,
                                                const std::string& participant);

  /// Phone switches. Going on brings what waited; reading by itself reads what lies there.
  void set_phone(customer& someone, std::optional<bool> online, std::optional<bool> reads);
  /// Marks all messages that arrived as read; returns how many.
  int read_all(customer& someone);

  /// The whole state for a page that just opened.
  boost::json::object snapshot() const;
  void publish(const customer& someone);

  /// Handshake with the receiver, kept in the journal.
  boost::asio::awaitable<webhook_sender::handshake> verify();

private:
  struct run; ///< statuses of one message on their way
  boost::asio::awaitable<void> perform(run what);
  void launch(run what);
  business_number number() const;
  std::expected<customer*, graph_error> recipient_of(const outgoing& message);
  void raise(customer& on, phone_message& message, const std::string& status, int code);
  void publish_message(const customer& on, const phone_message& message);

  boost::asio::any_io_executor executor_;
  pair_limit pairs_;
  throughput_limit throughput_;
};

} // namespace simulator
