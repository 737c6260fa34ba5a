#include "cluster/redis/core.hpp"

#include "cluster/overloaded.hpp"
#include "patience.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <exception>
#include <utility>

namespace socketio::cluster {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::chrono::seconds between_complaints{10};
constexpr std::chrono::seconds last_words{1}; // for what was said before stop()
constexpr std::size_t waiting_costs = 256;    // about: a command's place in the queues, beside its bytes

} // namespace

redis_core::redis_core(asio::io_context& io, redis_options options)
    : options_(std::move(options))
    , budget_(options_.max_queued_bytes)
    , strand_(asio::make_strand(io))
    , publisher_(strand_, options_, "publishing", *this)
    , listener_(strand_, options_, "listening", *this)
    , deadline_(strand_) {}

void redis_core::start(cluster_member& local) {
  gate_.open(local);
  const auto run = [this](redis_connection& which) {
    asio::co_spawn(
        strand_, [self = shared_from_this(), &which] { return which.run(); },
        [](const std::exception_ptr& failed) {
          if (failed) std::rethrow_exception(failed);
        });
  };
  run(publisher_);
  run(listener_);
}

void redis_core::stop() {
  const calls last = with_questions([this](request_table& questions) {
    stopped_ = true;
    return questions.away();
  });
  for (const auto& call : last) call();
  gate_.shut();
  asio::post(strand_, [self = shared_from_this()] {
    self->publisher_.finish(last_words, self);
    self->listener_.stop();
    self->deadline_.cancel();
    self->subscriptions_ = {};
    self->spaces_.clear();
    self->uses_.clear();
  });
}

// --- what the server says ---

void redis_core::open(std::string_view nsp) {
  asio::post(strand_, [self = shared_from_this(), nsp = std::string(nsp)] {
    self->subscriptions_.open(nsp);
    if (const auto [at, is_new] = self->spaces_.try_emplace(nsp); is_new) {
      channels& names = at->second.names;
      names = channels_of(self->options_.key_prefix, nsp, self->uid_);
      self->uses_[names.broadcasts] = {nsp, channel_kind::broadcasts};
      self->uses_[names.requests] = {nsp, channel_kind::requests};
      self->uses_[names.responses] = {nsp, channel_kind::responses};
      self->uses_[names.own_responses] = {nsp, channel_kind::responses};
    }
    self->change_subscriptions();
  });
}

void redis_core::close(std::string_view nsp) {
  asio::post(strand_, [self = shared_from_this(), nsp = std::string(nsp)] {
    const auto at = self->spaces_.find(nsp);
    if (at == self->spaces_.end()) return;
    self->speak_all(nsp, at->second);
    self->subscriptions_.close(nsp);
    self->change_subscriptions();
    self->forget_unless_known(nsp);
  });
}

// The channels of a namespace stay known until Redis has confirmed that it sends no more of them.
void redis_core::forget_unless_known(const std::string& nsp) {
  const auto at = spaces_.find(nsp);
  if (at == spaces_.end() || subscriptions_.knows(nsp)) return;
  const channels& names = at->second.names;
  for (const auto* name : {&names.broadcasts, &names.requests, &names.responses, &names.own_responses})
    uses_.erase(*name);
  spaces_.erase(at);
}

void redis_core::change_subscriptions() {
  while (const auto change = subscriptions_.next())
    listener_.say([&](dialogue& redis) {
      const channels& names = spaces_.at(change->nsp).names;
      redis.subscribe(charged({change->subscribe ? "PSUBSCRIBE" : "PUNSUBSCRIBE", names.broadcasts}));
      for (const auto* channel : {&names.requests, &names.responses, &names.own_responses})
        redis.subscribe(charged({change->subscribe ? "SUBSCRIBE" : "UNSUBSCRIBE", *channel}));
    });
}

void redis_core::broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                           const broadcast_flags& flags) {
  if (!publishing_) return;
  auto command = prepare(broadcast_channel(options_.key_prefix, nsp, whom),
                         encode_broadcast(uid_, nsp, event, whom, flags));
  if (command) post_to(nsp, std::move(*command), {});
}

