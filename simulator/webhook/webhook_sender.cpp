#include "simulator/webhook/webhook_sender.hpp"

#include "simulator/faults/fault_plan.hpp"
#include "simulator/webhook/json_text.hpp"
#include "simulator/webhook/retry_schedule.hpp"
#include "simulator/webhook/signature.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <deque>
#include <random>

namespace simulator {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using steady = std::chrono::steady_clock;

namespace {

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

constexpr std::size_t attempts_kept = 50;
constexpr std::size_t answer_max = 64 << 10;

struct target {
  std::string host;
  std::string port;
  std::string authority;
  std::string path; ///< with query
};

std::optional<target> read_url(const std::string& text) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || url->scheme() != "http" || url->host().empty()) return std::nullopt;
  target read;
  read.host = url->host_address();
  read.port = url->has_port() ? std::string(url->port()) : "80";
  read.authority = std::string(url->encoded_host_and_port());
  read.path = std::string(url->encoded_path());
  if (read.path.empty()) read.path = "/";
  if (url->has_query()) read.path += "?" + std::string(url->encoded_query());
  return read;
}

/// A connection that is kept between posts.
struct link {
  explicit link(const asio::any_io_executor& executor)
      : stream(executor) {}
  beast::tcp_stream stream;
  beast::flat_buffer buffer;
  std::string authority; ///< whom it is open to; empty: closed
};

struct exchange {
  int status = 0;
  std::string body;
  std::string error;
};

