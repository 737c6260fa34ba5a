// Questions to the other servers that are under way: how many answers each waits for, what came, and when
// patience ends. No sockets, no clocks, no threads: told what happens, it gives back what is to be called
// now.
#pragma once

#include "socketio/cluster.hpp"

#include <boost/system/error_code.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace socketio::cluster {

using time_point = std::chrono::steady_clock::time_point;
// The calls that an event leads to, in order. Made outside of the table, which may be asked again meanwhile.
using calls = std::vector<std::function<void()>>;

using found_handler = std::function<void(boost::system::error_code, std::vector<remote_socket>)>;
using answers_handler = std::function<void(boost::system::error_code, std::vector<packet_data>)>;
struct acks_handlers {
  std::function<void(boost::system::error_code, std::size_t servers)> servers;
  std::function<void(std::size_t count)> clients;
  std::function<void(packet_data answer)> answered;
};

class request_table {
public:
  // A question begins. It ends with an answer of each server, at `deadline`, or with away(): its handler is
  // called exactly once. What comes before the number of the others is known is kept until then.
  void ask(std::string id, time_point deadline, found_handler found);
  void ask(std::string id, time_point deadline, answers_handler answers);
  void ask(std::string id, time_point deadline, acks_handlers handlers);

  // So many others have heard the question.
  [[nodiscard]] calls others(const std::string& id, std::size_t count);

  // What one of them says. Of questions that are over, unknown, or of another kind: nothing happens.
  [[nodiscard]] calls sockets(const std::string& id, std::vector<remote_socket> sockets);
  [[nodiscard]] calls server_answer(const std::string& id, packet_data answer);
  [[nodiscard]] calls client_count(const std::string& id, std::size_t count);
  [[nodiscard]] calls client_answer(const std::string& id, packet_data answer);
  // One of them is known not to answer any more.
  [[nodiscard]] calls silent(const std::string& id);

  // The others cannot be reached (any more): error::cluster_away with what came.
  [[nodiscard]] calls away(const std::string& id);
  [[nodiscard]] calls away();

  [[nodiscard]] calls at(time_point now);
  // When at() wants to be called.
  std::optional<time_point> next() const;

  bool has(const std::string& id) const { return questions_.contains(id); }
  bool empty() const { return questions_.empty(); }

private:
  struct socket_question {
    found_handler done;
    std::vector<remote_socket> answers;
  };
  struct server_question {
    answers_handler done;
    std::vector<packet_data> answers;
  };
  struct client_question {
    acks_handlers handlers;
    std::size_t counts = 0, clients = 0, answers = 0;
    calls held; // until the number of servers is known
  };
  struct question {
    time_point deadline;
    std::optional<std::size_t> others;
    std::size_t answered = 0, silent = 0; // servers
    std::variant<socket_question, server_question, client_question> what;
  };

  void begin(std::string id, question question);
  question* find(const std::string& id);
  template <class Kind>
  Kind* find(const std::string& id, question*& question);
  calls settle(const std::string& id, question& question);
  calls end(const std::string& id, boost::system::error_code why);

  std::unordered_map<std::string, question> questions_;
  std::set<std::pair<time_point, std::string>> deadlines_;
};

} // namespace socketio::cluster
