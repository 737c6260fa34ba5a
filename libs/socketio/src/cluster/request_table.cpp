#include "cluster/request_table.hpp"

#include <cassert>
#include <iterator>

namespace socketio::cluster {

using boost::system::error_code;

void request_table::begin(std::string id, question question) {
  deadlines_.emplace(question.deadline, id);
  const bool is_new = questions_.emplace(std::move(id), std::move(question)).second;
  assert(is_new);
  static_cast<void>(is_new);
}

void request_table::ask(std::string id, time_point deadline, found_handler found) {
  begin(std::move(id), {.deadline = deadline, .others = {}, .what = socket_question{std::move(found), {}}});
}

void request_table::ask(std::string id, time_point deadline, answers_handler answers) {
  begin(std::move(id), {.deadline = deadline, .others = {}, .what = server_question{std::move(answers), {}}});
}

void request_table::ask(std::string id, time_point deadline, acks_handlers handlers) {
  client_question what;
  what.handlers = std::move(handlers);
  begin(std::move(id), {.deadline = deadline, .others = {}, .what = std::move(what)});
}

request_table::question* request_table::find(const std::string& id) {
  const auto at = questions_.find(id);
  return at == questions_.end() ? nullptr : &at->second;
}

template <class Kind>
Kind* request_table::find(const std::string& id, question*& question) {
  question = find(id);
  return question ? std::get_if<Kind>(&question->what) : nullptr;
}

calls request_table::others(const std::string& id, std::size_t count) {
  question* question = find(id);
  if (!question || question->others) return {};
  question->others = count;

  calls result;
  if (auto* acks = std::get_if<client_question>(&question->what)) {
    result.emplace_back([servers = std::move(acks->handlers.servers), count] { servers({}, count); });
    std::move(acks->held.begin(), acks->held.end(), std::back_inserter(result));
    acks->held.clear();
  }
  calls rest = settle(id, *question);
  std::move(rest.begin(), rest.end(), std::back_inserter(result));
  return result;
}

calls request_table::sockets(const std::string& id, std::vector<remote_socket> sockets) {
  question* question = nullptr;
  auto* asked = find<socket_question>(id, question);
  if (!asked) return {};
  std::move(sockets.begin(), sockets.end(), std::back_inserter(asked->answers));
  ++question->answered;
  return settle(id, *question);
}

calls request_table::server_answer(const std::string& id, packet_data answer) {
  question* question = nullptr;
  auto* asked = find<server_question>(id, question);
  if (!asked) return {};
  asked->answers.push_back(std::move(answer));
  ++question->answered;
  return settle(id, *question);
}

calls request_table::client_count(const std::string& id, std::size_t count) {
  question* question = nullptr;
  auto* asked = find<client_question>(id, question);
  // A server that came between the counting and the question is not waited for.
  if (!asked || (question->others && question->answered + question->silent >= *question->others)) return {};
  asked->clients += count;
  ++question->answered;
  calls result;
  calls& target = question->others ? result : asked->held;
  target.emplace_back([clients = asked->handlers.clients, count] { clients(count); });
  calls rest = settle(id, *question);
  std::move(rest.begin(), rest.end(), std::back_inserter(result));
  return result;
}

calls request_table::client_answer(const std::string& id, packet_data answer) {
  question* question = nullptr;
  auto* asked = find<client_question>(id, question);
  if (!asked) return {};
  ++asked->answers;
  calls result;
  calls& target = question->others ? result : asked->held;
  target.emplace_back([answered = asked->handlers.answered, answer = std::move(answer)]() mutable {
    answered(std::move(answer));
  });
  calls rest = settle(id, *question);
  std::move(rest.begin(), rest.end(), std::back_inserter(result));
  return result;
}

calls request_table::silent(const std::string& id) {
  question* question = find(id);
  if (!question) return {};
  if (std::holds_alternative<client_question>(question->what)) return client_count(id, 0);
  ++question->silent;
  return settle(id, *question);
}

// Ends a question that has all its answers.
calls request_table::settle(const std::string& id, question& question) {
  if (!question.others || question.answered + question.silent < *question.others) return {};
  if (const auto* acks = std::get_if<client_question>(&question.what); acks && acks->answers < acks->clients)
    return {};
  return end(id, question.silent > 0 ? make_error_code(error::timed_out) : error_code());
}

calls request_table::end(const std::string& id, error_code why) {
  auto node = questions_.extract(id);
  if (node.empty()) return {};
  question& question = node.mapped();
  deadlines_.erase({question.deadline, node.key()});

  calls result;
  if (auto* asked = std::get_if<socket_question>(&question.what)) {
    result.emplace_back(
        [asked = std::move(*asked), why]() mutable { asked.done(why, std::move(asked.answers)); });
  } else if (auto* servers = std::get_if<server_question>(&question.what)) {
    result.emplace_back(
        [asked = std::move(*servers), why]() mutable { asked.done(why, std::move(asked.answers)); });
  } else if (auto* clients = std::get_if<client_question>(&question.what); clients && !question.others) {
    // What was held comes to nothing: nobody could tell how many more answers are missing.
    result.emplace_back([servers = std::move(clients->handlers.servers), why] { servers(why, 0); });
  }
  return result;
}

calls request_table::away(const std::string& id) { return end(id, error::cluster_away); }

calls request_table::away() {
  calls result;
  while (!questions_.empty()) {
    const std::string id = questions_.begin()->first;
    calls one = away(id);
    std::move(one.begin(), one.end(), std::back_inserter(result));
  }
  return result;
}

calls request_table::at(time_point now) {
  calls result;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const std::string id = deadlines_.begin()->second;
    // Not even the number of the others came: that is no answer of theirs which is missing.
    const error why = find(id)->others ? error::timed_out : error::cluster_away;
    calls one = end(id, why);
    std::move(one.begin(), one.end(), std::back_inserter(result));
  }
  return result;
}

std::optional<time_point> request_table::next() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

} // namespace socketio::cluster
