// Deliberate faults: in `file` the text `old`, which is there once, becomes `fresh`; `test` must fail then.
const unit = (filter) => ({ program: "socketio_tests", filter });
const redis = (filter) => ({ program: "socketio_redis_tests", filter });
// Of feature_server, from outside: where no unit test can see it.
const outside = (file, title) => ({ file: `${file}.test.mjs`, title });

const codec = [
  ["base64 takes three letters of padding", "codec/base64.cpp", "padding < 2", "padding < 3", unit("Base64.RoundTripsAndRefusesWhatIsNone")],
  ["halves of surrogate pairs are UTF-8", "codec/utf8.cpp", "high = 0x9F;", "high = 0xBF;", unit("Utf8.IsStrict")],
  ["the eighth byte of a word is not looked at", "codec/utf8.cpp", "0x8080808080808080ULL", "0x0080808080808080ULL", unit("Utf8.IsStrict")],
  ["an empty packet at the end is passed over", "codec/packet.cpp", "if (ended_) return false;", "if (ended_ || rest_.empty()) return false;", unit("Payload.*")],
  ["a type of packet too many", "codec/packet.cpp", "text.front() > '6'", "text.front() > '7'", unit("Payload.*")],
  ["ids of 16 digits", "codec/socket_packet.cpp", "digits > 15", "digits > 16", unit("SocketPacket.*")],
  ["one attachment fewer than may be", "codec/socket_packet.cpp", "*count > limits.max_attachments", "*count >= limits.max_attachments", unit("SocketPacket.*")],
  ["a placeholder for an attachment that is not there", "codec/socket_packet.cpp", "(num->get_int64()) < attachments", "(num->get_int64()) <= attachments", unit("SocketPacket.*")],
  ["names of namespaces without end", "codec/socket_packet.cpp", "packet.nsp.size() > 256", "packet.nsp.size() > 100'000", unit("SocketPacket.*")],
  ["a reserved name is forgotten", "codec/socket_packet.cpp", '"disconnecting", "newListener", ', '"disconnecting", "connect",     ', unit("SocketPacket.*")],
  ["names of events are one letter longer", "codec/socket_packet.cpp", "name->size() <= limits.max_event_name", "name->size() <= limits.max_event_name + 1", unit("SocketPacket.*")],
  ["frames of 65,536 bytes with a short length", "codec/websocket.cpp", "size < 65536 ? 2 : 8", "size <= 65536 ? 2 : 8", unit("WebSocket.*")],
  ["fragments are counted one by one", "codec/websocket.cpp", "partial_->message.size() + payload.size() > max_message", "payload.size() > max_message", unit("WebSocket.*")],
  ["close code 1006 may travel", "codec/websocket.cpp", " && code != 1006)", ")", unit("WebSocket.*")],
  ["a length of 65,535 in eight bytes is taken", "codec/websocket.cpp", "length < 65536 ||", "length < 65535 ||", unit("WebSocket.*")],
  ["long numbers are infinite", "codec/json_text.cpp", "text.size() > 300", "text.size() > 3000", unit("SocketPacket.*")],
  ["1e20 with an exponent", "codec/json_text.cpp", "point > 21", "point > 20", unit("SocketPacket.*")],
];

const session = [
  ["a late ping gives its pong less time", "session/session.cpp", "std::max(ping_at_, now - late_ping)", "std::max(ping_at_, now - 100 * late_ping)", unit("Session.*")],
  ["a slow client's time begins anew with each packet", "session/session.cpp", "std::min(taken_by_, now + config_.write_stall_timeout)", "now + config_.write_stall_timeout", unit("Session.*")],
  ["one large packet is too much", "session/session.cpp", " && queued_packets() > 1;", ";", unit("Session.*")],
  ["seventeen packets in the last answer", "session/session.cpp", "!close_apart_ && queued_packets() < config_", "!close_apart_ && queued_packets() <= config_", unit("Session.*")],
  ["upgrades without a probe", "session/session.cpp", 'data == "5" && probed_', 'data == "5"', unit("Session.*")],
  ["what was handed over still counts as waiting", "session/session.cpp", "    waiting_bytes_ -= cost_of(sent);\n", "", unit("Session.*")],
  ["a pong proves what was sent after its ping", "session/session.cpp", "proven_ = std::exchange(asked_at_, never);", "proven_ = now, asked_at_ = never;", unit("Session.*")],
  ["a poll of who upgrades is kept for ever", "session/session.cpp", "  else if (upgrading_)\n    noop_at_ = now + noop_delay;", "  else if (upgrading_)\n    noop_at_ = now + 100 * noop_delay;", unit("Session.*")],
  ["a pong is asked of who is not read", "session/session.cpp", "now >= pong_by_ && !takes_more()", "now >= pong_by_ && false", unit("Session.*")],
  ["the pong lost in an upgrade is waited for", "session/session.cpp", "    pong_by_ = asked_at_ = never;\n    ping_at_ = now", "    ping_at_ = now", unit("Session.*")],
];

