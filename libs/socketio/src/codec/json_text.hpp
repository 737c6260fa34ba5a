// JSON as text, as JavaScript writes and reads it. Numbers beyond all floats are infinities for our parser,
// as in JavaScript; JSON cannot say them, nor NaN: what we read and what we write has null in their place, as
// JSON.stringify() writes them. Half of a surrogate pair ("\ud83d", of a text that was cut inside an emoji)
// is U+FFFD for us, since UTF-8 cannot say it.
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

// The text with "\ufffd" where the escape of half a surrogate pair stands; nothing: there is none.
std::optional<std::string> without_lone_surrogates(std::string_view text);

// A number as JavaScript makes text of it: "1", "-1.5", "1e+21".
std::string number_text(const boost::json::value& number);

// Always JSON, whatever floats the application put into it.
void append_json(std::string& out, const boost::json::value& value);
void append_json(std::string& out, const boost::json::array& array);
std::string json_text(const boost::json::value& value);

} // namespace socketio::codec