/// True when the other side has closed a kept connection, or said something unasked: it cannot be used again.
bool is_spent(link& line) {
  char byte = 0;
  const auto got = ::recv(line.stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

asio::awaitable<exchange> once(link& line, const target& where,
                               const http::request<http::string_body>& request,
                               std::chrono::milliseconds limit) {
  exchange result;
  error_code error;
  line.stream.expires_after(limit);

  if (line.authority != where.authority || is_spent(line)) {
    line.stream.close();
    line.buffer.clear();
    tcp::resolver resolver(line.stream.get_executor());
    const auto addresses = co_await resolver.async_resolve(where.host, where.port, into(error));
    if (!error) co_await line.stream.async_connect(addresses, into(error));
    if (error) {
      line.authority.clear();
      result.error = "connect: " + error.message();
      co_return result;
    }
    line.stream.socket().set_option(tcp::no_delay(true), error);
    line.authority = where.authority;
  }

  co_await http::async_write(line.stream, request, into(error));
  http::response_parser<http::string_body> response;
  response.body_limit(answer_max);
  if (!error) co_await http::async_read(line.stream, line.buffer, response, into(error));
  if (error) {
    line.stream.close();
    line.authority.clear();
    result.error = error == beast::error::timeout ? "no answer in time" : error.message();
    co_return result;
  }
  result.status = static_cast<int>(response.get().result_int());
  result.body = std::move(response.get().body());
  if (!response.get().keep_alive()) {
    line.stream.close();
    line.authority.clear();
  }
  co_return result;
}

boost::json::object summary(const webhook_item& item) {
  boost::json::object shown{{"kind", item.kind}, {"wamid", item.content.at("id")}};
  for (const auto* name : {"status", "type", "from", "recipient_id", "group_id"})
    if (const auto* found = item.content.if_contains(name)) shown[name] = *found;
  if (const auto* found = item.content.if_contains("biz_opaque_callback_data"))
    shown["callbackData"] = *found;
  if (const auto* text = item.content.if_contains("text"); text != nullptr && text->is_object())
    if (const auto* body = text->as_object().if_contains("body")) shown["text"] = *body;
  return shown;
}

} // namespace

struct webhook_sender::implementation : std::enable_shared_from_this<implementation> {
  struct job {
    std::uint64_t seq = 0;
    std::shared_ptr<const std::string> body;
    std::string first_signature; ///< forged, perhaps; retries are signed right
    std::string signature;
    bool retry = true;
    std::vector<std::shared_ptr<gate>> gates;
    std::vector<std::function<void()>> delivered;
    int tries = 0;
    steady::time_point first_try;
    activity::token token;
  };

  implementation(asio::any_io_executor executor_, const options& set_, journal& log_, seeded_random& random_,
                 activity& busy_)
      : executor(std::move(executor_))
      , set(set_)
      , log(log_)
      , random(random_)
      , busy(busy_)
      , batch_timer(executor) {}

  void flush() {
    batch_timer.cancel();
    if (batch.empty()) return;
    auto next = std::make_shared<job>();
    next->body = std::make_shared<const std::string>(webhook_text(envelope(batch)));
    boost::json::array items;
    for (const auto& item : batch) items.push_back(summary(item));
    next->gates = std::move(batch_gates);
    next->delivered = std::move(batch_delivered);
    batch.clear();
    batch_gates.clear();
    batch_delivered.clear();
    batch_token = {};

    next->signature = signature_header(set.app_secret, *next->body);
    switch (plan_signature(set, random)) {
    case signature::right:
      next->first_signature = next->signature;
      break;
    case signature::wrong:
      next->first_signature = signature_header(set.app_secret + "?", *next->body);
      break;
    case signature::missing:
      break;
    }
    enqueue(std::move(next), std::move(items));
  }

  void enqueue(std::shared_ptr<job> next, boost::json::array items) {
    webhook_record record{
        .body = next->body, .signature = next->first_signature, .items = std::move(items), .attempts = {}};
    const bool dropped = !set.webhooks || set.webhook_url.empty() ||
                         waiting >= static_cast<std::size_t>(set.pending_webhooks_max);
    if (dropped) record.state = "dropped";
    next->seq = log.add(std::move(record));
    if (dropped) {
      for (const auto& opened : next->gates) opened->open();
      return;
    }
    ++waiting;
    next->token = busy.begin();
    queue.push_back(std::move(next));
    pump();
  }

  void pump() {
    while (!queue.empty() && active < set.webhook_connections) {
      ++active;
      std::shared_ptr<link> line;
      if (idle.empty()) {
        line = std::make_shared<link>(executor);
      } else {
        line = std::move(idle.back());
        idle.pop_back();
      }
      asio::co_spawn(executor, work(shared_from_this(), std::move(line)), asio::detached);
    }
  }

  static asio::awaitable<void> work(std::shared_ptr<implementation> self, std::shared_ptr<link> line) {
    while (!self->queue.empty() && !self->stopped) {
      const auto next = std::move(self->queue.front());
      self->queue.pop_front();
      co_await self->attempt(*line, next);
    }
    --self->active;
    if (!line->authority.empty()) {
      line->stream.expires_never();
      self->idle.push_back(std::move(line));
    }
  }

  asio::awaitable<void> attempt(link& line, std::shared_ptr<job> next) {
    const auto began = steady::now();
    if (next->tries++ == 0) next->first_try = began;
    webhook_attempt made{.at = std::chrono::system_clock::now(), .error = {}};

    exchange result;
    if (const auto where = read_url(set.webhook_url)) {
      http::request<http::string_body> request{http::verb::post, where->path, 11};
      request.set(http::field::host, where->authority);
      request.set(http::field::user_agent, "tickwire-simulator");
      request.set(http::field::content_type, "application/json");
      const auto& signed_with = next->tries == 1 ? next->first_signature : next->signature;
      if (!signed_with.empty()) request.set("X-Hub-Signature-256", signed_with);
      request.body() = *next->body;
      request.prepare_payload();
      const auto limit = std::chrono::milliseconds(set.webhook_timeout);
      result = co_await once(line, *where, request, limit);
    } else {
      result.error = "the webhook's address is no http address";
    }
    if (stopped) co_return;

    made.status = result.status;
    made.error = result.error;
    made.latency_ms = std::chrono::duration<double, std::milli>(steady::now() - began).count();
    finish(std::move(next), std::move(made));
  }

  void finish(std::shared_ptr<job> done, webhook_attempt made) {
    const bool good = made.status == 200;
    const retry_schedule schedule{std::chrono::milliseconds(set.retry_base),
                                  std::chrono::milliseconds(set.retry_max),
                                  std::chrono::milliseconds(set.retry_give_up)};
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - done->first_try);
    const auto gap = good || !done->retry ? std::nullopt : schedule.gap(done->tries, age);

    if (auto* record = log.webhook(done->seq)) {
      record->tries = done->tries;
      if (record->attempts.size() == attempts_kept) record->attempts.erase(record->attempts.begin());
      record->attempts.push_back(std::move(made));
      record->state = good ? "delivered" : gap ? "pending" : "given up";
      log.changed(done->seq);
    }
    // Callbacks may tell more, so the lists are taken out first.
    for (const auto& opened : std::exchange(done->gates, {})) opened->open();
    if (good)
      for (const auto& told : std::exchange(done->delivered, {})) told();

    if (!gap) {
      --waiting;
      return;
    }
    asio::co_spawn(executor, again(shared_from_this(), std::move(done), *gap), asio::detached);
  }

  static asio::awaitable<void> again(std::shared_ptr<implementation> self, std::shared_ptr<job> next,
                                     std::chrono::milliseconds gap) {
    if (gap.count() > 0) {
      asio::steady_timer timer(self->executor, gap);
      error_code ignored;
      co_await timer.async_wait(into(ignored));
    }
    if (self->stopped) co_return;
    self->queue.push_back(std::move(next));
    self->pump();
  }

  asio::any_io_executor executor;
  const options& set;
  journal& log;
  seeded_random& random;
  activity& busy;

  std::vector<webhook_item> batch;
  std::vector<std::shared_ptr<gate>> batch_gates;
  std::vector<std::function<void()>> batch_delivered;
  activity::token batch_token;
  asio::steady_timer batch_timer;

  std::deque<std::shared_ptr<job>> queue;
  std::vector<std::shared_ptr<link>> idle;
  int active = 0;
  std::size_t waiting = 0;
  bool stopped = false;
};

