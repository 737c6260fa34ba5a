// Bytes in, bytes out: packets, payloads, frames. Vectors are those of the protocol's reference.
#include "codec/base64.hpp"
#include "codec/json_text.hpp"
#include "codec/packet.hpp"
#include "codec/socket_packet.hpp"
#include "codec/utf8.hpp"
#include "codec/websocket.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

namespace socketio::codec {
namespace {

unsigned seed() {
  static const unsigned value = std::getenv("TEST_SEED")
                                    ? static_cast<unsigned>(std::atoll(std::getenv("TEST_SEED")))
                                    : std::random_device{}();
  return value;
}
std::string note() { return "repeat with TEST_SEED=" + std::to_string(seed()); }

TEST(Base64, RoundTripsAndRefusesWhatIsNone) {
  std::mt19937 random(seed());
  for (int round = 0; round < 500; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes) << note();
  }
  EXPECT_EQ(base64_encode("\x01\x02\x03\x04"), "AQIDBA==");
  for (const char* wrong : {"A", "AB", "ABC", "AB=C", "A===", "====", "A B=", "AB-_"})
    EXPECT_FALSE(base64_decode(wrong)) << wrong;
}

TEST(Utf8, IsStrict) {
  EXPECT_TRUE(valid_utf8("plain, día, 한, 👍🏽 and more than eight bytes"));
  for (const char* wrong :
       {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "12345678\xFF", "\xE2\x82"})
    EXPECT_FALSE(valid_utf8(wrong));
  for (std::size_t at = 0; at < 17; ++at) { // whatever place it has in what is looked at together
    std::string text(17, 'x');
    text[at] = '\xFF';
    EXPECT_FALSE(valid_utf8(text)) << at;
  }
}

// The Encoding Standard's decoder, as in browsers and Node: one U+FFFD for each longest beginning of a
// letter.
TEST(Utf8, WhatIsNoneIsReplaced) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(to_utf8("día 👍"), "día 👍");
  EXPECT_EQ(to_utf8("a\xFF"
                    "b"),
            "a" + r + "b");
  EXPECT_EQ(to_utf8("\xE2\x82"), r);
  EXPECT_EQ(to_utf8("\xE2\x82x"), r + "x");
  EXPECT_EQ(to_utf8("\xF0\x9F\x91"), r);
  EXPECT_EQ(to_utf8("\xED\xA0\x80"), r + r + r); // half a surrogate pair
  EXPECT_EQ(to_utf8("\xC0\xAF\xF4\x90\x80\x80"), r + r + r + r + r + r);
}

TEST(Payload, PacketsAreJoinedAndSplitByTheSeparator) {
  std::string body;
  append_to_payload(body, text_packet("4hello"));
  append_to_payload(body, text_packet("2"));
  append_to_payload(body, binary_packet("\x01\x02\x03\x04"));
  EXPECT_EQ(body, "4hello\x1e"
                  "2\x1e"
                  "bAQIDBA==");
  std::vector<std::string_view> pieces;
  payload_pieces all(body);
  for (std::string_view piece; all.next(piece);) pieces.push_back(piece);
  ASSERT_EQ(pieces.size(), 3u);
  decoded_packet packet;
  ASSERT_TRUE(decode_packet(pieces[2], packet));
  EXPECT_TRUE(packet.binary);
  EXPECT_EQ(packet.data, "\x01\x02\x03\x04");
  for (const char* wrong : {"", "7", "x", "b!"}) EXPECT_FALSE(decode_packet(wrong, packet)) << wrong;
}

TEST(Payload, EveryPieceCountsAlsoAnEmptyOne) {
  const auto split = [](std::string_view body) {
    std::vector<std::string> all;
    payload_pieces pieces(body);
    for (std::string_view piece; pieces.next(piece);) all.emplace_back(piece);
    return all;
  };
  using pieces = std::vector<std::string>;
  EXPECT_EQ(split(""), pieces{""});
  EXPECT_EQ(split("4a\x1e"), (pieces{"4a", ""}));
  EXPECT_EQ(split("\x1e"
                  "4a"),
            (pieces{"", "4a"}));
  EXPECT_EQ(split("4a\x1e\x1e"
                  "4b"),
            (pieces{"4a", "", "4b"}));
}

