// A story that nobody made up: facts of most kinds about a few people and messages, too early, too late and
// again.
#pragma once

#include "core/memory_views.hpp"
#include "core/testing.hpp"

#include <random>
#include <string>

namespace tickwire::testing {

inline entry random_fact(std::mt19937& random, int i) {
  const auto number = [&](unsigned below) { return static_cast<int>(random() % below); };
  const std::string n = std::to_string(number(40));
  const identity who =
      person("1555000010" + std::to_string(number(3)), number(2) ? "US." + std::to_string(number(3)) : "");
  entry next;
  switch (number(11)) {
  case 0:
    return accepted("m_" + n, "15550000100", "text " + n, i);
  case 1:
    return answered("m_" + n, 1 + number(2), static_cast<send_outcome_kind>(number(4)), "wamid.o" + n, i);
  case 2:
    return retried("m_" + n, 2, i);
  case 3:
    return changed("wamid.o" + n, static_cast<status_word>(number(5)), i, number(2) ? "m_" + n : "");
  case 4:
    return reacted("wamid.r" + std::to_string(i), "wamid.i" + n, who, number(2) ? "👍" : "", i);
  case 5:
    return edited("wamid.e" + std::to_string(i), "wamid.i" + n, "edited " + n, i);
  case 6:
    return revoked("wamid.v" + std::to_string(i), "wamid.i" + n, i);
  case 7:
    next = received("wamid.i" + n, who, "imported " + n, -number(1000));
    std::get<message_received>(next.data).history = true;
    return next;
  case 8:
    next = accepted("m_q" + n, "15550000100", "quotes " + n, i);
    std::get<message_accepted>(next.data).reply_to_message_id = "m_" + n;
    return next;
  default:
    next = received("wamid.i" + n, who, "text " + n, i, number(5) == 0 ? "group-1" : "");
    if (number(3) == 0)
      std::get<message_received>(next.data).reply_to_whatsapp_id =
          (number(2) ? "wamid.o" : "wamid.i") + std::to_string(number(40));
    if (number(2)) std::get<message_received>(next.data).body = picture(n);
    if (number(4) == 0) next = unavailable("wamid.i" + n, who, i);
    return next;
  }
}

// What happens to a message of ours is only told of one that there is.
inline bool may_be_proposed(const entry& fact, const memory_log& log) {
  const bool about_ours = fact.key.starts_with("res:") || fact.key.starts_with("retry:");
  return !about_ours || log.rows.messages.contains(fact.message_id);
}

// A whole log, with more kinds of facts: what only the log knows, marks, groups, names given by hand, echoes
// that turn out to be ours, people that turn out to be one, items that were not understood.
inline memory_log random_log(std::mt19937& random, int facts) {
  const auto number = [&](unsigned below) { return static_cast<int>(random() % below); };
  memory_log log;
  for (int i = 0; i < facts; ++i) {
    const std::string n = std::to_string(number(40));
    const std::string phone = "1555000010" + std::to_string(number(3));
    entry next;
    switch (number(13)) {
    case 0:
      next = proposal("rm:" + std::to_string(i), at(i), read_mark{random() % (log.head + 1)});
      next.actor = number(2) ? "u_ana" : "u_ben";
      next.chat_id = phone;
      if (!log.rows.chats.contains(phone)) continue;
      break;
    case 1:
      next = proposal("gr:" + std::to_string(i), at(i), group_changed{"Subject \"" + n + "\" 👍"});
      next.chat_id = "group-1";
      break;
    case 2: {
      contact_changed by_hand;
      by_hand.contact.phone = phone;
      by_hand.contact.name = "Named " + n;
      by_hand.opens_chat = true;
      next = proposal("ct:" + std::to_string(i), at(i), by_hand);
      break;
    }
    case 3:
      next = received("wamid.o" + n, person(phone), "text " + n, i);
      std::get<message_received>(next.data).from_business = true;
      break;
    case 4:
      next = proposal("raw:" + std::to_string(i), at(i), unhandled{"field " + n, {}, {}});
      next.raw = "{\"no\": \"UTF-8 \xff\xfe\"}";
      break;
    case 5:
      next = proposal(keys::attempted("m_" + n, 1, 1), at(i), send_attempted{1, 1});
      next.message_id = "m_" + n;
      if (!log.rows.messages.contains(next.message_id)) continue;
      break;
    case 6:
      next = received("wamid.b" + std::to_string(i), person(phone, "US." + std::to_string(number(3))), "both",
                      i);
      next.raw = "{\"id\": \"" + n + "\"}";
      break;
    case 7:
      next = sending_taken_by("node " + n);
      break;
    default:
      next = random_fact(random, i);
    }
    if (may_be_proposed(next, log)) log.append(next);
  }
  return log;
}

} // namespace tickwire::testing