template <class What>
void redis_core::tell(std::string_view nsp, What what) {
  if (!publishing_) return;
  const request request{.uid = uid_, .id = {}, .what = std::move(what)};
  auto command = prepare(request_channel(options_.key_prefix, nsp), encode_request(request, nsp));
  if (command) post_to(nsp, std::move(*command), {});
}

template <class What, class Handler>
void redis_core::ask(std::string_view nsp, What what, std::chrono::milliseconds patience, Handler handler) {
  request request{.uid = uid_, .id = {}, .what = std::move(what)};
  const auto deadline = socketio::detail::deadline_after(patience);
  {
    const std::lock_guard lock(questions_mutex_);
    do request.id = new_uid();
    while (questions_.has(request.id));
    if (!stopped_)
      questions_.ask(request.id, deadline, std::move(handler));
    else
      request.id.clear();
  }
  if (request.id.empty()) { // stopped: a table of its own says what there is to say
    request_table alone;
    alone.ask({}, deadline, std::move(handler));
    for (const auto& call : alone.away()) call();
    return;
  }
  auto command = prepare(request_channel(options_.key_prefix, nsp), encode_request(request, nsp));
  if (!command) return on_questions([&](request_table& questions) { return questions.away(request.id); });
  post_to(nsp, std::move(*command), request.id);
}

template void redis_core::tell(std::string_view, asks::join);
template void redis_core::tell(std::string_view, asks::leave);
template void redis_core::tell(std::string_view, asks::disconnect);
template void redis_core::tell(std::string_view, asks::server_event);
template void redis_core::ask(std::string_view, asks::sockets, std::chrono::milliseconds, found_handler);
template void redis_core::ask(std::string_view, asks::server_event, std::chrono::milliseconds,
                              answers_handler);
template void redis_core::ask(std::string_view, asks::client_acks, std::chrono::milliseconds, acks_handlers);

// Nothing when too much waits for Redis already.
std::optional<redis_command> redis_core::prepare(std::string_view channel, std::string_view payload) {
  auto hold = budget_.take(waiting_costs + channel.size() + payload.size());
  if (!hold) {
    complain(silent_about_overflow_until_,
             "Redis is too slow: " + std::to_string(options_.max_queued_bytes) +
                 " bytes wait for it, and what comes now is lost for the other servers");
    return std::nullopt;
  }
  redis_command command{"PUBLISH", channel, payload};
  command.count_against(std::move(*hold));
  return command;
}

// For the few that may not be left out: changes of subscriptions, and the count before a question.
redis_command redis_core::charged(std::initializer_list<std::string_view> words) {
  redis_command command(words);
  command.count_against(budget_.charge(waiting_costs + command.bytes().size()));
  return command;
}

void redis_core::post_to(std::string_view nsp, redis_command command, std::string question) {
  utterance what{std::move(command), std::move(question)};
  asio::post(strand_, [self = shared_from_this(), nsp = std::string(nsp), what = std::move(what)]() mutable {
    if (!what.question.empty()) self->arm();
    self->speak(nsp, std::move(what));
  });
}

void redis_core::speak(const std::string& nsp, utterance what) {
  const auto at = spaces_.find(nsp);
  const bool listens = subscriptions_.listens(nsp);
  if (!listens && subscriptions_.wants(nsp) && listener_.up())
    at->second.waiting.push_back(std::move(what));
  else
    utter(nsp, listens, std::move(what));
}

void redis_core::utter(const std::string& nsp, bool listens, utterance what) {
  // Also where no answer can be heard, the clients and servers are to get the event.
  if (publisher_.up())
    publisher_.say([&](dialogue& redis) {
      if (listens && !what.question.empty())
        redis.count_listeners(charged({"PUBSUB", "NUMSUB", request_channel(options_.key_prefix, nsp)}),
                              what.question);
      redis.publish(std::move(what.command));
    });
  if (!what.question.empty() && (!listens || !publisher_.up()))
    on_questions([&](request_table& questions) { return questions.away(what.question); });
}

