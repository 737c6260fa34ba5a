// Public shapes and the stored form of entries.
#include "core/body_members.hpp"
#include "core/memory_views.hpp"
#include "core/testing.hpp"
#include "wire/body_json.hpp"
#include "wire/entry_json.hpp"
#include "wire/json_writer.hpp"
#include "wire/public_json.hpp"
#include "wire/stored_json.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

namespace tickwire {
namespace {

namespace json = boost::json;
using namespace testing;

TEST(JsonWriter, AnyBytesBecomeValidJsonThatReadsBackTheSameWhereItWasUtf8) {
  std::mt19937 random(seed());
  const std::vector<std::string> pieces{
      "a",  "\"",   "\\",     "\n",   std::string(1, '\0'), "\x1e",     "é",
      "한", "👍🏽", "\u2028", "\x80", "\xED\xA0\x80",       "\xF0\x9F", "/"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    bool valid = true;
    for (std::size_t n = random() % 12; n > 0; --n) {
      const std::size_t piece = random() % pieces.size();
      valid = valid && piece != 10 && piece != 11 && piece != 12;
      text += pieces[piece];
    }
    std::string out;
    wire::append_string(out, text);
    boost::system::error_code error;
    const json::value read = json::parse(out, error);
    ASSERT_FALSE(error) << out << " " << seed_note();
    if (valid) EXPECT_EQ(std::string_view(read.as_string()), text) << seed_note();
  }
}

json::object message_json(const message& message) {
  std::string out;
  wire::append_message(out, message);
  return json::parse(out).as_object();
}

TEST(PublicJson, AnOutboundMessageHasTheNamesOfTheContract) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "hi \"you\"", 10));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.B", 11));
  log.append(changed("wamid.B", status_word::read, 15));
  json::object row = message_json(log.rows.messages.at("m_1"));
  EXPECT_EQ(row.at("id").as_string(), "m_1");
  EXPECT_EQ(row.at("chatId").as_string(), "15550000101");
  EXPECT_EQ(row.at("senderId").as_string(), "u_ana");
  EXPECT_EQ(row.at("receiverId").as_string(), "15550000101");
  EXPECT_EQ(row.at("text").as_string(), "hi \"you\"");
  EXPECT_EQ(row.at("status").as_string(), "read");
  EXPECT_EQ(std::string(row.at("createdAt").as_string()), to_iso8601(at(10)));
  EXPECT_EQ(std::string(row.at("updatedAt").as_string()), to_iso8601(at(15)));
  EXPECT_EQ(row.at("whatsappMessageId").as_string(), "wamid.B");
  EXPECT_EQ(row.at("seq").to_number<int>(), 2); // the chat was made known before it
  EXPECT_EQ(row.at("direction").as_string(), "out");
  EXPECT_EQ(row.at("clientId").as_string(), "c-m_1");
  EXPECT_EQ(std::string(row.at("statusTimes").at("sent").as_string()), to_iso8601(at(11)));
  EXPECT_EQ(std::string(row.at("statusTimes").at("read").as_string()), to_iso8601(at(15)));
  EXPECT_FALSE(row.at("unconfirmed").as_bool());
  EXPECT_TRUE(row.at("error").is_null());
}

// Whoever merges an event into the message ends with what a reload gives, also where something is over.
TEST(PublicJson, MergingEventsByNameGivesWhatIsStored) {
  memory_log log;
  const identity ana = person("15550000101", "US.1", "Ana");
  log.append(received("wamid.A", ana, "hello", 1));
  log.append(reacted("wamid.R", "wamid.A", ana, "👍", 2));
  log.append(reacted("wamid.R2", "wamid.A", ana, "", 3));
  log.append(edited("wamid.E", "wamid.A", "hello!", 4));
  log.append(accepted("m_1", "15550000101", "hi"));
  log.append(answered("m_1", 1, send_outcome_kind::unconfirmed));
  log.append(changed("wamid.B", status_word::failed, 5, "m_1"));
  log.append(retried("m_1", 2));
  log.append(answered("m_1", 2, send_outcome_kind::accepted, "wamid.C"));

  std::map<std::string, json::object> merged;
  for (const event& said : log.events) {
    json::object data = json::parse(wire::event_data(said)).as_object();
    if (name_of(said) == "new_message") {
      merged[std::string(data.at("id").as_string())] = data;
      continue;
    }
    if (!data.contains("messageId")) continue;
    json::object& row = merged[std::string(data.at("messageId").as_string())];
    for (const auto& [name, value] : data)
      if (name != "messageId" && name != "seq") row[name] = value;
  }
  ASSERT_EQ(merged.size(), 2u);
  for (const auto& [id, row] : log.rows.messages) EXPECT_EQ(merged.at(id), message_json(row));
}

