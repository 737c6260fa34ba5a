// Reading the JSON that we stored ourselves.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace tickwire::wire {

// Throws where the text is no JSON. Each number is read as the nearest there is, so that writing it again
// gives the same digits; json::parse() of Boost 1.81 is off by the last digit in one of fifty coordinates.
boost::json::value parse_stored(std::string_view text);

// A text in it: empty where it is absent, since we leave out what is empty; throws where it is no text.
std::string stored_text(const boost::json::object& object, std::string_view name);

} // namespace tickwire::wire
