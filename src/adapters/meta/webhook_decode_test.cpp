// All sample bodies, by what they leave behind in the log in memory.
#include "adapters/meta/webhook_decode.hpp"

#include "adapters/meta/json_access.hpp"
#include "adapters/meta/kept_decode.hpp"
#include "adapters/meta/message_content.hpp"
#include "adapters/meta/signature.hpp"
#include "core/memory_views.hpp"
#include "core/testing.hpp"
#include "core/text.hpp"
#include "wire/body_json.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace tickwire::meta {
namespace {

using namespace tickwire::testing;

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> fixtures() {
  std::vector<std::filesystem::path> files;
  for (const auto& file : std::filesystem::directory_iterator(WEBHOOK_FIXTURES))
    if (file.path().extension() == ".json") files.push_back(file.path());
  std::sort(files.begin(), files.end());
  return files;
}

memory_log after(std::initializer_list<std::string_view> names) {
  memory_log log;
  for (std::string_view name : names) {
    const auto decoded = decode_webhook(
        read(std::filesystem::path(WEBHOOK_FIXTURES) / (std::string(name) + ".json")), inbox, at(0));
    EXPECT_TRUE(decoded) << name;
    if (decoded)
      for (const entry& proposal : decoded->proposals) log.append(proposal);
  }
  return log;
}

// The only message a body leaves.
message only(std::string_view name) {
  const memory_log log = after({name});
  std::vector<message> known;
  for (const auto& [id, row] : log.rows.messages)
    if (row.known()) known.push_back(row);
  EXPECT_EQ(known.size(), 1u) << name;
  return known.empty() ? message{} : known.front();
}

TEST(WebhookBodies, AllAreAcceptedAndRepeatingThemChangesNothing) {
  const auto files = fixtures();
  ASSERT_EQ(files.size(), 176u);
  memory_log log;
  std::size_t stored = 0;
  for (int round = 0; round < 2; ++round)
    for (const auto& file : files) {
      const auto decoded = decode_webhook(read(file), inbox, at(0));
      ASSERT_TRUE(decoded) << file;
      for (const entry& proposal : decoded->proposals) {
        EXPECT_FALSE(proposal.key.empty()) << file;
        const bool fresh = log.append(proposal);
        stored += fresh;
        if (round == 1) EXPECT_FALSE(fresh) << file << " " << proposal.key;
      }
    }
  EXPECT_GT(stored, 200u);
}

TEST(WebhookBodies, EveryMessageHasATypeAndATextThatAPersonCanRead) {
  for (const auto& file : fixtures()) {
    const auto decoded = decode_webhook(read(file), inbox, at(0));
    for (const entry& proposal : decoded->proposals) {
      const auto* received = std::get_if<message_received>(&proposal.data);
      if (!received) continue;
      EXPECT_FALSE(received->type.empty()) << file;
      const auto& parts = received->body.parts;
      const bool may_be_empty = !parts.empty() && std::holds_alternative<media>(parts.front());
      if (!may_be_empty) EXPECT_FALSE(received->text.empty()) << file;
      EXPECT_FALSE(proposal.raw.empty()) << file;
      boost::system::error_code error;
      const std::string body = wire::encode(received->body);
      json::parse(body, error);
      EXPECT_FALSE(error) << file << body;
    }
  }
}

TEST(WebhookBodies, TypesAndTexts) {
  struct expected {
    const char* file;
    const char* type;
    const char* text; // null: whatever
  };
  for (const expected& e : std::vector<expected>{
           {"message-image", "image", nullptr},
           {"message-image-minimal", "image", ""},
           {"message-voice", "audio", ""},
           {"message-sticker", "sticker", ""},
           {"message-location", "location", nullptr},
           {"message-location-current", "location", "Location -33.9, 151"},
           {"message-request-welcome", "unsupported", "Opened the chat for the first time."},
           {"message-contacts", "contacts", nullptr},
           {"message-button-reply", "button_reply", nullptr},
           {"message-list-reply", "list_reply", nullptr},
           {"message-flow-reply", "nfm_reply", nullptr},
           {"message-template-quick-reply", "button", nullptr},
           {"message-order", "order", nullptr},
           {"message-system-number-changed", "system", nullptr},
           {"message-unsupported-poll", "unsupported", nullptr},
           {"message-unknown-type", "unsupported", nullptr},
           {"message-unknown-type-bare", "unsupported", nullptr},
           {"message-missing-object", "unsupported", nullptr},
           {"message-no-type", "unsupported", nullptr},
           {"message-wrong-object-kind", "unsupported", nullptr},
           {"message-interactive-unknown", "unsupported", nullptr},
       }) {
    const message row = only(e.file);
    EXPECT_EQ(row.type, e.type) << e.file;
    if (e.text) EXPECT_EQ(row.text, e.text) << e.file;
    EXPECT_EQ(row.direction, direction::in) << e.file;
    EXPECT_EQ(row.receiver_id, inbox) << e.file;
  }
  EXPECT_EQ(characters(only("message-text-4096").text), 4096u);
  EXPECT_NE(only("message-text-nul").text.find('\0'), std::string::npos);
  const message document = only("message-document-hostile-filename");
  EXPECT_EQ(std::get<media>(document.body.parts.front()).filename->find(".."), std::string::npos);
}

TEST(WebhookBodies, OnePersonHasOneChatInWhateverFormMetaNamesThem) {
  const memory_log log =
      after({"message-text", "message-text-legacy-identity", "message-text-from-with-plus",
             "message-text-no-contacts", "message-text-no-profile", "message-text-extra-fields"});
  std::set<std::string> chats;
  for (const auto& [id, row] : log.rows.messages) chats.insert(row.chat_id);
  EXPECT_EQ(chats.size(), 1u);
}

TEST(WebhookBodies, StatusesOfUnknownMessagesWaitAndFailedYieldsToDelivered) {
  for (auto [file, expected] : {std::pair{"status-reordered", status::read},
                                {"status-delivered-then-failed", status::delivered},
                                {"status-failed-then-delivered", status::delivered},
                                {"status-sent-then-failed", status::failed},
                                {"status-read-first", status::read}}) {
    memory_log log = after({file});
    ASSERT_EQ(log.rows.parked.size(), 1u) << file;
    const std::string wamid = log.rows.parked.begin()->first;
    log.append(accepted("m_1", "15550000101", "hi"));
    log.append(answered("m_1", 1, send_outcome_kind::accepted, wamid));
    EXPECT_EQ(log.rows.messages.at("m_1").status, expected) << file;
  }
}

TEST(WebhookBodies, EachParticipantOfAGroupCounts) {
  memory_log log = after({"status-group-read-aggregated"});
  const std::string wamid = log.rows.parked.begin()->first;
  log.append(accepted("m_1", "group", "hi"));
  log.append(answered("m_1", 1, send_outcome_kind::accepted, wamid));
  EXPECT_EQ(log.rows.messages.at("m_1").receipts.size(), 3u);
}

TEST(WebhookBodies, BatchesCountCompletely) {
  EXPECT_EQ(after({"batch-100-statuses"}).entries.size(), 100u);
  EXPECT_EQ(after({"batch-duplicate-message"}).rows.messages.size(), 1u);
  EXPECT_EQ(after({"batch-same-second"}).rows.messages.size(), 5u);
  const memory_log bad = after({"batch-one-bad-item"});
  EXPECT_GE(bad.rows.messages.size(), 2u);
  const memory_log edited = after({"batch-edit-before-original"});
  int changed = 0;
  for (const auto& [id, row] : edited.rows.messages) changed += row.edited_at || row.revoked_at;
  EXPECT_GE(changed, 1);
  EXPECT_TRUE(after({"envelope-unknown-number"}).rows.messages.empty());
}

TEST(WebhookBodies, EditsAndRevocationsMayNameTheMessageByItsOtherId) {
  const std::string written = "wamid.HBgLMTU1NTc3NzcxMDEVAgASGBRBQzAwMDAwMDAwMDAwMDAwMDAxMAA=";
  const std::string other = "wamid.HBgTVVMuODAwMTAwMDAwMDAwMDAwMRUCABIYFEFDMDAwMDAwMDAwMDAwMDAwMDEwAA==";
  memory_log log;
  const auto arrives = [&](const std::string& id, const std::string& rest) {
    const std::string body =
        R"({"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{)"
        R"("metadata":{"phone_number_id":")" +
        inbox +
        R"("},"contacts":[{"wa_id":"15557777101","user_id":"US.8001000000000001","profile":{"name":"Mira"}}],)"
        R"("messages":[{"from":"15557777101","timestamp":"1790000000","id":")" +
        id + "\"," + rest + "}]}}]}]}";
    const auto decoded = decode_webhook(body, inbox, at(0));
    ASSERT_TRUE(decoded);
    for (const entry& proposal : decoded->proposals) log.append(proposal);
  };
  arrives(written, R"("type":"text","text":{"body":"the green one"})");
  arrives("wamid.E", R"("type":"edit","edit":{"original_message_id":")" + other +
                         R"(","message":{"type":"text","text":{"body":"the blue one"}}})");
  arrives("wamid.V", R"("type":"revoke","revoke":{"original_message_id":")" + other + "\"}");
  ASSERT_EQ(log.rows.messages.size(), 1u);
  EXPECT_EQ(log.rows.messages.begin()->second.shown_text(), "the blue one");
  EXPECT_TRUE(log.rows.messages.begin()->second.revoked_at);
}