TEST(PublicJson, AFailureSaysWhyAndDoubtSaysSo) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "hi"));
  log.append(answered("m_1", 1, send_outcome_kind::refused));
  json::object failed = message_json(log.rows.messages.at("m_1"));
  EXPECT_EQ(failed.at("status").as_string(), "failed");
  EXPECT_EQ(failed.at("error").at("code").to_number<int>(), 131000);
  EXPECT_TRUE(failed.at("error").at("canRetry").as_bool());
  EXPECT_TRUE(failed.at("whatsappMessageId").is_null());

  log.append(accepted("m_2", "15550000101", "hi"));
  log.append(answered("m_2", 1, send_outcome_kind::unconfirmed));
  json::object doubtful = message_json(log.rows.messages.at("m_2"));
  EXPECT_EQ(doubtful.at("status").as_string(), "sending");
  EXPECT_TRUE(doubtful.at("unconfirmed").as_bool());
  EXPECT_TRUE(doubtful.contains("error"));
}

TEST(PublicJson, AnEventCarriesItsOwnSeqAndAStatusDoesNotTouchTheMessages) {
  memory_log log;
  log.append(accepted("m_1", "15550000101", "hi"));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, "wamid.B"));
  ASSERT_EQ(log.events.size(), 3u);
  EXPECT_EQ(name_of(log.events[1]), "new_message");
  EXPECT_EQ(name_of(log.events[2]), "message_status_update");
  const json::object made = json::parse(wire::event_data(log.events[1])).as_object();
  const json::object moved = json::parse(wire::event_data(log.events[2])).as_object();
  EXPECT_EQ(made.at("seq").to_number<int>(), 2);
  EXPECT_EQ(moved.at("seq").to_number<int>(), 3);
  EXPECT_EQ(moved.at("messageId").as_string(), "m_1");
  EXPECT_EQ(moved.at("status").as_string(), "sent");
}

TEST(PublicJson, AChatIsToldWholeWhenItIsBornAndThenByWhatChanged) {
  memory_log log;
  const auto told = [&](std::size_t index) {
    return json::parse(wire::event_data(log.events[index])).as_object();
  };
  log.append(received("wamid.A", person("15550000101", "", "Ana"), "hello", 1));
  log.append(received("wamid.B", person("15550000101"), "again", 2));
  const json::object born = told(1), moved = told(3);
  EXPECT_EQ(born.at("title").as_string(), "Ana");
  EXPECT_EQ(born.at("kind").as_string(), "person");
  EXPECT_EQ(born.at("phone").as_string(), "15550000101");
  EXPECT_TRUE(born.at("lastMessage").is_null());
  EXPECT_EQ(born.at("unread").to_number<int>(), 0);
  EXPECT_EQ(std::string(born.at("windowEndsAt").as_string()), to_iso8601(at(1) + std::chrono::hours{24}));
  EXPECT_EQ(moved.size(), 3u);
  EXPECT_EQ(moved.at("chatId").as_string(), "15550000101");
  EXPECT_EQ(std::string(moved.at("windowEndsAt").as_string()), to_iso8601(at(2) + std::chrono::hours{24}));
  EXPECT_EQ(moved.at("seq").to_number<int>(), 4);
}