void redis_core::speak_all(const std::string& nsp, space& space) {
  const bool listens = subscriptions_.listens(nsp);
  for (auto waiting = std::exchange(space.waiting, {}); utterance & what : waiting)
    utter(nsp, listens, std::move(what));
}

// --- questions under way ---

template <class Event>
calls redis_core::with_questions(Event&& event) {
  const std::lock_guard lock(questions_mutex_);
  return event(questions_);
}

// Inside the gate from the table to the last call, so that stop() knows of each question whether it is
// answered.
template <class Event>
void redis_core::on_questions(Event&& event) {
  gate_.enter([&](cluster_member&) {
    for (const auto& call : with_questions(event)) call();
  });
}

void redis_core::arm() {
  std::optional<time_point> next;
  with_questions([&](request_table& questions) {
    next = questions.next();
    return calls{};
  });
  if (!next || (armed_ && *armed_ <= *next)) return;
  armed_ = next;
  deadline_.expires_at(*next);
  deadline_.async_wait([self = shared_from_this()](error_code cancelled) {
    if (cancelled) return;
    self->armed_.reset();
    const auto now = std::chrono::steady_clock::now();
    self->on_questions([now](request_table& questions) { return questions.at(now); });
    self->arm();
  });
}

// --- what Redis says ---

void redis_core::on_up(redis_connection& which) {
  if (&which == &publisher_) {
    publishing_ = true;
    return;
  }
  subscriptions_.up();
  change_subscriptions();
}

// Answers can be lost from now on, so nothing is waited for any more.
void redis_core::on_down(redis_connection& which) {
  if (&which == &publisher_) publishing_ = false;
  if (&which == &listener_) {
    subscriptions_.down();
    for (auto at = spaces_.begin(); at != spaces_.end();) {
      auto& [nsp, space] = *at++;
      speak_all(nsp, space);
      forget_unless_known(nsp);
    }
  }
  on_questions([](request_table& questions) { return questions.away(); });
}

void redis_core::on_heard(redis_connection&, heard what) {
  std::visit(overloaded{
                 [&](hears::message& message) { on_message(std::move(message)); },
                 [&](const hears::confirmed& confirmed) { on_confirmed(confirmed); },
                 [&](const hears::count& count) {
                   // We are one of them.
                   const std::size_t others = count.listeners == 0 ? 0 : count.listeners - 1;
                   on_questions([&](request_table& questions) { return questions.others(count.id, others); });
                 },
                 [&](const hears::refusal& refusal) {
                   unreadable("Redis refuses: " + refusal.why);
                   on_questions([&](request_table& questions) { return questions.away(refusal.id); });
                 },
                 [](const auto&) {},
             },
             what);
}

void redis_core::on_log(std::string_view line) {
  if (options_.log) gate_.enter([&](cluster_member&) { options_.log(line); });
}

void redis_core::unreadable(std::string_view what) { complain(silent_about_unreadable_until_, what); }

void redis_core::complain(std::atomic<time_point>& silent_until, std::string_view what) {
  const time_point now = std::chrono::steady_clock::now();
  time_point until = silent_until;
  if (now >= until && silent_until.compare_exchange_strong(until, now + between_complaints)) on_log(what);
}

void redis_core::on_confirmed(const hears::confirmed& confirmed) {
  const auto use = uses_.find(confirmed.channel);
  if (use == uses_.end()) return;
  const std::string nsp = use->second.nsp;
  if (!subscriptions_.confirmed(nsp, confirmed.subscribed)) return;
  if (subscriptions_.listens(nsp)) speak_all(nsp, spaces_.at(nsp));
  change_subscriptions();
  forget_unless_known(nsp);
}

