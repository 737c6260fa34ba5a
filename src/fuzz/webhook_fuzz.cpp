// A signed body on its whole way: decoded, completed, applied, told to pages. Whatever Meta sends, each step
// ends well, the same body twice is the same as once, and nothing that is signed is forgotten.
#include "must.hpp"

#include "adapters/meta/webhook_decode.hpp"
#include "core/memory_views.hpp"
#include "wire/entry_json.hpp"
#include "wire/public_json.hpp"

#include <boost/json.hpp>

using namespace tickwire;
using socketio::fuzz::must;

namespace {

const std::string inbox = "100000000000001"; // of the fixtures
const timestamp now = from_unix_seconds(1'790'000'000);

bool is_json(std::string_view text) {
  boost::json::parse_options options;
  options.max_depth = 64; // as deep as we read webhooks, parts of which stand in events
  boost::system::error_code error;
  boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
  return !error;
}

void check_proposals(const std::vector<entry>& proposals) {
  for (const entry& proposal : proposals) {
    must(!proposal.key.empty() && proposal.inbox == inbox && proposal.seq == 0,
         "a proposal has a key and no number");
    must(!proposal.raw.empty(), "and what Meta sent");
  }
}

// What the store keeps of an entry can be read again, and pages can read what they are told.
void check_texts(const memory_log& log) {
  for (const entry& one : log.entries) {
    const std::string data = wire::encode(one.data);
    const auto again = wire::decode(kind_of(one.data), data);
    must(again.has_value() && wire::encode(*again) == data, "an entry is read as it was written");
  }
  for (const event& said : log.events) must(is_json(wire::event_data(said)), "an event is JSON");
}

// Facts that come again change nothing, in whatever state the views are by then.
void check_again(memory_log& log, const std::vector<entry>& proposals) {
  for (const entry& proposal : proposals) must(!log.append(proposal), "the same body again is nothing new");
  const memory_views before = log.rows;
  for (const entry& one : log.entries) {
    apply(log.rows, one);
    must(log.rows.messages == before.messages && log.rows.contacts == before.contacts &&
             log.rows.chats == before.chats && log.rows.bindings == before.bindings &&
             log.rows.aliases == before.aliases,
         "applying an entry again changes nothing");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = socketio::fuzz::text_of(data, size);
  const auto decoded = meta::decode_webhook(body, inbox, now);
  must(decoded.has_value() || !is_json(body), "what is JSON is taken");
  if (!decoded) return 0;
  must(!decoded->proposals.empty(), "whatever is signed is kept");
  check_proposals(decoded->proposals);

  const auto second = meta::decode_webhook(body, inbox, now);
  must(second && second->proposals.size() == decoded->proposals.size(), "twice the same");
  for (std::size_t i = 0; i < second->proposals.size(); ++i)
    must(second->proposals[i].key == decoded->proposals[i].key, "with the same keys");

  memory_log log;
  for (const entry& proposal : decoded->proposals) log.append(proposal);
  check_texts(log);
  check_again(log, decoded->proposals);
  return 0;
}