TEST(WebhookBodies, WhatWasNotAvailableTakesItsPlaceWhenItComes) {
  const std::string_view placeholder = "message-unavailable-131060",
                         whole = "message-unavailable-then-available";
  for (const memory_log& log :
       {after({placeholder, whole, placeholder, whole}), after({whole, placeholder})}) {
    ASSERT_EQ(log.rows.messages.size(), 1u);
    const message& row = log.rows.messages.begin()->second;
    EXPECT_EQ(row.type, "image");
    EXPECT_EQ(row.text, "The leaking pipe");
    ASSERT_EQ(row.body.parts.size(), 1u);
    EXPECT_EQ(std::get<media>(row.body.parts.front()).id, "3000981851477446");
  }
}

// The files of imported history come after it, under the ids that stood there without a file.
TEST(WebhookBodies, AFileOfImportedHistoryTakesThePlaceThatWasKeptForIt) {
  memory_log log;
  const auto arrives = [&](const std::string& value) {
    const auto decoded = decode_webhook(
        R"({"entry":[{"changes":[{"field":"history","value":{"metadata":{"phone_number_id":")" + inbox +
            "\"}," + value + "}}]}]}",
        inbox, at(0));
    for (const entry& proposal : decoded->proposals) log.append(proposal);
  };
  arrives(R"("history":[{"threads":[{"id":"15550000101","messages":[{"from":"15550000101","id":"wamid.H",)"
          R"("timestamp":"1789136000","type":"media_placeholder","history_context":{"status":"READ"}}]}]}])");
  EXPECT_EQ(log.rows.messages.begin()->second.type, "unsupported");
  arrives(R"("messages":[{"from":"15550000101","id":"wamid.H","timestamp":"1789136000","type":"image",)"
          R"("image":{"id":"1","mime_type":"image/jpeg"}}])");
  ASSERT_EQ(log.rows.messages.size(), 1u);
  const message& row = log.rows.messages.begin()->second;
  EXPECT_EQ(row.type, "image");
  EXPECT_LT(row.seq, 0);
  EXPECT_EQ(row.status, status::read);
}