void redis_core::on_message(hears::message message) {
  const auto use = uses_.find(message.pattern.empty() ? message.channel : message.pattern);
  if (use == uses_.end() || !subscriptions_.wants(use->second.nsp)) return; // closed meanwhile
  switch (use->second.kind) {
  case channel_kind::broadcasts:
    return on_broadcast(use->second.nsp, message.channel, std::move(message.text));
  case channel_kind::requests:
    return on_request(use->second.nsp, message.text);
  case channel_kind::responses:
    return on_response(message.text);
  }
}

void redis_core::on_broadcast(const std::string& nsp, std::string_view channel, std::string bytes) {
  if (is_broadcast_of(uid_, bytes)) return;
  const std::string to_all = broadcast_channel(options_.key_prefix, nsp, {});
  if (channel == to_all) {
    if (const auto message = read_broadcast(nsp, channel, bytes))
      gate_.enter([&](cluster_member& local) {
        local.broadcast(nsp, message->event, message->whom, message->flags);
      });
    return;
  }
  if (channel.size() <= to_all.size() || !channel.ends_with('#')) return;
  const std::string_view room = channel.substr(to_all.size(), channel.size() - to_all.size() - 1);
  // Read by whoever finds a socket in that room, if anybody does.
  const auto read = [self = weak_from_this(), nsp, channel = std::string(channel), bytes = std::move(bytes)] {
    std::optional<remote_broadcast> result;
    const auto core = self.lock();
    if (!core) return result;
    if (auto message = core->read_broadcast(nsp, channel, bytes))
      result = {std::move(message->event), std::move(message->whom), message->flags};
    return result;
  };
  gate_.enter([&](cluster_member& local) { local.broadcast_to_room(nsp, room, read); });
}

// Nothing: it cannot be read, or is of another namespace ("/a#b") or cluster ("P#/a" of "P"), whose channels
// look like rooms of this one.
std::optional<broadcast_message> redis_core::read_broadcast(const std::string& nsp, std::string_view channel,
                                                            std::string_view bytes) {
  auto message = decode_broadcast(bytes);
  if (!message) {
    unreadable("a broadcast to " + nsp + " cannot be read and is ignored");
    return std::nullopt;
  }
  const bool for_all_rooms = channel == broadcast_channel(options_.key_prefix, nsp, {});
  if (message->nsp != nsp ||
      !(for_all_rooms || channel == broadcast_channel(options_.key_prefix, nsp, message->whom)))
    return std::nullopt;
  return message;
}

void redis_core::on_request(const std::string& nsp, std::string_view bytes) {
  auto request = decode_request(bytes, nsp);
  if (!request) return unreadable("a request to " + nsp + " cannot be read and is ignored");
  if (request->uid == uid_) return;
  const reply_address reply{
      .core = weak_from_this(), .nsp = nsp, .asker = request->uid, .request = request->id};
  gate_.enter([&](cluster_member& local) { answer(local, std::move(*request), reply); });
}

void redis_core::on_response(std::string_view bytes) {
  bool asked = false;
  with_questions([&](request_table& questions) {
    asked = !questions.empty();
    return calls{};
  });
  if (!asked) return; // most answers are for others
  auto response = decode_response(bytes);
  if (!response) return unreadable("an answer cannot be read and is ignored");
  on_questions([&](request_table& questions) {
    return std::visit(
        overloaded{
            [&](tells::sockets& told) { return questions.sockets(response->id, std::move(told.sockets)); },
            [&](tells::server_answer& told) {
              return questions.server_answer(response->id, std::move(told.answer));
            },
            [&](tells::client_count& told) { return questions.client_count(response->id, told.count); },
            [&](tells::client_answer& told) {
              return questions.client_answer(response->id, std::move(told.answer));
            },
            [](const auto&) { return calls{}; },
        },
        response->what);
  });
}

// --- what other servers ask ---

template <class What>
void redis_core::reply_address::operator()(What what, bool to_all) const {
  const auto self = core.lock();
  if (self) self->respond(*this, to_all, response{.id = request, .what = std::move(what)});
}