std::string reparse(std::string_view text) {
  const auto packet = parse_socket_packet(text, {});
  if (!packet) return "refused";
  const std::string json = packet->payload.is_null() || (packet->type == socket_type::connect &&
                                                         packet->payload.as_object().empty())
                               ? ""
                               : boost::json::serialize(packet->payload);
  std::string again;
  append_socket_head(again, packet->type, packet->attachments, packet->nsp, packet->id);
  return again.substr(1) + json;
}

TEST(SocketPacket, VectorsRoundTrip) {
  for (const char* text :
       {"0", "0/custom,{\"token\":\"abc\"}", "1", "1/custom,", "2[\"hello\",1]",
        "2456[\"message-with-ack\",1]", "2/custom,7[\"a\"]", "3456[1]", "3/custom,0[]",
        "51-[\"bin\",{\"_placeholder\":true,\"num\":0}]", "61-7[{\"_placeholder\":true,\"num\":0}]"})
    EXPECT_EQ(reparse(text), text);
  EXPECT_EQ(reparse("1/custom"), "1/custom,"); // without its comma, as clients may
}

TEST(SocketPacket, NumbersBeyondAllFloatsAreNullAsFromNode) {
  EXPECT_EQ(reparse("2[\"m\",1e400,{\"a\":[-1e400]},\"1e400\"]"), "2[\"m\",null,{\"a\":[null]},\"1e400\"]");
  EXPECT_EQ(reparse("2[\"m\"," + std::string(400, '9') + "]"), "2[\"m\",null]");
  EXPECT_EQ(reparse("2[\"m\",1.5e3]"), "2[\"m\",1.5E3]");
}

TEST(SocketPacket, RefusesWhatOnlyABrokenPeerSends) {
  for (const char* text : {"",
                           "7",
                           "x",
                           "2[]",
                           "2{}",
                           "2[null]",
                           "2[true]",
                           "2[\"a\",{\"_placeholder\":true,\"num\":0}]",
                           "2[\"connect\"]",
                           "2[\"connect_error\"]",
                           "2[\"disconnect\"]",
                           "2[\"disconnecting\"]",
                           "2[\"newListener\"]",
                           "2[\"removeListener\"]",
                           "2 [\"m\"]",
                           "2[\"a\"",
                           "0[]",
                           "0\"x\"",
                           "0null",
                           "4{\"message\":\"x\"}",
                           "3x",
                           "31{}",
                           "6",
                           "61-",
                           "1{}",
                           "5[\"a\"]",
                           "50-[\"a\"]",
                           "511-[\"a\"]",
                           "5-[\"a\"]",
                           "51[\"a\"]",
                           "51-[\"a\",{\"_placeholder\":true,\"num\":1}]",
                           "51-[\"a\",{\"_placeholder\":true,\"num\":-1}]",
                           "51-[\"a\",{\"_placeholder\":true,\"num\":\"0\"}]",
                           "21234567890123456[\"a\"]",
                           "2[\"a\"]x"})
    EXPECT_EQ(reparse(text), "refused") << text;
  EXPECT_EQ(reparse("0/\xFF,"), "refused"); // it would come back in a text frame
  EXPECT_NE(reparse("2[\"" + std::string(256, 'n') + "\"]"), "refused");
  EXPECT_EQ(reparse("2[\"" + std::string(257, 'n') + "\"]"), "refused");
  EXPECT_NE(reparse("2/" + std::string(255, 'n') + ",[\"a\"]"), "refused");
  EXPECT_EQ(reparse("2/" + std::string(256, 'n') + ",[\"a\"]"), "refused");
  EXPECT_NE(reparse("2[\"a\"," + std::string(999, '[') + std::string(999, ']') + "]"), "refused");
  EXPECT_EQ(reparse("2[\"a\"," + std::string(1000, '[') + std::string(1000, ']') + "]"), "refused");
}

