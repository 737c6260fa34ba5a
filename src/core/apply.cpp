#include "core/apply.hpp"

#include "core/joins.hpp"
#include "core/shown.hpp"
#include "core/wamid.hpp"

#include <algorithm>
#include <utility>

namespace tickwire {

namespace {

class application {
public:
  application(views& views, const entry& entry)
      : views_(views)
      , entry_(entry) {}

  std::optional<event> run() {
    return std::visit([this](const auto& data) { return apply(data); }, entry_.data);
  }

private:
  std::optional<event> apply(const message_received& received) {
    const bool outbound = received.from_business;
    if (received.repeats || (outbound && joined_into(entry_.message_id)))
      return change_message(entry_.message_id, [&](message& row) {
        if (received.replaces_placeholder) take_content(row, received);
        bind(received.whatsapp_message_id, row, std::max(received.repeats, 1));
      });
    const std::int64_t position = received.position ? received.position : own_position();
    join_last_message(received.group_id.empty() ? std::nullopt : std::optional(chat_kind::group), position);
    return change_message(entry_.message_id, [&](message& row) {
      row.chat_id = entry_.chat_id;
      row.sender_id = outbound ? entry_.inbox : entry_.actor;
      row.receiver_id = outbound ? entry_.chat_id : entry_.inbox;
      row.direction = outbound ? direction::out : direction::in;
      row.created_at = received.sent_at;
      row.seq = position;
      row.counts_unread = !outbound && !received.history && !received.notice;
      row.status = join(row.status, received.initial);
      if (!outbound && !received.history) keep_earliest(row.times.delivered, received.sent_at);
      if (!received.placeholder || !has_content(row)) take_content(row, received);
      join_wamid(row, received.whatsapp_message_id);
      bind(received.whatsapp_message_id, row);
    });
  }

  // Applied before the placeholder, the message has given the row its content already.
  static bool has_content(const message& row) {
    return row.type != message{}.type || !row.text.empty() || !row.body.empty();
  }

  void take_content(message& row, const message_received& received) {
    row.type = received.type;
    row.text = received.text;
    row.body = received.body;
    row.reply.reset();
    if (received.reply_to_whatsapp_id.empty()) return;
    row.reply = reply_to{received.reply_to_whatsapp_id, ""};
    for (const std::string& name : names_in(entry_.chat_id, received.reply_to_whatsapp_id))
      views_.put_quote(name, row);
  }

  std::optional<event> apply(const message_accepted& accepted) {
    join_last_message(std::nullopt, own_position());
    return change_message(entry_.message_id, [&](message& row) {
      row.chat_id = entry_.chat_id;
      row.sender_id = entry_.actor;
      row.receiver_id = entry_.chat_id;
      row.direction = direction::out;
      row.text = accepted.text;
      row.client_id = accepted.client_id;
      row.created_at = entry_.at;
      row.seq = own_position();
      if (!accepted.reply_to_message_id.empty()) {
        row.reply = reply_to{"", accepted.reply_to_message_id};
        views_.put_quote(accepted.reply_to_message_id, row);
      }
    });
  }

  std::optional<event> apply(const retry_requested& retry) {
    return change_message(entry_.message_id, [&](message& row) { enter_attempt(row, retry.attempt); });
  }

  std::optional<event> apply(const sending_taken& taken) {
    views_.put_sending_term(taken.term);
    return std::nullopt;
  }

  std::optional<event> apply(const send_attempted&) {
    return std::nullopt;
  } // for the sender, not for the eye

  std::optional<event> apply(const send_result& result) {
    return change_message(entry_.message_id, [&](message& row) {
      join_result(row, result, entry_.at);
      if (result.outcome == send_outcome_kind::accepted)
        bind(result.whatsapp_message_id, row, result.attempt);
    });
  }

