// Entries for tests, with invented people and numbers.
#pragma once

#include "core/entry.hpp"

#include <cstdlib>
#include <random>
#include <string>

namespace tickwire::testing {

inline const std::string inbox = "100000000000001";
inline timestamp at(int seconds) { return from_unix_seconds(1'790'000'000 + seconds); }

inline entry proposal(std::string key, timestamp when, entry_data data) {
  entry entry;
  entry.inbox = inbox;
  entry.key = std::move(key);
  entry.at = when;
  entry.data = std::move(data);
  return entry;
}

inline identity person(std::string phone, std::string user_id = "", std::string name = "") {
  identity who;
  who.phone = phone;
  who.wa_id = std::move(phone);
  who.user_id = std::move(user_id);
  who.profile_name = std::move(name);
  return who;
}

inline entry received(std::string wamid, identity sender, std::string text, int second = 0,
                      std::string group_id = "") {
  message_received data;
  data.whatsapp_message_id = wamid;
  data.sender = std::move(sender);
  data.sent_at = at(second);
  data.type = "text";
  data.text = std::move(text);
  data.group_id = std::move(group_id);
  return proposal(keys::received(wamid), at(second), std::move(data));
}

// WhatsApp says that there is a message, but not what is in it.
inline entry unavailable(std::string wamid, identity sender, int second = 0) {
  entry fact = received(wamid, std::move(sender), "Not available.", second);
  fact.key = keys::placeholder(wamid);
  auto& data = std::get<message_received>(fact.data);
  data.type = unsupported_type;
  data.placeholder = true;
  return fact;
}

// A body with what we know and what we do not.
inline message_body picture(std::string id) {
  media file;
  file.id = std::move(id);
  file.mime_type = "image/png";
  file.caption = "Two \"cats\"";
  message_body body;
  body.parts.emplace_back(std::move(file));
  body.forwarded = true;
  body.further.push_back({"new\n", {plain_value::list{{std::int64_t{1}}, {plain_value::members{}}}}});
  return body;
}

inline entry accepted(std::string message_id, std::string chat_id, std::string text, int second = 0) {
  message_accepted data;
  data.client_id = "c-" + message_id;
  data.text = std::move(text);
  entry entry = proposal(keys::accepted("u_ana", data.client_id), at(second), data);
  entry.message_id = std::move(message_id);
  entry.chat_id = std::move(chat_id);
  entry.actor = "u_ana";
  return entry;
}

inline entry sending_taken_by(std::string node) {
  return proposal(keys::sending_taken(node), at(0), sending_taken{node, 0});
}

inline entry attempted(std::string message_id, int attempt, int try_number = 1) {
  entry entry =
      proposal(keys::attempted(message_id, attempt, try_number), at(2), send_attempted{attempt, try_number});
  entry.message_id = std::move(message_id);
  return entry;
}

inline entry answered(std::string message_id, int attempt, send_outcome_kind kind, std::string wamid = "",
                      int second = 1) {
  send_result data;
  data.attempt = attempt;
  data.outcome = kind;
  data.whatsapp_message_id = std::move(wamid);
  if (kind != send_outcome_kind::accepted) data.error = message_error{131000, "fault", "a fault", true};
  entry entry = proposal(keys::result(message_id, attempt, 1), at(second), data);
  entry.message_id = std::move(message_id);
  return entry;
}

inline entry retried(std::string message_id, int attempt, int second = 2) {
  entry entry = proposal(keys::retry(message_id, attempt), at(second), retry_requested{attempt});
  entry.message_id = std::move(message_id);
  return entry;
}

inline std::string word_of(status_word word) {
  switch (word) {
  case status_word::sent:
    return "sent";
  case status_word::delivered:
    return "delivered";
  case status_word::read:
    return "read";
  case status_word::played:
    return "played";
  case status_word::failed:
    return "failed";
  }
  return "";
}

inline entry changed(std::string wamid, status_word word, int second = 3, std::string callback = "") {
  status_changed data;
  data.whatsapp_message_id = wamid;
  data.word = word;
  data.changed_at = at(second);
  data.callback_data = std::move(callback);
  if (word == status_word::failed)
    data.error = message_error{131026, "Not deliverable", "not deliverable", false};
  return proposal(keys::status(wamid, word_of(word), ""), at(second), std::move(data));
}

inline entry reacted(std::string wamid, std::string target, identity sender, std::string emoji, int second) {
  reaction data;
  data.whatsapp_message_id = wamid;
  data.target_whatsapp_id = std::move(target);
  data.sender = std::move(sender);
  data.emoji = std::move(emoji);
  data.at = at(second);
  return proposal(keys::received(wamid), at(second), std::move(data));
}

inline entry edited(std::string wamid, std::string target, std::string text, int second) {
  edit data;
  data.whatsapp_message_id = wamid;
  data.target_whatsapp_id = std::move(target);
  data.text = std::move(text);
  data.at = at(second);
  return proposal(keys::received(wamid), at(second), std::move(data));
}

inline entry revoked(std::string wamid, std::string target, int second) {
  revoke data;
  data.whatsapp_message_id = wamid;
  data.target_whatsapp_id = std::move(target);
  data.at = at(second);
  return proposal(keys::received(wamid), at(second), std::move(data));
}

// TEST_SEED repeats a run; print seed_note() with each failure.
inline unsigned seed() {
  static const unsigned value = [] {
    const char* given = std::getenv("TEST_SEED");
    return given ? static_cast<unsigned>(std::strtoul(given, nullptr, 10)) : std::random_device{}();
  }();
  return value;
}
inline std::string seed_note() { return "repeat with TEST_SEED=" + std::to_string(seed()); }

} // namespace tickwire::testing