TEST(SocketPacket, AsManyPartsAsMayBe) {
  EXPECT_EQ(reparse("510-[\"a\",{\"_placeholder\":true,\"num\":9}]"),
            "510-[\"a\",{\"_placeholder\":true,\"num\":9}]");
  EXPECT_EQ(reparse("510-[\"a\",{\"_placeholder\":true,\"num\":10}]"), "refused");
  EXPECT_EQ(reparse("511-[\"a\",{\"_placeholder\":true,\"num\":9}]"), "refused");
}

TEST(SocketPacket, WhatStandsAloneAsWithNode) {
  for (const char* text : {"2", "27", "3", "31", "3[1]"}) EXPECT_EQ(reparse(text), text);
}

TEST(SocketPacket, HalvesOfSurrogatePairsAreReplaced) {
  const auto said = [](std::string_view json) {
    const auto packet = parse_socket_packet("2" + std::string(json), {});
    return packet ? boost::json::serialize(packet->payload) : "refused";
  };
  EXPECT_EQ(said(R"(["\ud83d"])"), "[\"\uFFFD\"]");
  EXPECT_EQ(said(R"(["m","a\uD83Db","\udc00","\ud83d\u0041","\ud83d\ud83d\ude00"])"),
            "[\"m\",\"a\uFFFDb\",\"\uFFFD\",\"\uFFFDA\",\"\uFFFD\U0001F600\"]");
  EXPECT_EQ(said(R"(["m",{"\ud800":"\udfff\ud800"}])"), "[\"m\",{\"\uFFFD\":\"\uFFFD\uFFFD\"}]");
  EXPECT_EQ(said(R"(["m","\\ud83d","\ud83d"])"), R"(["m","\\ud83d",")"
                                                 "\uFFFD\"]"); // a backslash, then letters
  for (const char* wrong :
       {R"(["m","\ud83d)", R"(["m","\ud83)", R"(["m","\ud83g"])", R"(["m","\)", R"(["m","\x"])"})
    EXPECT_EQ(said(wrong), "refused") << wrong;
}

TEST(SocketPacket, ANameThatIsANumberIsItsText) {
  for (const auto& [number, text] :
       std::vector<std::pair<std::string, std::string>>{{"1", "1"},
                                                        {"-1.5", "-1.5"},
                                                        {"0", "0"},
                                                        {"-0", "0"},
                                                        {"-0.0", "0"},
                                                        {"1e21", "1e+21"},
                                                        {"1e20", "100000000000000000000"},
                                                        {"1.5e300", "1.5e+300"},
                                                        {"1e-6", "0.000001"},
                                                        {"1e-7", "1e-7"},
                                                        {"1.25e-9", "1.25e-9"},
                                                        {"123.456", "123.456"},
                                                        {"12345678901234567890", "12345678901234567000"},
                                                        {"9007199254740993", "9007199254740992"},
                                                        {"4294967296", "4294967296"}}) {
    const auto packet = parse_socket_packet("2[" + number + ",0]", {});
    ASSERT_TRUE(packet) << number;
    EXPECT_EQ(packet->payload.as_array().front(), boost::json::value(text)) << number;
  }
}

struct heard final : websocket_sink {
  std::vector<std::string> said;
  bool open = true;
  void on_message(bool binary, std::string_view payload) override {
    said.push_back((binary ? "b:" : "t:") + std::string(payload));
  }
  void on_ping(std::string_view payload) override { said.push_back("ping:" + std::string(payload)); }
  void on_close(std::uint16_t code) override {
    said.push_back("close:" + std::to_string(code));
    open = false;
  }
  void on_violation(std::uint16_t code, std::string_view) override {
    said.push_back("violation:" + std::to_string(code));
    open = false;
  }
  bool reading() const override { return open; }
};

std::string frame(unsigned first, std::string_view payload, std::uint32_t key = 0x11223344) {
  std::string out;
  out += static_cast<char>(first);
  if (payload.size() < 126)
    out += static_cast<char>(0x80 | payload.size());
  else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  }
  char mask[4];
  std::memcpy(mask, &key, 4);
  out.append(mask, 4);
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ mask[i & 3]);
  return out;
}

