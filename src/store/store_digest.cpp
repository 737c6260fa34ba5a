#include "store/store_digest.hpp"

#include "core/hex.hpp"
#include "wire/body_json.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace tickwire {

namespace {

std::string hex(const sha256::digest& digest) { return to_hex(digest.data(), digest.size()); }

// A row as one text: each value with its length, so that no two rows have the same.
class row_text {
public:
  explicit row_text(std::string_view kind) { *this << kind; }

  row_text& operator<<(std::string_view value) {
    text_ += std::to_string(value.size());
    text_ += ':';
    text_ += value;
    return *this;
  }
  row_text& operator<<(const std::string& value) { return *this << std::string_view(value); }
  row_text& operator<<(const char* value) { return *this << std::string_view(value); }
  row_text& operator<<(std::int64_t value) { return *this << std::to_string(value); }
  row_text& operator<<(std::uint64_t value) { return *this << std::to_string(value); }
  row_text& operator<<(int value) { return *this << std::to_string(value); }
  row_text& operator<<(bool value) { return *this << std::string_view(value ? "yes" : "no"); }
  row_text& operator<<(timestamp value) { return *this << value.time_since_epoch().count(); }
  row_text& operator<<(status value) { return *this << to_string(value); }
  template <class T>
  row_text& operator<<(const std::optional<T>& value) {
    *this << value.has_value();
    return value ? *this << *value : *this;
  }
  template <class T>
  row_text& operator<<(const std::vector<T>& list) {
    *this << list.size();
    for (const T& one : list) *this << one;
    return *this;
  }

  row_text& operator<<(const message_error& value) {
    return *this << value.code << value.title << value.reason << value.can_retry;
  }
  row_text& operator<<(const reply_to& value) {
    return *this << value.whatsapp_message_id << value.message_id;
  }
  row_text& operator<<(const reaction_mark& value) {
    return *this << value.from << value.emoji << value.at << value.whatsapp_message_id;
  }
  row_text& operator<<(const receipt& value) {
    return *this << value.contact_id << value.value << value.delivered_at << value.read_at;
  }
  row_text& operator<<(const status_times& value) {
    return *this << value.accepted << value.sent << value.delivered << value.read << value.failed
                 << value.played;
  }

