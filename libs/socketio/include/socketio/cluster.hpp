// Several servers as one: what a server asks of a cluster, and what the cluster may ask of a server.
//
// An adapter carries broadcasts, joins, questions and server-side events between servers. memory_cluster.hpp
// connects servers of one process; redis_adapter.hpp speaks the format of @socket.io/redis-adapter 8.
#pragma once

#include "socketio/error.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace socketio {

// Arguments with their binary parts: where one belongs, `arguments` has {"_placeholder":true,"num":i} for
// attachments[i].
struct packet_data {
  boost::json::array arguments = {}; // of an event, the name is the first
  std::vector<std::string> attachments = {};
};

// Whom something concerns: the sockets in any of `rooms` (none: all), without those in any of `except`. The
// id of a socket is a room with only that socket.
struct target_options {
  std::vector<std::string> rooms = {}, except = {};
};

struct broadcast_flags {
  bool is_volatile = false; // may be dropped for a client that cannot take it this instant
  bool compress = true;
  std::optional<std::chrono::milliseconds> timeout = {}; // for the acknowledgements
};

// A socket of any server, as fetch_sockets() finds it. A copy: it does not change any more.
struct remote_socket {
  std::string id;
  boost::json::object
      handshake; // as Node's: headers, time, address, xdomain, secure, issued, url, query, auth
  std::vector<std::string> rooms;
  boost::json::value data; // socket::shared_data
};

// A broadcast of another server, as it was sent.
struct remote_broadcast {
  packet_data event;
  target_options whom;
  broadcast_flags flags;
};

// What a server offers to its adapter: everything here concerns the sockets of this server alone. Call it
// from any thread; answers come on any thread, each exactly once.
class cluster_member {
public:
  virtual void broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                         const broadcast_flags& flags) = 0;
  // As broadcast(), of an event for that one room. `read` gives it, or nothing when it is none; it is called
  // at most once, on any thread, and not at all when no socket of this server is in the room.
  virtual void broadcast_to_room(std::string_view nsp, [[maybe_unused]] std::string_view room,
                                 std::function<std::optional<remote_broadcast>()> read) {
    if (const auto it = read()) broadcast(nsp, it->event, it->whom, it->flags);
  }
  // Says how many sockets were asked, then gives each answer as it comes until flags.timeout.
  virtual void broadcast_with_ack(std::string_view nsp, const packet_data& event, const target_options& whom,
                                  const broadcast_flags& flags,
                                  std::function<void(std::size_t clients)> asked,
                                  std::function<void(packet_data answer)> answered) = 0;
  virtual void sockets_join(std::string_view nsp, const target_options& whom,
                            const std::vector<std::string>& rooms) = 0;
  virtual void sockets_leave(std::string_view nsp, const target_options& whom,
                             const std::vector<std::string>& rooms) = 0;
  virtual void disconnect_sockets(std::string_view nsp, const target_options& whom, bool close) = 0;
  virtual void fetch_sockets(std::string_view nsp, const target_options& whom,
                             std::function<void(std::vector<remote_socket>)> found) = 0;
  virtual void all_rooms(std::string_view nsp, std::function<void(std::vector<std::string>)> found) = 0;
  // `answer` is empty when nobody waits for one.
  virtual void server_side_emit(std::string_view nsp, const packet_data& event,
                                std::function<void(packet_data answer)> answer) = 0;

protected:
  ~cluster_member() = default;
};

// What a server asks of the others: it has acted, or acts, on its own sockets itself, and what it asks never
// comes back to it as a call of its cluster_member. (Node's Redis adapter acts on its own joins, leaves and
// disconnects when it hears them back; ours drops those echoes, so that they happen once, and without Redis
// too.)
//
// Called from any thread. When the others cannot be reached, broadcasts and the like are lost for them,
// questions are answered with error::cluster_away, and nothing else suffers. Handlers are called exactly
// once, on any thread, sometimes before the question returns. What one thread asks happens at the others in
// that order.
class cluster_adapter {
public:
  virtual ~cluster_adapter() = default;

  // Before anything else. `local` outlives stop().
  virtual void start(cluster_member& local) = 0;
  // Lets go of the others, for good. Questions under way are answered with error::cluster_away; after it
  // returns neither `local` nor any handler is called. It waits for such calls that run on other threads:
  // hold no lock that they take.
  virtual void stop() = 0;

  // This server has a namespace of that name now (or no more): it wants to hear what concerns it.
  virtual void nsp_opened(std::string_view nsp) = 0;
  virtual void nsp_closed(std::string_view nsp) = 0;

  virtual void broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                         const broadcast_flags& flags) = 0;
  // `servers`, called first and once: how many others will say how many clients they ask; `clients`: once for
  // each of them; `answered`: each client's answer. After flags.timeout nothing more is called. From Node
  // servers an answer's first argument comes, and they get the first of ours.
  virtual void broadcast_with_ack(std::string_view nsp, const packet_data& event, const target_options& whom,
                                  const broadcast_flags& flags,
                                  std::function<void(boost::system::error_code, std::size_t servers)> servers,
                                  std::function<void(std::size_t count)> clients,
                                  std::function<void(packet_data answer)> answered) = 0;
  virtual void sockets_join(std::string_view nsp, const target_options& whom,
                            const std::vector<std::string>& rooms) = 0;
  virtual void sockets_leave(std::string_view nsp, const target_options& whom,
                             const std::vector<std::string>& rooms) = 0;
  virtual void disconnect_sockets(std::string_view nsp, const target_options& whom, bool close) = 0;
  // The sockets of the others. A server that does not answer within the adapter's patience: error::timed_out
  // with what the rest said.
  virtual void
  fetch_sockets(std::string_view nsp, const target_options& whom,
                std::function<void(boost::system::error_code, std::vector<remote_socket>)> found) = 0;
  // An event for the other servers themselves. `answers` is empty when no answer is wanted; else as for
  // fetch_sockets(). Over Redis an answer is one argument.
  virtual void
  server_side_emit(std::string_view nsp, const packet_data& event,
                   std::function<void(boost::system::error_code, std::vector<packet_data>)> answers) = 0;
};

} // namespace socketio
