// A server's part in a cluster over Redis: one connection to publish and ask, one to listen.
#pragma once

#include "cluster/member_gate.hpp"
#include "cluster/redis/byte_budget.hpp"
#include "cluster/redis/connection.hpp"
#include "cluster/redis_format.hpp"
#include "cluster/request_table.hpp"

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace socketio::cluster {

// Kept alive by what it has under way; stop() ends that.
class redis_core final : public std::enable_shared_from_this<redis_core>, private connection_owner {
public:
  redis_core(boost::asio::io_context& io, redis_options options);

  // --- any thread ---
  void start(cluster_member& local);
  void stop();
  void open(std::string_view nsp);
  void close(std::string_view nsp);

  void broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                 const broadcast_flags& flags);
  template <class What>
  void tell(std::string_view nsp, What what); // a request without an answer
  template <class What, class Handler>
  void ask(std::string_view nsp, What what, std::chrono::milliseconds patience, Handler handler);
  std::chrono::milliseconds patience() const { return options_.request_timeout; }

private:
  // Something to be published; with the id of a question, the listeners of its channel are counted before.
  struct utterance {
    redis_command command;
    std::string question;
  };
  // A namespace of this server. It speaks once it listens, so that whoever hears its question can answer.
  struct space {
    channels names;
    std::size_t subscribed = 0; // of the names
    std::deque<utterance> waiting;
    bool listens() const { return subscribed == 4; }
  };
  enum class channel_kind : std::uint8_t { broadcasts, requests, responses };
  struct channel_use {
    std::string nsp;
    channel_kind kind;
  };
  // Where an answer to a request of another server goes.
  struct reply_address {
    std::weak_ptr<redis_core> core;
    std::string nsp, asker, request;
    template <class What>
    void operator()(What what, bool to_all = false) const;
  };

  // --- any thread ---
  std::optional<redis_command> prepare(std::string_view channel, std::string_view payload);
  void post_to(std::string_view nsp, redis_command command, std::string question);
  void respond(const reply_address& address, bool to_all, const response& response);
  template <class Event>
  void on_questions(Event&& event);
  template <class Event>
  calls with_questions(Event&& event);

  // --- strand ---
  void speak(const std::string& nsp, utterance what);
  void utter(const std::string& nsp, bool listens, utterance what);
  void speak_all(const std::string& nsp, space& space);
  void subscribe(const channels& names);
  void arm();

  void on_up(connection& which) override;
  void on_down(connection& which) override;
  void on_heard(connection& which, heard what) override;
  void on_log(std::string_view line) override;

  void on_subscribed(const std::string& channel);
  void on_message(const hears::message& message);
  void on_broadcast(const std::string& nsp, std::string_view channel, std::string_view bytes);
  void on_request(const std::string& nsp, std::string_view bytes);
  void on_response(std::string_view bytes);
  void answer(cluster_member& local, request request, const reply_address& reply);
  void unreadable(std::string_view what);

  const redis_options options_;
  const std::string uid_ = new_uid();
  member_gate gate_;
  byte_budget budget_;
  std::atomic<time_point> silent_about_overflow_until_ = time_point::min();
  std::atomic<bool> publishing_ = false; // whether it is worth the trouble to encode something

  std::mutex questions_mutex_;
  request_table questions_;
  bool stopped_ = false; // with the questions

  strand strand_;
  connection publisher_, listener_;
  boost::asio::steady_timer deadline_;
  std::optional<time_point> armed_; // what deadline_ waits for
  std::map<std::string, space, std::less<>> spaces_;
  std::unordered_map<std::string, channel_use> uses_; // of channels and patterns
  std::optional<time_point> last_unreadable_;
};

} // namespace socketio::cluster
