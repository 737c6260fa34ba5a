// Tells people that Meta sent what we do not understand: counted by kind, said in the log once in a while,
// and of a business number that is not ours, a fault of set-up, told to admins. I/O thread.
#pragma once

#include "app/ports.hpp"
#include "app/service_state.hpp"
#include "base/metrics.hpp"
#include "core/kept.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace tickwire {

class kept_items {
public:
  // Says how Meta writes the business number of a kept change; empty when it does not.
  using number_in = std::function<std::string(const std::string& raw)>;

  kept_items(service_state& service, number_in display);

  // An item was stored as `unhandled` just now. The line for the log, when it is time for one.
  std::optional<std::string> add(const entry& kept);

  // What the log has from the runs before. Once, at the start.
  task<result<void>> load(log_store& log);

  std::uint64_t count(std::size_t kind) const { return counts_.at(kind).value(); }

  static constexpr std::chrono::minutes said_every{10};

private:
  void count_in(const entry& example, std::uint64_t count);

  service_state& service_;
  const number_in display_;
  std::array<counter, kept_kinds.size()> counts_; // since the log was made
  std::array<std::uint64_t, kept_kinds.size()> unsaid_{};
  std::optional<timestamp> said_at_;
};

} // namespace tickwire
