// Whether anybody else is at work on a database, for commands that must be alone there. MongoDB has no locks,
// but whoever is at work shows it by a number that rises: servers in the lease of who sends (decision 26),
// commands in a mark of their own. It is watched whether one rises; no clocks are compared.
#pragma once

#include "adapters/mongo/client_pool.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace tickwire::mongo {

// Whoever has shown nothing for so long is not there. A lease may stand still for seven seconds when the
// server that had it has died and another one takes it.
inline constexpr std::chrono::milliseconds silence_of_the_dead{9'000};

// As long as it lives, a command's mark is there and rises. Nothing is thrown while the store is away.
class command_mark {
public:
  command_mark(client_pool& pool, std::chrono::milliseconds every);
  command_mark(const command_mark&) = delete;
  command_mark& operator=(const command_mark&) = delete;
  ~command_mark();

private:
  void work();
  void raise();

  client_pool& pool_;
  const std::chrono::milliseconds every_;
  const std::string id_;
  std::int64_t count_ = 0;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread raising_;
};

// Watches as long as it takes to be sure: `silence` where something that died may have left a number, a
// quarter of it where only servers that have stopped have.
bool somebody_is_at_work(client_pool& pool, std::chrono::milliseconds silence = silence_of_the_dead);

} // namespace tickwire::mongo
