// What people do with messages: write, send again, mark as read, open a chat with a number.
#pragma once

#include "app/ports.hpp"
#include "app/sender.hpp"

#include <optional>
#include <string>

namespace tickwire {

struct send_request {
  std::string chat_id;     // or
  std::string receiver_id; // a number as people write it, or a chat id
  std::string text;
  std::string client_id; // empty: the client does not repeat
  std::string reply_to;  // message id
};

struct sent_message {
  message row;
  bool created = true; // false: the same client id was there with the same content
};

class messaging {
public:
  messaging(log_store& log, sender& sender, std::string inbox)
      : log_(log)
      , sender_(sender)
      , inbox_(std::move(inbox)) {}

  task<result<sent_message>> send(user who, send_request request);
  // Another attempt of a failed or unconfirmed message.
  task<result<message>> retry(user who, std::string message_id);
  task<result<void>> mark_read(user who, std::string chat_id, std::uint64_t up_to);

  struct opened_chat {
    chat_summary chat;
    bool created = true;
  };
  task<result<opened_chat>> open_chat(user who, std::string phone, std::string name);

private:
  task<result<chat_summary>> chat_for(const user& who, const send_request& request);
  entry fresh(const user& who, std::string key, entry_data data) const;

  log_store& log_;
  sender& sender_;
  const std::string inbox_;
};

// Whether the text, client id and addressee can be accepted at all.
result<void> check(const send_request& request);

} // namespace tickwire