TEST(WebhookBodies, EchoesAreOursAndHistoryCountsNothing) {
  const message echo = only("field-echo-text");
  EXPECT_EQ(echo.direction, direction::out);
  EXPECT_EQ(echo.sender_id, inbox);
  const memory_log history = after({"field-history-chunk"});
  EXPECT_FALSE(history.rows.messages.empty());
  for (const auto& [id, row] : history.rows.messages) EXPECT_FALSE(row.counts_unread);
}

// --- nothing that is signed is lost ---

// What a body holds, told without the decoder: each element of the lists where items stand, and whatever
// stands where one of them should be.
class leaf_items {
public:
  explicit leaf_items(const json::value& body) {
    below(body, "entry", [this](const json::value& entry) {
      below(entry, "changes", [this](const json::value& change) { of_change(change); });
    });
  }
  std::vector<std::string> found;

private:
  void leaf(const json::value& item) { found.push_back(json::serialize(item)); }

  template <class Next>
  void below(const json::value& item, std::string_view name, Next next) {
    const auto* object = item.if_object();
    const auto* list = object ? array_at(*object, name) : nullptr;
    if (!list || list->empty()) return leaf(item);
    for (const json::value& inner : *list) next(inner);
  }

  void of_change(const json::value& change) {
    const auto* object = change.if_object();
    const auto* value = object ? object_at(*object, "value") : nullptr;
    if (!value) return leaf(change);
    const std::size_t before = found.size();
    for (const auto& member : *value) {
      if (member.key() == "history" && member.value().is_array())
        for (const json::value& chunk : member.value().get_array())
          below(chunk, "threads", [this](const json::value& thread) {
            below(thread, "messages", [this](const json::value& message) { leaf(message); });
          });
      else if (member.key() != "contacts" && member.value().is_array())
        for (const json::value& item : member.value().get_array()) leaf(item);
      else if (member.key() != "metadata" && member.value().is_object())
        leaf(member.value());
    }
    if (found.size() == before) leaf(change);
  }
};

