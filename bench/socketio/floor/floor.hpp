// The floor under all servers: what the kernel and the load cost. It shakes hands and sends prepared frames;
// it parses at fixed places, checks nothing, keeps no clocks and waits for whoever reads slowly. One thread,
// one read and one write for each event. Not a server to learn from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

constexpr std::string_view open_packet =
    R"(","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":1000000})";

struct connection {
  enum class kind : std::uint8_t { http, websocket };
  kind is = kind::http;
  std::uint32_t place = 0;           // in everybody
  std::unique_ptr<std::string> rest; // the begin of a message that has not come whole
};

class floor_server {
public:
  explicit floor_server(std::uint16_t port);
  void run();

private:
  void accept_all();
  void readable(int fd);
  void gone(int fd);
  std::size_t take(int fd, char* begin, std::size_t size);
  std::size_t take_http(int fd, std::string_view bytes);
  std::size_t take_frame(int fd, char* begin, std::size_t size);
  void upgrade(int fd, std::string_view head);
  void event(int fd, char* text, std::size_t size);
  void send_to_everybody(std::string_view frame);

  // Long-polling, in polling.cpp.
  void poll(int fd, std::string_view target);
  void polled_packets(int fd, std::string_view target, std::string_view body);
  struct polling_session {
    std::string waiting;
    int get = -1; // an open GET
  };
  polling_session& session(std::string_view target);
  void flush(polling_session& session);

  int epoll_, listener_;
  std::vector<connection> connections_; // by descriptor
  std::vector<int> everybody_;
  std::vector<std::vector<int>> rooms_; // the descriptors of those who have registered for each
  std::vector<polling_session> polling_;
};

// Whole: the floor has no queues, and waits for whoever is slow to read.
void send_now(int fd, std::string_view bytes);
std::string http_answer(std::string_view type, std::string_view body);
std::string session_id(std::uint64_t number); // as long as the others' are
std::size_t number_at(std::string_view text, std::size_t at);

} // namespace bench