const hub = [
  ["a name with a quote is written as it is", "hub/encode.cpp", `|| c == '"' ||`, "||", unit("Encode.*")],
  ["a list in a namespace's name is taken for the event's", "hub/encode.cpp", "if (slash < bracket) text", "if (slash < bracket && text.empty()) text", unit("Encode.*")],
  ["a child does not hear of what its parent got later", "hub/hub.cpp", "child->state_->current == before ? where.state_->current : changed(*child)", "child->state_->current", unit("Hub.*")],
  ["who moves up in a namespace is not told its place", "hub/nsp_slice.cpp", "  members_[socket.index_]->index_ = socket.index_;\n", "", outside("namespaces", "who leaves takes nobody along, in whatever order they came")],
  ["who moves up in a room is not told its place", "hub/nsp_slice.cpp", "      if (one.room == &room) one.index = index;\n", "      static_cast<void>(one);\n", outside("namespaces", "who leaves takes nobody along, in whatever order they came")],
  ["who is in two rooms gets it twice", "hub/nsp_slice.hpp", "    all.erase(std::unique(all.begin(), all.end()), all.end());\n", "", outside("namespaces", "to several rooms, without some, each socket once; the sender not")],
  ["one room more than may be", "hub/socket.cpp", "rooms_.size() >= nsp_", "rooms_.size() > nsp_", outside("namespaces", "no more rooms of one socket than allowed")],
  ["one question more than may wait", "hub/socket.cpp", "acks_.size() >= hub", "acks_.size() > hub", outside("namespaces", "no more pending questions than allowed")],
  ["an event is answered as often as one likes", "hub/socket.cpp", "once_->done.exchange(true)", "once_->done.load()", outside("packets", "acknowledged once, though answered twice, over WebSocket")],
  ["who leaves has not answered in time", "hub/client.cpp", "hub_.call(pending->answered, error::disconnected", "hub_.call(pending->answered, error::timed_out", outside("namespaces", "a server asks: the answer, none in time, a client that leaves")],
  ["one namespace more than may be", "hub/client.cpp", "sockets_.size() >= hub_", "sockets_.size() > hub_", outside("namespaces", "no more namespaces of one connection than allowed; it goes on")],
  ["events that have passed still count", "hub/client.cpp", "    line.bytes -= first->bytes;\n", "", outside("namespaces", "a line over --max-queued-bytes cuts the client")],
  ["who joins nothing at once is ended", "net/live_session.cpp", "join_by_ = steady::now() + patience;", "join_by_ = steady::now(), static_cast<void>(patience);", outside("limits", "connect_timeout")],
  ["volatile events wait for who does not read", "net/live_session.cpp", "(websocket && websocket->writable())", "websocket", outside("namespaces", "volatile: a reader that does not read loses some, keeps its connection and its order")],
];

