// Events that are sent back over long-polling: each client has one under way, its GET open and its POST.
#include "figure.hpp"
#include "http_client.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace load {

namespace {

constexpr std::string_view handshake = "/socket.io/?EIO=4&transport=polling";

class polling_client {
public:
  polling_client(poller& poller, std::uint16_t port,
                 std::function<void(polling_client&, std::string_view)> event, unsigned number)
      : number(number)
      , event_(std::move(event))
      , gets_(poller, port, [this](std::string_view body) { polled(body); })
      , posts_(poller, port, [this](std::string_view) { posted(); }) {
    gets_.get(handshake);
  }
  bool is_connected() const { return connected_; }
  void send(std::string text) {
    waiting_ += waiting_.empty() ? "" : "\x1e";
    waiting_ += text;
    flush();
  }
  const unsigned number;

private:
  void flush() {
    if (posting_ || waiting_.empty()) return;
    posting_ = true;
    posts_.post(target_, "text/plain;charset=UTF-8", std::exchange(waiting_, {}));
  }
  void posted() {
    posting_ = false;
    flush();
  }
  void polled(std::string_view body) {
    while (!body.empty()) {
      const auto end = std::min(body.find('\x1e'), body.size());
      packet(body.substr(0, end));
      body.remove_prefix(std::min(end + 1, body.size()));
    }
    gets_.get(target_);
  }
  void packet(std::string_view text) {
    constexpr std::string_view key = "\"sid\":\"";
    if (text.starts_with("0{")) {
      const auto begin = text.find(key) + key.size();
      target_ =
          std::string(handshake) + "&sid=" + std::string(text.substr(begin, text.find('"', begin) - begin));
      send("40");
    } else if (text.starts_with("40{")) {
      connected_ = true;
    } else if (text == "2") {
      send("3");
    } else if (text.starts_with("42")) {
      event_(*this, text);
    } else if (text != "6") {
      throw fault("an unexpected packet: " + std::string(text));
    }
  }

  std::function<void(polling_client&, std::string_view)> event_;
  std::string target_, waiting_;
  bool connected_ = false, posting_ = false;
  http_client gets_, posts_;
};

class polled_events {
public:
  polled_events(poller& poller, const settings& settings)
      : poller_(poller)
      , settings_(settings)
      , sent_(settings.clients)
      , numbers_(settings.clients, 0)
      , measured_(settings) {}

  result run() {
    for (unsigned i = 0; i < settings_.clients; ++i)
      clients_.push_back(std::make_unique<polling_client>(
          poller_, settings_.port, [this](auto& client, auto text) { arrived(client, text); }, i));
    if (!poller_.run_until(clock::now() + patience, [&] {
          return std::all_of(clients_.begin(), clients_.end(),
                             [](auto& client) { return client->is_connected(); });
        }))
      throw fault("not all clients connected");
    sending_ = true;
    for (auto& client : clients_) send(*client);
    poller_.run_for(settings_.warm);
    measured_.begin();
    poller_.run_for(settings_.measured);
    measured_.end();
    sending_ = false;
    poller_.run_while_moving(patience, waiting_, [&] { return waiting_ == 0; });
    mistakes_.lost = waiting_;
    return measured_.report(mistakes_);
  }

private:
  void send(polling_client& client) {
    sent_[client.number] = clock::now();
    ++waiting_;
    client.send(R"(42["echo",")" + numbered(++numbers_[client.number], settings_.payload) + "\"]");
  }
  void arrived(polling_client& client, std::string_view text) {
    const auto number = number_in(text);
    if (number > numbers_[client.number]) {
      ++mistakes_.astray;
    } else if (number < numbers_[client.number]) {
      ++mistakes_.doubled;
    } else {
      --waiting_;
      measured_.event(sent_[client.number]);
      if (sending_) send(client);
    }
  }

  poller& poller_;
  const settings& settings_;
  std::vector<std::unique_ptr<polling_client>> clients_;
  std::vector<clock::time_point> sent_;
  std::vector<std::uint64_t> numbers_;
  std::uint64_t waiting_ = 0;
  bool sending_ = false;
  mistakes mistakes_;
  measurement measured_;
};

} // namespace

result polling(const settings& settings) {
  poller poller;
  return polled_events(poller, settings).run();
}

} // namespace load
