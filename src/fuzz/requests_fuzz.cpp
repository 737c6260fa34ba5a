// What pages and programs send to the REST routes: the bodies' JSON and the queries' numbers. Every answer is
// a value within its limits or a sentence that can be sent back.
#include "must.hpp"

#include "adapters/http/problem.hpp"
#include "adapters/http/request_reading.hpp"

#include <limits>

using namespace tickwire;
using socketio::fuzz::must;
namespace json = boost::json;

namespace {

constexpr const char* names[] = {"username", "password", "chatId", "receiverId", "text", "clientId",
                                 "replyTo",  "phone",    "name",   "upTo",       "token"};

template <class T>
bool is_told(const result<T>& answer) {
  if (answer) return false;
  const auto response = http::problem(answer.error());
  must(response.status >= 400 && response.status < 500, "what a request has wrong is its sender's fault");
  boost::system::error_code error;
  const json::value said = json::parse(response.body, error);
  must(!error && said.is_object() && said.get_object().contains("detail"),
       "a problem is JSON with a sentence");
  return true;
}

void check_body(std::string_view text) {
  const auto object = http::read_object(text);
  if (is_told(object)) return;
  for (const char* name : names) {
    const auto needed = http::needed_text(*object, name);
    const auto optional = http::text_member(*object, name);
    if (!is_told(needed))
      must(optional && *optional == *needed, "a text that is there is the same either way");
    if (!is_told(optional)) must(optional->size() <= text.size() * 3, "no longer than what was sent");
    const auto number = http::number_member(*object, name);
    if (!is_told(number))
      must(*number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
           "a store can count it");
  }
}

void check_query(std::string_view query) {
  const auto limit = http::limit_query(query);
  if (!is_told(limit)) must(*limit >= 1 && *limit <= http::page_limit_max, "a page's limit");
  for (const char* name : {"before", "after", "around"}) {
    const auto number = http::number_query(query, name);
    if (!is_told(number) && *number)
      must(**number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
           "a store can count it");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = socketio::fuzz::text_of(data, size);
  check_body(text);
  check_query(text);
  return 0;
}
