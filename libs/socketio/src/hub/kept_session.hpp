// What connection state recovery knows of sockets that are here, and of those that may come back.
#pragma once

#include "hub/nsp_slice.hpp"
#include "hub/recovery_log.hpp"
#include "socketio/server.hpp"

#include <any>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace socketio::detail {

// A namespace of of_matching() that must not go although nobody is in it.
class nsp_pin {
public:
  nsp_pin(hub& all, std::shared_ptr<nsp> which);
  nsp_pin(const nsp_pin&) = delete;
  nsp_pin& operator=(const nsp_pin&) = delete;
  ~nsp_pin();

private:
  hub& all_;
  const std::shared_ptr<nsp> which_;
};

// A session that was cut off and may be taken up again.
struct kept_session {
  kept_session(hub& all, std::shared_ptr<nsp> nsp, nsp_slice& slice)
      : pin(all, std::move(nsp))
      , slice(slice) {}
  nsp_pin pin;
  nsp_slice& slice; // where it was
  std::string id, pid;
  std::vector<stay> stays;
  progress forgotten;
  received has;
  std::optional<event_number> came_with;
  std::any data;
  boost::json::value shared_data;
  time_point expires;
};

// What recovery keeps of a socket beside it.
struct recovery_state {
  std::string pid;                       // private id: who knows it may come back as this socket
  progress before;                       // what its client had when it came to this thread
  std::optional<event_number> came_with; // the last event that it named then
  time_point came_at{};
  std::vector<stay> stays;
  progress forgotten;                     // what concerned it while it was in rooms that are not in `stays`
  std::unique_ptr<kept_session> restored; // until it is admitted

  void end_stay(std::string_view room, const std::shared_ptr<const progress>& now);
};

} // namespace socketio::detail
