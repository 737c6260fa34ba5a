// JSON as text. Numbers beyond all floats are infinities for our parser, as in JavaScript; JSON cannot say
// them, nor NaN: what we read and what we write has null in their place, as JSON.stringify() writes them.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace socketio::codec {

// Nothing: the text is not JSON, or arrays and objects stand deeper than that in each other.
std::optional<boost::json::value> parse_json(std::string_view text, std::size_t max_depth);

// Always JSON, whatever floats the application put into it.
void append_json(std::string& out, const boost::json::value& value);
void append_json(std::string& out, const boost::json::array& array);
std::string json_text(const boost::json::value& value);

} // namespace socketio::codec