void expect_nothing_lost(const json::value& body, const std::string& note) {
  const auto decoded = decode_webhook(json::serialize(body), inbox, at(0));
  ASSERT_TRUE(decoded) << note;
  EXPECT_FALSE(decoded->proposals.empty()) << note;
  for (const std::string& item : leaf_items(body).found) {
    bool kept = item == "{}"; // nothing in it, nothing to lose
    for (const entry& proposal : decoded->proposals)
      kept = kept || proposal.raw.find(item) != std::string::npos;
    EXPECT_TRUE(kept) << note << "\nlost: " << item.substr(0, 500);
  }
}

std::vector<std::filesystem::path> all_fixtures() {
  std::vector<std::filesystem::path> files = fixtures();
  for (const auto& file :
       std::filesystem::directory_iterator(std::filesystem::path(WEBHOOK_FIXTURES) / "reports"))
    if (file.path().extension() == ".json") files.push_back(file.path());
  return files;
}

// Every place in a value, so that one can be chosen at random.
void collect(json::value& value, std::vector<json::value*>& places) {
  places.push_back(&value);
  if (auto* array = value.if_array())
    for (json::value& item : *array) collect(item, places);
  else if (auto* object = value.if_object())
    for (auto& member : *object) collect(member.value(), places);
}

json::value something_else(std::mt19937& random) {
  switch (random() % 8) {
  case 0:
    return nullptr;
  case 1:
    return "text";
  case 2:
    return 12;
  case 3:
    return true;
  case 4:
    return json::array{};
  case 5:
    return json::object{};
  case 6:
    return json::array{json::object{{"odd", 1}}, "text", 7};
  default:
    return json::object{{"odd", json::array{1, "2"}}};
  }
}

void mutate(json::value& body, std::mt19937& random) {
  std::vector<json::value*> places;
  collect(body, places);
  json::value& place = *places[random() % places.size()];
  auto* array = place.if_array();
  auto* object = place.if_object();
  if (array && !array->empty() && random() % 2 == 0)
    array->erase(array->begin() + static_cast<std::ptrdiff_t>(random() % array->size()));
  else if (object && !object->empty() && random() % 2 == 0)
    object->erase(object->begin() + static_cast<std::ptrdiff_t>(random() % object->size()));
  else
    place = something_else(random);
}