// The same bytes cut at every place and in random pieces must be heard the same.
std::vector<std::string> hear(std::string bytes, std::size_t max_message = 1000) {
  std::vector<std::string> whole;
  {
    heard sink;
    websocket_reader reader;
    std::string copy = bytes;
    reader.feed(copy.data(), copy.size(), max_message, sink);
    whole = sink.said;
  }
  for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
    heard sink;
    websocket_reader reader;
    std::string a = bytes.substr(0, cut), b = bytes.substr(cut);
    reader.feed(a.data(), a.size(), max_message, sink);
    if (sink.open) reader.feed(b.data(), b.size(), max_message, sink);
    EXPECT_EQ(sink.said, whole) << "cut at " << cut;
  }
  return whole;
}

using said = std::vector<std::string>;

// RFC 6455, 5.2: the shortest form, in network byte order.
TEST(WebSocket, OurFramesSayTheirLengthAsTheRfcDoes) {
  const auto header = [](std::size_t size) {
    char out[frame_header_max];
    return std::string(out, write_frame_header(out, opcode::binary, size));
  };
  EXPECT_EQ(header(0), std::string("\x82\x00", 2));
  EXPECT_EQ(header(125), "\x82\x7D");
  EXPECT_EQ(header(126), std::string("\x82\x7E\x00\x7E", 4));
  EXPECT_EQ(header(0x1234), "\x82\x7E\x12\x34");
  EXPECT_EQ(header(65535), "\x82\x7E\xFF\xFF");
  EXPECT_EQ(header(65536), std::string("\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00", 10));
  EXPECT_EQ(control_frame(opcode::pong, "x"), "\x8A\x01x");
  EXPECT_EQ(close_frame(1002), "\x88\x02\x03\xEA");
  EXPECT_EQ(close_frame(close_code::none), std::string("\x88\x00", 2));
}

TEST(WebSocket, MessagesFragmentsAndControlFramesInWhateverPieces) {
  EXPECT_EQ(hear(frame(0x81, "hello") + frame(0x82, "\x01\x02")), (said{"t:hello", "b:\x01\x02"}));
  EXPECT_EQ(hear(frame(0x01, "he") + frame(0x89, "?") + frame(0x00, "l") + frame(0x80, "lo")),
            (said{"ping:?", "t:hello"}));
  EXPECT_EQ(hear(frame(0x81, std::string(300, 'x'))), (said{"t:" + std::string(300, 'x')}));
  EXPECT_EQ(hear(frame(0x88, "") + frame(0x81, "after")), (said{"close:0"}));
  EXPECT_EQ(hear(frame(0x88, std::string("\x03\xE8") + "bye")), (said{"close:1000"}));
  EXPECT_EQ(hear(frame(0x8A, "unasked pong")), (said{}));
}