TEST(PublicJson, ImportedHistoryHasItsPlaceInTheMessageAndItsNumberInTheEvent) {
  memory_log log;
  entry old = received("wamid.A", person("15550000101"), "long ago", 1);
  std::get<message_received>(old.data).history = true;
  log.append(old);
  const event& said = log.events.back();
  EXPECT_EQ(name_of(said), "history_message");
  const json::object data = json::parse(wire::event_data(said)).as_object();
  EXPECT_EQ(data.at("seq").to_number<int>(), 3);
  EXPECT_LT(data.at("message").at("seq").to_number<std::int64_t>(), 0);
  EXPECT_EQ(data.at("messageId"), data.at("message").at("id"));
}

TEST(PublicJson, ReactionsEditsAndRevocationsAreAMessageUpdate) {
  memory_log log;
  const identity ana = person("15550000101", "US.1", "Ana");
  log.append(received("wamid.A", ana, "helo", 1));
  log.append(reacted("wamid.R", "wamid.A", ana, "👍", 2));
  log.append(edited("wamid.E", "wamid.A", "hello", 3));
  log.append(reacted("wamid.R2", "wamid.A", ana, "", 4));
  log.append(revoked("wamid.V", "wamid.A", 5));
  const json::object with_reaction = json::parse(wire::event_data(log.events[3])).as_object();
  EXPECT_EQ(with_reaction.at("reactions").as_array().size(), 1u);
  const json::object last = json::parse(wire::event_data(log.events.back())).as_object();
  EXPECT_EQ(name_of(log.events.back()), "message_update");
  EXPECT_EQ(last.at("text").as_string(), "hello");
  EXPECT_EQ(last.at("originalText").as_string(), "helo");
  EXPECT_TRUE(last.at("reactions").as_array().empty());
  EXPECT_TRUE(last.contains("revokedAt"));
}

TEST(PublicJson, ListsCarryPreviews) {
  memory_log log;
  std::string text;
  for (int i = 0; i < 300; ++i) text += "👍";
  log.append(received("wamid.A", person("15550000101"), text, 1));
  const auto last_message = [&] {
    std::string out;
    const message& row = log.rows.messages.begin()->second;
    wire::append_chat(out, log.rows.chats.at("15550000101"), std::nullopt, row, 1);
    return json::parse(out).at("lastMessage").as_object();
  };
  json::object preview = last_message();
  EXPECT_EQ(preview.at("text").as_string().size(), 256u * 4);
  EXPECT_TRUE(preview.at("textTruncated").as_bool());
  log.append(edited("wamid.E", "wamid.A", "short now", 3));
  preview = last_message();
  EXPECT_EQ(preview.at("text").as_string(), "short now");
  EXPECT_EQ(preview.at("originalText").as_string().size(), 256u * 4);
  const message& row = log.rows.messages.begin()->second;
  EXPECT_EQ(message_json(row).at("originalText").as_string().size(), 300u * 4)
      << "the message itself is whole";
}

double any_double(std::mt19937& random) {
  if (random() % 2 == 0) return std::uniform_real_distribution<>(-180, 180)(random); // degrees
  const auto bits = std::bit_cast<double>(std::uint64_t{random()} << 32 | random());
  return std::isfinite(bits) ? bits : 0.5;
}

// Any JSON value, with names and kinds that bodies know among those that they do not.
json::value random_json(std::mt19937& random, int depth) {
  static const std::vector<std::string> names{"media",
                                              "location",
                                              "contacts",
                                              "interactive",
                                              "answers",
                                              "button",
                                              "order",
                                              "system",
                                              "payment",
                                              "referral",
                                              "referredProduct",
                                              "forwarded",
                                              "id",
                                              "mimeType",
                                              "voice",
                                              "latitude",
                                              "longitude",
                                              "name",
                                              "phones",
                                              "emails",
                                              "type",
                                              "button_reply",
                                              "nfm_reply",
                                              "response_json",
                                              "call_permission_reply",
                                              "expiration_timestamp",
                                              "is_permanent",
                                              "title",
                                              "product_items",
                                              "quantity",
                                              "item_price",
                                              "amount",
                                              "value",
                                              "offset",
                                              "transaction",
                                              "welcome_message",
                                              "text",
                                              "body",
                                              "new \"one\"\n",
                                              ""};
  switch (random() % (depth > 0 ? 10 : 6)) {
  case 0:
    return nullptr;
  case 1:
    return random() % 2 == 0;
  case 2:
    return static_cast<std::int64_t>(random()) << (random() % 32);
  case 3:
    return any_double(random);
  case 4:
    return std::numeric_limits<std::uint64_t>::max() - random() % 3;
  case 5:
    return json::string(random() % 3 == 0 ? "" : "t\"👍" + std::to_string(random() % 9));
  case 6:
  case 7: {
    json::array list;
    for (std::size_t n = random() % 4; n > 0; --n) list.push_back(random_json(random, depth - 1));
    return list;
  }
  default: {
    json::object object;
    for (std::size_t n = random() % 7; n > 0; --n)
      object[names[random() % names.size()]] = random_json(random, depth - 1);
    return object;
  }
  }
}