TEST(WebhookBodies, EveryItemOfEveryBodyIsKeptWithItsJson) {
  for (const auto& file : all_fixtures()) expect_nothing_lost(json::parse(read(file)), file.string());
}

TEST(WebhookBodies, EveryItemIsKeptWhateverIsMissingOrOfAnotherKind) {
  std::mt19937 random(seed());
  std::vector<json::value> bodies;
  for (const auto& file : all_fixtures())
    if (file.filename() != "batch-100-statuses.json") bodies.push_back(json::parse(read(file)));
  for (int round = 0; round < 6000; ++round) {
    json::value body = bodies[random() % bodies.size()];
    for (unsigned n = 1 + random() % 3; n > 0; --n) mutate(body, random);
    expect_nothing_lost(body, seed_note() + "\n" + json::serialize(body).substr(0, 2000));
    if (HasFailure()) return;
  }
}

std::string body_of(const std::string& field, const std::string& value) {
  return R"({"object":"whatsapp_business_account","entry":[{"id":"2","changes":[{"field":")" + field +
         R"(","value":)" + value + "}]}]}";
}

TEST(WebhookBodies, ChangesOfAnotherNumberAreKeptWholeAndTheNumberIsNamed) {
  const auto decoded = decode_webhook(
      read(std::filesystem::path(WEBHOOK_FIXTURES) / "envelope-unknown-number.json"), inbox, at(0));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->proposals.size(), 1u);
  EXPECT_EQ(std::get<unhandled>(decoded->proposals[0].data).what, "number 999999999999999");
  EXPECT_NE(decoded->proposals[0].raw.find("for somebody else"), std::string::npos);
  ASSERT_EQ(decoded->foreign.size(), 1u);
  EXPECT_EQ(decoded->foreign[0].phone_number_id, "999999999999999");
  EXPECT_EQ(decoded->foreign[0].display_number, "15550009999");
}

TEST(WebhookBodies, BothFieldsOfEchoesAreEchoes) {
  for (const char* field : {"smb_message_echoes", "message_echoes"}) {
    const auto decoded = decode_webhook(
        body_of(field, R"({"message_echoes":[{"from":"15550001000","to":"15550000101","id":"wamid.E",)"
                       R"("timestamp":"1790000000","type":"text","text":{"body":"hi"}}]})"),
        inbox, at(0));
    ASSERT_EQ(decoded->proposals.size(), 1u) << field;
    EXPECT_TRUE(std::get<message_received>(decoded->proposals[0].data).from_business) << field;
  }
}

TEST(WebhookBodies, AMessageThatNamesNobodyIsOfTheOnlyPersonNamedBesideIt) {
  const std::string message = R"({"id":"wamid.N","timestamp":"1","type":"text","text":{"body":"hi"}})";
  const auto sender = [&](const std::string& contacts) {
    const auto decoded = decode_webhook(
        body_of("messages", R"({"contacts":)" + contacts + R"(,"messages":[)" + message + "]}"), inbox,
        at(0));
    return std::get<message_received>(decoded->proposals.front().data).sender;
  };
  EXPECT_EQ(sender(R"([{"user_id":"US.1","profile":{"name":"Mika"}}])").user_id, "US.1");
  EXPECT_EQ(sender(R"([{"wa_id":"15550000101"}])").phone, "15550000101");
  EXPECT_TRUE(sender(R"([{"user_id":"US.1"},{"user_id":"US.2"}])").empty());
  EXPECT_TRUE(sender("[]").empty());
}