TEST(WebSocket, ViolationsHaveTheirCodes) {
  const std::string unmasked{"\x81\x02hi", 4};
  EXPECT_EQ(hear(unmasked), (said{"violation:1002"}));
  EXPECT_EQ(hear(frame(0xC1, "rsv")), (said{"violation:1002"}));
  EXPECT_EQ(hear(frame(0x83, "opcode")), (said{"violation:1002"}));
  EXPECT_EQ(hear(frame(0x09, "ping in pieces")), (said{"violation:1002"}));
  EXPECT_EQ(hear(frame(0x89, std::string(126, 'x'))), (said{"violation:1002"}));
  EXPECT_EQ(hear(frame(0x80, "of nothing")), (said{"violation:1002"}));
  EXPECT_EQ(hear(frame(0x01, "a") + frame(0x81, "b")), (said{"violation:1002"}));
  EXPECT_EQ(hear(frame(0x88, "x")), (said{"violation:1002"}));
  const auto close = [](unsigned code) {
    return hear(frame(0x88, std::string{static_cast<char>(code >> 8), static_cast<char>(code & 255)}));
  };
  for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 2999u, 5000u, 65535u})
    EXPECT_EQ(close(code), (said{"violation:1002"})) << code; // may not travel
  for (const unsigned code : {1000u, 1003u, 1007u, 1014u, 3000u, 4999u})
    EXPECT_EQ(close(code), (said{"close:" + std::to_string(code)}));
  // A length in more bytes than it needs.
  const std::string mask(4, '\0');
  EXPECT_EQ(hear(std::string("\x81\xFE\x00\x7D", 4) + mask), (said{"violation:1002"}));
  EXPECT_EQ(hear(std::string("\x81\xFF\x00\x00\x00\x00\x00\x00\xFF\xFF", 10) + mask, 100'000),
            (said{"violation:1002"}));
  EXPECT_EQ(hear(std::string("\x81\xFF\x00\x00\x00\x00\x00\x01\x00\x00", 10) + mask, 100'000), (said{}));
  EXPECT_EQ(hear(frame(0x81, "\xFF")), (said{"violation:1007"}));
  EXPECT_EQ(hear(frame(0x01, "\xE2\x82") + frame(0x80, "x")), (said{"violation:1007"}));
  EXPECT_EQ(hear(frame(0x81, std::string(1001, 'x'))), (said{"violation:1009"}));
  EXPECT_EQ(hear(frame(0x01, std::string(600, 'x')) + frame(0x80, std::string(600, 'x'))),
            (said{"violation:1009"}));
}

TEST(WebSocket, RandomBytesNeverBreakTheReaderAndIdleHoldsNothing) {
  std::mt19937 random(seed());
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (unsigned n = random() % 4; n > 0; --n)
      bytes += frame(static_cast<unsigned>(random() % 256),
                     std::string(random() % 200, static_cast<char>(random() % 128)),
                     static_cast<std::uint32_t>(random()));
    for (unsigned n = random() % 3; n > 0 && !bytes.empty(); --n)
      bytes[random() % bytes.size()] = static_cast<char>(random());
    heard sink;
    websocket_reader reader;
    for (std::size_t at = 0; at < bytes.size() && sink.open;) {
      std::string piece = bytes.substr(at, 1 + random() % 50);
      at += piece.size();
      reader.feed(piece.data(), piece.size(), 500, sink);
    }
  }
  heard sink;
  websocket_reader reader;
  std::string whole = frame(0x81, "hello");
  reader.feed(whole.data(), whole.size(), 500, sink);
  EXPECT_TRUE(reader.idle());
}

TEST(WebSocket, TheFirstSubprotocolIsTaken) {
  EXPECT_EQ(first_subprotocol(""), "");
  EXPECT_EQ(first_subprotocol("chat"), "chat");
  EXPECT_EQ(first_subprotocol("  v1.token , v2\t,x"), "v1.token");
  for (const char* wrong : {" ", ",", "a,", ",a", "a,,b", "a b", "a, a", "a;b", "\"a\"", "a\x01", "\xC3\xA9"})
    EXPECT_FALSE(first_subprotocol(wrong)) << wrong;
}

TEST(WebSocket, HandshakeKeyOfTheRfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

// What an application emits must not end its clients' connections.
TEST(JsonText, IsAlwaysJson) {
  boost::json::value value = boost::json::parse(R"({"a":[1.5,"Infinity"],"b":true})");
  EXPECT_EQ(json_text(value), boost::json::serialize(value));
  value.at("a").as_array().emplace_back(std::numeric_limits<double>::quiet_NaN());
  value.at("a").as_array().emplace_back(-std::numeric_limits<double>::infinity());
  EXPECT_EQ(json_text(value), R"({"a":[1.5E0,"Infinity",null,null],"b":true})");
}

} // namespace
} // namespace socketio::codec
