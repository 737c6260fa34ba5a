#include "adapters/http/request_reading.hpp"

#include "core/text.hpp"
#include "socketio/http.hpp"
#include "wire/json_reader.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace tickwire::http {

namespace json = boost::json;

namespace {

using wire::member_at;

std::string quoted(std::string_view name) { return "\"" + std::string(name) + "\""; }

} // namespace

result<json::object> read_object(std::string_view body) {
  json::parse_options options;
  options.max_depth = json_depth_max;
  boost::system::error_code error;
  json::value value = json::parse(json::string_view(body.data(), body.size()), error, {}, options);
  // Somebody's program cut a text in the middle of a character: the rest of it is fine.
  if (error)
    if (const std::string repaired = without_halves_of_pairs(body); repaired != body)
      value = json::parse(repaired, error, {}, options);
  if (error || !value.is_object())
    return fail(failure_kind::invalid, "json_invalid",
                "The request's body is not a JSON object. Check its syntax and send it as application/json.");
  return std::move(value.get_object());
}

result<std::string> text_member(const json::object& object, std::string_view name) {
  const json::value* value = member_at(object, name);
  if (!value) return std::string();
  if (!value->is_string())
    return fail(failure_kind::invalid, "wrong_kind", quoted(name) + " must be a text.");
  return wire::text_of(*value);
}

result<std::string> needed_text(const json::object& object, std::string_view name) {
  if (!member_at(object, name))
    return fail(failure_kind::invalid, "missing", quoted(name) + " is missing. Send it as a text.");
  return text_member(object, name);
}

result<std::uint64_t> number_member(const json::object& object, std::string_view name) {
  const json::value* value = member_at(object, name);
  if (value && value->is_int64() && value->get_int64() >= 0)
    return static_cast<std::uint64_t>(value->get_int64());
  return fail(failure_kind::invalid, "wrong_kind", quoted(name) + " must be a whole number, zero or more.");
}

result<std::optional<std::uint64_t>> number_query(std::string_view query, std::string_view name) {
  const std::string text = socketio::query_value(query, name);
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ptr != text.data() + text.size() ||
      (parsed.ec != std::errc() && parsed.ec != std::errc::result_out_of_range))
    return fail(failure_kind::invalid, "wrong_number",
                quoted(name) + " must be a whole number, zero or more.");
  // Beyond every seq is as good as the highest; stores count in signed numbers.
  constexpr auto highest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return std::optional(parsed.ec == std::errc() ? std::min(value, highest) : highest);
}

result<std::optional<std::int64_t>> position_query(std::string_view query, std::string_view name) {
  const std::string text = socketio::query_value(query, name);
  if (text.empty()) return std::optional<std::int64_t>();
  std::int64_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ptr != text.data() + text.size() ||
      (parsed.ec != std::errc() && parsed.ec != std::errc::result_out_of_range))
    return fail(failure_kind::invalid, "wrong_number",
                quoted(name) + " must be a whole number, the seq of a message.");
  if (parsed.ec == std::errc()) return std::optional(value);
  using limits = std::numeric_limits<std::int64_t>;
  return std::optional(text.front() == '-' ? limits::min() : limits::max());
}

result<std::size_t> limit_query(std::string_view query) {
  if (socketio::query_value(query, "limit").empty() && query.find("limit") == std::string_view::npos)
    return page_limit_default;
  const auto limit = number_query(query, "limit");
  if (!limit || !*limit || **limit == 0)
    return fail(failure_kind::invalid, "wrong_limit",
                "\"limit\" must be a positive number; at most 200 are given.");
  return static_cast<std::size_t>(std::min<std::uint64_t>(**limit, page_limit_max));
}

} // namespace tickwire::http