// A body as Meta's messages leave it, all its members known.
const std::string known_body =
    R"({"media":{"id":"1","mimeType":"image/png","sha256":"aGFzaA==","caption":"c","filename":"a.png","voice":true,)"
    R"("animated":true},"location":{"latitude":48.25,"longitude":-151,"name":"n","address":"a","url":"u"},)"
    R"("contacts":[{"name":"Ana","phones":["+15550000101"],"emails":["a@example.org"],"urls":["u"],"company":"c"}],)"
    R"("interactive":{"type":"list_reply","button_reply":{"id":"1","title":"t"},"list_reply":{"id":"1","title":"t",)"
    R"("description":"d"},"nfm_reply":{"name":"flow","body":"Sent","response_json":"{}"},"call_permission_reply":)"
    R"({"response":"accept","response_source":"user_action","expiration_timestamp":1790000000,"is_permanent":true}},)"
    R"("answers":[{"name":"rating","value":"good"}],"button":{"payload":"p","text":"Yes"},"order":{"catalog_id":"7",)"
    R"("text":"t","product_items":[{"product_retailer_id":"a","quantity":2,"item_price":1.5,"currency":"EUR"}]},)"
    R"("system":{"type":"user_changed_number","body":"b","customer":"c","wa_id":"1","new_wa_id":"2","user_id":"U.1",)"
    R"("previous_user_id":"U.2","parent_user_id":"U.3","previous_parent_user_id":"U.4"},"payment":{"state":"captured",)"
    R"("reference_id":"r","currency":"INR","amount":{"value":12345,"offset":100},"transaction":{"id":"t","type":"upi",)"
    R"("status":"success"}},"referral":{"source_url":"u","source_id":"1","source_type":"ad","headline":"h","body":"b",)"
    R"("ref":"r","ctwa_clid":"c","media_type":"image","image_url":"i","video_url":"v","thumbnail_url":"t",)"
    R"("welcome_message":{"text":"w"}},"referredProduct":{"catalog_id":"7","product_retailer_id":"a"},"forwarded":true})";

// Now and then another value, a member less or one more, at any depth.
void shake(json::value& value, std::mt19937& random) {
  if (random() % 32 == 0) {
    value = random_json(random, 3);
  } else if (auto* list = value.if_array()) {
    for (json::value& item : *list) shake(item, random);
  } else if (auto* object = value.if_object()) {
    for (auto& member : *object) shake(member.value(), random);
    if (!object->empty() && random() % 8 == 0) object->erase(object->begin() + random() % object->size());
    if (random() % 8 == 0) (*object)["new \"one\"\n"] = random_json(random, 3);
  }
}

json::object random_members(std::mt19937& random) {
  json::value value = json::parse(known_body);
  if (random() % 4 == 0) do
      value = random_json(random, 5);
    while (!value.is_object());
  for (auto& member : value.get_object()) shake(member.value(), random);
  return value.get_object();
}

TEST(BodyJson, WhatIsKnownBecomesValuesAndNothingElse) {
  const message_body body = wire::body_from(json::parse(known_body).as_object());
  EXPECT_EQ(json::parse(wire::encode(body)), json::parse(known_body));
  EXPECT_EQ(body.parts.size(), std::variant_size_v<body_part>) << "this test names every part";
  EXPECT_TRUE(body.further.empty());
  std::size_t further = 0;
  const auto count = [&further](const auto& part) { further += part.further.size(); };
  for (const body_part& part : body.parts)
    std::visit(
        [&]<class Part>(const Part& one) {
          if constexpr (has_members<Part>)
            count(one);
          else
            std::for_each(one.begin(), one.end(), count);
        },
        part);
  EXPECT_EQ(further, 0u);
  EXPECT_EQ(std::get<order>(body.parts[6]).product_items->front().quantity, 2.0);
  EXPECT_EQ(std::get<location>(body.parts[1]).longitude, -151.0);
}