TEST(WebhookBodies, PeopleAreFoundByEitherFormOfTheirNumber) {
  const auto decoded = decode_webhook(
      body_of("messages",
              R"({"contacts":[{"wa_id":"15550000102","profile":{"name":"Ana"}},)"
              R"({"wa_id":"553187770101","profile":{"name":"Lia"}}],)"
              R"("messages":[{"from":"5531987770101","id":"wamid.B","timestamp":"1","type":"text",)"
              R"("text":{"body":"oi"}}]})"),
      inbox, at(0));
  const identity& who = std::get<message_received>(decoded->proposals.front().data).sender;
  EXPECT_EQ(who.profile_name, "Lia");
  EXPECT_EQ(who.wa_id, "553187770101");
}

TEST(WebhookBodies, NothingIsDatedAfterItsReceipt) {
  const auto decoded = decode_webhook(
      body_of("messages", R"({"messages":[{"from":"15550000101","id":"wamid.F","timestamp":"1999999999",)"
                          R"("type":"text","text":{"body":"from tomorrow"}}]})"),
      inbox, at(0));
  EXPECT_EQ(std::get<message_received>(decoded->proposals.front().data).sent_at, at(0));
}

std::string text_of(const std::string& message) {
  const json::value parsed = json::parse(message);
  return content_of(parsed.as_object()).text;
}

TEST(Content, ButtonsWithoutTextShowTheirPayload) {
  EXPECT_EQ(text_of(R"({"type":"button","button":{"payload":"Confirm visit"}})"), "Confirm visit");
  EXPECT_EQ(text_of(R"({"type":"button","button":{"payload":"p","text":"Yes"}})"), "Yes");
  EXPECT_EQ(text_of(R"({"type":"button","button":{}})"), "Pressed a button");
}

TEST(Content, AFormsAnswersAreNamesAndValues) {
  const json::value message = json::parse(
      R"({"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent",)"
      R"("response_json":"{\"screen_0_rating_0\":\"very good\",\"options\":[\"a\",2,true],\"flow_token\":\"t\"}"}}})");
  const message_content content = content_of(message.as_object());
  EXPECT_EQ(content.text, "Sent\nrating: very good\noptions: a, 2, yes");
  const auto& answers = std::get<form_answers>(content.body.parts.back());
  EXPECT_EQ(answers.front(), (form_answer{"rating", "very good"}));
  const auto reply = [](const std::string& response) {
    return text_of(
        R"({"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"response_json":)" +
        response + "}}}");
  };
  EXPECT_EQ(reply(R"({"city":"Lund"})"), "Form answered\ncity: Lund");
  EXPECT_EQ(reply(R"("{not json")"), "Form answered");
  EXPECT_EQ(reply("7"), "Form answered");
}

TEST(Content, AnOrderSaysWhatHowMuchAndTheSum) {
  EXPECT_EQ(
      text_of(R"({"type":"order","order":{"text":"please","product_items":[)"
              R"({"product_retailer_id":"hex-white","quantity":3,"item_price":12.5,"currency":"EUR"},)"
              R"({"product_retailer_id":"grout","quantity":"2","item_price":"9.9","currency":"EUR"}]}})"),
      "please\nOrder of 2 items\n3 × hex-white at 12.50 EUR\n2 × grout at 9.90 EUR\nTotal 57.30 EUR");
  EXPECT_EQ(text_of(R"({"type":"order","order":{"product_items":[{"product_retailer_id":"a"},7]}})"),
            "Order of 2 items\n1 × a");
}

TEST(Content, CardsWithOnlyAMailAreShownByIt) {
  EXPECT_EQ(text_of(R"({"type":"contacts","contacts":[{"emails":[{"email":"ana@example.org"}]}]})"),
            "Contact: ana@example.org");
  EXPECT_EQ(text_of(R"({"type":"contacts","contacts":[{"name":{"formatted_name":"Ana"},)"
                    R"("emails":[{"email":"ana@example.org"}]}]})"),
            "Contact: Ana ana@example.org");
  EXPECT_EQ(text_of(R"({"type":"contacts","contacts":[{"name":{"formatted_name":"Ana"},)"
                    R"("phones":[{"phone":"+1 555"}],"emails":[{"email":"a@example.org"}]}]})"),
            "Contact: Ana");
}

