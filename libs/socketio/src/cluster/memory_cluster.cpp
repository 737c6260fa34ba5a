#include "socketio/memory_cluster.hpp"

#include "cluster/deadline_thread.hpp"
#include "cluster/member_gate.hpp"
#include "cluster/request_table.hpp"
#include "patience.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace socketio {

namespace {

// A handler for one answer. Calls `lost` where none will come: all copies of the handler are gone, and none
// of them was called.
template <class Answer>
std::function<void(Answer)> answer_or(std::function<void(Answer)> answered, std::function<void()> lost) {
  struct once {
    std::function<void(Answer)> answered;
    std::function<void()> lost;
    std::atomic<bool> called = false;
    ~once() {
      if (!called) lost();
    }
  };
  auto state = std::make_shared<once>();
  state->answered = std::move(answered);
  state->lost = std::move(lost);
  return [state = std::move(state)](Answer answer) {
    if (!state->called.exchange(true)) state->answered(std::move(answer));
  };
}

// One server of the cluster.
class member {
public:
  cluster::member_gate gate;

  void open(std::string_view nsp) {
    const std::lock_guard lock(mutex_);
    namespaces_.emplace(nsp);
  }
  void close(std::string_view nsp) {
    const std::lock_guard lock(mutex_);
    namespaces_.erase(std::string(nsp));
  }
  bool has(std::string_view nsp) {
    const std::lock_guard lock(mutex_);
    return namespaces_.contains(nsp);
  }

  // Its questions. False: it has stopped and asks no more.
  template <class Handler>
  bool ask(const std::string& id, cluster::time_point deadline, Handler handler) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    questions_.ask(id, deadline, std::move(handler));
    return true;
  }
  // What an answer leads to is done here, unless it has stopped.
  template <class Event>
  void hear(Event&& event) {
    gate.enter([&](cluster_member&) { run(with_lock(event)); });
  }
  void stop() {
    run(with_lock([this](cluster::request_table& questions) {
      stopped_ = true;
      return questions.away();
    }));
    gate.shut();
  }

private:
  template <class Event>
  cluster::calls with_lock(Event&& event) {
    const std::lock_guard lock(mutex_);
    return event(questions_);
  }
  static void run(const cluster::calls& calls) {
    for (const auto& call : calls) call();
  }

  std::mutex mutex_;
  std::set<std::string, std::less<>> namespaces_;
  cluster::request_table questions_;
  bool stopped_ = false;
};

using members = std::vector<std::shared_ptr<member>>;

} // namespace

class memory_cluster::state {
public:
  explicit state(std::chrono::milliseconds patience)
      : patience(patience) {}

  void add(std::shared_ptr<member> one) {
    const std::lock_guard lock(mutex_);
    members_.push_back(std::move(one));
  }
  void remove(const std::shared_ptr<member>& one) {
    const std::lock_guard lock(mutex_);
    std::erase(members_, one);
  }
  members others(const std::shared_ptr<member>& self, std::string_view nsp) {
    const std::lock_guard lock(mutex_);
    members result;
    for (const auto& one : members_)
      if (one != self && one->has(nsp)) result.push_back(one);
    return result;
  }
  std::string next_id() { return std::to_string(++last_id_); }

  const std::chrono::milliseconds patience;
  cluster::deadline_thread deadlines;

private:
  std::mutex mutex_;
  members members_;
  std::atomic<std::uint64_t> last_id_ = 0;
};

namespace {

template <class State>
class memory_adapter final : public cluster_adapter {
public:
  explicit memory_adapter(std::shared_ptr<State> state)
      : state_(std::move(state))
      , self_(std::make_shared<member>()) {}
  ~memory_adapter() override { stop(); }

  void start(cluster_member& local) override {
    self_->gate.open(local);
    state_->add(self_);
  }
  void stop() override {
    state_->remove(self_);
    self_->stop();
  }
  void nsp_opened(std::string_view nsp) override { self_->open(nsp); }
  void nsp_closed(std::string_view nsp) override { self_->close(nsp); }

  void broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                 const broadcast_flags& flags) override {
    tell(nsp, [&](cluster_member& other) { other.broadcast(nsp, event, whom, flags); });
  }
  void sockets_join(std::string_view nsp, const target_options& whom,
                    const std::vector<std::string>& rooms) override {
    tell(nsp, [&](cluster_member& other) { other.sockets_join(nsp, whom, rooms); });
  }
  void sockets_leave(std::string_view nsp, const target_options& whom,
                     const std::vector<std::string>& rooms) override {
    tell(nsp, [&](cluster_member& other) { other.sockets_leave(nsp, whom, rooms); });
  }
  void disconnect_sockets(std::string_view nsp, const target_options& whom, bool close) override {
    tell(nsp, [&](cluster_member& other) { other.disconnect_sockets(nsp, whom, close); });
  }

