// HTTP POST → event to one of many users: kept-alive connections, one request under way on each.
#include "crowd.hpp"
#include "http_client.hpp"

namespace load {

namespace {

class posted_events final : public crowd {
public:
  posted_events(poller& poller, const settings& settings)
      : crowd(poller, settings.port)
      , settings_(settings)
      , under_way_(settings.under_way ? settings.under_way : 32)
      , measured_(settings) {}

  result run() {
    grow(settings_.clients);
    register_users();
    for (unsigned i = 0; i < under_way_; ++i)
      lines_.push_back(
          std::make_unique<http_client>(poller_, settings_.port, [this, i](std::string_view body) {
            if (body != R"({"ok":true})") throw fault("answered: " + std::string(body));
            --unanswered_;
            if (sending_) post(i);
          }));
    sending_ = true;
    for (unsigned i = 0; i < under_way_; ++i) post(i);
    poller_.run_for(settings_.warm);
    measured_.begin();
    poller_.run_for(settings_.measured);
    measured_.end();
    sending_ = false;
    poller_.run_until(clock::now() + patience, [&] { return waiting_ == 0 && unanswered_ == 0; });
    mistakes_.lost = waiting_ + unanswered_;
    return measured_.report(mistakes_);
  }

  void message(websocket_client& client, std::string_view text) override {
    if (text == R"(42["echo","registered"])") {
      ++registered_;
      return;
    }
    const auto number = number_in(text);
    if (!text.starts_with(R"(42["new_message")") || number >= posts_.size() ||
        posts_[number].user != client.number) {
      ++mistakes_.astray;
    } else if (posts_[number].arrived) {
      ++mistakes_.doubled;
    } else {
      posts_[number].arrived = true;
      --waiting_;
      measured_.event(posts_[number].sent);
    }
  }

private:
  struct sent_post {
    unsigned user;
    bool arrived;
    clock::time_point sent;
  };
  // Events of one client are handled in their order: after the echo, it is registered.
  void register_users() {
    for (std::size_t i = 0; i < size(); ++i) {
      at(i).send(R"(42["register",")" + std::to_string(i) + "\"]");
      at(i).send(R"(42["echo","registered"])");
    }
    if (!poller_.run_until(clock::now() + patience, [&] { return registered_ == size(); }))
      throw fault("not all users were registered");
  }
  void post(unsigned line) {
    const auto number = posts_.size();
    const auto user = static_cast<unsigned>(number * 7919 % size());
    posts_.push_back({user, false, clock::now()});
    ++waiting_;
    ++unanswered_;
    lines_[line]->post("/unicast", "application/json",
                       R"({"userId":")" + std::to_string(user) + R"(","text":")" +
                           numbered(number, settings_.payload) + "\"}");
  }

  const settings& settings_;
  unsigned under_way_;
  std::vector<std::unique_ptr<http_client>> lines_;
  std::vector<sent_post> posts_;
  std::size_t registered_ = 0;
  std::uint64_t waiting_ = 0, unanswered_ = 0;
  bool sending_ = false;
  mistakes mistakes_;
  measurement measured_;
};

} // namespace

result posts(const settings& settings) {
  poller poller;
  return posted_events(poller, settings).run();
}

} // namespace load
