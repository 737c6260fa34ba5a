#include "cluster/redis/dialogue.hpp"

#include <algorithm>
#include <utility>

namespace socketio::cluster {

dialogue::dialogue(const dialogue_settings& settings, time_point now)
    : settings_(settings)
    , began_(now)
    , last_sign_(now) {
  if (!settings.password.empty()) {
    if (settings.username.empty())
      say(redis_command{"AUTH", settings.password}, expected::kind::greeting);
    else
      say(redis_command{"AUTH", settings.username, settings.password}, expected::kind::greeting);
  }
  if (settings.database != 0)
    say(redis_command{"SELECT", std::to_string(settings.database)}, expected::kind::greeting);
  // A stopped Redis accepts connections too: only an answer shows that somebody is there.
  say(redis_command{"PING"}, expected::kind::last_greeting);
}

// It waits for Redis until it is answered, not only until it is written.
void dialogue::say(redis_command command, expected::kind answer, std::string id) {
  expected_.push_back({answer, std::move(id), command.take_hold()});
  output_.push_back(std::move(command));
}

void dialogue::publish(redis_command publish) { say(std::move(publish), expected::kind::publication); }

void dialogue::count_listeners(redis_command count, std::string id) {
  say(std::move(count), expected::kind::count, std::move(id));
}

void dialogue::subscribe(redis_command subscribe) {
  listens_ = true;
  say(std::move(subscribe));
}

std::vector<redis_command> dialogue::take(std::size_t about_bytes) {
  std::vector<redis_command> taken;
  std::size_t bytes = 0;
  while (!output_.empty() && bytes < about_bytes) {
    bytes += output_.front().bytes().size();
    taken.push_back(std::move(output_.front()));
    output_.pop_front();
  }
  return taken;
}

void dialogue::on_bytes(time_point now) {
  last_sign_ = now;
  pinged_.reset();
}

heard dialogue::on_reply(redis_reply reply) {
  // A subscriber's pong is a push while it is subscribed to something and an answer while it is not.
  if (listens_ && reply.is == redis_reply::kind::list) return on_push(reply);
  if (listens_ && reply.is == redis_reply::kind::status && reply.text == "PONG" && greeted_)
    return hears::nothing{};
  if (listens_ && greeted_ && reply.is == redis_reply::kind::error)
    return hears::failure{std::move(reply.text)};
  return on_answer(reply);
}

heard dialogue::on_push(redis_reply& reply) {
  std::vector<redis_reply>& parts = reply.list;
  if (parts.empty()) return hears::failure{"an empty push"};
  const std::string_view kind = parts[0].text;
  if (kind == "message" && parts.size() == 3)
    return hears::message{
        .pattern = {}, .channel = std::move(parts[1].text), .text = std::move(parts[2].text)};
  if (kind == "pmessage" && parts.size() == 4)
    return hears::message{.pattern = std::move(parts[1].text),
                          .channel = std::move(parts[2].text),
                          .text = std::move(parts[3].text)};
  if ((kind == "subscribe" || kind == "psubscribe") && parts.size() == 3)
    return hears::confirmed{std::move(parts[1].text), true};
  if ((kind == "unsubscribe" || kind == "punsubscribe") && parts.size() == 3)
    return hears::confirmed{std::move(parts[1].text), false};
  if (kind == "pong") return hears::nothing{};
  return hears::failure{"a push of an unknown kind"};
}

heard dialogue::on_answer(redis_reply& reply) {
  if (expected_.empty()) return hears::failure{"an answer that nobody asked for"};
  expected answered = std::move(expected_.front());
  expected_.pop_front();
  const bool refused = reply.is == redis_reply::kind::error;

  switch (answered.is) {
  case expected::kind::greeting:
    if (refused) return hears::failure{std::move(reply.text)};
    return hears::nothing{};
  case expected::kind::last_greeting:
    if (refused) return hears::failure{std::move(reply.text)};
    greeted_ = true;
    return hears::greeted{};
  case expected::kind::ping:
    if (refused) return hears::failure{std::move(reply.text)};
    return hears::nothing{};
  case expected::kind::publication:
    if (refused) return hears::refusal{.why = std::move(reply.text), .id = std::move(answered.id)};
    return hears::nothing{};
  case expected::kind::count:
    if (refused) return hears::refusal{.why = std::move(reply.text), .id = std::move(answered.id)};
    if (reply.list.size() != 2 || reply.list[1].is != redis_reply::kind::integer || reply.list[1].integer < 0)
      return hears::failure{"an answer to PUBSUB NUMSUB of another form"};
    return hears::count{.id = std::move(answered.id),
                        .listeners = static_cast<std::size_t>(reply.list[1].integer)};
  }
  return hears::nothing{};
}

std::optional<time_point> dialogue::at(time_point now) {
  if (!greeted_) {
    const time_point end = began_ + settings_.greeting_timeout;
    if (now >= end) return std::nullopt;
    return end;
  }
  if (!pinged_) {
    const time_point due = last_sign_ + settings_.ping_interval;
    if (now < due) return due;
    pinged_ = now;
    // While a subscriber's pong may come as either, none is expected in order.
    if (listens_)
      say(redis_command{"PING"});
    else
      say(redis_command{"PING"}, expected::kind::ping);
  }
  // A ping that was late itself (a busy thread, a machine that slept) has its whole interval.
  const time_point end = *pinged_ + settings_.ping_interval;
  if (now >= end) return std::nullopt;
  return end;
}

backoff::backoff(std::chrono::milliseconds first, std::chrono::milliseconds most)
    : first_(first)
    , most_(std::max(first, most))
    , next_(first) {}

std::chrono::milliseconds backoff::next(std::chrono::steady_clock::duration last_connection) {
  if (last_connection >= most_) next_ = first_;
  return std::exchange(next_, std::min(most_, next_ * 2));
}

} // namespace socketio::cluster
