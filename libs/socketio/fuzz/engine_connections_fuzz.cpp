// A whole Engine.IO server that sends back every message: any bytes of several clients. The script:
// script.hpp.
#include "must.hpp"
#include "script.hpp"

#include "net/runtime.hpp"

#include <boost/asio/io_context.hpp>

namespace {

using namespace std::chrono_literals;
using socketio::fuzz::must;
namespace detail = socketio::detail;

class echo final : public detail::session_peer {
public:
  echo(detail::live_session& link, int& sessions)
      : link_(link)
      , sessions_(sessions) {
    ++sessions_;
  }
  ~echo() override { --sessions_; }
  void on_message(bool binary, std::string_view data, const socketio::http_request* request) override {
    must(!closed_, "nothing is heard from who has left");
    if (request) must(request->method() == "POST", "the request that carried it");
    link_.send(binary ? socketio::codec::binary_packet(data)
                      : socketio::codec::text_packet("4" + std::string(data)));
    if (data == "close") link_.close("forced close");
    if (data == "cut") link_.cut("forced close");
  }
  void on_closed(std::string_view reason, std::string_view) override {
    must(!closed_, "a session ends once");
    must(!reason.empty(), "an end has its reason");
    closed_ = true;
  }

private:
  detail::live_session& link_;
  int& sessions_;
  bool closed_ = false;
};

class echoes final : public detail::application {
public:
  std::unique_ptr<detail::session_peer> make_peer(detail::live_session& session) override {
    return std::make_unique<echo>(session, sessions);
  }
  void began(detail::session_peer&) override { ++begun; }
  int sessions = 0, begun = 0;
};

void use_ordinarily(socketio::fuzz::world& world) {
  const std::string sid = "&sid=" + world.fresh_session();
  must(world.post(sid, "4hello\x1e"
                       "bAQID") == "ok",
       "an ordinary client may speak");
  must(world.get(sid) == "4hello\x1e"
                         "bAQID",
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
    world.play(socketio::fuzz::text_of(data, size));
    if (!world.closing()) use_ordinarily(world);
    world.come_to_an_end();
    if (!world.closing()) use_ordinarily(world);
    if (!world.closing()) world.come_to_an_end();
    must(application.begun == 0 || application.sessions == 0, "no session is left");
  }
  return 0;
}
