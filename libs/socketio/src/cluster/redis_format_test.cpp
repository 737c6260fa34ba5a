// The classic format: what Node's adapter and emitter sent over a real Redis, and each message there and
// back.
#include "cluster/redis_format.hpp"
#include "cluster/testing/values.hpp"

#include <boost/json/serialize.hpp>
#include <gtest/gtest.h>

#include <limits>
#include <set>

namespace socketio::cluster {
namespace {

using namespace std::chrono_literals;
using testing::event;
using testing::from_hex;
using testing::js;
using testing::to_hex;

// --- captured ---

TEST(RedisFormat, WritesTheBroadcastsOfNode) {
  EXPECT_EQ(
      to_hex(encode_broadcast("3ki6-6", "/", event(R"(["hello",1,"two",{"three":3.5},null,true])"), {}, {})),
      "93a6336b69362d3683a47479706502a46461746196a568656c6c6f01a374776f81a57468726565cb400c000000000000c0c3a3"
      "6e73"
      "70a12f83a5726f6f6d7390a665786365707490a5666c61677380");
  EXPECT_EQ(to_hex(encode_broadcast("UKaQXh", "/", event(R"(["x"])"), {{"r1", "r2", "r1"}, {"r3"}},
                                    {.is_volatile = true, .compress = false, .timeout = {}})),
            "93a6554b6151586883a47479706502a46461746191a178a36e7370a12f83a5726f6f6d7392a27231a27232a665786365"
            "707491a272"
            "33a5666c61677382a8766f6c6174696c65c3a8636f6d7072657373c2");
}

TEST(RedisFormat, ReadsTheBroadcastsOfNode) {
  // emit("b", Buffer.from([1, 2, 3]), undefined, new Date(1700000000123))
  const auto binary = decode_broadcast(from_hex(
      "93a6554b6151586883a47479706502a46461746194a162c403010203c0d7ff1d5353006553f100a36e7370a12f83a5726f6f6d"
      "7390a665786365707490a5666c61677380"));
  ASSERT_TRUE(binary);
  EXPECT_EQ(binary->uid, "UKaQXh");
  EXPECT_EQ(binary->nsp, "/");
  EXPECT_EQ(binary->event.arguments,
            js(R"(["b",{"_placeholder":true,"num":0},null,"2023-11-14T22:13:20.123Z"])"));
  EXPECT_EQ(binary->event.attachments, std::vector{from_hex("010203")});

  // to("r1").to("r2").except("r3").volatile.compress(false).emit("x")
  const auto flagged = decode_broadcast(from_hex(
      "93a6554b6151586883a47479706502a46461746191a178a36e7370a12f83a5726f6f6d7392a27231a27232a665786365707491"
      "a27233a5666c61677382a8766f6c6174696c65c3a8636f6d7072657373c2"));
  ASSERT_TRUE(flagged);
  EXPECT_EQ(flagged->whom.rooms, (std::vector<std::string>{"r1", "r2"}));
  EXPECT_EQ(flagged->whom.except, std::vector<std::string>{"r3"});
  EXPECT_TRUE(flagged->flags.is_volatile);
  EXPECT_FALSE(flagged->flags.compress);

  // to(5).emit("x"): rooms may be numbers
  const auto number = decode_broadcast(from_hex(
      "93a6554b6151586883a47479706502a46461746191a178a36e7370a12f83a5726f6f6d739105a665786365707490a5666c6167"
      "7380"));
  ASSERT_TRUE(number);
  EXPECT_EQ(number->whom.rooms, std::vector<std::string>{"5"});
}

TEST(RedisFormat, ReadsTheBroadcastsOfTheEmitter) {
  const auto hello = decode_broadcast(from_hex(
      "93a7656d697474657283a47479706502a46461746192a568656c6c6f01a36e7370a12f83a5726f6f6d7390a5666c61677380a6"
      "65786365707490"));
  ASSERT_TRUE(hello);
  EXPECT_EQ(hello->uid, "emitter");
  EXPECT_EQ(hello->event.arguments, js(R"(["hello",1])"));
  // of("/x").to("a").volatile.emit("n", Buffer.from("z"))
  const auto other = decode_broadcast(from_hex(
      "93a7656d697474657283a47479706502a46461746192a16ec4017aa36e7370a22f7883a5726f6f6d7391a161a5666c61677381"
      "a8766f6c6174696c65c3a665786365707490"));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->nsp, "/x");
  EXPECT_EQ(other->whom.rooms, std::vector<std::string>{"a"});
  EXPECT_TRUE(other->flags.is_volatile);
  EXPECT_EQ(other->event.attachments, std::vector<std::string>{"z"});
}

TEST(RedisFormat, WritesAndReadsTheRequestsOfNode) {
  const struct {
    request value;
    const char* text;
  } captured[] = {
      {{"UKaQXh", "oCnYPD", asks::sockets{{{"r1"}, {}}}},
       R"({"uid":"UKaQXh","requestId":"oCnYPD","type":5,"opts":{"rooms":["r1"],"except":[]}})"},
      {{"UKaQXh", "", asks::join{{{"r1"}, {}}, {"r5", "r6"}}},
       R"({"uid":"UKaQXh","type":2,"opts":{"rooms":["r1"],"except":[]},"rooms":["r5","r6"]})"},
      {{"UKaQXh", "", asks::leave{{{}, {"zz"}}, {"r5"}}},
       R"({"uid":"UKaQXh","type":3,"opts":{"rooms":[],"except":["zz"]},"rooms":["r5"]})"},
      {{"UKaQXh", "", asks::disconnect{{{"r1"}, {}}, true}},
       R"({"uid":"UKaQXh","type":4,"opts":{"rooms":["r1"],"except":[]},"close":true})"},
      {{"UKaQXh", "", asks::server_event{event(R"(["hi",1,{"_placeholder":true,"num":0}])", {"\x09"})}},
       R"({"uid":"UKaQXh","type":6,"data":["hi",1,{"type":"Buffer","data":[9]}]})"},
      {{"UKaQXh", "HihBV6",
        asks::server_event{event(R"(["hi",{"a":{"_placeholder":true,"num":0}},2])", {"\x09"})}},
       R"({"uid":"UKaQXh","requestId":"HihBV6","type":6,"data":["hi",{"a":{"type":"Buffer","data":[9]}},2]})"},
      {{"UKaQXh", "AfZ95r", asks::all_rooms{}}, R"({"uid":"UKaQXh","requestId":"AfZ95r","type":1})"},
      // of the emitter
      {{"", "", asks::join{{{"r1"}, {}}, {"k"}}},
       R"({"type":2,"opts":{"rooms":["r1"],"except":[]},"rooms":["k"]})"},
      {{"emitter", "", asks::server_event{event(R"(["hi",3])")}},
       R"({"uid":"emitter","type":6,"data":["hi",3]})"},
      // of older adapters
      {{"abc", "q", asks::socket_ids{{"r1"}}}, R"({"uid":"abc","requestId":"q","type":0,"rooms":["r1"]})"},
      {{"abc", "q", asks::join_one{"sid1", "r"}},
       R"({"uid":"abc","requestId":"q","type":2,"sid":"sid1","room":"r"})"},
      {{"abc", "q", asks::leave_one{"sid1", "r"}},
       R"({"uid":"abc","requestId":"q","type":3,"sid":"sid1","room":"r"})"},
      {{"abc", "q", asks::disconnect_one{"sid1", true}},
       R"({"uid":"abc","requestId":"q","type":4,"sid":"sid1","close":true})"},
  };
  for (const auto& [value, text] : captured) {
    EXPECT_EQ(encode_request(value, "/"), text);
    const auto read = decode_request(text, "/");
    ASSERT_TRUE(read) << text;
    EXPECT_EQ(read->uid, value.uid);
    EXPECT_EQ(read->id, value.id);
    EXPECT_EQ(read->what.index(), value.what.index()) << text;
    EXPECT_EQ(encode_request(*read, "/"), text);
  }
}

TEST(RedisFormat, WritesAndReadsTheBroadcastWithAcknowledgementsOfNode) {
  const std::string bytes = from_hex(
      "85a3756964a6554b61515868a9726571756573744964a66f7177796831a47479706507a67061636b657483a47479706502a464"
      "61746192a17101a36e7370a12fa46f70747383a5726f6f6d7390a665786365707490a5666c61677381a774696d656f7574cd03"
      "e8");
  const request expected{"UKaQXh", "oqwyh1", asks::client_acks{event(R"(["q",1])"), {}, {.timeout = 1000ms}}};
  EXPECT_EQ(to_hex(encode_request(expected, "/")), to_hex(bytes));
  const auto read = decode_request(bytes, "/");
  ASSERT_TRUE(read);
  const auto* acks = std::get_if<asks::client_acks>(&read->what);
  ASSERT_TRUE(acks);
  EXPECT_EQ(acks->event.arguments, js(R"(["q",1])"));
  EXPECT_EQ(acks->flags.timeout, 1000ms);
  EXPECT_FALSE(decode_request(bytes, "/other"));
}

TEST(RedisFormat, WritesAndReadsTheAnswersOfNode) {
  const std::string sockets =
      R"({"requestId":"oCnYPD","sockets":[{"id":"x68ErLyaaHqPBmZZAAAA","handshake":{"headers":{"host":"a"},"secure":false},"rooms":["x68ErLyaaHqPBmZZAAAA","r1"],"data":{"n":1}}]})";
  const struct {
    const char* name;
    std::string bytes;
  } captured[] = {
      {"count", R"({"type":8,"requestId":"oqwyh1","clientCount":1})"},
      {"ack", from_hex("83a47479706509a9726571756573744964a66f7177796831a67061636b6574a3616e73")},
      {"ack of nothing", from_hex("82a47479706509a9726571756573744964a6636932464565")},
      {"sockets", sockets},
      {"no sockets", R"({"requestId":"q","sockets":[]})"},
      {"ids", R"({"requestId":"q","sockets":["a","b"]})"},
      {"rooms", R"({"requestId":"AfZ95r","rooms":["x68ErLyaaHqPBmZZAAAA","r1","r6"]})"},
      {"server", R"({"type":6,"requestId":"HihBV6","data":{"a":{"type":"Buffer","data":[9]}}})"},
      {"server without argument", R"({"type":6,"requestId":"HihBV6"})"},
      {"old form", R"({"requestId":"q"})"},
  };
  std::vector<std::size_t> kinds;
  for (const auto& [name, bytes] : captured) {
    const auto read = decode_response(bytes);
    ASSERT_TRUE(read) << name;
    EXPECT_EQ(to_hex(encode_response(*read)), to_hex(bytes)) << name;
    kinds.push_back(read->what.index());
  }
  EXPECT_EQ(kinds, (std::vector<std::size_t>{5, 6, 6, 3, 3, 0, 1, 4, 4, 2}));
  EXPECT_EQ(std::get<tells::client_answer>(decode_response(captured[1].bytes)->what).answer.arguments,
            js(R"(["ans"])"));
  EXPECT_TRUE(
      std::get<tells::client_answer>(decode_response(captured[2].bytes)->what).answer.arguments.empty());
  const auto server = std::get<tells::server_answer>(decode_response(captured[7].bytes)->what).answer;
  EXPECT_EQ(server.arguments, js(R"([{"a":{"_placeholder":true,"num":0}}])"));
  EXPECT_EQ(server.attachments, std::vector<std::string>{"\x09"});
}

// --- there and back ---

TEST(RedisFormat, RandomBroadcastsComeBack) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    testing::random_values random(seed);
    packet_data sent{.arguments = {"event"}, .attachments = {}};
    for (std::size_t i = random.below(4); i > 0; --i)
      sent.arguments.push_back(random.value(sent.attachments, 3));
    target_options whom;
    std::set<std::string> rooms, except;
    for (std::size_t i = random.below(4); i > 0; --i) rooms.insert(random.text());
    for (std::size_t i = random.below(4); i > 0; --i) except.insert(random.text());
    whom.rooms.assign(rooms.begin(), rooms.end());
    whom.except.assign(except.begin(), except.end());
    broadcast_flags flags{
        .is_volatile = random.below(2) == 0, .compress = random.below(2) == 0, .timeout = {}};
    if (random.below(2) == 0) flags.timeout = std::chrono::milliseconds(random.below(100'000));
    const std::string nsp = "/" + random.text();

    const auto read = decode_broadcast(encode_broadcast("abcdef", nsp, sent, whom, flags));
    ASSERT_TRUE(read) << "seed " << seed;
    EXPECT_EQ(read->nsp, nsp);
    EXPECT_EQ(read->event.arguments, sent.arguments) << "seed " << seed;
    EXPECT_EQ(read->event.attachments, sent.attachments);
    EXPECT_EQ(read->whom.rooms, whom.rooms);
    EXPECT_EQ(read->whom.except, whom.except);
    EXPECT_EQ(read->flags.is_volatile, flags.is_volatile);
    EXPECT_EQ(read->flags.compress, flags.compress);
    EXPECT_EQ(read->flags.timeout, flags.timeout);

    const request asked{"abcdef", "q", asks::client_acks{sent, whom, flags}};
    const auto again = decode_request(encode_request(asked, nsp), nsp);
    ASSERT_TRUE(again);
    EXPECT_EQ(std::get<asks::client_acks>(again->what).event.arguments, sent.arguments);

    const request told{"abcdef", "", asks::server_event{sent}};
    const auto heard = decode_request(encode_request(told, nsp), nsp);
    ASSERT_TRUE(heard);
    EXPECT_EQ(std::get<asks::server_event>(heard->what).event.arguments, sent.arguments);
    EXPECT_EQ(std::get<asks::server_event>(heard->what).event.attachments, sent.attachments);
  }
}

// --- edges ---

TEST(RedisFormat, AMissingNamespaceIsTheMainOne) {
  // ["u", {type: 2, data: ["x"]}, {rooms: [], except: []}]
  const auto read =
      decode_broadcast(from_hex("93a17582a47479706502a46461746191a17882a5726f6f6d7390a665786365707490"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->nsp, "/");
  EXPECT_TRUE(read->flags.compress);
}

TEST(RedisFormat, RecognizesItsOwnBroadcastsByTheirStart) {
  const std::string bytes = encode_broadcast("UKaQXh", "/", event(R"(["x"])"), {}, {});
  EXPECT_TRUE(is_broadcast_of("UKaQXh", bytes));
  EXPECT_FALSE(is_broadcast_of("UKaQXi", bytes));
  EXPECT_FALSE(is_broadcast_of("UKaQX", bytes));
  EXPECT_FALSE(is_broadcast_of("UKaQXh", bytes.substr(0, 5)));
}

TEST(RedisFormat, ChannelsAreThoseOfNode) {
  EXPECT_EQ(broadcast_channel("socket.io", "/", {}), "socket.io#/#");
  EXPECT_EQ(broadcast_channel("socket.io", "/", {{"r1"}, {}}), "socket.io#/#r1#");
  EXPECT_EQ(broadcast_channel("socket.io", "/", {{"r1", "r1"}, {"x"}}), "socket.io#/#r1#");
  EXPECT_EQ(broadcast_channel("socket.io", "/n", {{"r1", "r2"}, {}}), "socket.io#/n#");
  const channels names = channels_of("socket.io", "/", "UKaQXh");
  EXPECT_EQ(names.broadcasts, "socket.io#/#*");
  EXPECT_EQ(names.requests, "socket.io-request#/#");
  EXPECT_EQ(names.responses, "socket.io-response#/#");
  EXPECT_EQ(names.own_responses, "socket.io-response#/#UKaQXh#");
}

TEST(RedisFormat, PatternsTakeNamesLiterally) {
  EXPECT_EQ(channels_of("p*", "/a[1]?\\", "u").broadcasts, R"(p\*#/a\[1\]\?\\#*)");
}

TEST(RedisFormat, UidsAreSixLettersOfUrls) {
  std::set<std::string> all;
  for (int i = 0; i < 1000; ++i) {
    const std::string uid = new_uid();
    EXPECT_EQ(uid.size(), 6u);
    EXPECT_EQ(uid.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    all.insert(uid);
  }
  EXPECT_GT(all.size(), 990u);
}

TEST(RedisFormat, SocketsWithoutDataGiveNodeAnObject) {
  const response told{"q", tells::sockets{{{.id = "a", .handshake = {}, .rooms = {"a"}, .data = nullptr}}}};
  EXPECT_EQ(encode_response(told),
            R"({"requestId":"q","sockets":[{"id":"a","handshake":{},"rooms":["a"],"data":{}}]})");
}

TEST(RedisFormat, WhatIsNoMessageIsRefused) {
  for (const char* text : {"",
                           "{",
                           "null",
                           "[]",
                           "{}",
                           R"({"type":5})",
                           R"({"type":5,"requestId":"q","opts":[]})",
                           R"({"type":"5","requestId":"q","opts":{}})",
                           R"({"type":10,"requestId":"q"})",
                           R"({"type":2,"opts":{"rooms":"r"},"rooms":[]})",
                           R"({"type":2,"opts":{"rooms":[{}]},"rooms":[]})",
                           R"({"type":2})",
                           R"({"type":2,"sid":"a"})",
                           R"({"type":6})",
                           R"({"type":6,"data":[]})",
                           R"({"type":6,"data":[1]})",
                           R"({"type":6,"data":["x",{"_placeholder":true,"num":0}]})",
                           R"({"type":7})",
                           R"({"type":0,"rooms":[]})",
                           R"({"type":1})"})
    EXPECT_FALSE(decode_request(text, "/")) << text;
  for (const char* text : {"", "{", "{}", R"({"requestId":5})", R"({"requestId":"q","sockets":1})",
                           R"({"requestId":"q","sockets":[{}]})", R"({"requestId":"q","sockets":["a",{}]})",
                           R"({"requestId":"q","rooms":[null]})", R"({"requestId":"q","type":8})",
                           R"({"requestId":"q","type":8,"clientCount":-1})", R"({"requestId":"q","type":3})",
                           R"({"requestId":"q","type":8,"clientCount":1.5})"})
    EXPECT_FALSE(decode_response(text)) << text;
  for (const char* hex : {
           "", "90", "93c0c0c0", "92a17580",
           "93a17582a47479706503a46461746191a17880",                 // another packet type
           "93a17582a47479706502a4646174619080",                     // no event name
           "93a17582a47479706502a464617461910180",                   // an event name that is no text
           "93a17581a47479706502a080",                               // no data
           "93a17582a47479706502a46461746191a17881a5726f6f6d73a172", // rooms that are no list
           "93a17582a47479706502a46461746191a17881a16bc40101",       // a binary part outside of the event
       })
    EXPECT_FALSE(decode_broadcast(from_hex(hex))) << hex;
}

// JSON has no infinities, but texts of numbers that become one.
TEST(RedisFormat, NumbersBeyondAllFloatsAreNull) {
  const auto found = decode_request(R"({"uid":"abcdef","type":6,"data":["x",1e400,{"a":-1e400}]})", "/");
  ASSERT_TRUE(found);
  EXPECT_EQ(std::get<asks::server_event>(found->what).event.arguments, js(R"(["x",null,{"a":null}])"));
}

TEST(RedisFormat, WhatJsonCannotSayIsWrittenAsNull) {
  packet_data said = event(R"(["x"])", {});
  said.arguments.emplace_back(std::numeric_limits<double>::infinity());
  said.arguments.emplace_back(std::numeric_limits<double>::quiet_NaN());
  const auto again = decode_request(encode_request({"abcdef", "", asks::server_event{said}}, "/"), "/");
  ASSERT_TRUE(again);
  EXPECT_EQ(std::get<asks::server_event>(again->what).event.arguments, js(R"(["x",null,null])"));
}

TEST(RedisFormat, EveryCutOfAMessageIsRefused) {
  const request asked{
      "abcdef", "q",
      asks::client_acks{event(R"(["x",{"_placeholder":true,"num":0}])", {"abc"}), {{"r"}, {}}, {}}};
  const std::string bytes = encode_request(asked, "/");
  ASSERT_TRUE(decode_request(bytes, "/"));
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(decode_request(bytes.substr(0, size), "/"));
  const std::string text = encode_request({"abcdef", "q", asks::sockets{{{"r"}, {}}}}, "/");
  for (std::size_t size = 0; size < text.size(); ++size)
    EXPECT_FALSE(decode_request(text.substr(0, size), "/"));
}

} // namespace
} // namespace socketio::cluster
