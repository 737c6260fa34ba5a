#include "floor.hpp"

namespace bench {

namespace {

constexpr std::string_view text_plain = "text/plain; charset=UTF-8";

} // namespace

floor_server::polling_session& floor_server::session(std::string_view target) {
  return polling_[number_at(target, target.find("&sid=") + 5)];
}

void floor_server::poll(int fd, std::string_view target) {
  if (target.find("&sid=") == target.npos) {
    polling_.emplace_back();
    return send_now(fd, http_answer(text_plain, R"(0{"sid":")" + session_id(polling_.size() - 1) +
                                                    std::string(open_packet)));
  }
  auto& mine = session(target);
  mine.get = fd;
  flush(mine);
}

void floor_server::flush(polling_session& session) {
  if (session.get < 0 || session.waiting.empty()) return;
  send_now(session.get, http_answer(text_plain, session.waiting));
  session.waiting.clear();
  session.get = -1;
}

void floor_server::polled_packets(int fd, std::string_view target, std::string_view body) {
  auto& mine = session(target);
  for (std::size_t begin = 0; begin < body.size();) {
    const auto end = std::min(body.find('\x1e', begin), body.size());
    const auto text = body.substr(begin, end - begin);
    begin = end + 1;
    if (!mine.waiting.empty()) mine.waiting += '\x1e';
    if (text == "40")
      mine.waiting += R"(40{"sid":")" + session_id(polling_.size()) + "\"}";
    else
      mine.waiting += text;
  }
  static const auto ok = http_answer("text/html", "ok");
  send_now(fd, ok);
  flush(mine);
}

} // namespace bench
