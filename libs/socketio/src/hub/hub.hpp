// The Socket.IO layer: clients, namespaces, rooms, broadcasts. Each thread has its slice of each namespace,
// with the sockets that live there; what concerns several threads goes to each by mail.
#pragma once

#include "hub/broadcast_event.hpp"
#include "hub/client.hpp"
#include "hub/encode.hpp"
#include "hub/handlers.hpp"
#include "hub/kept_session.hpp"
#include "hub/nsp_slice.hpp"
#include "net/guarded.hpp"
#include "net/runtime.hpp"
#include "socketio/server.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace socketio::detail {

// Whether the cluster and on_new_namespace know of a child. They are told before its first client is
// admitted, or when of() asks for it.
enum class announcement : std::uint8_t { none, begun, done };

class hub final : public application, public cluster_member {
public:
  hub(boost::asio::io_context& io, config config);
  ~hub();
  // The adapter and the threads end; then the namespaces may go.
  void stop();
  void leave_cluster();

  runtime engine;
  const config& settings() const { return engine.settings(); }
  cluster_adapter* cluster() const { return settings().cluster.get(); }
  void log(std::string_view line) const {
    if (settings().log) settings().log(line);
  }

  // --- namespaces ---
  nsp& of(std::string_view name);
  nsp& of_matching(std::function<bool(std::string_view, const boost::json::value&)> fits);
  // For a CONNECT, on that loop; pins a child until release(). Null: there is none of that name.
  nsp_slice* slice_for(loop& loop, std::string_view name, const boost::json::value& auth);
  void hold(nsp& nsp);
  void release(nsp& nsp);
  // Tells of a child, the first time. False: that has begun and is not done; then it calls `told`.
  bool announce(nsp& nsp, std::function<void()> told = {});
  std::shared_ptr<nsp> find(std::string_view name);
  std::function<void(nsp&)> on_new_namespace;
  // Changes the handlers of a namespace and, where it is a parent, of its children.
  void change_handlers(nsp& nsp, const std::function<void(handlers&)>& change);
  void renew_handlers(nsp_slice& slice); // on its thread, without waiting for the mail that brings them
  std::vector<std::shared_ptr<nsp>> children_of(nsp& parent);

  // --- sending ---
  // To the sockets of this server that event->whom names. With recovery on it gets its offset here.
  void deliver(nsp& nsp, std::shared_ptr<broadcast_event> event);
  // The same on the slice's thread, for those who live there.
  static void deliver_here(nsp_slice& slice, const broadcast_event& event);
  bool recovering() const { return settings().recovery.has_value(); }
  // Runs it for each slice, on the slice's thread: at once on this one.
  void on_each_slice(nsp& nsp, std::function<void(nsp_slice&)> work);
  // Asks them: `asked` says how many there are, `answered` comes once for each of them.
  void ask_local(nsp& nsp, std::shared_ptr<const broadcast_event> event, std::chrono::milliseconds patience,
                 std::function<void(std::size_t)> asked, ack_handler answered);

  // --- recovery ---
  const byte_total log_bytes = std::make_shared<std::atomic<std::size_t>>(0); // of all recovery logs
  void remember(socket& socket);                                              // it is here and alive
  void keep(socket& socket);                                                  // it was cut off
  void forget(const socket& socket);                                          // it left
  // Gives the session to `loop` through `found`, there; an old connection that is still open is cut first.
  // `last`: the last event that its client has had.
  void take_session(loop& loop, const std::string& pid, const std::string& nsp,
                    std::optional<event_number> last,
                    std::function<void(std::unique_ptr<kept_session>)> found);
  void put_back(std::unique_ptr<kept_session> kept); // its client was not admitted
  void restore(socket& socket, std::unique_ptr<kept_session> kept);
  bool catch_up(socket& socket);
  void begin_anew(socket& socket);

