// What an entry of the log means to those who do not read it: pages, and the sender.
#pragma once

#include "core/entry.hpp"
#include "core/event.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickwire {

// One event as every page gets it: encoded once, at the commit, and the same at each replay.
struct encoded_event {
  std::uint64_t seq = 0;
  std::string name;                        // "new_message", …
  std::string only_user;                   // empty: everybody of the inbox
  std::shared_ptr<const std::string> data; // JSON object, carries seq
};

// Somebody asked for this attempt of a message.
struct send_asked {
  std::uint64_t seq = 0; // of the entry that says so
  std::string message_id;
  std::string chat_id;
  int attempt = 1;
  timestamp at{};
};

struct entry_news {
  std::optional<encoded_event> event;
  std::optional<chat_merged_event> merged; // two chats have become one
  std::optional<send_asked> asked;
  std::optional<std::uint64_t> sending_term; // somebody sends in this term from here on
  bool empty() const { return !event && !merged && !asked && !sending_term; }
};

// `event` is what pages are told of it.
entry_news news_of(const entry& entry, std::optional<encoded_event> event);

// Called on the I/O thread, with news in the order of the log, and the new head.
using commit_listener = std::function<void(std::uint64_t head, std::vector<entry_news> news)>;

} // namespace tickwire
