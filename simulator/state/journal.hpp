#pragma once
// What went over the wire, for tests to check against and for people to watch. Bounded: the oldest go first.

#include "simulator/state/clock.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace simulator {

/// A call of the Graph interface.
struct request_record {
  std::string method{};
  std::string path{};
  boost::json::value body{}; ///< parsed, or the text when it was no JSON
  std::string outcome{};     ///< accepted, refused, read, ok, or the name of the fault
  int status = 0;            ///< 0 when no answer was given
  int code = 0;              ///< Graph error code, 0: none
  std::string wamid{};
  std::string callback_data{};
  double latency_ms = 0;
};

struct webhook_attempt {
  wall_time at{};
  int status = 0;      ///< 0: no answer
  std::string error{}; ///< why there was none
  double latency_ms = 0;
};

/// A webhook on its way to the receiver.
struct webhook_record {
  std::shared_ptr<const std::string> body{}; ///< exactly the bytes posted
  std::string signature{};                   ///< the header; empty: none was sent
  boost::json::array items{};                ///< summary: {kind, wamid, status | type, from, callbackData}
  std::vector<webhook_attempt> attempts{};   ///< the newest 50
  int tries = 0;
  std::string state =
      "pending"; ///< pending, delivered, given up, dropped (never posted: by fault, switch or limit)
};

struct journal_entry {
  std::uint64_t seq = 0;
  wall_time at{};
  std::variant<request_record, webhook_record> record;
};

boost::json::object to_json(const journal_entry& entry);

/// Lives in the one thread of the simulator.
class journal {
public:
  explicit journal(std::size_t limit)
      : limit_(limit) {}

  /// Called after an entry was added or changed; for pages that watch.
  std::function<void(const journal_entry&)> on_change;

  std::uint64_t add(std::variant<request_record, webhook_record> record);

  /// The webhook of that number, unless it has been forgotten; call `changed` after having changed it.
  webhook_record* webhook(std::uint64_t seq);
  void changed(std::uint64_t seq);

  /// Entries with a higher number than `since`, oldest first, at most `most`. `kind`: request, webhook or
  /// empty for both.
  boost::json::object list(std::uint64_t since, std::string_view kind, std::size_t most) const;

  void clear() { entries_.clear(); }
  void limit(std::size_t entries);
  const std::deque<journal_entry>& entries() const { return entries_; }

private:
  journal_entry* find(std::uint64_t seq);

  std::size_t limit_;
  std::uint64_t last_ = 0;
  std::deque<journal_entry> entries_;
};

} // namespace simulator