TEST(WebhookBodies, WhatBecomesOfAPaymentIsALineOfItsOwn) {
  const auto decoded = decode_webhook(
      body_of("messages",
              R"({"statuses":[{"id":"wamid.O","type":"payment","status":"failed","timestamp":"1",)"
              R"("recipient_id":"15550000101","payment":{"reference_id":"order-7","currency":"BRL",)"
              R"("amount":{"value":2450,"offset":100}}}]})"),
      inbox, at(0));
  ASSERT_EQ(decoded->proposals.size(), 1u);
  const auto* line = std::get_if<message_received>(&decoded->proposals.front().data);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->type, "payment");
  EXPECT_EQ(line->text, "Payment failed: 24.50 BRL (order-7)");
  EXPECT_EQ(line->reply_to_whatsapp_id, "wamid.O");
  EXPECT_EQ(line->sender.phone, "15550000101");
}

// Changed at random, a body may be refused or stored as something odd, but it never breaks the decoder.
TEST(WebhookBodies, RandomChangesNeverBreakTheDecoder) {
  std::mt19937 random(seed());
  const auto files = fixtures();
  for (int round = 0; round < 4000; ++round) {
    std::string body = read(files[random() % files.size()]);
    for (unsigned n = 1 + random() % 4; n > 0; --n) {
      const std::size_t place = random() % body.size();
      switch (random() % 3) {
      case 0:
        body[place] = static_cast<char>(random());
        break;
      case 1:
        body.erase(place, 1 + random() % 20);
        break;
      default:
        body.insert(place, body.substr(random() % body.size(), random() % 30));
      }
      if (body.empty()) body = "x";
    }
    memory_log log;
    if (const auto decoded = decode_webhook(body, inbox, at(0)))
      for (const entry& proposal : decoded->proposals) log.append(proposal);
  }
}

TEST(WebhookBodies, WhatIsNotJsonIsSaidToBeSo) {
  for (const char* body : {"", "{", "not json", "\"\\ud800", "[1,2"})
    EXPECT_FALSE(decode_webhook(body, inbox, at(0))) << body;
  EXPECT_FALSE(decode_webhook(std::string(100, '['), inbox, at(0)));
  EXPECT_TRUE(decode_webhook("[]", inbox, at(0)));
}

TEST(WebhookBodies, DeepJsonIsKeptAsItIsAndBrokenDeepJsonIsNot) {
  const auto nested = [](std::size_t depth, std::string_view inner) {
    return std::string(depth, '[') + std::string(inner) + std::string(depth, ']');
  };
  for (const std::string& body : {nested(100'000, "{\"a\":[1,true,\"]\\\"\"]}"), nested(100, "-1.5e3")}) {
    const auto decoded = decode_webhook(body, inbox, at(0));
    ASSERT_TRUE(decoded) << body.size();
    ASSERT_EQ(decoded->proposals.size(), 1u);
    EXPECT_EQ(decoded->proposals.front().raw, body);
  }
  for (const char* inner :
       {"1 2", "{\"a\"}", "{\"a\":}", "{1:2}", "[}", "tru", "\"", "01", "1,", "{\"a\":1,}", ":"})
    EXPECT_FALSE(decode_webhook(nested(100, inner), inbox, at(0))) << inner;
}

// As deep as a webhook may be, and deeper than parsers go by themselves.
TEST(WebhookBodies, TheBusinessNumberOfADeepChangeIsReadToo) {
  const std::string deep = std::string(50, '[') + std::string(50, ']');
  EXPECT_EQ(display_number_of(R"({"value":{"metadata":{"display_phone_number":"15550009999"},"new":)" + deep +
                              "}}"),
            "15550009999");
  for (const char* none : {"", "[]", "{}", R"({"value":{}})", "no JSON"})
    EXPECT_EQ(display_number_of(none), "");
}

TEST(WebhookBodies, NumbersBeyondAllFloatsAreNullInWhatIsKeptAndShown) {
  const std::string body =
      R"({"entry":[{"changes":[{"field":"messages","value":{"messages":[{"from":"15550000101","id":"wamid.N",)"
      R"("timestamp":"1","type":"order","order":{"catalog_id":"7","product_items":[{"item_price":-1e400}]}}]}},)"
      R"({"field":"new","value":{"a":[1e400,1.5]}}]}]})";
  const auto decoded = decode_webhook(body, inbox, at(0));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->proposals.size(), 2u);
  const std::string shown = wire::encode(std::get<message_received>(decoded->proposals.front().data).body);
  for (const std::string& text : {decoded->proposals[0].raw, decoded->proposals[1].raw, shown}) {
    boost::system::error_code error;
    json::parse(text, error);
    EXPECT_FALSE(error) << text;
  }
  EXPECT_NE(decoded->proposals[1].raw.find("[null,1.5E0]"), std::string::npos);
}

TEST(WebhookBodies, HalfOfASurrogatePairIsShownAsAReplacementCharacter) {
  const std::string body =
      R"({"entry":[{"changes":[{"field":"messages","value":{"messages":[{"from":"15550000101","id":"wamid.H",)"
      R"("timestamp":"1","type":"text","text":{"body":"a \\ud83d \ud83d b \udc4d \ud83d\udc4d \ud83d\n"}}]}}]}]})";
  const auto decoded = decode_webhook(body, inbox, at(0));
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->proposals.size(), 1u);
  EXPECT_EQ(std::get<message_received>(decoded->proposals.front().data).text,
            "a \\ud83d \uFFFD b \uFFFD 👍 \uFFFD\n");
}

