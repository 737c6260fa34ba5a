// Redis' wire format: replies are the same however the bytes are cut, commands are what they were made of,
// and a dialogue survives anything that a Redis says.
#include "must.hpp"

#include "cluster/redis/dialogue.hpp"
#include "cluster/redis/resp.hpp"

#include <random>
#include <string>
#include <vector>

using namespace socketio::cluster;
using socketio::fuzz::must;

namespace {

bool equal(const redis_reply& a, const redis_reply& b) {
  return a.is == b.is && a.text == b.text && a.integer == b.integer && a.list.size() == b.list.size() &&
         std::equal(a.list.begin(), a.list.end(), b.list.begin(), equal);
}

std::size_t bytes_in(const redis_reply& reply) {
  std::size_t bytes = reply.text.size();
  for (const redis_reply& one : reply.list) bytes += bytes_in(one);
  return bytes;
}

struct heard_all {
  std::vector<redis_reply> replies;
  bool wrong = false;
};

template <class NextSize>
heard_all read(std::string_view bytes, std::size_t max_bytes, NextSize next_size) {
  redis_reader reader(max_bytes);
  heard_all all;
  do {
    const std::size_t size = std::min<std::size_t>(next_size(), bytes.size());
    const std::string piece(bytes.substr(0, size));
    bytes.remove_prefix(size);
    reader.feed(piece);
    while (auto reply = reader.next()) all.replies.push_back(std::move(*reply));
  } while (!bytes.empty() && reader.wrong().empty());
  all.wrong = !reader.wrong().empty();
  if (all.wrong) must(!reader.next(), "nothing follows what is wrong");
  return all;
}

void talk(const std::vector<redis_reply>& replies, std::size_t choice) {
  time_point now{};
  dialogue with(
      {.username = choice & 1 ? "u" : "", .password = choice & 2 ? "p" : "", .database = choice & 4 ? 1 : 0},
      now);
  std::size_t step = 0;
  for (const redis_reply& reply : replies) {
    with.on_bytes(now);
    const heard what = with.on_reply(reply);
    if (std::holds_alternative<hears::failure>(what)) return;
    switch (choice >> 3 & 3) {
    case 0:
      with.publish(redis_command{"PUBLISH", "c", "m"});
      break;
    case 1:
      with.count_listeners({"PUBSUB", "NUMSUB", "c"}, std::to_string(step));
      break;
    case 2:
      with.subscribe({"SUBSCRIBE", "c"});
      with.subscribe({"PSUBSCRIBE", "c*"});
      break;
    case 3:
      with.subscribe({"UNSUBSCRIBE", "c"});
      break;
    }
    now += std::chrono::seconds(choice >> 5);
    if (!with.at(now)) return;
    with.take(64);
    ++step;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = socketio::fuzz::text_of(data, size);
  const std::size_t choice = socketio::fuzz::take_byte(bytes);
  std::minstd_rand random(static_cast<unsigned>(choice) + 1);

  const heard_all whole = read(bytes, size + 1, [&] { return bytes.size(); });
  std::size_t heard = 0;
  for (const redis_reply& reply : whole.replies) heard += bytes_in(reply);
  must(heard <= size, "no more text than came");
  const heard_all pieces = read(bytes, size + 1, [&] { return random() % 16 + 1; });
  must(whole.wrong == pieces.wrong && whole.replies.size() == pieces.replies.size() &&
           std::equal(whole.replies.begin(), whole.replies.end(), pieces.replies.begin(), equal),
       "the same however it is cut");
  read(bytes, 32, [&] { return random() % 16 + 1; });
  talk(whole.replies, choice);

  const std::size_t half = bytes.size() / 2;
  const redis_command command{"PUBLISH", bytes.substr(0, half), bytes.substr(half)};
  const heard_all said =
      read(command.bytes(), command.bytes().size(), [&] { return command.bytes().size(); });
  must(!said.wrong && said.replies.size() == 1 && said.replies[0].list.size() == 3, "a command is one list");
  must(said.replies[0].list[1].text == bytes.substr(0, half) &&
           said.replies[0].list[2].text == bytes.substr(half),
       "of what it was made of");
  return 0;
}