  const std::string& text() const { return text_; }

private:
  std::string text_;
};

row_text text_of(const message& m) {
  row_text text("messages");
  text << m.id << m.chat_id << m.sender_id << m.receiver_id << (m.direction == direction::in) << m.type
       << m.text << (m.body.empty() ? std::string() : wire::encode(m.body)) << m.client_id << m.created_at
       << m.seq << m.reply << m.counts_unread;
  text << m.attempt << m.status << m.reported_unconfirmed << m.error << m.error_at << m.times
       << m.whatsapp_message_id << m.arrived_attempt << m.arrived_wamid << m.reactions << m.receipts
       << m.edited_text << m.edit_id << m.edited_at << m.revoked_at << m.updated_at;
  return text;
}
row_text text_of(const contact& row) {
  row_text text("contacts");
  text << row.id << row.name << row.profile_name << row.phone << row.user_id << row.username
       << row.profile_name_at << row.username_at << row.seq << row.since << row.merged_into;
  return text;
}
row_text text_of(const chat& row) {
  row_text text("chats");
  text << row.id << (row.kind == chat_kind::group) << row.subject << row.subject_seq << row.last_seq
       << row.last_message_id << row.opened_seq << row.window_ends_at << row.entry_point_at
       << row.entry_point_answered;
  return text;
}
row_text text_of(const binding_row& row) {
  return row_text("names of messages") << row.name << row.to.message_id << row.to.attempt;
}
row_text text_of(const parked_row& row) { return row_text("entries that wait") << row.name << row.key; }
row_text text_of(const alias_row& row) {
  return row_text("names of contacts") << row.alias << row.contact_id << row.seq;
}
row_text text_of(const quote_row& row) {
  return row_text("quotes") << row.quoted << row.message_id << row.seq;
}
row_text text_of(const mark_row& row) {
  return row_text("read marks") << row.user_id << row.chat_id << row.up_to;
}

row_text text_of(const term_row& row) { return row_text("terms of sending") << row.term; }

const char* plural_of(const view_row& row) {
  static constexpr std::array names{"messages",          "contacts",          "chats",  "names of messages",
                                    "entries that wait", "names of contacts", "quotes", "read marks",
                                    "terms of sending"};
  static_assert(names.size() == std::variant_size_v<view_row>);
  return names[row.index()];
}

row_text text_of(const stored_entry& stored) {
  const entry& what = stored.what;
  row_text text("entry");
  text << what.seq << what.key << what.at << kind_of(what.data) << what.chat_id << what.message_id
       << what.actor << stored.data << what.raw << stored.said.has_value();
  if (stored.said) text << stored.said->name << stored.said->only_user << *stored.said->data;
  return text;
}

// The sum of the hashes of all rows: stores keep them in different orders, and none of them need be sorted.
class sum_of_rows {
public:
  void add(const view_row& row) {
    const sha256::digest digest =
        std::visit([](const auto& value) { return sha256_of(text_of(value).text()); }, row);
    unsigned carry = 0;
    for (std::size_t i = digest.size(); i-- > 0;) {
      carry += unsigned{sum_[i]} + digest[i];
      sum_[i] = static_cast<unsigned char>(carry);
      carry >>= 8;
    }
    ++counts_[plural_of(row)];
  }
  views_digest digest() const { return {counts_, hex(sum_)}; }

private:
  sha256::digest sum_{};
  row_counts counts_;
};

struct log_digest {
  std::uint64_t entries = 0;
  bool lacks_entries = false;
};

log_digest add_log(sha256& hash, whole_log& log, const std::function<void(std::uint64_t)>& read) {
  log_digest done;
  std::size_t owed = 0;
  for (std::vector<stored_entry> part; !(part = log.entries_after(done.entries)).empty();) {
    for (const stored_entry& one : part) {
      if (one.what.seq != ++done.entries)
        throw std::runtime_error("The log has entry " + std::to_string(one.what.seq) + " where entry " +
                                 std::to_string(done.entries) + " belongs. Put back a backup of it.");
      hash.add(text_of(one).text());
      owed = std::max(owed - (owed > 0), one.followers);
    }
    read(part.size());
  }
  done.lacks_entries = owed > 0;
  return done;
}

std::string digest_of(whole_accounts all, row_counts& counts) {
  const auto by = [](auto member) {
    return [member](const auto& left, const auto& right) { return left.*member < right.*member; };
  };
  std::sort(all.users.begin(), all.users.end(),
            [](const user_record& left, const user_record& right) { return left.who.id < right.who.id; });
  std::sort(all.sessions.begin(), all.sessions.end(), by(&whole_accounts::session::token_hash));
  std::sort(all.devices.begin(), all.devices.end(), by(&whole_accounts::device::device_hash));
  sha256 hash;
  for (const user_record& one : all.users)
    hash.add((row_text("user") << one.who.id << one.who.name << to_text(one.who.role) << one.who.disabled
                               << one.password_hash)
                 .text());
  for (const whole_accounts::session& one : all.sessions)
    hash.add((row_text("session") << one.token_hash << one.user_id << one.until).text());
  for (const whole_accounts::device& one : all.devices)
    hash.add((row_text("device") << one.device_hash << one.user_id << one.added_at).text());
  counts["users"] = all.users.size();
  counts["sessions"] = all.sessions.size();
  counts["devices"] = all.devices.size();
  return hex(hash.finish());
}

} // namespace

views_digest digest_of_views(whole_log& log) {
  sum_of_rows sum;
  log.each_view_row([&](const view_row& row) { sum.add(row); });
  return sum.digest();
}

std::string store_digest::whole() const { return hex(sha256_of(log + views + accounts)); }

store_digest digest_of(whole_store& store, const reading_progress& progress) {
  store_digest done;
  sha256 logs, views;
  std::uint64_t& entries = done.counts["entries"];
  for (const std::string& inbox : store.inboxes()) {
    const auto log = store.read(inbox);
    const std::string name = (row_text("log") << inbox << log->epoch()).text();
    logs.add(name);
    const log_digest read = add_log(logs, *log, [&](std::uint64_t more) { progress(entries += more); });
    done.lacks_entries = done.lacks_entries || read.lacks_entries;
    const views_digest rows = digest_of_views(*log);
    for (const auto& [kind, count] : rows.counts) done.counts[kind] += count;
    views.add(name);
    views.add(rows.hash);
  }
  done.log = hex(logs.finish());
  done.views = hex(views.finish());
  done.accounts = digest_of(store.accounts(), done.counts);
  return done;
}

} // namespace tickwire