void redis_core::respond(const reply_address& address, bool to_all, const response& response) {
  const bool to_asker = options_.publish_on_specific_response_channel && !address.asker.empty() && !to_all;
  const std::string channel = to_asker ? response_channel(options_.key_prefix, address.nsp, address.asker)
                                       : response_channel(options_.key_prefix, address.nsp);
  auto command = prepare(channel, encode_response(response));
  if (!command) return;
  asio::post(strand_, [self = shared_from_this(), command = std::move(*command)]() mutable {
    if (self->publisher_.up())
      self->publisher_.say([&](dialogue& redis) { redis.publish(std::move(command)); });
  });
}

namespace {

// Node answers the old forms only where the socket is.
template <class Act>
void with_socket(cluster_member& local, std::string_view nsp, const std::string& id, Act act) {
  const target_options one{.rooms = {id}, .except = {}};
  local.fetch_sockets(nsp, one, [act = std::move(act)](const std::vector<remote_socket>& found) {
    if (!found.empty()) act();
  });
}

} // namespace

void redis_core::answer(cluster_member& local, request request, const reply_address& reply) {
  const std::string& nsp = reply.nsp;
  const auto act_on = [&](const std::string& socket, auto act) {
    with_socket(local, nsp, socket, [reply, socket, act] {
      const auto self = reply.core.lock();
      const target_options one{.rooms = {socket}, .except = {}};
      if (self && self->gate_.enter([&](cluster_member& server) { act(server, reply.nsp, one); }))
        reply(tells::done{});
    });
  };

  std::visit(
      overloaded{
          [&](const asks::socket_ids& asked) {
            local.fetch_sockets(nsp, {.rooms = asked.rooms, .except = {}},
                                [reply](std::vector<remote_socket> found) {
                                  tells::socket_ids told;
                                  told.ids.reserve(found.size());
                                  for (remote_socket& socket : found)
                                    told.ids.push_back(std::move(socket.id));
                                  reply(std::move(told));
                                });
          },
          [&](const asks::all_rooms&) {
            local.all_rooms(
                nsp, [reply](std::vector<std::string> rooms) { reply(tells::rooms{std::move(rooms)}); });
          },
          [&](const asks::join& asked) { local.sockets_join(nsp, asked.whom, asked.rooms); },
          [&](const asks::join_one& asked) {
            act_on(asked.socket,
                   [room = asked.room](cluster_member& server, std::string_view in,
                                       const target_options& one) { server.sockets_join(in, one, {room}); });
          },
          [&](const asks::leave& asked) { local.sockets_leave(nsp, asked.whom, asked.rooms); },
          [&](const asks::leave_one& asked) {
            act_on(asked.socket,
                   [room = asked.room](cluster_member& server, std::string_view in,
                                       const target_options& one) { server.sockets_leave(in, one, {room}); });
          },
          [&](const asks::disconnect& asked) { local.disconnect_sockets(nsp, asked.whom, asked.close); },
          [&](const asks::disconnect_one& asked) {
            act_on(asked.socket, [close = asked.close](cluster_member& server, std::string_view in,
                                                       const target_options& one) {
              server.disconnect_sockets(in, one, close);
            });
          },
          [&](const asks::sockets& asked) {
            local.fetch_sockets(nsp, asked.whom, [reply](std::vector<remote_socket> found) {
              reply(tells::sockets{std::move(found)});
            });
          },
          [&](const asks::server_event& asked) {
            if (reply.request.empty()) return local.server_side_emit(nsp, asked.event, {});
            // Answered once, and to all: Node's servers send these answers to the common channel always.
            local.server_side_emit(
                nsp, asked.event,
                [reply, answered = std::make_shared<std::atomic<bool>>(false)](packet_data answer) {
                  if (!answered->exchange(true)) reply(tells::server_answer{std::move(answer)}, true);
                });
          },
          [&](const asks::client_acks& asked) {
            local.broadcast_with_ack(
                nsp, asked.event, asked.whom, asked.flags,
                [reply](std::size_t clients) { reply(tells::client_count{clients}); },
                [reply](packet_data answer) { reply(tells::client_answer{std::move(answer)}); });
          },
      },
      request.what);
}

} // namespace socketio::cluster
