// A server that is none: has the sockets it is given and remembers what it is told.
#pragma once

#include "socketio/cluster.hpp"

#include <boost/json/serialize.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace socketio::cluster::testing {

// Lines that come from any thread.
class record {
public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  std::vector<std::string> lines() {
    const std::lock_guard lock(mutex_);
    return lines_;
  }
  bool has(const std::string& line) {
    const std::vector<std::string> all = lines();
    return std::find(all.begin(), all.end(), line) != all.end();
  }
  // Waits until there are so many; false when patience ends before.
  bool reaches(std::size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return lines_.size() >= count; });
  }
  bool hears(const std::string& line) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20),
                             [&] { return std::find(lines_.begin(), lines_.end(), line) != lines_.end(); });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

inline std::string said(const packet_data& packet) {
  std::string line = boost::json::serialize(packet.arguments);
  for (const std::string& attachment : packet.attachments) line += "+" + attachment;
  return line;
}

inline std::string said(const target_options& whom) {
  std::string line;
  for (const std::string& room : whom.rooms) line += " in " + room;
  for (const std::string& room : whom.except) line += " not " + room;
  return line;
}

class fake_member final : public cluster_member {
public:
  explicit fake_member(std::string name)
      : name_(std::move(name)) {}

  record told;
  // Questions are not answered, but their handlers kept.
  std::atomic<bool> silent = false;

  void broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                 const broadcast_flags& flags) override {
    told.add(std::string(nsp) + " broadcast " + said(event) + said(whom) +
             (flags.is_volatile ? " volatile" : "") + (flags.compress ? "" : " uncompressed"));
  }

  // Its one client answers with the server's name and what it was sent.
  void broadcast_with_ack(std::string_view nsp, const packet_data& event, const target_options& whom,
                          const broadcast_flags& flags, std::function<void(std::size_t clients)> asked,
                          std::function<void(packet_data answer)> answered) override {
    told.add(std::string(nsp) + " asks " + said(event) + said(whom) +
             (flags.timeout ? " for " + std::to_string(flags.timeout->count()) : ""));
    if (silent) return keep(std::move(asked), std::move(answered));
    asked(1);
    boost::json::array words{name_, event.arguments.at(0)};
    if (!event.attachments.empty()) words.push_back({{"_placeholder", true}, {"num", 0}});
    packet_data answer{.arguments = {}, .attachments = event.attachments};
    answer.arguments.push_back(std::move(words));
    answered(std::move(answer));
  }

  void sockets_join(std::string_view nsp, const target_options& whom,
                    const std::vector<std::string>& rooms) override {
    told.add(std::string(nsp) + " join " + joined(rooms) + said(whom));
  }
  void sockets_leave(std::string_view nsp, const target_options& whom,
                     const std::vector<std::string>& rooms) override {
    told.add(std::string(nsp) + " leave " + joined(rooms) + said(whom));
  }
  void disconnect_sockets(std::string_view nsp, const target_options& whom, bool close) override {
    told.add(std::string(nsp) + " disconnect" + (close ? " closing" : "") + said(whom));
  }

  // It has one socket, named as itself, with data; `nobody` is a room without sockets.
  void fetch_sockets(std::string_view, const target_options& whom,
                     std::function<void(std::vector<remote_socket>)> found) override {
    if (silent) return keep(std::move(found));
    if (std::find(whom.rooms.begin(), whom.rooms.end(), "nobody") != whom.rooms.end()) return found({});
    found(
        {{.id = name_, .handshake = {{"secure", false}}, .rooms = {name_, "all"}, .data = {{"of", name_}}}});
  }
  void all_rooms(std::string_view, std::function<void(std::vector<std::string>)> found) override {
    found({name_, "all"});
  }

  void server_side_emit(std::string_view nsp, const packet_data& event,
                        std::function<void(packet_data answer)> answer) override {
    told.add(std::string(nsp) + " server event " + said(event) + (answer ? " with answer" : ""));
    if (!answer) return;
    if (silent) return keep(std::move(answer));
    answer({.arguments = {name_}, .attachments = {}});
  }

private:
  static std::string joined(const std::vector<std::string>& rooms) {
    std::string line;
    for (const std::string& room : rooms) line += (line.empty() ? "" : ",") + room;
    return line;
  }
  template <class... Handlers>
  void keep(Handlers... handlers) {
    const std::lock_guard lock(mutex_);
    (kept_.push_back(std::make_shared<Handlers>(std::move(handlers))), ...);
  }

  const std::string name_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<void>> kept_;
};

} // namespace socketio::cluster::testing
