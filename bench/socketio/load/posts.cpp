// HTTP POST → event to the members of one of many rooms: kept-alive connections, one request under way on
// each. Without --rooms each client has one of its own.
#include "crowd.hpp"
#include "http_client.hpp"

#include <algorithm>

namespace load {

namespace {

class posted_events final : public crowd {
public:
  posted_events(poller& poller, const settings& settings)
      : crowd(poller, settings)
      , settings_(settings)
      , under_way_(settings.under_way ? settings.under_way : 32)
      , rooms_(settings.rooms ? settings.rooms : settings.clients)
      , members_(std::min({settings.members, settings.clients, max_members}))
      , measured_(settings) {}

  result run() {
    grow(settings_.clients);
    join_rooms();
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
    poller_.run_while_moving(patience, waiting_, [&] { return waiting_ == 0 && unanswered_ == 0; });
    mistakes_.lost = waiting_ + unanswered_;
    return measured_.report(mistakes_);
  }

  void message(websocket_client& client, std::string_view text) override {
    if (text.starts_with("430[")) {
      ++joined_;
      return;
    }
    const auto number = number_in(text);
    const auto member = number < posts_.size() ? member_of(posts_[number].room, client.number) : members_;
    if (!text.starts_with(R"(42["new_message")") || member == members_) {
      ++mistakes_.astray;
    } else if (posts_[number].arrived >> member & 1) {
      ++mistakes_.doubled;
    } else {
      posts_[number].arrived |= std::uint64_t{1} << member;
      --waiting_;
      measured_.event(posts_[number].sent);
    }
  }

private:
  static constexpr unsigned max_members = 64; // the bits of sent_post::arrived
  struct sent_post {
    unsigned room;
    std::uint64_t arrived; // a bit for each member
    clock::time_point sent;
  };
  // A room's members are clients in a row; `members_` stands for somebody who is none.
  std::size_t first_member(unsigned room) const { return std::size_t{room} * members_ % size(); }
  unsigned member_of(unsigned room, unsigned client) const {
    const auto place = (client + size() - first_member(room)) % size();
    return place < members_ ? static_cast<unsigned>(place) : members_;
  }
  // Each is acknowledged. A few clients at a time, so that a slow server's answers keep coming.
  void join_rooms() {
    constexpr std::size_t at_a_time = 50;
    std::vector<std::vector<unsigned>> rooms_of(size());
    for (unsigned room = 0; room < rooms_; ++room)
      for (unsigned i = 0; i < members_; ++i) rooms_of[(first_member(room) + i) % size()].push_back(room);
    std::uint64_t joining = 0;
    for (std::size_t next = 0; next < size();) {
      for (const auto end = std::min(next + at_a_time, size()); next < end; ++next) {
        for (const auto room : rooms_of[next])
          at(next).send(R"(420["register",")" + std::to_string(room) + "\"]");
        joining += rooms_of[next].size();
      }
      if (!poller_.run_while_moving(patience, joined_, [&] { return joined_ == joining; }))
        throw fault("not all rooms were joined");
    }
  }
  void post(unsigned line) {
    const auto number = posts_.size();
    const auto room = static_cast<unsigned>(number * 7919 % rooms_);
    posts_.push_back({room, 0, clock::now()});
    waiting_ += members_;
    ++unanswered_;
    lines_[line]->post("/unicast", "application/json",
                       R"({"userId":")" + std::to_string(room) + R"(","text":")" +
                           numbered(number, settings_.payload) + "\"}");
  }

  const settings& settings_;
  unsigned under_way_, rooms_, members_;
  std::vector<std::unique_ptr<http_client>> lines_;
  std::vector<sent_post> posts_;
  std::uint64_t joined_ = 0, waiting_ = 0, unanswered_ = 0;
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
