// A route, and what its handler gets. Each group of routes is a class in a file of its own
// (account_routes.cpp, …) and adds its lines to the table; web_server.cpp finds the line of a request and
// decides who is let in.
#pragma once

#include "adapters/http/web_server.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickwire::http {

// One request under way. Lives until it is answered.
struct call {
  const socketio::http_request& request;
  user who;              // of routes with a session
  std::string token;     // its session
  std::string parameter; // the {} of the path, decoded
};

using answer = task<socketio::http_response>;

// All lines of a header in their order, as one that lists their values: proxies that add to X-Forwarded-For
// may write a line of their own.
std::string all_lines(const socketio::http_request& request, std::string_view lower_case_name);
// From where a request comes.
std::string client_of(const socketio::http_request& request, const web_settings& settings);

enum class access {
  signed_body, // proven by its signature, not by who sends it: asked nothing else
  everybody,
  session, // somebody who is logged in
  admin    // an administrator who is logged in
};

struct route {
  std::string_view method;
  std::string_view path; // "/chats/{}/read": one part may be a parameter
  enum access access;
  std::function<answer(call&)> handle;
};

using route_table = std::vector<route>;

// Adds the routes of one group, one line each, in order: those that are asked most come first. The table
// keeps the group alive.
template <class Group>
class group_of_routes {
public:
  group_of_routes(route_table& table, std::shared_ptr<Group> group)
      : table_(table)
      , group_(std::move(group)) {}

  group_of_routes& add(std::string_view method, std::string_view path, enum access access,
                       answer (Group::*handler)(call&)) {
    table_.push_back(
        {method, path, access, [group = group_, handler](call& call) { return (*group.*handler)(call); }});
    return *this;
  }

private:
  route_table& table_;
  std::shared_ptr<Group> group_;
};

void add_webhook_routes(route_table& table, const services& services, const web_settings& settings);
void add_message_routes(route_table& table, const services& services);
void add_chat_routes(route_table& table, const services& services);
void add_account_routes(route_table& table, const services& services, const web_settings& settings);
void add_health_routes(route_table& table, const services& services, const web_settings& settings);

} // namespace tickwire::http
