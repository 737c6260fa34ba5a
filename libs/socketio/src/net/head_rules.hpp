// What RFC 9110 and 9112 ask of a request's head beyond its form, above all that nobody on the way can read
// it differently: where its body ends, whom it is for. Without I/O.
#pragma once

#include "net/exchange.hpp"

#include <string>
#include <string_view>

namespace socketio::detail {

using http_head = http_message::header_type;

struct head_verdict {
  unsigned status = 0;      // 0: go on; else the request is refused with it
  std::string_view why;     // for the client
  bool go_on_asked = false; // "Expect: 100-continue": it waits for leave to send its body
};

// Of a head as it stands in the stream, before the parser has it: lines end with CR LF, and none is folded.
// Empty: nothing is wrong. `head` is whole, with the empty line behind it.
std::string_view raw_head_flaw(std::string_view head);

// An absolute form ("http://host/path") becomes the path, and its host the Host.
head_verdict judge_head(http_head& head);

} // namespace socketio::detail
