// The Redis adapter with a server that is none, for tests from outside: what its server is told comes out as
// JSON, a line each, and commands go in the same way.
//
//   cluster_probe REDIS_PORT NAME [--key PREFIX] [--specific] [--ping MS] [--timeout MS] [--password P]
//
// In:  {"do":"broadcast","nsp":"/","args":["x",…],"rooms":[…],"except":[…],"volatile":true,"timeout":ms}
//      ask (broadcast with acks), join, leave, disconnect, fetch, server_emit, server_ask; open, close
//      (namespaces) sockets: what it answers to fetches from then on ([{id,rooms,data}])
// Out: {"heard":…} of its server, {"result":…} of its questions, {"log":…}
// Binary parts are {"$binary":"hex"} both ways.
#include "socketio/redis_adapter.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <istream>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using boost::system::error_code;
using namespace socketio;

void say(const json::object& line) {
  std::printf("%s\n", json::serialize(line).c_str());
  std::fflush(stdout);
}

std::string to_hex(std::string_view bytes) {
  std::string hex;
  for (const char byte : bytes) {
    hex += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return bytes;
}

json::value shown(const json::value& value, const std::vector<std::string>& attachments) {
  if (value.is_array()) {
    json::array copy;
    for (const json::value& element : value.get_array()) copy.push_back(shown(element, attachments));
    return copy;
  }
  if (!value.is_object()) return value;
  const json::object& object = value.get_object();
  if (object.contains("_placeholder"))
    return json::object{{"$binary", to_hex(attachments.at(object.at("num").to_number<std::size_t>()))}};
  json::object copy;
  for (const auto& [key, element] : object) copy.emplace(key, shown(element, attachments));
  return copy;
}

json::value shown(const packet_data& packet) { return shown(packet.arguments, packet.attachments); }

void take_binary(json::value& value, std::vector<std::string>& attachments) {
  if (value.is_array())
    for (json::value& element : value.get_array()) take_binary(element, attachments);
  if (!value.is_object()) return;
  if (const json::value* hex = value.get_object().if_contains("$binary")) {
    attachments.push_back(from_hex(hex->as_string()));
    value = {{"_placeholder", true}, {"num", attachments.size() - 1}};
    return;
  }
  for (auto& entry : value.get_object()) take_binary(entry.value(), attachments);
}

packet_data packet_of(const json::value& arguments) {
  json::value copy = arguments;
  packet_data packet;
  take_binary(copy, packet.attachments);
  packet.arguments = std::move(copy.as_array());
  return packet;
}

std::vector<std::string> names(const json::object& line, std::string_view key) {
  std::vector<std::string> result;
  if (const json::value* list = line.if_contains(key))
    for (const json::value& name : list->as_array()) result.emplace_back(name.as_string());
  return result;
}

json::array shown(const std::vector<std::string>& names) { return json::array(names.begin(), names.end()); }

class probe final : public cluster_member {
public:
  explicit probe(std::string name)
      : name_(std::move(name))
      , sockets_{
            {.id = name_, .handshake = {{"address", "::1"}}, .rooms = {name_}, .data = {{"of", name_}}}} {}

  std::vector<remote_socket>& sockets() { return sockets_; }

  void broadcast(std::string_view nsp, const packet_data& event, const target_options& whom,
                 const broadcast_flags& flags) override {
    json::object line = about("broadcast", nsp, whom);
    line["args"] = shown(event);
    line["volatile"] = flags.is_volatile;
    line["compress"] = flags.compress;
    say(line);
  }
  // Each of its sockets answers with its id and what it was asked; an event "silence" nobody answers.
  void broadcast_with_ack(std::string_view nsp, const packet_data& event, const target_options& whom,
                          const broadcast_flags& flags, std::function<void(std::size_t)> asked,
                          std::function<void(packet_data)> answered) override {
    json::object line = about("ask", nsp, whom);
    line["args"] = shown(event);
    if (flags.timeout) line["timeout"] = flags.timeout->count();
    say(line);
    const auto found = matching(whom);
    asked(found.size());
    if (event.arguments.at(0) == "silence") return;
    for (const remote_socket& socket : found) {
      packet_data answer{.arguments = {}, .attachments = event.attachments};
      answer.arguments.push_back(json::object{{"from", socket.id}, {"args", event.arguments}});
      answered(std::move(answer));
    }
  }
  void sockets_join(std::string_view nsp, const target_options& whom,
                    const std::vector<std::string>& rooms) override {
    json::object line = about("join", nsp, whom);
    line["join"] = shown(rooms);
    say(line);
  }
  void sockets_leave(std::string_view nsp, const target_options& whom,
                     const std::vector<std::string>& rooms) override {
    json::object line = about("leave", nsp, whom);
    line["leave"] = shown(rooms);
    say(line);
  }
  void disconnect_sockets(std::string_view nsp, const target_options& whom, bool close) override {
    json::object line = about("disconnect", nsp, whom);
    line["close"] = close;
    say(line);
  }
  void fetch_sockets(std::string_view, const target_options& whom,
                     std::function<void(std::vector<remote_socket>)> found) override {
    found(matching(whom));
  }
  void all_rooms(std::string_view, std::function<void(std::vector<std::string>)> found) override {
    std::vector<std::string> rooms;
    for (const remote_socket& socket : sockets_)
      rooms.insert(rooms.end(), socket.rooms.begin(), socket.rooms.end());
    found(std::move(rooms));
  }
  void server_side_emit(std::string_view nsp, const packet_data& event,
                        std::function<void(packet_data)> answer) override {
    say({{"heard", "server_event"}, {"nsp", nsp}, {"args", shown(event)}, {"ack", answer != nullptr}});
    if (!answer || event.arguments.at(0) == "silence") return;
    packet_data told{.arguments = {}, .attachments = event.attachments};
    told.arguments.push_back(json::object{{"server", name_}, {"args", event.arguments}});
    answer(std::move(told));
  }

private:
  static json::object about(std::string_view what, std::string_view nsp, const target_options& whom) {
    return {{"heard", what}, {"nsp", nsp}, {"rooms", shown(whom.rooms)}, {"except", shown(whom.except)}};
  }
  std::vector<remote_socket> matching(const target_options& whom) const {
    const auto in_any = [](const remote_socket& socket, const std::vector<std::string>& rooms) {
      return std::any_of(rooms.begin(), rooms.end(), [&](const std::string& room) {
        return std::find(socket.rooms.begin(), socket.rooms.end(), room) != socket.rooms.end();
      });
    };
    std::vector<remote_socket> result;
    for (const remote_socket& socket : sockets_)
      if ((whom.rooms.empty() || in_any(socket, whom.rooms)) && !in_any(socket, whom.except))
        result.push_back(socket);
    return result;
  }

  const std::string name_;
  std::vector<remote_socket> sockets_;
};

json::array shown(const std::vector<remote_socket>& sockets) {
  json::array result;
  for (const remote_socket& socket : sockets)
    result.push_back(json::object{{"id", socket.id},
                                  {"handshake", socket.handshake},
                                  {"rooms", shown(socket.rooms)},
                                  {"data", socket.data}});
  return result;
}

json::array shown(const std::vector<packet_data>& answers) {
  json::array result;
  for (const packet_data& answer : answers) result.push_back(shown(answer));
  return result;
}

void obey(const json::object& line, cluster_adapter& adapter, probe& member) {
  const std::string what(line.at("do").as_string());
  const json::value* named = line.if_contains("nsp");
  const std::string nsp = named ? std::string(named->as_string()) : "/";
  const target_options whom{.rooms = names(line, "rooms"), .except = names(line, "except")};
  broadcast_flags flags;
  if (const json::value* is_volatile = line.if_contains("volatile"))
    flags.is_volatile = is_volatile->as_bool();
  if (const json::value* timeout = line.if_contains("timeout"))
    flags.timeout = std::chrono::milliseconds(timeout->to_number<std::int64_t>());

  if (what == "broadcast") adapter.broadcast(nsp, packet_of(line.at("args")), whom, flags);
  if (what == "ask")
    adapter.broadcast_with_ack(
        nsp, packet_of(line.at("args")), whom, flags,
        [](error_code ec, std::size_t count) {
          say({{"result", "servers"}, {"error", ec.message()}, {"count", count}});
        },
        [](std::size_t count) { say({{"result", "clients"}, {"count", count}}); },
        [](const packet_data& answer) { say({{"result", "answer"}, {"args", shown(answer)}}); });
  if (what == "join") adapter.sockets_join(nsp, whom, names(line, "join"));
  if (what == "leave") adapter.sockets_leave(nsp, whom, names(line, "leave"));
  if (what == "disconnect") adapter.disconnect_sockets(nsp, whom, line.at("close").as_bool());
  if (what == "fetch")
    adapter.fetch_sockets(nsp, whom, [](error_code ec, const std::vector<remote_socket>& found) {
      say({{"result", "sockets"}, {"error", ec ? ec.message() : ""}, {"sockets", shown(found)}});
    });
  if (what == "server_emit") adapter.server_side_emit(nsp, packet_of(line.at("args")), {});
  if (what == "server_ask")
    adapter.server_side_emit(
        nsp, packet_of(line.at("args")), [](error_code ec, const std::vector<packet_data>& answers) {
          say({{"result", "answers"}, {"error", ec ? ec.message() : ""}, {"answers", shown(answers)}});
        });
  if (what == "open") adapter.nsp_opened(nsp);
  if (what == "close") adapter.nsp_closed(nsp);
  if (what == "sockets") {
    member.sockets().clear();
    for (const json::value& socket : line.at("sockets").as_array())
      member.sockets().push_back({.id = std::string(socket.at("id").as_string()),
                                  .handshake = {},
                                  .rooms = names(socket.as_object(), "rooms"),
                                  .data = socket.at("data")});
  }
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  redis_options options;
  options.port = static_cast<std::uint16_t>(std::atoi(argv[1]));
  options.reconnect_delay = std::chrono::milliseconds(20);
  options.reconnect_delay_max = std::chrono::milliseconds(100);
  options.log = [](std::string_view line) { say({{"log", line}}); };
  for (int i = 3; i < argc; ++i) {
    const auto next = [&] { return ++i < argc ? argv[i] : ""; };
    if (!std::strcmp(argv[i], "--key"))
      options.key_prefix = next();
    else if (!std::strcmp(argv[i], "--specific"))
      options.publish_on_specific_response_channel = true;
    else if (!std::strcmp(argv[i], "--ping"))
      options.ping_interval = std::chrono::milliseconds(std::atoi(next()));
    else if (!std::strcmp(argv[i], "--timeout"))
      options.request_timeout = std::chrono::milliseconds(std::atoi(next()));
    else if (!std::strcmp(argv[i], "--password"))
      options.password = next();
  }

  asio::io_context io;
  probe member(argv[2]);
  const auto adapter = make_redis_adapter(io, options);
  adapter->start(member);
  adapter->nsp_opened("/");

  asio::posix::stream_descriptor input(io, ::dup(STDIN_FILENO));
  asio::streambuf buffer;
  const std::function<void()> read = [&] {
    asio::async_read_until(input, buffer, '\n', [&](error_code failed, std::size_t) {
      if (failed) return adapter->stop(); // end of input
      std::istream lines(&buffer);
      std::string line;
      std::getline(lines, line);
      obey(json::parse(line).as_object(), *adapter, member);
      read();
    });
  };
  read();
  io.run();
}