  std::optional<event> apply(const status_changed& changed) {
    std::string message_id = entry_.message_id;
    int attempt = changed.attempt;
    if (const auto binding = views_.find_binding(changed.whatsapp_message_id)) {
      message_id = binding->message_id;
      attempt = binding->attempt;
    }
    if (message_id.empty()) {
      views_.park(changed.whatsapp_message_id, entry_);
      return std::nullopt;
    }
    return change_message(message_id, [&](message& row) {
      status_changed known = changed;
      known.attempt = attempt;
      join_status(row, known);
      bind(changed.whatsapp_message_id, row, attempt);
    });
  }

  std::optional<event> apply(const reaction& reaction) {
    return change_target(reaction.target_whatsapp_id, [&](message& row) { join_reaction(row, reaction); });
  }
  std::optional<event> apply(const edit& edit) {
    return change_target(edit.target_whatsapp_id, [&](message& row) { join_edit(row, edit); });
  }
  std::optional<event> apply(const revoke& revoke) {
    return change_target(revoke.target_whatsapp_id, [&](message& row) { join_revoke(row, revoke); });
  }

  std::optional<event> apply(const tickwire::read_mark& mark) {
    if (mark.seen_up_to > views_.find_read_mark("", entry_.chat_id))
      views_.put_read_mark("", entry_.chat_id, mark.seen_up_to);
    if (mark.up_to <= views_.find_read_mark(entry_.actor, entry_.chat_id)) return std::nullopt;
    views_.put_read_mark(entry_.actor, entry_.chat_id, mark.up_to);
    const std::uint64_t unread = views_.count_unread(entry_.chat_id, mark.up_to, unread_cap);
    return event{entry_.seq, entry_.actor, read_mark_event{entry_.actor, entry_.chat_id, mark.up_to, unread}};
  }

  std::optional<event> apply(const contact_changed& change) {
    for (const std::string& alias : change.aliases) {
      const bool released = alias.starts_with('-');
      views_.put_alias(released ? std::string_view(alias).substr(1) : alias,
                       released ? "" : change.contact.id, entry_.seq);
    }
    if (change.opens_chat) join_opened(); // only logs of old versions have this; now it is a chat_changed
    const auto present = views_.find_contact(change.contact.id);
    if (present && present->seq >= entry_.seq) return std::nullopt;
    contact row = change.contact;
    if (present) row.merged_into = present->merged_into;
    row.seq = entry_.seq;
    views_.put_contact(row);
    return event{entry_.seq, "", contact_event{row}};
  }

  // The rows of the one become rows of the other. Nothing is left under the old id but the contact, which
  // says where it went.
  std::optional<event> apply(const contacts_merged& merged) {
    contact gone = views_.find_contact(merged.from).value_or(contact{});
    if (!gone.merged_into.empty()) return std::nullopt;
    gone.id = merged.from;
    gone.merged_into = entry_.chat_id;
    views_.put_contact(gone);
    views_.move_messages(merged.from, entry_.chat_id);
    views_.move_names(token_keys_of(merged.from), token_keys_of(entry_.chat_id));
    if (const auto other = views_.find_chat(merged.from)) {
      chat row = views_.find_chat(entry_.chat_id).value_or(chat{});
      row.id = entry_.chat_id;
      tickwire::join_chat(row, *other);
      views_.put_chat(row);
      views_.remove_chat(merged.from);
    }
    for (const contacts_merged::mark& mark : merged.marks)
      views_.put_read_mark(mark.user_id, entry_.chat_id, mark.up_to);
    return event{entry_.seq, "", chat_merged_event{merged.from, entry_.chat_id}};
  }

