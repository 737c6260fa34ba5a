// The sockets of one namespace on one thread, and their rooms.
#pragma once

#include "hub/recovery_log.hpp"
#include "hub/text_map.hpp"
#include "net/loop.hpp"
#include "socketio/server.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace socketio::detail {

struct handlers;

struct room {
  std::string name;
  std::vector<socket*> members;
};

class nsp_slice {
public:
  nsp_slice(nsp& owner, loop& home, std::shared_ptr<const handlers> table, hub& all);

  nsp& owner;
  loop& home;
  std::shared_ptr<const handlers> table;
  std::unique_ptr<recovery_log> log; // when recovery is on

  void record(const std::shared_ptr<const broadcast_event>& event); // in the log
  void add(socket& socket);
  void remove(socket& socket);
  void join(socket& socket, std::string_view name); // again: nothing
  void leave(socket& socket, room& room);
  room* find_room(std::string_view name);
  socket* find_socket(std::string_view id);
  const text_map<std::unique_ptr<room>>& rooms() const { return rooms_; }

  // Calls it once for each of them. `visit` neither disconnects nor moves anybody; select() is for that.
  template <class Visit>
  void each(const target_options& whom, Visit visit) {
    const exclusion left_out(*this, whom.except);
    const auto tell = [&](socket& one) {
      if (one.member_ && !left_out(one)) visit(one);
    };
    if (whom.rooms.empty()) {
      for (socket* one : members_) tell(*one);
    } else if (whom.rooms.size() == 1) {
      room* const there = find_room(whom.rooms.front());
      socket* const alone = find_socket(whom.rooms.front());
      if (alone) tell(*alone);
      if (there)
        for (socket* one : there->members)
          if (one != alone) tell(*one);
    } else {
      for (socket* one : in_any_of(whom.rooms)) tell(*one);
    }
  }
  std::vector<std::shared_ptr<socket>> select(const target_options& whom);

private:
  void forget_in_time();

  // Those in any of some rooms, once each.
  std::vector<socket*> in_any_of(const std::vector<std::string>& names) {
    std::vector<socket*> all;
    for (const std::string& name : names) {
      if (room* there = find_room(name)) all.insert(all.end(), there->members.begin(), there->members.end());
      if (socket* alone = find_socket(name)) all.push_back(alone);
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  // The rooms that are left out, looked up once.
  struct exclusion {
    exclusion(nsp_slice& slice, const std::vector<std::string>& names) {
      for (const std::string& name : names) {
        if (const room* there = slice.find_room(name)) rooms.push_back(there);
        if (const socket* alone = slice.find_socket(name)) sockets.push_back(alone);
      }
    }
    bool operator()(const socket& one) const {
      if (rooms.empty() && sockets.empty()) return false;
      if (std::find(sockets.begin(), sockets.end(), &one) != sockets.end()) return true;
      return std::any_of(one.rooms_.begin(), one.rooms_.end(), [&](const auto& membership) {
        return std::find(rooms.begin(), rooms.end(), membership.room) != rooms.end();
      });
    }
    std::vector<const room*> rooms;
    std::vector<const socket*> sockets;
  };

  const std::size_t threads_;
  bool forgetting_ = false; // a time is set
  std::vector<socket*> members_;
  std::unordered_map<std::string_view, socket*> by_id_; // keys live in the sockets
  text_map<std::unique_ptr<room>> rooms_;
};

} // namespace socketio::detail
