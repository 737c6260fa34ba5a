// What one WhatsApp message says, by its type: a public type, a text that a person can read, and its body.
#pragma once

#include "core/message_body.hpp"

#include <boost/json/object.hpp>

#include <string>

namespace tickwire::meta {

struct message_content {
  std::string type = "unsupported"; // WhatsApp's own name; interactive replies go by their inner kind
  std::string text;
  message_body body{};
};

message_content content_of(const boost::json::object& message);

// What became of a payment (a status of type `payment`), as a line of its own.
message_content payment_content(const boost::json::object& status);

// A file name that is safe to show and to save under: no path, no control or direction characters.
std::string safe_file_name(std::string_view name);

} // namespace tickwire::meta
