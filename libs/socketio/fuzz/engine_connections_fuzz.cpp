// A whole Engine.IO server that sends back every message: any bytes of several clients. The script:
// script.hpp.
#include "must.hpp"
#include "script.hpp"

#include "net/runtime.hpp"

#include <boost/asio/io_context.hpp>

#include <charconv>
#include <map>
#include <set>

namespace {

using namespace std::chrono_literals;
using socketio::fuzz::must;
namespace detail = socketio::detail;
namespace codec = socketio::codec;

class echo final : public detail::session_peer {
public:
  echo(detail::live_session& link, int number, int& sessions)
      : link_(link)
      , number_(number)
      , sessions_(sessions) {
    ++sessions_;
  }
  ~echo() override { --sessions_; }
  void on_message(bool binary, std::string_view data, const socketio::http_request* request) override {
    must(!closed_, "nothing is heard from who has left");
    if (request) must(request->method() == "POST", "the request that carried it");
    // With a separator in it a polled message would look like two.
    say(!binary && data.find(codec::separator) == data.npos ? data : "");
    if (binary) link_.send(codec::binary_packet(data));
    if (data == "many")
      for (int i = 0; i < 6; ++i) say("one of many");
    // Whatever happens to the client meanwhile: its transport may change.
    if (data == "later")
      for (const auto time : {20ms, 40ms, 60ms, 80ms})
        link_.home_loop().after(time, [this, alive = std::weak_ptr(alive_)] {
          if (!alive.expired() && !closed_) say("later");
        });
    if (data == "close") link_.close("forced close");
    if (data == "cut") link_.cut("forced close");
  }
  void on_closed(std::string_view reason, std::string_view) override {
    must(!closed_, "a session ends once");
    must(!reason.empty(), "an end has its reason");
    closed_ = true;
  }

private:
  void say(std::string_view text) {
    link_.send(codec::text_packet("4#" + std::to_string(number_) + ":" + std::to_string(sent_++) + ":" +
                                  std::string(text)));
  }

  detail::live_session& link_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  const int number_;
  int sent_ = 0;
  int& sessions_;
  bool closed_ = false;
};

class echoes final : public detail::application {
public:
  std::unique_ptr<detail::session_peer> make_peer(detail::live_session& session) override {
    return std::make_unique<echo>(session, made++, sessions);
  }
  void began(detail::session_peer&) override { ++begun; }
  int sessions = 0, made = 0, begun = 0;
};

// Which messages of each session were heard.
class heard_messages {
public:
  void on_packet(std::string_view packet) {
    if (!packet.starts_with("4#")) return;
    packet.remove_prefix(2);
    const auto number = [&] {
      std::size_t value = 0;
      const auto end = std::from_chars(packet.data(), packet.data() + packet.size(), value).ptr;
      packet.remove_prefix(static_cast<std::size_t>(end - packet.data()) + 1);
      return value;
    };
    const std::size_t session = number();
    const std::size_t message = number();
    must(sessions_[session].insert(message).second, "no message comes twice");
  }
  void check_nothing_is_missing() const {
    for (const auto& [session, messages] : sessions_)
      must(*messages.rbegin() + 1 == messages.size(), "no message is lost between others");
  }

private:
  std::map<std::size_t, std::set<std::size_t>> sessions_;
};

void use_ordinarily(socketio::fuzz::world& world) {
  const std::string sid = "&sid=" + world.fresh_session();
  must(world.post(sid, "4hello\x1e"
                       "bAQID") == "ok",
       "an ordinary client may speak");
  const std::string heard = world.get(sid);
  must(heard.find(":0:hello\x1e") != heard.npos && heard.ends_with("\x1e"
                                                                   "bAQID"),
       "and hears itself");
  must(world.post(sid, "1") == "ok", "and may leave");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  boost::asio::io_context io;
  socketio::config config;
  config.path = "/engine.io/";
  config.ping_interval = 300ms;
  config.ping_timeout = 200ms;
  config.upgrade_timeout = 400ms;
  config.max_payload = 1500;
  config.max_packets_per_poll = 4;
  config.compress_from = 200;
  config.cors = {.origins = {"https://a.example"}};
  config.max_queued_packets = 12;
  config.max_queued_bytes = 8 * 1024;
  config.write_stall_timeout = 500ms;
  config.max_head_bytes = 800;
  config.head_timeout = 300ms;
  config.body_timeout = 300ms;
  config.keep_alive_timeout = 1000ms;
  echoes application;
  {
    detail::runtime engine(io, config, application);
    socketio::fuzz::world world(io, engine, "/engine.io/");
    heard_messages heard;
    world.on_packet([&heard](std::string_view packet) { heard.on_packet(packet); });
    world.play(socketio::fuzz::text_of(data, size));
    if (!world.closing()) world.fresh_session(); // others may come meanwhile
    world.come_to_an_end();
    if (!world.closing()) use_ordinarily(world);
    if (!world.closing()) world.come_to_an_end();
    if (!world.lossy()) heard.check_nothing_is_missing();
    must(application.begun == 0 || application.sessions == 0, "no session is left");
  }
  return 0;
}