TEST(FileNames, LosePathsAndDirectionTricks) {
  EXPECT_EQ(safe_file_name("../../etc/passwd"), "passwd");
  EXPECT_EQ(safe_file_name("C:\\temp\\invoice.pdf"), "invoice.pdf");
  EXPECT_EQ(safe_file_name("invoice\u202Efdp.exe"), "invoicefdp.exe");
  EXPECT_EQ(safe_file_name(std::string_view("a\0b\n.txt", 8)), "ab.txt");
  EXPECT_EQ(safe_file_name("…/.."), "file");
  EXPECT_EQ(safe_file_name("Rechnung März.pdf"), "Rechnung März.pdf");
}

TEST(Signature, FitsTheVectorsAndNothingElse) {
  signature_check check({"sample-app-secret"});
  const std::string body = R"({"object":"whatsapp_business_account","entry":[]})";
  const std::string good = "sha256=4345305ed97f01246987e15cca2024ef5b01055892ae2b906ec4d8c5b6c89aa1";
  EXPECT_TRUE(check.valid(good, body));
  const std::string escaped = read(std::filesystem::path(WEBHOOK_FIXTURES) / "message-text-escaped-raw.json");
  EXPECT_TRUE(
      check.valid("sha256=40f886227c42be684581538e8bd9052a1d4125a4419100dbd7f8db1863d6f594", escaped));
  EXPECT_FALSE(check.valid(good, body + " "));
  EXPECT_FALSE(check.valid("", body));
  EXPECT_FALSE(check.valid(good + "0", body));
  EXPECT_FALSE(check.valid("sha1=" + good.substr(7), body));
  std::string upper = good;
  for (char& c : upper)
    if (c >= 'a' && c <= 'f') c = static_cast<char>(c - 32);
  EXPECT_FALSE(check.valid(upper, body));
  for (std::size_t i = 7; i < good.size(); ++i) {
    std::string flipped = good;
    flipped[i] = flipped[i] == '0' ? '1' : '0';
    EXPECT_FALSE(check.valid(flipped, body)) << i;
  }
  signature_check rotating({"old-secret", "sample-app-secret"});
  EXPECT_TRUE(rotating.valid(good, body));
  EXPECT_THROW(signature_check({""}), std::invalid_argument);
}

} // namespace
} // namespace tickwire::meta