const recovery = [
  ["the first of several stays is ended", "hub/recovery.cpp", "std::find_if(stays.rbegin(), stays.rend(),", "std::find_if(stays.begin(), stays.end(),", unit("RecoveryState.*")],
  ["a stay that was forgotten is not known to be", "hub/recovery.cpp", "  forgotten.add(*oldest->until);\n", "", unit("RecoveryState.*")],
  ["who has left a room still hears it", "hub/recovery_log.hpp", "(!until || until->has(number))", "true", unit("Log.*")],
  ["who is left out gets it later", "hub/recovery_log.cpp", " && !in_any_of(whom.except)) missed", ") missed", unit("Log.*")],
  ["what came with the heartbeat counts as received", "hub/recovery_log.cpp", "entries_[i].at < client.proven", "entries_[i].at <= client.proven", unit("*Log.*")],
  ["who has what is kept has not what is gone", "hub/recovery_log.cpp", "  if (count > 0) has.add(gone_);\n", "", unit("*Log.*")],
  ["bytes that are gone still count", "hub/recovery_log.cpp", "  bytes_.set(all_bytes_, bytes_.bytes() - oldest.bytes);\n", "", unit("RecoveryLog.*")],
  ["the log is kept a packet short", "hub/recovery_log.cpp", "entries_.size() > max_packets_", "entries_.size() >= max_packets_", unit("RecoveryLog.*")],
  ["an offset of an event that was never sent is believed", "hub/recovery_log.cpp", "  if (!found) return std::nullopt;\n", "", unit("Log.*")],
  ["a session comes back in another namespace", "hub/recovery.cpp", " && place->second.nsp == nsp)", " && !nsp.empty())", outside("recovery", "in another namespace than its own")],
  ["rooms that were left come back", "hub/recovery.cpp", "    if (!its.until) socket.slice_.join", "    socket.slice_.join", outside("recovery", "missed events first, then CONNECT with the old ids; rooms, data and recovered are there")],
  ["volatile events have no offsets", "hub/hub.cpp", "(!event->is_volatile || ends_in_text(event->head))", "(!event->is_volatile || (ends_in_text(event->head) && false))", outside("recovery", "a volatile event that ends in a text has an offset too, since clients take the text for one")],
];

const cluster = [
  ["the first confirmation of four is enough", "cluster/redis/subscriptions.cpp", " || --it.unconfirmed > 0)", ")", redis("Subscriptions.*")],
  ["changes of a lost connection are still under way", "cluster/redis/subscriptions.cpp", "  under_way_ = 0;\n", "", redis("Subscriptions.*")],
  ["what is closed in time is subscribed to", "cluster/redis/subscriptions.cpp", "if (it.due) due_.erase(*std::exchange(it.due, std::nullopt));", "if (it.due) return;", redis("Subscriptions.*")],
  ["a sign of life does not answer a ping", "cluster/redis/dialogue.cpp", "  pinged_.reset();\n", "", redis("Dialogue.*")],
  ["after a sleep there is no time to answer", "cluster/redis/dialogue.cpp", "const time_point end = *pinged_ + settings_.ping_interval;", "const time_point end = last_sign_ + 2 * settings_.ping_interval;", redis("Dialogue.*")],
  ["a new connection is tried as late as the last", "cluster/redis/dialogue.cpp", "last_connection >= most_", "last_connection >= 100 * most_", redis("Backoff.*")],
  ["what was refused still counts as waiting", "cluster/redis/byte_budget.hpp", "    *total_ -= bytes;\n    return std::nullopt;", "    return std::nullopt;", redis("RedisAdapter.WhatWaitsForAFrozenRedisIsBounded")],
  ["a server waits for its own answer", "cluster/redis/core.cpp", "count.listeners == 0 ? 0 : count.listeners - 1", "count.listeners", redis("*FetchFindsTheSocketsOfTheOthers")],
  ["questions go on without Redis", "cluster/redis/core.cpp", "  on_questions([](request_table& questions) { return questions.away(); });\n", "", redis("RedisAdapter.AQuestionUnderWayEndsWithTheConnection")],
  ["an own broadcast is heard again", "cluster/redis_format.cpp", "  start.array(3);\n  start.text(uid);\n  return bytes", "  start.array(2);\n  start.text(uid);\n  return bytes", unit("RedisFormat.*")],
  ["the number of servers is told twice", "cluster/request_table.cpp", "if (!question || question->others) return {};", "if (!question) return {};", unit("RequestTable.*")],
  ["a question to clients ends with the servers", "cluster/request_table.cpp", "acks && acks->answers < acks->clients)", "acks && acks->answers < 0)", unit("RequestTable.*")],
];

