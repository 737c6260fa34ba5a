#include "hub/encode.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <stdexcept>

namespace socketio::detail {
namespace {

namespace json = boost::json;

TEST(Encode, EventsAreWrittenTheSameFromTextAndFromValues) {
  const auto both = [](std::string_view nsp, std::optional<std::uint64_t> id, std::size_t attachments,
                       std::string_view name, std::string_view arguments) {
    const auto text = event_packet(nsp, id, attachments, name, arguments);
    const auto values =
        event_packet(nsp, id, attachments, name, json::parse("[" + std::string(arguments) + "]").as_array());
    EXPECT_EQ(text.payload(), values.payload());
    return std::string(text.payload());
  };
  EXPECT_EQ(both("/", {}, 0, "hello", ""), R"(42["hello"])");
  EXPECT_EQ(both("/", 7, 0, "hello", R"(1,"x",[true])"), R"(427["hello",1,"x",[true]])");
  EXPECT_EQ(both("/a", 0, 2, "b", R"({"_placeholder":true,"num":0})"),
            R"(452-/a,0["b",{"_placeholder":true,"num":0}])");
}

TEST(Encode, WhateverTheNameIsTheEventIsJson) {
  for (const std::string_view name :
       {"", "a\"b", "a\\b", "\"", "\\", "a\nb", "\x01", "\x1f", " ", "d\u00eda", "]", ","}) {
    const auto packet = event_packet("/", {}, 0, name, "1");
    const packet_data back = decode_event(packet, {});
    ASSERT_EQ(back.arguments.size(), 2u) << packet.payload();
    EXPECT_EQ(back.arguments[0], json::value(json::string_view(name.data(), name.size())));
    EXPECT_EQ(back.arguments[1], json::value(1));
    // Polled packets are separated by 0x1E, events in logs by ends of lines.
    EXPECT_EQ(packet.payload().find_first_of("\x1e\n"), std::string_view::npos);
  }
}

TEST(Encode, AnEventIsReadWhateverItsNamespaceIsCalled) {
  for (const char* nsp : {"/", "/a", "/a[b]", "/[\"x\"]", "/a/b", "/12"})
    for (const std::optional<std::uint64_t> id :
         {std::optional<std::uint64_t>(), std::optional<std::uint64_t>(3)}) {
      const auto data =
          decode_event(event_packet(nsp, id, 1, "e", "\"/x,[1]\""), {codec::binary_packet("bytes")});
      EXPECT_EQ(json::serialize(data.arguments), R"(["e","/x,[1]"])") << nsp;
      EXPECT_EQ(data.attachments, std::vector<std::string>{"bytes"});
    }
}

TEST(Encode, AnOffsetIsTheLastArgument) {
  EXPECT_EQ(with_offset(event_packet("/", {}, 0, "e", ""), "1z").payload(), R"(42["e","1z"])");
  EXPECT_EQ(with_offset(event_packet("/a", 1, 0, "e", "[]"), "1z.2").payload(), R"(42/a,1["e",[],"1z.2"])");
}

TEST(Encode, WhatOnlyTheLibrarySaysIsNoNameOfAnEvent) {
  for (const char* name :
       {"connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"})
    EXPECT_THROW(refuse_reserved(name), std::invalid_argument) << name;
  for (const char* name : {"", "Connect", "connection", "error", "message"})
    EXPECT_NO_THROW(refuse_reserved(name));
}

} // namespace
} // namespace socketio::detail
