// A server's part in a cluster over Redis: one connection to publish and ask, one to listen.
#pragma once

#include "cluster/member_gate.hpp"
#include "cluster/redis/byte_budget.hpp"
#include "cluster/redis/redis_connection.hpp"
#include "cluster/redis/subscriptions.hpp"
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

namespace socketio::cluster {

// Kept alive by what it has under way; stop() ends that.
class redis_core final : public std::enable_shared_from_this<redis_core>, private redis_connection_owner {
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
  // A namespace of this server, or one that Redis still sends. It speaks once it listens, so that whoever
  // hears its question can answer.
  struct space {
    channels names;
    std::deque<utterance> waiting;
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
  redis_command charged(std::initializer_list<std::string_view> words);
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
  void change_subscriptions();
  void forget_unless_known(const std::string& nsp);
  void arm();

  void on_up(redis_connection& which) override;
  void on_down(redis_connection& which) override;
  void on_heard(redis_connection& which, heard what) override;
  void on_log(std::string_view line) override;

  void on_confirmed(const hears::confirmed& confirmed);
  void on_message(hears::message message);
  void on_broadcast(const std::string& nsp, std::string_view channel, std::string bytes);
  std::optional<broadcast_message> read_broadcast(const std::string& nsp, std::string_view channel,
                                                  std::string_view bytes);
  void on_request(const std::string& nsp, std::string_view bytes);
  void on_response(std::string_view bytes);
  void answer(cluster_member& local, request request, const reply_address& reply);

  // --- any thread ---
  void unreadable(std::string_view what);
  void complain(std::atomic<time_point>& silent_until, std::string_view what);

  const redis_options options_;
  const std::string uid_ = new_uid();
  member_gate gate_;
  byte_budget budget_;
  // A line of the log of each kind now and then.
  std::atomic<time_point> silent_about_overflow_until_ = time_point::min();
  std::atomic<time_point> silent_about_unreadable_until_ = time_point::min();
  std::atomic<bool> publishing_ = false; // whether it is worth the trouble to encode something

  std::mutex questions_mutex_;
  request_table questions_;
  bool stopped_ = false; // with the questions

  strand strand_;
  redis_connection publisher_, listener_;
  boost::asio::steady_timer deadline_;
  std::optional<time_point> armed_; // what deadline_ waits for
  subscriptions subscriptions_;
  std::map<std::string, space, std::less<>> spaces_;     // of those that subscriptions_ knows
  std::map<std::string, channel_use, std::less<>> uses_; // of channels and patterns, which clients name
};

} // namespace socketio::cluster
