#include "adapters/realtime/node_talk.hpp"

#include "base/clock.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace tickwire::realtime {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

// A server tells again and again who is connected to it, so that those that die are noticed.
constexpr std::chrono::seconds people_every{5}, silent_after{12};
constexpr std::chrono::milliseconds people_soon{50};

json::value text(const std::string& value) { return json::string(value); }

} // namespace

node_talk::node_talk(boost::asio::io_context& io, socketio::server& server, presence& present,
                     std::string name, std::string epoch)
    : nsp_(server.of("/"))
    , presence_(present)
    , name_(std::move(name))
    , epoch_(std::move(epoch))
    , timer_(io)
    , soon_(io) {}

void node_talk::begin() {
  for (const char* event : {"head", "people", "people?"})
    nsp_.on_server(event, [this, event](const socketio::packet_data& said,
                                        const socketio::acknowledge_server&) { hear(event, said); });
  nsp_.server_side_emit("people?", {text(epoch_)});
  look_after_people();
}

// Each begins with the epoch. Other programs may speak in the same Redis: what is of another form counts as
// nothing.
void node_talk::hear(std::string_view event, const socketio::packet_data& said) {
  const json::array& words = said.arguments;
  const auto text_at = [&](std::size_t i) {
    return i < words.size() && words[i].is_string() ? std::string(words[i].get_string()) : std::string();
  };
  if (text_at(0) != epoch_) return;
  if (event == "people?") return tell_people();
  if (event == "head") {
    if (words.size() < 2 || !words[1].is_int64() || words[1].get_int64() < 0) return;
    heard_head_ = static_cast<std::uint64_t>(words[1].get_int64());
    return on_head(heard_head_);
  }
  if (words.size() < 3 || !words[2].is_array() || text_at(1).empty()) return;
  std::set<std::string> users;
  for (const json::value& user_id : words[2].get_array())
    if (user_id.is_string()) users.emplace(user_id.get_string());
  on_people(presence_.heard(text_at(1), std::move(users), wall_now(), std::chrono::steady_clock::now()));
}

void node_talk::tell_head(std::uint64_t head) {
  if (head <= told_head_ || head == heard_head_) return;
  told_head_ = head;
  nsp_.server_side_emit("head", {text(epoch_), static_cast<std::int64_t>(head)});
}

void node_talk::tell_people() {
  if (std::exchange(people_due_, true)) return;
  soon_.expires_after(people_soon);
  soon_.async_wait([this](boost::system::error_code error) {
    people_due_ = false;
    if (!error) tell_people_now();
  });
}

void node_talk::tell_people_now() {
  json::array users;
  for (const std::string& user_id : presence_.here()) users.push_back(text(user_id));
  nsp_.server_side_emit("people", {text(epoch_), text(name_), std::move(users)});
}

void node_talk::look_after_people() {
  tell_people_now();
  timer_.expires_after(people_every);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    on_people(presence_.forget_silent_since(std::chrono::steady_clock::now() - silent_after, wall_now()));
    look_after_people();
  });
}

} // namespace tickwire::realtime