  std::optional<event> apply(const message_joined& joined) {
    const auto echo = views_.find_message(joined.from);
    views_.put_binding(joined_key(joined.from), {entry_.message_id, joined.attempt});
    views_.put_binding(joined.whatsapp_message_id, {entry_.message_id, joined.attempt});
    message row = views_.find_message(entry_.message_id).value_or(message{});
    row.id = entry_.message_id;
    if (const std::string key = token_key(row.chat_id, joined.whatsapp_message_id); !key.empty())
      views_.put_binding(key, {entry_.message_id, joined.attempt});
    if (!echo) return std::nullopt;
    join_message(row, *echo, joined.attempt);
    row.updated_at = std::max({row.updated_at, echo->updated_at, entry_.at});
    views_.put_message(row);
    views_.remove_message(joined.from);
    forget_last_message(echo->chat_id, joined.from);
    complete_as_shown(row, views_);
    return event{entry_.seq, "", message_joined_event{joined.from, std::move(row)}};
  }

  std::optional<event> apply(const group_changed& change) {
    const auto before = views_.find_chat(entry_.chat_id);
    chat row = chat_or_new(before);
    row.kind = chat_kind::group;
    open(row);
    if (row.subject_seq < entry_.seq) {
      row.subject = change.subject;
      row.subject_seq = entry_.seq;
    }
    return put(before, row);
  }

  std::optional<event> apply(const chat_changed& change) {
    const auto before = views_.find_chat(entry_.chat_id);
    chat row = chat_or_new(before);
    if (change.kind == chat_kind::group) row.kind = chat_kind::group;
    if (change.opened) open(row);
    if (change.window_ends_at) keep_latest(row.window_ends_at, *change.window_ends_at);
    if (change.entry_point_at) keep_latest(row.entry_point_at, *change.entry_point_at);
    if (change.entry_point_answered) keep_latest(row.entry_point_answered, *change.entry_point_answered);
    return put(before, row);
  }

  std::optional<event> apply(const quote_known&) {
    auto row = views_.find_message(entry_.message_id);
    if (!row || !row->known()) return std::nullopt;
    row->updated_at = std::max(row->updated_at, entry_.at);
    views_.put_message(*row);
    return about(message_update_event{std::move(*row)});
  }

  std::optional<event> apply(const unhandled&) { return std::nullopt; }

  // Changes a message that may be known or not yet; tells pages when they know it and something moved.
  template <class Change>
  std::optional<event> change_message(std::string message_id, Change change) {
    std::optional<message> before = views_.find_message(message_id);
    if (!before)
      if (auto joined = joined_into(message_id)) {
        message_id = std::move(*joined);
        before = views_.find_message(message_id);
      }
    message row = before.value_or(message{});
    row.id = message_id;
    const bool was_known = row.known();
    change(row);
    if (before && row == *before) return std::nullopt;
    row.updated_at = std::max(row.updated_at, entry_.at);
    views_.put_message(row);
    if (!row.known()) return std::nullopt;
    if (!was_known && row.seq < 0) return about(history_event{std::move(row)});
    if (!was_known) return about(new_message_event{std::move(row)});
    const bool about_content = std::holds_alternative<reaction>(entry_.data) ||
                               std::holds_alternative<edit>(entry_.data) ||
                               std::holds_alternative<revoke>(entry_.data);
    if (about_content) return about(message_update_event{std::move(row)});
    if (const auto* received = std::get_if<message_received>(&entry_.data);
        received && received->replaces_placeholder)
      return about(message_update_event{std::move(row), true});
    return about(status_event{std::move(row)});
  }

  // As pages see the message.
  template <class MessageEvent>
  event about(MessageEvent said) {
    complete_as_shown(said.value, views_);
    return event{entry_.seq, "", std::move(said)};
  }

  // As change_message, by the wamid of the message meant; kept until somebody binds it when nobody has yet.
  template <class Change>
  std::optional<event> change_target(const std::string& wamid, Change change) {
    std::string message_id = entry_.message_id;
    if (message_id.empty())
      if (const auto binding = views_.find_binding(wamid)) message_id = binding->message_id;
    if (message_id.empty()) {
      for (const std::string& name : names_in(entry_.chat_id, wamid)) views_.park(name, entry_);
      return std::nullopt;
    }
    return change_message(message_id, change);
  }

