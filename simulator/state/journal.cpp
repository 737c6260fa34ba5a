#include "simulator/state/journal.hpp"

namespace simulator {
namespace {

namespace json = boost::json;

void add_members(json::object& out, const request_record& record) {
  out["kind"] = "request";
  out["method"] = record.method;
  out["path"] = record.path;
  out["body"] = record.body;
  out["outcome"] = record.outcome;
  out["status"] = record.status;
  if (record.code != 0) out["code"] = record.code;
  if (!record.wamid.empty()) out["wamid"] = record.wamid;
  if (!record.callback_data.empty()) out["callbackData"] = record.callback_data;
  out["latency"] = record.latency_ms;
}

void add_members(json::object& out, const webhook_record& record) {
  out["kind"] = "webhook";
  out["body"] = record.body ? *record.body : std::string();
  out["signature"] = record.signature;
  out["items"] = record.items;
  json::array attempts;
  for (const auto& attempt : record.attempts) {
    json::object shown{
        {"at", iso_time(attempt.at)}, {"status", attempt.status}, {"latency", attempt.latency_ms}};
    if (!attempt.error.empty()) shown["error"] = attempt.error;
    attempts.push_back(std::move(shown));
  }
  out["attempts"] = std::move(attempts);
  out["tries"] = record.tries;
  out["state"] = record.state;
}

} // namespace

json::object to_json(const journal_entry& entry) {
  json::object out{{"seq", entry.seq}, {"at", iso_time(entry.at)}};
  std::visit([&](const auto& record) { add_members(out, record); }, entry.record);
  return out;
}

std::uint64_t journal::add(std::variant<request_record, webhook_record> record) {
  entries_.push_back({++last_, std::chrono::system_clock::now(), std::move(record)});
  if (entries_.size() > limit_) entries_.pop_front();
  changed(last_);
  return last_;
}

journal_entry* journal::find(std::uint64_t seq) {
  if (entries_.empty() || seq < entries_.front().seq || seq > last_) return nullptr;
  return &entries_[static_cast<std::size_t>(seq - entries_.front().seq)];
}

webhook_record* journal::webhook(std::uint64_t seq) {
  auto* entry = find(seq);
  return entry != nullptr ? std::get_if<webhook_record>(&entry->record) : nullptr;
}

void journal::changed(std::uint64_t seq) {
  if (!on_change) return;
  if (const auto* entry = find(seq)) on_change(*entry);
}

json::object journal::list(std::uint64_t since, std::string_view kind, std::size_t most) const {
  json::array shown;
  std::uint64_t last = since;
  for (const auto& entry : entries_) {
    if (entry.seq <= since) continue;
    if (shown.size() == most) break;
    last = entry.seq;
    const bool request = std::holds_alternative<request_record>(entry.record);
    if (kind.empty() || (kind == "request") == request) shown.push_back(to_json(entry));
  }
  return {{"entries", std::move(shown)},
          {"last", last},
          {"head", last_},
          {"oldest", entries_.empty() ? last_ + 1 : entries_.front().seq}};
}

void journal::limit(std::size_t entries) {
  limit_ = entries;
  while (entries_.size() > limit_) entries_.pop_front();
}

} // namespace simulator
