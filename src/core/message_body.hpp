// What a message says beside its text: files, places, orders and whatever else WhatsApp knows.
//
// A part that is ours (media, location, contact_card, form_answer) has what we say of it. A part in Meta's
// shape has the members that Meta is known to send, each of which may be absent. Either keeps in `further`
// what has no name here, or is of another kind than we know, so that nothing that was received gets lost.
#pragma once

#include "core/plain_value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace tickwire {

using optional_text = std::optional<std::string>;

// A file: picture, video, sound, document or sticker.
struct media {
  std::string id; // Meta's
  std::string mime_type;
  optional_text sha256; // as Meta writes it: base64
  optional_text caption;
  optional_text filename; // safe to show and to save under
  bool voice = false;     // recorded in the chat
  bool animated = false;  // a sticker that moves
  plain_value::members further{};
  friend bool operator==(const media&, const media&) = default;
};

struct location {
  double latitude = 0, longitude = 0; // degrees
  optional_text name, address, url;
  plain_value::members further{};
  friend bool operator==(const location&, const location&) = default;
};

struct contact_card {
  std::string name; // or the first thing that leads to the person
  std::vector<std::string> phones;
  std::optional<std::vector<std::string>> emails, urls;
  optional_text company;
  plain_value::members further{};
  friend bool operator==(const contact_card&, const contact_card&) = default;
};

// One answer of a completed form, in words.
struct form_answer {
  std::string name, value;
  plain_value::members further{};
  friend bool operator==(const form_answer&, const form_answer&) = default;
};

// From here on in Meta's shape.

// The button, or the line of a list, that was chosen.
struct choice {
  optional_text id, title, description;
  plain_value::members further{};
  friend bool operator==(const choice&, const choice&) = default;
};

struct form_reply {
  optional_text name, body;
  optional_text response_json; // the answers, as JSON within a text
  plain_value::members further{};
  friend bool operator==(const form_reply&, const form_reply&) = default;
};

struct call_permission {
  optional_text response; // "accept" or "reject"
  optional_text response_source;
  std::optional<std::int64_t> expiration_timestamp; // seconds since 1970
  bool is_permanent = false;
  plain_value::members further{};
  friend bool operator==(const call_permission&, const call_permission&) = default;
};

// The answer to an interactive message; `type` names the member that it is in.
struct interactive_reply {
  optional_text type;
  std::optional<choice> button_reply, list_reply;
  std::optional<form_reply> nfm_reply;
  std::optional<call_permission> call_permission_reply;
  plain_value::members further{};
  friend bool operator==(const interactive_reply&, const interactive_reply&) = default;
};

// The answer to a template's button.
struct button_press {
  optional_text payload, text;
  plain_value::members further{};
  friend bool operator==(const button_press&, const button_press&) = default;
};

struct order_item {
  optional_text product_retailer_id;
  std::optional<double> quantity;
  std::optional<double> item_price; // of one, in `currency`
  optional_text currency;           // "EUR"
  plain_value::members further{};
  friend bool operator==(const order_item&, const order_item&) = default;
};

struct order {
  optional_text catalog_id, text;
  std::optional<std::vector<order_item>> product_items;
  plain_value::members further{};
  friend bool operator==(const order&, const order&) = default;
};

// The customer's number, user id or safety code changed.
struct system_notice {
  optional_text type, body, customer, wa_id, new_wa_id;
  optional_text user_id, previous_user_id, parent_user_id, previous_parent_user_id;
  plain_value::members further{};
  friend bool operator==(const system_notice&, const system_notice&) = default;
};

struct payment_amount {
  std::optional<double> value; // divided by `offset` it is in whole units of the currency
  std::optional<double> offset;
  plain_value::members further{};
  friend bool operator==(const payment_amount&, const payment_amount&) = default;
};

struct payment_transaction {
  optional_text id, type, status;
  plain_value::members further{};
  friend bool operator==(const payment_transaction&, const payment_transaction&) = default;
};

// What became of a payment that a message asked for.
struct payment {
  optional_text state; // the word of the status: "captured", "failed", …
  optional_text reference_id, currency;
  std::optional<payment_amount> amount;
  std::optional<payment_transaction> transaction;
  plain_value::members further{};
  friend bool operator==(const payment&, const payment&) = default;
};

struct welcome_message {
  optional_text text;
  plain_value::members further{};
  friend bool operator==(const welcome_message&, const welcome_message&) = default;
};

// The ad or post from which the message was written.
struct referral {
  optional_text source_url, source_id, source_type, headline, body, ref, ctwa_clid;
  optional_text media_type, image_url, video_url, thumbnail_url;
  std::optional<struct welcome_message> welcome_message;
  plain_value::members further{};
  friend bool operator==(const referral&, const referral&) = default;
};

// The product of a catalogue that the message asks about.
struct product {
  optional_text catalog_id, product_retailer_id;
  plain_value::members further{};
  friend bool operator==(const product&, const product&) = default;
};

using contact_cards = std::vector<contact_card>;
using form_answers = std::vector<form_answer>;
using body_part = std::variant<media, location, contact_cards, interactive_reply, form_answers, button_press,
                               order, system_notice, payment, referral, product>;

// Most messages have one part or none; no kind of part is in it twice. A list and not a member for each kind
// of part, so that the many messages without any stay small.
struct message_body {
  std::vector<body_part> parts;
  bool forwarded = false;
  plain_value::members further{};

  bool empty() const { return parts.empty() && !forwarded && further.empty(); }
  friend bool operator==(const message_body&, const message_body&) = default;
};

} // namespace tickwire