  // From now on the wamid leads to this row; what came before it is applied to it here.
  void bind(const std::string& wamid, message& row, int attempt = 1) {
    if (wamid.empty() || views_.find_binding(wamid)) return;
    views_.put_binding(wamid, {row.id, attempt});
    if (const std::string key = token_key(row.chat_id, wamid); !key.empty() && !views_.find_binding(key))
      views_.put_binding(key, {row.id, attempt});
    std::vector<entry> parked;
    for (const std::string& name : names_in(row.chat_id, wamid))
      for (entry& early : views_.take_parked(name)) parked.push_back(std::move(early));
    for (const entry& early : parked) {
      if (const auto* changed = std::get_if<status_changed>(&early.data)) {
        status_changed known = *changed;
        known.attempt = attempt;
        join_status(row, known);
      } else if (const auto* mark = std::get_if<reaction>(&early.data)) {
        join_reaction(row, *mark);
      } else if (const auto* change = std::get_if<edit>(&early.data)) {
        join_edit(row, *change);
      } else if (const auto* gone = std::get_if<revoke>(&early.data)) {
        join_revoke(row, *gone);
      }
      row.updated_at = std::max(row.updated_at, early.at);
    }
  }

  std::int64_t own_position() const { return static_cast<std::int64_t>(entry_.seq); }

  // Which message the row of an echo became part of.
  std::optional<std::string> joined_into(const std::string& echo_id) {
    const auto binding = views_.find_binding(joined_key(echo_id));
    return binding ? std::optional(binding->message_id) : std::nullopt;
  }

  // Where a message that is gone was the chat's last, that is now the newest of those that are left.
  void forget_last_message(const std::string& chat_id, const std::string& gone) {
    auto row = views_.find_chat(chat_id);
    if (!row || row->last_message_id != gone) return;
    const message newest = views_.newest_message(chat_id).value_or(message{});
    row->last_message_id = newest.id;
    row->last_seq = newest.seq;
    views_.put_chat(*row);
  }

  chat chat_or_new(const std::optional<chat>& before) const {
    chat row = before.value_or(chat{});
    row.id = entry_.chat_id;
    return row;
  }

  void open(chat& row) const {
    if (row.opened_seq == 0 || entry_.seq < row.opened_seq) row.opened_seq = entry_.seq;
  }

  void join_opened() {
    chat row = chat_or_new(views_.find_chat(entry_.chat_id));
    open(row);
    views_.put_chat(row);
  }

  // The entry's message stands in its chat; pages learn that from the message.
  void join_last_message(std::optional<chat_kind> kind, std::int64_t position) {
    chat row = chat_or_new(views_.find_chat(entry_.chat_id));
    if (kind) row.kind = *kind;
    if (row.last_message_id.empty() || position > row.last_seq) {
      row.last_seq = position;
      row.last_message_id = entry_.message_id;
    }
    views_.put_chat(row);
  }

  // Stores the row and tells what has changed of it for the eye.
  std::optional<event> put(const std::optional<chat>& before, const chat& row) {
    if (before && row == *before) return std::nullopt;
    views_.put_chat(row);
    chat_event said{row, std::nullopt};
    said.born = !before;
    said.title = said.born || row.subject != before->subject || row.kind != before->kind;
    said.window = said.born || row.window_ends_at != before->window_ends_at;
    said.activity = said.born || activity(row) != activity(*before);
    if (said.born && row.kind == chat_kind::person) said.contact = views_.find_contact(row.id);
    if (!said.title && !said.window && !said.activity) return std::nullopt;
    return event{entry_.seq, "", std::move(said)};
  }

  views& views_;
  const entry& entry_;
};

} // namespace

std::string joined_key(std::string_view echo_id) { return "id:" + std::string(echo_id); }

std::optional<event> apply(views& views, const entry& entry) { return application(views, entry).run(); }

} // namespace tickwire
