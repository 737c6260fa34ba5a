#include "adapters/meta/kept_decode.hpp"

#include "adapters/meta/json_access.hpp"
#include "adapters/meta/webhook_decode.hpp"
#include "adapters/meta/webhook_repair.hpp"

#include <algorithm>

namespace tickwire::meta {

namespace {

std::string body_of_entry(const std::string& entry) {
  return R"({"object":"whatsapp_business_account","entry":[)" + entry + "]}";
}
std::string body_of_change(const std::string& change) {
  return body_of_entry(R"({"changes":[)" + change + "]}");
}

// The raw JSON in what has to stand around it, by the level at which it was kept.
std::string body_of(std::string_view what, const std::string& raw, const std::string& inbox) {
  if (what.starts_with("number ") || what.starts_with("field ")) return body_of_change(raw);
  if (what.starts_with("status"))
    return body_of_change(R"({"field":"messages","value":{"metadata":{"phone_number_id":")" + inbox +
                          R"("},"statuses":[)" + raw + "]}}");
  if (what == "entry") return body_of_entry(raw);
  if (what.starts_with("envelope") || what.starts_with("body")) return raw;
  return {};
}

} // namespace

std::vector<entry> decode_kept(const entry& kept, const std::string& inbox) {
  const std::string body = body_of(std::get<unhandled>(kept.data).what, kept.raw, inbox);
  auto decoded = body.empty() ? std::nullopt : decode_webhook(body, inbox, kept.at);
  if (!decoded) return {};
  std::erase_if(decoded->proposals,
                [](const entry& proposal) { return std::holds_alternative<unhandled>(proposal.data); });
  return std::move(decoded->proposals);
}

std::string display_number_of(const std::string& raw_change) {
  const json::value change = parse_body(raw_change, {}).value;
  const auto* value = change.is_object() ? object_at(change.get_object(), "value") : nullptr;
  const auto* metadata = value ? object_at(*value, "metadata") : nullptr;
  return metadata ? text_at(*metadata, "display_phone_number") : "";
}

} // namespace tickwire::meta
