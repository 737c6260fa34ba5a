#pragma once
// What a business sends, read as strictly as Meta reads it.

#include "simulator/graph/graph_error.hpp"

#include <boost/json/object.hpp>

#include <expected>
#include <string>
#include <variant>

namespace simulator {

/// A message that passed every check that needs no state.
struct outgoing {
  std::string type{};            ///< text, image, …
  boost::json::object content{}; ///< the object under the name of the type (contacts: {"contacts": […]})
  std::string to{};              ///< as written: number or group id; empty when `recipient` is used
  std::string recipient{};       ///< business-scoped user id; empty when `to` is used, since `to` wins
  bool group = false;
  std::string callback_data{}; ///< biz_opaque_callback_data
  std::string quoted{};        ///< context.message_id
};

/// "The customer's message was read", perhaps with "somebody is typing".
struct read_receipt {
  std::string wamid{};
  bool typing = false;
};

using call = std::variant<outgoing, read_receipt>;

/// Reads the body of `POST /{phone-number-id}/messages`. Unknown extra members are ignored, as Meta does.
/// Lengths count Unicode code points.
std::expected<call, graph_error> read_call(const boost::json::value& body);

} // namespace simulator
