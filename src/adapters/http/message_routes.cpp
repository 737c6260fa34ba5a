// Sending, and pages of messages.
#include "adapters/http/answers.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/request_reading.hpp"
#include "adapters/http/route.hpp"
#include "wire/json_reader.hpp"
#include "wire/public_json.hpp"

namespace tickwire::http {

namespace {

std::string message_json(const message& row) {
  std::string out;
  wire::append_message(out, row);
  return out;
}

class message_routes {
public:
  explicit message_routes(const services& services)
      : messages_(services.messages)
      , reads_(services.reads) {}

  answer send(call& call) {
    auto body = read_object(call.request.body());
    if (!body) co_return problem(body.error());
    send_request request;
    for (auto [name, target] : {std::pair{"chatId", &request.chat_id},
                                {"receiverId", &request.receiver_id},
                                {"text", &request.text},
                                {"clientId", &request.client_id},
                                {"replyTo", &request.reply_to}}) {
      auto text = text_member(*body, name);
      if (!text) co_return problem(text.error());
      *target = std::move(*text);
    }
    if (request.client_id.empty() && wire::member_at(*body, "clientId")) {
      const failure empty{failure_kind::invalid, "client_id_invalid",
                          "clientId must have 1 to 64 characters."};
      co_return problem(empty);
    }
    auto sent = co_await messages_.send(call.who, std::move(request));
    if (!sent) co_return problem(sent.error());
    co_return json_answer(message_json(sent->row), sent->created ? 201 : 200);
  }

  answer retry(call& call) {
    auto row = co_await messages_.retry(call.who, call.parameter);
    if (!row) co_return problem(row.error());
    co_return json_answer(message_json(*row), 202);
  }

  answer list(call& call) {
    message_query query;
    const std::string chat_id = call.request.query_value("chatId");
    if (!chat_id.empty()) query.chat_id = chat_id;
    for (auto [name, target] :
         {std::pair{"before", &query.before}, {"after", &query.after}, {"around", &query.around}}) {
      auto position = position_query(call.request.query(), name);
      if (!position) co_return problem(position.error());
      *target = *position;
    }
    const auto limit = limit_query(call.request.query());
    if (!limit) co_return problem(limit.error());
    query.limit = *limit;
    auto page = co_await reads_.messages(std::move(query));
    if (!page) co_return problem(page.error());
    std::string body;
    body.reserve(page->messages.size() * 512 + 64);
    body = "{\"messages\":[";
    for (const message& row : page->messages) {
      if (body.back() != '[') body += ',';
      wire::append_message(body, row);
    }
    end_page(body, page->has_more, page->head);
    co_return json_answer(std::move(body));
  }

private:
  messaging& messages_;
  reading& reads_;
};

} // namespace

void add_message_routes(route_table& table, const services& services) {
  group_of_routes(table, std::make_shared<message_routes>(services))
      .add("POST", "/send-message", access::session, &message_routes::send)
      .add("GET", "/messages", access::session, &message_routes::list)
      .add("POST", "/messages/{}/retry", access::session, &message_routes::retry);
}

} // namespace tickwire::http