  // --- cluster_member: what others ask of this server ---
  void broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                 const broadcast_flags& flags) override;
  void broadcast_to_room(std::string_view nsp, std::string_view room,
                         std::function<std::optional<remote_broadcast>()> read) override;
  void broadcast_with_ack(std::string_view nsp, const packet_data& event, const target_options& whom,
                          const broadcast_flags& flags, std::function<void(std::size_t)> asked,
                          std::function<void(packet_data)> answered) override;
  void sockets_join(std::string_view nsp, const target_options& whom,
                    const std::vector<std::string>& rooms) override;
  void sockets_leave(std::string_view nsp, const target_options& whom,
                     const std::vector<std::string>& rooms) override;
  void disconnect_sockets(std::string_view nsp, const target_options& whom, bool close) override;
  void fetch_sockets(std::string_view nsp, const target_options& whom,
                     std::function<void(std::vector<remote_socket>)> found) override;
  void all_rooms(std::string_view nsp, std::function<void(std::vector<std::string>)> found) override;
  void server_side_emit(std::string_view nsp, const packet_data& event,
                        std::function<void(packet_data)> answer) override;

  // --- application ---
  std::unique_ptr<session_peer> make_peer(live_session& session) override;

  // Calls a handler of the application; false: it threw.
  template <class Handler, class... Arguments>
  bool call(const Handler& handler, Arguments&&... arguments) {
    return guarded(settings().log, "a handler", [&] { handler(std::forward<Arguments>(arguments)...); });
  }

private:
  struct parent {
    std::function<bool(std::string_view, const boost::json::value&)> fits;
    std::shared_ptr<nsp> its;
  };
  std::shared_ptr<nsp> child_for(std::string_view name, const boost::json::value& auth,
                                 bool when_it_throws = false);
  void set_handlers(nsp& where, std::shared_ptr<const handlers> table); // with its handlers_mutex
  void tell_cluster(const std::string& name);
  void sweep_later(); // with recovery_mutex_

  // Of the next three, and of the handlers of parents, so that a child comes before a change or after it;
  // taken before a handlers_mutex. Never held while an application's function runs.
  std::mutex nsps_mutex_;
  std::map<std::string, std::shared_ptr<nsp>, std::less<>> nsps_;
  std::map<std::string, std::shared_ptr<nsp>, std::less<>> children_;
  std::vector<parent> parents_;
  std::atomic<bool> stopped_ = false;
  std::mutex cluster_mutex_; // what the adapter is told of namespaces, it is told in order
  std::set<std::string, std::less<>> told_;
  // For each loop: namespaces that stay, so that a CONNECT needs no lock.
  std::vector<std::unordered_map<std::string_view, nsp_slice*, text_hash>> known_;

  // With recovery: an event is numbered and put into the mail of all other threads in one go.
  std::mutex order_mutex_;
  std::vector<std::uint64_t> numbers_; // by sender: each thread, and who is none of ours

  struct recovery_entry {
    std::string nsp;
    loop* home = nullptr;       // where `live` is
    std::weak_ptr<socket> live; // connected
    std::unique_ptr<kept_session> kept;
    std::list<std::string>::iterator place; // of `kept`, in waiting_
  };
  std::unique_ptr<kept_session> take(const std::string& pid);
  bool reckon(kept_session& kept, std::optional<event_number> last);
  std::mutex recovery_mutex_;
  std::list<std::string> waiting_; // pids of those that are kept, who expires first in front
  text_map<recovery_entry> recoverable_;
  bool sweeping_ = false;
};

} // namespace socketio::detail

namespace socketio {

// How long a question to several clients waits, unless timeout() says otherwise.
inline constexpr std::chrono::milliseconds default_patience{10'000};

struct nsp::state {
  detail::hub* hub = nullptr;
  std::vector<std::unique_ptr<detail::nsp_slice>> slices; // one for each thread
  std::mutex handlers_mutex;                              // of a parent the hub's nsps_mutex_ is in its place
  std::shared_ptr<const detail::handlers> current;
  std::atomic<std::size_t> size = 0;
  std::atomic<std::uint64_t> next_ack = 0;
  bool is_parent = false; // of_matching()
  // Of a child; changed with hub's mutex.
  nsp* parent = nullptr;
  std::size_t users = 0; // sockets in it or on their way
  std::atomic<detail::announcement> announced = detail::announcement::none;
  std::vector<std::function<void()>> when_announced;
};

} // namespace socketio
