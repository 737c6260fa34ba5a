#include "app/send_message.hpp"

#include "app/reading.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "core/phone.hpp"
#include "core/text.hpp"

namespace tickwire {

namespace {

constexpr std::size_t client_id_max = 64;

std::unexpected<failure> fail_window_closed() {
  return fail(failure_kind::conflict, "window_closed",
              "More than 24 hours have passed since the customer last wrote. WhatsApp takes free text again "
              "when they write; until then only templates.");
}

} // namespace

result<void> check(const send_request& request) {
  const auto length = characters(request.text);
  if (!length) return fail(failure_kind::invalid, "text_not_utf8", "The text is not valid UTF-8.");
  if (is_blank(request.text))
    return fail(failure_kind::invalid, "text_empty", "The message is empty. Write something first.");
  if (*length > text_limit)
    return fail(failure_kind::invalid, "text_too_long",
                "The message has " + std::to_string(*length) + " characters; WhatsApp takes at most " +
                    std::to_string(text_limit) + ". Shorten it or send it in parts.");
  const auto id_length = characters(request.client_id);
  if (!id_length || *id_length > client_id_max)
    return fail(failure_kind::invalid, "client_id_invalid", "clientId must have 1 to 64 characters.");
  if (request.chat_id.empty() && request.receiver_id.empty())
    return fail(failure_kind::invalid, "no_receiver", "Say to whom: chatId or receiverId is missing.");
  return {};
}

entry messaging::fresh(const user& who, std::string key, entry_data data) const {
  entry proposal;
  proposal.inbox = inbox_;
  proposal.at = wall_now();
  proposal.key = std::move(key);
  proposal.actor = who.id;
  proposal.data = std::move(data);
  return proposal;
}

task<result<chat_summary>> messaging::chat_for(const user& who, const send_request& request) {
  const bool by_id = !request.chat_id.empty();
  const std::string& wanted = by_id ? request.chat_id : request.receiver_id;
  const auto digits = by_id ? std::nullopt : phone_digits(wanted);

  // First as a number: it means its present owner, also when an earlier owner's chat has it as its id.
  std::string chat_id = wanted;
  for (const bool as_number : {true, false}) {
    identity named;
    if (as_number)
      named.phone = digits.value_or("");
    else
      named.user_id = by_id ? "" : wanted;
    if (!named.empty()) {
      const auto present = co_await log_.find_contact(named);
      if (!present) co_return std::unexpected(present.error());
      if (*present) {
        chat_id = (*present)->id;
        break;
      }
    }
  }
  auto known = co_await log_.find_chat("", chat_id);
  if (!known) co_return std::unexpected(known.error());
  if (*known) co_return std::move(**known);
  if (!digits) {
    if (!by_id)
      co_return fail(failure_kind::not_found, "unknown_chat",
                     "That is neither a known chat nor a phone number with country code.");
    co_return unknown_chat();
  }
  auto opened = co_await open_chat(who, *digits, "");
  if (!opened) co_return std::unexpected(opened.error());
  co_return std::move(opened->chat);
}

task<result<messaging::opened_chat>> messaging::open_chat(user who, std::string phone, std::string name) {
  const auto digits = phone_digits(phone);
  if (!digits)
    co_return fail(failure_kind::invalid, "phone_invalid",
                   "That is no phone number. Write it with country code, for example +49 170 1234567.");
  const auto name_length = characters(name);
  if (!name_length || *name_length > 128)
    co_return fail(failure_kind::invalid, "name_invalid", "The name must have at most 128 characters.");

  identity by_number;
  by_number.phone = *digits;
  auto present = co_await log_.find_contact(by_number);
  if (!present) co_return std::unexpected(present.error());
  if (*present) {
    auto summary = co_await log_.find_chat(who.id, (*present)->id);
    if (!summary) co_return std::unexpected(summary.error());
    if (*summary && (name.empty() || name == (*present)->name))
      co_return opened_chat{std::move(**summary), false};
  }
  contact_changed change;
  change.contact.phone = *digits;
  change.contact.name = name;
  change.opens_chat = true;
  // The key is new each time: complete() finds the contact by its number when the request comes twice.
  entry proposal = fresh(who, "ct:open:" + *digits + ":" + random_text(12), std::move(change));
  std::vector<entry> proposals;
  proposals.push_back(std::move(proposal));
  const auto stored = co_await log_.append(std::move(proposals));
  if (!stored) co_return std::unexpected(stored.error());
  const std::string chat_id = stored->front().stored_entry.chat_id;
  auto summary = co_await log_.find_chat(who.id, chat_id);
  if (!summary) co_return std::unexpected(summary.error());
  if (!*summary) co_return unknown_chat();
  co_return opened_chat{std::move(**summary), !present->has_value()};
}

task<result<sent_message>> messaging::send(user who, send_request request) {
  if (auto fine = check(request); !fine) co_return std::unexpected(fine.error());
  auto target = co_await chat_for(who, request);
  if (!target) co_return std::unexpected(target.error());
  if (auto address = address_of(*target); !address) co_return std::unexpected(address.error());
  const std::string chat_id = target->chat.id;
  if (!request.reply_to.empty()) {
    const auto quoted = co_await log_.find_message(request.reply_to);
    if (!quoted) co_return std::unexpected(quoted.error());
    if (!*quoted || (*quoted)->chat_id != chat_id)
      co_return fail(failure_kind::not_found, "unknown_message", "The quoted message is not in this chat.");
  }
  auto place = sender_.reserve();
  if (!place) co_return std::unexpected(place.error());

  message_accepted data;
  data.client_id = request.client_id.empty() ? random_text(24) : request.client_id;
  data.text = request.text;
  data.reply_to_message_id = request.reply_to;
  entry proposal = fresh(who, keys::accepted(who.id, data.client_id), data);
  proposal.chat_id = chat_id;
  proposal.message_id = new_message_id(proposal.at);

  const std::string message_id = proposal.message_id;
  std::vector<entry> proposals;
  proposals.push_back(std::move(proposal));
  auto stored = co_await log_.append(std::move(proposals));
  if (!stored) co_return std::unexpected(stored.error());
  appended& done = stored->front();
  // Not for a repetition of a message that was accepted in time: that one has a seq.
  if (done.seq == 0) co_return fail_window_closed();
  if (!done.row)
    co_return fail(failure_kind::internal, "not_stored", "The message could not be read back. Try again.");
  // Or what was stored when this was asked before, and could not be answered: under the id it got then.
  const bool is_new = done.stored && done.stored_entry.message_id == message_id;
  if (is_new) co_return sent_message{std::move(*done.row), true};
  const auto* before = std::get_if<message_accepted>(&done.stored_entry.data);
  const bool same = before && before->text == data.text &&
                    before->reply_to_message_id == data.reply_to_message_id &&
                    done.row->chat_id == chat_id; // the row's: its chat may be part of another one by now
  if (!same)
    co_return fail(failure_kind::conflict, "client_id_reused",
                   "This clientId was used for another message. Use a new one for each message.");
  co_return sent_message{std::move(*done.row), done.stored};
}

task<result<message>> messaging::retry(user who, std::string message_id) {
  auto found = co_await log_.find_message(message_id);
  if (!found) co_return std::unexpected(found.error());
  if (!*found)
    co_return fail(failure_kind::not_found, "unknown_message",
                   "There is no such message. Load the chat again and choose one of its messages.");
  const message& row = **found;
  auto summary = co_await log_.find_chat("", row.chat_id);
  if (!summary) co_return std::unexpected(summary.error());
  if (!*summary) co_return unknown_chat();
  if (auto address = address_of(**summary); row.can_retry() && !address)
    co_return std::unexpected(address.error());
  auto place = sender_.reserve();
  if (!place) co_return std::unexpected(place.error());

  entry proposal = fresh(who, keys::retry(row.id, row.attempt + 1), retry_requested{row.attempt + 1});
  proposal.message_id = row.id;
  proposal.chat_id = row.chat_id;

  std::vector<entry> proposals;
  proposals.push_back(std::move(proposal));
  // Whether there may be another attempt is decided in there, with everything that came before it.
  auto stored = co_await log_.append(std::move(proposals));
  if (!stored) co_return std::unexpected(stored.error());
  appended& done = stored->front();
  if (!done.row)
    co_return fail(failure_kind::internal, "not_stored", "The message could not be read back. Try again.");
  if (done.seq == 0 && done.row->can_retry()) co_return fail_window_closed();
  if (done.seq == 0)
    co_return fail(failure_kind::conflict, "not_failed",
                   "Only a message that failed or is unconfirmed can be sent again.");
  co_return std::move(*done.row);
}

task<result<void>> messaging::mark_read(user who, std::string chat_id, std::uint64_t up_to) {
  const auto summary = co_await log_.find_chat("", chat_id);
  if (!summary) co_return std::unexpected(summary.error());
  if (!*summary) co_return unknown_chat();
  // A page may name any number; nothing beyond the newest entry can have been read.
  const std::uint64_t reached = std::min(up_to, log_.head());
  // One commit marks a limited number of messages, so that others need not wait long; the rest follow.
  const std::string key = keys::read_mark(who.id, chat_id, reached, log_.head());
  std::string next = key;
  for (;;) {
    entry proposal = fresh(who, std::move(next), read_mark{reached});
    proposal.chat_id = chat_id;
    std::vector<entry> proposals;
    proposals.push_back(std::move(proposal));
    const auto stored = co_await log_.append(std::move(proposals));
    if (!stored) co_return std::unexpected(stored.error());
    const auto* mark = std::get_if<read_mark>(&stored->front().stored_entry.data);
    if (!mark || !mark->more) co_return result<void>{};
    next = key + ":" + std::to_string(mark->seen_up_to);
  }
}

} // namespace tickwire