bool same(const json::value& one, const json::value& other) {
  if (one.is_number() && other.is_number()) return one.to_number<double>() == other.to_number<double>();
  if (one.is_object() && other.is_object())
    return one.get_object().size() == other.get_object().size() &&
           std::ranges::all_of(one.get_object(), [&](const auto& member) {
             const json::value* there = other.get_object().if_contains(member.key());
             return there && same(member.value(), *there);
           });
  if (one.is_array() && other.is_array()) return std::ranges::equal(one.get_array(), other.get_array(), same);
  return one == other;
}

// Whatever came once is there afterwards, member for member: unknown names, known names with values of
// another kind, at any depth. Written and read once more, it is the same to the last digit.
TEST(BodyJson, AnyObjectComesBackMemberForMember) {
  std::mt19937 random(seed());
  for (int round = 0; round < 5000; ++round) {
    const json::object members = random_members(random);
    const message_body body = wire::body_from(members);
    const std::string text = wire::encode(body);
    const json::value again = wire::parse_stored(text);
    ASSERT_TRUE(same(again, members)) << json::serialize(members) << "\n" << text << "\n" << seed_note();
    ASSERT_EQ(wire::body_from(again.as_object()), body) << text << " " << seed_note();
  }
}

// What pages were told of a place is what they load afterwards.
TEST(BodyJson, NumbersAreReadAsTheyWereWritten) {
  std::mt19937 random(seed());
  for (int round = 0; round < 20000; ++round) {
    location place;
    place.latitude = any_double(random);
    place.longitude = any_double(random);
    message_body body;
    body.parts.emplace_back(place);
    const std::string text = wire::encode(body);
    ASSERT_EQ(wire::body_from(wire::parse_stored(text).as_object()), body) << text << " " << seed_note();
  }
  for (const char* text :
       {"100000", "9007199254740991", "-9007199254740993", "18446744073709551615", "0.1"}) {
    const std::string members = "\"payment\":{\"amount\":{\"value\":" + std::string(text) + "}}";
    EXPECT_EQ(wire::encode(wire::body_from_members(members)), "{" + members + "}");
  }
}

// Older versions stored the members as text, in which there may be what this one has no name for.
TEST(BodyJson, ABodyStoredByAnOlderVersionIsTheSameOne) {
  const std::string members =
      known_body.substr(1, known_body.size() - 2) + R"(,"newer":{"a":[1,{"b":null}]})";
  const message_body body = wire::body_from_members(members);
  EXPECT_EQ(json::parse(wire::encode(body)), json::parse("{" + members + "}"));
  EXPECT_EQ(wire::body_from_members(""), message_body{});

  message_received data;
  data.type = "order";
  data.body = body;
  const std::string of_today = wire::encode(entry_data(data));
  json::object old = json::parse(of_today).as_object();
  old.erase("body");
  old["extra"] = members;
  const auto read = wire::decode("message_received", json::serialize(old));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<message_received>(*read).body, body);
  EXPECT_EQ(wire::encode(*read), of_today);
}

// As deep as a webhook may be.
TEST(BodyJson, DeepUnknownsAreReadBack) {
  std::string deep = "1";
  for (int i = 0; i < 56; ++i) deep = i % 2 ? "[" + deep + "]" : "{\"a\":" + deep + "}";
  message_received data;
  data.body = wire::body_from_members("\"order\":{\"new\":" + deep + "}");
  const std::string text = wire::encode(entry_data(data));
  const auto read = wire::decode("message_received", text);
  ASSERT_TRUE(read);
  EXPECT_EQ(wire::encode(*read), text);
}

