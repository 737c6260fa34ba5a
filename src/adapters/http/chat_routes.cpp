// The list of chats, contacts, and how far somebody has read.
#include "adapters/http/answers.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/request_reading.hpp"
#include "adapters/http/route.hpp"
#include "wire/json_writer.hpp"
#include "wire/public_json.hpp"

namespace tickwire::http {

namespace {

std::string chat_json(const chat_summary& summary) {
  std::string out;
  wire::append_chat(out, summary.chat, summary.contact, summary.last_message, summary.unread);
  return out;
}

class chat_routes {
public:
  explicit chat_routes(const services& services)
      : messages_(services.messages)
      , reads_(services.reads) {}

  answer list(call& call) {
    const auto before = position_query(call.request.query(), "before");
    if (!before) co_return problem(before.error());
    const auto limit = limit_query(call.request.query());
    if (!limit) co_return problem(limit.error());
    auto page = co_await reads_.chats(call.who, *before, *limit);
    if (!page) co_return problem(page.error());
    std::string body = "{\"chats\":[";
    for (const chat_summary& summary : page->chats) {
      if (body.back() != '[') body += ',';
      body += chat_json(summary);
    }
    end_page(body, page->has_more, page->head);
    co_return json_answer(std::move(body));
  }

  answer one(call& call) {
    auto found = co_await reads_.chat(call.who, call.parameter);
    if (!found) co_return problem(found.error());
    std::string out;
    {
      wire::object_writer object(out);
      object.raw("chat", chat_json(*found));
      object.member("head", found->head);
    }
    co_return json_answer(std::move(out));
  }

  answer mark_read(call& call) {
    auto body = read_object(call.request.body());
    if (!body) co_return problem(body.error());
    const auto up_to = number_member(*body, "upTo");
    if (!up_to) co_return problem(up_to.error());
    auto done = co_await messages_.mark_read(call.who, call.parameter, *up_to);
    if (!done) co_return problem(done.error());
    co_return no_content();
  }

  answer contacts(call& call) {
    const auto limit = limit_query(call.request.query());
    if (!limit) co_return problem(limit.error());
    auto page = co_await reads_.contacts(call.request.query_value("after"), *limit);
    if (!page) co_return problem(page.error());
    std::string body = "{\"contacts\":[";
    for (const contact& row : page->first) {
      if (body.back() != '[') body += ',';
      wire::append_contact(body, row);
    }
    body += page->second ? "],\"hasMore\":true}" : "],\"hasMore\":false}";
    co_return json_answer(std::move(body));
  }

  answer open(call& call) {
    auto body = read_object(call.request.body());
    if (!body) co_return problem(body.error());
    auto phone = text_member(*body, "phone");
    auto name = text_member(*body, "name");
    if (!phone) co_return problem(phone.error());
    if (!name) co_return problem(name.error());
    auto opened = co_await messages_.open_chat(call.who, *phone, *name);
    if (!opened) co_return problem(opened.error());
    std::string out;
    {
      wire::object_writer object(out);
      if (opened->chat.contact) wire::append_contact(object.open("contact"), *opened->chat.contact);
      object.raw("chat", chat_json(opened->chat));
    }
    co_return json_answer(std::move(out), opened->created ? 201 : 200);
  }

private:
  messaging& messages_;
  reading& reads_;
};

} // namespace

void add_chat_routes(route_table& table, const services& services) {
  group_of_routes(table, std::make_shared<chat_routes>(services))
      .add("GET", "/chats", access::session, &chat_routes::list)
      .add("GET", "/chats/{}", access::session, &chat_routes::one)
      .add("POST", "/chats/{}/read", access::session, &chat_routes::mark_read)
      .add("GET", "/contacts", access::session, &chat_routes::contacts)
      .add("POST", "/contacts", access::session, &chat_routes::open);
}

} // namespace tickwire::http