webhook_sender::webhook_sender(asio::any_io_executor executor, const options& set, journal& log,
                               seeded_random& random, activity& busy)
    : self_(std::make_shared<implementation>(std::move(executor), set, log, random, busy)) {}

webhook_sender::~webhook_sender() { self_->stopped = true; }

std::shared_ptr<gate> webhook_sender::tell(webhook_item item, std::function<void()> delivered) {
  auto& self = *self_;
  auto opened = std::make_shared<gate>(self.executor);
  self.batch.push_back(std::move(item));
  self.batch_gates.push_back(opened);
  if (delivered) self.batch_delivered.push_back(std::move(delivered));

  if (self.batch.size() >= static_cast<std::size_t>(self.set.batch_size)) {
    self.flush();
  } else if (self.batch.size() == 1) {
    self.batch_token = self.busy.begin();
    self.batch_timer.expires_after(std::chrono::milliseconds(self.set.batch_wait));
    self.batch_timer.async_wait([keep = self_](error_code cancelled) {
      if (!cancelled && !keep->stopped) keep->flush();
    });
  }
  return opened;
}

std::pair<std::uint64_t, std::shared_ptr<gate>> webhook_sender::post(raw_webhook webhook) {
  auto next = std::make_shared<implementation::job>();
  next->body = std::make_shared<const std::string>(std::move(webhook.body));
  next->signature =
      webhook.signature ? *webhook.signature : signature_header(self_->set.app_secret, *next->body);
  next->first_signature = next->signature;
  next->retry = webhook.retry;
  auto opened = std::make_shared<gate>(self_->executor);
  next->gates.push_back(opened);
  self_->enqueue(next, {});
  return {next->seq, opened};
}

asio::awaitable<webhook_sender::handshake> webhook_sender::verify() {
  handshake result;
  const auto self = self_;
  const auto where = read_url(self->set.webhook_url);
  if (!where) co_return result;

  const auto challenge = std::to_string(std::random_device{}());
  boost::urls::url query;
  query.params().append({"hub.mode", "subscribe"});
  query.params().append({"hub.challenge", challenge});
  query.params().append({"hub.verify_token", self->set.verify_token});
  const auto path = where->path + (where->path.find('?') == std::string::npos ? "?" : "&") +
                    std::string(query.encoded_query());

  http::request<http::string_body> request{http::verb::get, path, 11};
  request.set(http::field::host, where->authority);
  request.set(http::field::user_agent, "tickwire-simulator");
  const auto line = std::make_shared<link>(self->executor);
  const auto limit = std::chrono::milliseconds(self->set.webhook_timeout);
  const auto answer = co_await once(*line, *where, request, limit);

  result.status = answer.status;
  result.answer = answer.status == 0 ? answer.error : answer.body;
  result.good = answer.status == 200 && answer.body == challenge;
  co_return result;
}

std::size_t webhook_sender::pending() const { return self_->waiting + self_->batch.size(); }

} // namespace simulator
