// What servers of a cluster say to each other over Redis PUB/SUB: the classic format of
// @socket.io/redis-adapter 8 and @socket.io/redis-emitter 5, as values in and out.
//
// Of a namespace N, with the prefix P and a server's uid U:
//   P#N#            broadcasts, msgpack; P#N#<room># when they are for exactly one room
//   P-request#N#    requests, JSON text, those with acknowledgements msgpack
//   P-response#N#   answers, JSON text, a client's acknowledgement msgpack; also P-response#N#<U>#
#pragma once

#include "socketio/cluster.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace socketio::cluster {

// --- channels ---

struct channels {
  std::string broadcasts;    // pattern
  std::string requests;      // all servers
  std::string responses;     // of who answers to everybody
  std::string own_responses; // of who answers to the asker only
};
channels channels_of(std::string_view prefix, std::string_view nsp, std::string_view uid);

std::string broadcast_channel(std::string_view prefix, std::string_view nsp, const target_options& whom);
std::string request_channel(std::string_view prefix, std::string_view nsp);
std::string response_channel(std::string_view prefix, std::string_view nsp);
std::string response_channel(std::string_view prefix, std::string_view nsp, std::string_view asker);

// Six characters as in URLs: the name of a server or of a request.
std::string new_uid();

// --- broadcasts ---

struct broadcast_message {
  std::string uid, nsp;
  packet_data event;
  target_options whom;
  broadcast_flags flags;
};
std::string encode_broadcast(std::string_view uid, std::string_view nsp, const packet_data& event,
                             const target_options& whom, const broadcast_flags& flags);
std::optional<broadcast_message> decode_broadcast(std::string_view bytes);
// Without reading all of it: a server hears each of its own broadcasts.
bool is_broadcast_of(std::string_view uid, std::string_view bytes);

// --- requests ---

namespace asks {
struct socket_ids { // 0
  std::vector<std::string> rooms;
};
struct all_rooms {}; // 1
struct join {        // 2
  target_options whom;
  std::vector<std::string> rooms;
};
struct join_one { // 2 in its old form, which is answered
  std::string socket, room;
};
struct leave { // 3
  target_options whom;
  std::vector<std::string> rooms;
};
struct leave_one { // 3 in its old form
  std::string socket, room;
};
struct disconnect { // 4
  target_options whom;
  bool close = false;
};
struct disconnect_one { // 4 in its old form
  std::string socket;
  bool close = false;
};
struct sockets { // 5
  target_options whom;
};
struct server_event { // 6; with an id of the request an answer is wanted
  packet_data event;
};
struct client_acks { // 7
  packet_data event;
  target_options whom;
  broadcast_flags flags;
};
} // namespace asks

struct request {
  std::string uid; // who asks: empty for an emitter's joins, leaves and disconnects
  std::string id;  // empty when no answer is expected
  std::variant<asks::socket_ids, asks::all_rooms, asks::join, asks::join_one, asks::leave, asks::leave_one,
               asks::disconnect, asks::disconnect_one, asks::sockets, asks::server_event, asks::client_acks>
      what;
};
std::string encode_request(const request& request, std::string_view nsp);
std::optional<request> decode_request(std::string_view bytes, std::string_view nsp);

// --- answers ---

namespace tells {
struct socket_ids { // to 0
  std::vector<std::string> ids;
};
struct rooms { // to 1
  std::vector<std::string> rooms;
};
struct done {};  // to the old forms
struct sockets { // to 5
  std::vector<remote_socket> sockets;
};
// To 6. The format has place for one argument, as Node's callbacks have: further ones stay behind.
struct server_answer {
  packet_data answer;
};
struct client_count { // 8, once from each server
  std::size_t count = 0;
};
struct client_answer { // 9, once from each client; one argument here too
  packet_data answer;
};
} // namespace tells

struct response {
  std::string id; // of the request
  std::variant<tells::socket_ids, tells::rooms, tells::done, tells::sockets, tells::server_answer,
               tells::client_count, tells::client_answer>
      what;
};
std::string encode_response(const response& response);
std::optional<response> decode_response(std::string_view bytes);

} // namespace socketio::cluster
