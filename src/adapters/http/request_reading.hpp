// What a request says, taken apart: JSON members and numbers of the query. Everything that is wrong becomes a
// sentence for who sent it. Works on texts alone, so that tests and fuzzers need no server.
#pragma once

#include "base/result.hpp"

#include <boost/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickwire::http {

inline constexpr std::size_t page_limit_default = 50, page_limit_max = 200;
inline constexpr std::size_t json_depth_max = 32;

// The body as a JSON object.
result<boost::json::object> read_object(std::string_view body);

// A text member; empty when it is absent or null.
result<std::string> text_member(const boost::json::object& object, std::string_view name);
// The same, but it must be there.
result<std::string> needed_text(const boost::json::object& object, std::string_view name);
// A whole number, zero or more, that must be there.
result<std::uint64_t> number_member(const boost::json::object& object, std::string_view name);

// A parameter of the query that is a whole number, zero or more; nothing when it is absent or empty. Beyond
// what a store can count it is the highest that it can.
result<std::optional<std::uint64_t>> number_query(std::string_view query, std::string_view name);
// A parameter that is the seq of a message: below zero for imported history.
result<std::optional<std::int64_t>> position_query(std::string_view query, std::string_view name);
// "limit": 1 to 200, default 50; above 200 it is 200.
result<std::size_t> limit_query(std::string_view query);

} // namespace tickwire::http