TEST(BodyJson, ABodyThatIsTooMuchForAListIsLeftOutThere) {
  message row;
  row.body =
      wire::body_from_members(R"("forwarded":true,"order":{"text":")" + std::string(5000, 'x') + "\"}");
  chat of_it;
  std::string out;
  wire::append_chat(out, of_it, std::nullopt, row, 0);
  const json::value listed = json::parse(out);
  EXPECT_TRUE(listed.at("lastMessage").at("textTruncated").as_bool());
  EXPECT_FALSE(listed.at("lastMessage").as_object().contains("order"));
  EXPECT_TRUE(message_json(row).contains("order"));
}

// Everything that a field can hold, at random; written, read and written again must be the same text.
entry_data random_data(std::mt19937& random) {
  const auto text = [&] {
    return random() % 3 == 0 ? std::string() : "t\"\n👍" + std::to_string(random() % 1000);
  };
  const auto flag = [&] { return random() % 2 == 0; };
  const auto time = [&] { return at(static_cast<int>(random() % 100000)); };
  const auto who = [&] { return identity{text(), text(), text(), text(), text(), text()}; };
  const auto maybe_who = [&] { return flag() ? std::optional(who()) : std::nullopt; };
  const auto maybe_time = [&] { return flag() ? std::optional(time()) : std::nullopt; };
  const auto error = [&] {
    return flag() ? std::optional(message_error{static_cast<int>(random() % 200000), text(), text(), flag()})
                  : std::nullopt;
  };
  const auto small = [&] { return static_cast<int>(random() % 5); };
  switch (random() % 17) {
  case 0:
    return message_received{text(),
                            who(),
                            text(),
                            time(),
                            text(),
                            text(),
                            wire::body_from(random_members(random)),
                            text(),
                            flag(),
                            flag(),
                            static_cast<status>(small()),
                            maybe_who(),
                            small(),
                            flag(),
                            flag(),
                            flag() ? -static_cast<std::int64_t>(random()) : 0,
                            flag(),
                            flag()};
  case 1:
    return message_accepted{text(), text(), text()};
  case 2:
    return retry_requested{small()};
  case 3:
    return send_attempted{small(), small()};
  case 4:
    return send_result{small(), small(), static_cast<send_outcome_kind>(random() % 4),
                       text(),  error(), text()};
  case 5:
    return status_changed{
        text(),      static_cast<status_word>(small()), time(), maybe_who(), text(), error(), text(), small(),
        std::nullopt};
  case 6:
    return reaction{text(), text(), who(), text(), text(), time(), flag()};
  case 7:
    return edit{text(), text(), text(), time()};
  case 8:
    return revoke{text(), text(), time()};
  case 9:
    return read_mark{random(), flag() ? random() : 0, flag()};
  case 10:
    return contact_changed{{text(), text(), text(), text(), text(), text(), time(), time(), 0, time(), ""},
                           {text(), text()},
                           flag()};
  case 11:
    return group_changed{text()};
  case 12:
    return contacts_merged{text(), {{"u_1", random()}, {"", random()}}};
  case 13:
    return message_joined{text(), text(), small()};
  case 14:
    return chat_changed{flag() ? chat_kind::group : chat_kind::person, flag(), maybe_time(), maybe_time(),
                        maybe_time()};
  case 15:
    return quote_known{};
  default:
    return unhandled{text(), "message_received", text()};
  }
}

TEST(EntryJson, WhatIsWrittenReadsBackTheSame) {
  std::mt19937 random(seed());
  for (int round = 0; round < 3000; ++round) {
    const entry_data data = random_data(random);
    const std::string text = wire::encode(data);
    const auto read = wire::decode(kind_of(data), text);
    ASSERT_TRUE(read) << text << " " << seed_note();
    EXPECT_EQ(read->index(), data.index());
    EXPECT_EQ(wire::encode(*read), text) << seed_note();
  }
}

TEST(EntryJson, WhatEncodeNeverWritesIsRefused) {
  EXPECT_FALSE(wire::decode("edit", "["));
  EXPECT_FALSE(wire::decode("edit", "[]"));
  EXPECT_FALSE(wire::decode("edit", R"({"target":1})"));
  EXPECT_FALSE(wire::decode("no_such_kind", "{}"));
}

} // namespace
} // namespace tickwire