const net = [
  ["a timer that takes another's place only sinks", "net/timers.cpp", "  put(place, last);\n  earlier ? rise(place) : sink(place);", "  put(place, last);\n  static_cast<void>(earlier);\n  sink(place);", unit("Timers.*")],
  ["timers are a little early", "net/timers.cpp", "entries_.front().at <= now)", "entries_.front().at <= now + std::chrono::microseconds(1))", unit("Timers.*")],
  ["letters behind one that threw wait for those that came since", "net/mailbox.hpp", "    read_unread(); // left by the last time\n", "", unit("Mailbox.*")],
  ["nobody is woken for a first letter", "net/mailbox.hpp", "return before == nullptr;", "return false && before;", unit("Mailbox.*")],
  ["a share that moved is given back twice", "net/byte_share.hpp", "std::exchange(other.bytes_, 0)", "other.bytes_", unit("ByteShare.*")],
  ["who leaves still counts in all", "net/silent_connections.hpp", "    --all_;\n", "", unit("SilentConnections.*")],
  ["handshakes are saved up without end", "net/handshake_rate.hpp", "std::min(share_, left_ + passed * share_)", "left_ + passed * share_", unit("HandshakeRate.*")],
  ["the rest of the mail is forgotten when a letter throws", "net/loop.cpp", "    wake(); // the rest is read the next time, which must come\n", "", unit("Guest.*")],
  ["who is buried goes on", "net/loop.cpp", "  unfinished_.erase(dead.get());\n", "", unit("Guest.*")],
  ["an earlier timer waits for a later one", "net/loop.cpp", "if (next >= guest_armed_) return;", "if (guest_armed_ != time_point::max()) return;", unit("Guest.*")],
  ["who was away is ended before it is heard", "net/loop.cpp", "now - next > away_time", "now - next > 1000 * away_time", unit("Guest.*")],
  ["what happens later happens also without the loop", "net/loop.cpp", "  way_->end();\n", "", unit("Guest.*")],
  ["a body has two ends", "net/head_rules.cpp", "if (codings > 0 && lengths > 0) return", "if (codings > 9 && lengths > 0) return", unit("HeadRules.*")],
  ["a line may be folded by a tab", "net/head_rules.cpp", "(head[at] == ' ' || head[at] == '\\t')", "head[at] == ' '", unit("HeadRules.*")],
  ["the first address of a proxy's list is believed", "net/peer_address.cpp", "forwarded.rfind(',')", "forwarded.find(',')", unit("PeerAddress.*")],
  ["left out lines are not counted", "net/log_throttle.cpp", "    ++its.left_out;\n", "", unit("LogThrottle.*")],
  ["gzip for who forbids it", "net/gzip.cpp", 'find_first_of("123456789")', 'find_first_of("0123456789")', unit("Gzip.*")],
  ["an escape at the end is not decoded", "net/http.cpp", "i + 2 < text.size()", "i + 3 < text.size()", unit("Query.*")],
  ["the second poll takes the first one's place", "net/live_session.cpp", "if (!parked_) parked_ = exchange;", "parked_ = exchange;", outside("engine", "a second GET ends it: the first is 200 1, the second 400 and empty")],
  ["a goodbye's late poll is answered for ever", "net/shard.cpp", "  tombstones_.erase(place);\n", "", outside("engine", "POST 1 with a parked GET: 6, then gone; without: one late GET is answered 6")],
  ["who is refused an upgrade is told 403", "net/shard.cpp", "  if (upgrade) {\n    http_response response = plain(400,", "  if (upgrade && code != 4) {\n    http_response response = plain(400,", outside("engine", "on an upgrade: HTTP 400 in place of the 101, for every refusal")],
  ["the timers of a guest are 3 ms late", "net/loop.cpp", "guest_timer_->expires_at(next);", "guest_timer_->expires_at(next + std::chrono::milliseconds(3));", outside("engine", "no pong: ping after 300 ms and the end after 500 ms, to 1.5 ms for a quarter of 20 sessions")],
  ["whoever is slow is cut without a reason", "session/session.cpp", '"slow client: nothing could be written to it"', '"it reads"', outside("cut", "nothing could be written for too long")],
  ["a WebSocket's key may be of any length", "net/shard.cpp", "key && key->size() == 16", "key && key->size() > 0", outside("websocket", "refused: a key that is no 16 bytes")],
  ["a body larger than the limit is taken for one that came", "net/shard.cpp", "  if (exchange->too_large) {", "  if (exchange->too_large && false) {", outside("engine", "a body of exactly maxPayload is taken; a larger one is 413 with an empty body, the session lives, the cause is told")],
  ["who throws in a hook is admitted", "net/shard.cpp", 'answer(false, "");', 'answer(true, "");', outside("engine", "a hook that throws (request) hurts its request alone")],
];

export const mutations = Object.entries({ codec, session, hub, recovery, redis: cluster, net }).flatMap(([part, all]) =>
  all.map(([name, file, old, fresh, test]) => ({ part, name, file: `src/${file}`, old, fresh, test })),
);