  void broadcast_with_ack(std::string_view nsp, const packet_data& event, const target_options& whom,
                          const broadcast_flags& flags,
                          std::function<void(boost::system::error_code, std::size_t)> servers,
                          std::function<void(std::size_t)> clients,
                          std::function<void(packet_data)> answered) override {
    const auto away = servers;
    const auto id =
        begin(flags.timeout.value_or(state_->patience),
              cluster::acks_handlers{std::move(servers), std::move(clients), std::move(answered)});
    if (!id) return away(error::cluster_away, 0);
    ask(nsp, *id, [&](cluster_member& other, auto lost) {
      other.broadcast_with_ack(nsp, event, whom, flags,
                               answer_or<std::size_t>(
                                   [asker = asker(), id = *id](std::size_t count) {
                                     hear(asker, &cluster::request_table::client_count, id, count);
                                   },
                                   std::move(lost)),
                               [asker = asker(), id = *id](packet_data answer) {
                                 hear(asker, &cluster::request_table::client_answer, id, std::move(answer));
                               });
    });
  }

  void fetch_sockets(std::string_view nsp, const target_options& whom,
                     cluster::found_handler found) override {
    const auto away = found;
    const auto id = begin(state_->patience, std::move(found));
    if (!id) return away(error::cluster_away, {});
    ask(nsp, *id, [&](cluster_member& other, auto lost) {
      other.fetch_sockets(nsp, whom,
                          answer_or<std::vector<remote_socket>>(
                              [asker = asker(), id = *id](std::vector<remote_socket> sockets) {
                                hear(asker, &cluster::request_table::sockets, id, std::move(sockets));
                              },
                              std::move(lost)));
    });
  }

  void server_side_emit(std::string_view nsp, const packet_data& event,
                        cluster::answers_handler answers) override {
    if (!answers) return tell(nsp, [&](cluster_member& other) { other.server_side_emit(nsp, event, {}); });
    const auto away = answers;
    const auto id = begin(state_->patience, std::move(answers));
    if (!id) return away(error::cluster_away, {});
    ask(nsp, *id, [&](cluster_member& other, auto lost) {
      other.server_side_emit(nsp, event,
                             answer_or<packet_data>(
                                 [asker = asker(), id = *id](packet_data answer) {
                                   hear(asker, &cluster::request_table::server_answer, id, std::move(answer));
                                 },
                                 std::move(lost)));
    });
  }

private:
  std::weak_ptr<member> asker() const { return self_; }

  template <class Method, class... Arguments>
  static void hear(const std::weak_ptr<member>& asker, Method method, const std::string& id,
                   Arguments&&... arguments) {
    if (const auto self = asker.lock())
      self->hear([&](cluster::request_table& questions) {
        return (questions.*method)(id, std::forward<Arguments>(arguments)...);
      });
  }

  template <class Tell>
  void tell(std::string_view nsp, Tell&& tell) {
    for (const auto& other : state_->others(self_, nsp)) other->gate.enter(tell);
  }

  template <class Handler>
  std::optional<std::string> begin(std::chrono::milliseconds patience, Handler handler) {
    std::string id = state_->next_id();
    const auto deadline = detail::deadline_after(patience);
    if (!self_->ask(id, deadline, std::move(handler))) return std::nullopt;
    state_->deadlines.at(deadline, [asker = asker(), deadline] {
      if (const auto self = asker.lock())
        self->hear([&](cluster::request_table& questions) { return questions.at(deadline); });
    });
    return id;
  }

  // Asks each of the others; who has just stopped is known not to answer.
  template <class Ask>
  void ask(std::string_view nsp, const std::string& id, Ask&& ask) {
    const members others = state_->others(self_, nsp);
    hear(asker(), &cluster::request_table::others, id, others.size());
    for (const auto& other : others) {
      const std::function<void()> lost = [asker = asker(), id] {
        hear(asker, &cluster::request_table::silent, id);
      };
      if (!other->gate.enter([&](cluster_member& member) { ask(member, lost); })) lost();
    }
  }

  const std::shared_ptr<State> state_;
  const std::shared_ptr<member> self_;
};

} // namespace

memory_cluster::memory_cluster(std::chrono::milliseconds patience)
    : state_(std::make_shared<state>(patience)) {}

memory_cluster::~memory_cluster() = default;

std::shared_ptr<cluster_adapter> memory_cluster::adapter() {
  return std::make_shared<memory_adapter<state>>(state_);
}

} // namespace socketio
