#include "simulator/state/simulation.hpp"

#include "simulator/graph/recipient.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>

namespace simulator {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

constexpr std::size_t people_shown = 40;
constexpr std::size_t messages_shown = 60;
constexpr std::size_t wire_shown = 60;
constexpr auto window = std::chrono::hours(24);

int rank(std::string_view status) {
  static constexpr std::string_view order[] = {"accepted", "sent", "failed", "delivered", "read", "played"};
  return static_cast<int>(std::ranges::find(order, status) - std::begin(order));
}

std::string category_of(const outgoing& message) {
  return message.type == "template" ? "utility" : "service";
}

} // namespace

/// One message to one phone, or the `sent` of a whole group.
struct simulation::run {
  std::string wamid{};
  std::string digits{};
  std::string group_id{};
  bool whole_group = false;
  std::string callback_data{};
  std::string category{};
  int error_code = 0;
  std::vector<status_step> steps{};
  std::shared_ptr<gate> first_told{};
  std::vector<run> afterwards{}; ///< the participants' statuses follow the group's `sent`
};

simulation::simulation(const asio::any_io_executor& executor, options from)
    : set(std::move(from))
    , random(set.seed)
    , log(static_cast<std::size_t>(set.journal_limit))
    , hub(executor)
    , busy(executor)
    , sender(executor, set, log, random, busy)
    , executor_(executor) {
  log.on_change = [this](const journal_entry& entry) {
    if (hub.watched()) hub.publish("wire", to_json(entry));
  };
}

void simulation::invite(int count) {
  struct invited {
    std::string_view digits;
    std::string_view name;
    std::string_view username;
  };
  static constexpr std::array<invited, 6> known{{{"393550100201", "Sofia Marino", "sofia.marino"},
                                                 {"971550100202", "Omar Haddad", ""},
                                                 {"5511955500203", "Lívia Prado", "livia"},
                                                 {"447700900204", "Grace Whitlock", ""},
                                                 {"919555500205", "Arjun Mehta", "arjun.m"},
                                                 {"15550100206", "Noor Ellis", ""}}};
  const auto start = std::chrono::system_clock::now();
  for (int n = 0; n < count; ++n) {
    const auto at = static_cast<std::size_t>(n);
    const auto digits =
        at < known.size() ? std::string(known[at].digits) : std::to_string(15'550'200'000LL + n);
    auto* made = people.at(digits, set.online, set.auto_read);
    if (made == nullptr) return;
    if (at < known.size()) {
      made->who.name = known[at].name;
      made->who.username = known[at].username;
    }
    made->last_active = start - std::chrono::milliseconds(n); // the first invited stands first
  }
}

business_number simulation::number() const {
  return {set.waba_id, set.phone_number_id, set.display_phone_number};
}

std::expected<void, std::string> simulation::change_options(const json::object& patch) {
  auto changed = patched(set, patch);
  if (!changed) return std::unexpected(changed.error());

  const bool introduce = changed->webhook_url != set.webhook_url || changed->verify_token != set.verify_token;
  set = std::move(*changed);
  if (patch.contains("seed")) random = seeded_random(set.seed);
  log.limit(static_cast<std::size_t>(set.journal_limit));
  if (introduce && !set.webhook_url.empty() && !set.verify_token.empty())
    asio::co_spawn(executor_, verify(), asio::detached);
  hub.publish("options", to_json(set));
  return {};
}

asio::awaitable<webhook_sender::handshake> simulation::verify() {
  const auto token = busy.begin();
  auto result = co_await sender.verify();
  log.add(request_record{.method = "GET",
                         .path = "webhook handshake",
                         .body = json::string(result.answer),
                         .outcome = result.good ? "verified" : "not verified",
                         .status = result.status});
  co_return result;
}

std::expected<customer*, graph_error> simulation::recipient_of(const outgoing& message) {
  if (!message.recipient.empty()) {
    if (auto* known = people.find_user(message.recipient)) return known;
    return std::unexpected(graph_error{131009, "The recipient is not known."});
  }
  const auto own_country =
      set.prepend_country_code ? country_code_of(set.display_phone_number) : std::string_view();
  const auto digits = recipient_digits(message.to, own_country);
  if (!digits) return std::unexpected(graph_error{131009, "The parameter to is no phone number."});
  if (*digits == recipient_digits(set.display_phone_number)) return std::unexpected(graph_error{131021, {}});
  auto* someone = people.at(*digits, set.online, set.auto_read);
  if (someone == nullptr) return std::unexpected(graph_error{131016, "The simulator knows too many people."});
  return someone;
}

std::expected<void, graph_error> simulation::check(const outgoing& message) {
  std::string digits;
  if (message.group) {
    if (people.find_group(message.to) == nullptr) return std::unexpected(graph_error{131041, {}});
  } else {
    const auto someone = recipient_of(message);
    if (!someone) return std::unexpected(someone.error());
    digits = (*someone)->who.digits;
  }

  if (const auto* id = message.content.if_contains("id"); id != nullptr && message.type != "contacts") {
    const auto wanted = id->is_string() ? std::string(id->as_string()) : std::string();
    if (media.find(wanted, std::chrono::system_clock::now()) == nullptr)
      return std::unexpected(graph_error{131009, "The media id is not known for this number."});
  }

  const auto now = std::chrono::steady_clock::now();
  if (set.throughput_limit > 0 && !throughput_.take(set.throughput_limit, now))
    return std::unexpected(graph_error{130429, {}});
  if (set.pair_limit && !digits.empty() && !pairs_.take(digits, now))
    return std::unexpected(graph_error{131056, {}});
  return {};
}

std::expected<accepted, graph_error> simulation::check_and_accept(const outgoing& message,
                                                                  const send_plan& plan) {
  accepted result;
  result.input = message.to.empty() ? message.recipient : message.to;

  std::vector<customer*> phones;
  if (message.group) {
    result.group_id = message.to;
    for (const auto& digits : people.group_at(message.to).participants)
      if (auto* someone = people.at(digits, set.online, set.auto_read)) phones.push_back(someone);
    result.wamid = ids.wamid(message.to.substr(0, 15), true);
  } else {
    const auto someone = recipient_of(message);
    if (!someone) return std::unexpected(someone.error());
    phones.push_back(*someone);
    if (message.to.empty())
      result.user_id = (*someone)->who.user_id;
    else
      result.wa_id = (*someone)->who.digits;
    result.wamid = ids.wamid((*someone)->who.digits, true);
  }

  for (auto* phone : phones) {
    phone->typing.reset();
    auto& put = people.put(*phone, {.wamid = result.wamid,
                                    .from_customer = false,
                                    .type = message.type,
                                    .content = message.content,
                                    .quoted = message.quoted,
                                    .at = std::chrono::system_clock::now(),
                                    .group_id = result.group_id,
                                    .callback_data = message.callback_data,
                                    .category = category_of(message),
                                    .status = "accepted",
                                    .error_code = plan.fails_with.value_or(0)});
    publish_message(*phone, put);
  }
  return result;
}

std::shared_ptr<gate> simulation::start(const accepted& message, const outgoing& sent,
                                        const send_plan& plan) {
  auto told = std::make_shared<gate>(executor_);
  run first{.wamid = message.wamid,
            .digits = {},
            .group_id = message.group_id,
            .whole_group = !message.group_id.empty(),
            .callback_data = sent.callback_data,
            .category = category_of(sent),
            .error_code = plan.fails_with.value_or(0),
            .steps = {},
            .first_told = told,
            .afterwards = {}};

  if (first.whole_group) {
    first.steps = plan_statuses(set, plan, {.online = false}, random);
    if (!plan.fails_with)
      for (const auto& digits : people.group_at(message.group_id).participants) {
        const auto* someone = people.find(digits);
        if (someone == nullptr) continue;
        run next = first;
        next.whole_group = false;
        next.digits = digits;
        next.first_told.reset();
        next.afterwards.clear();
        next.steps = plan_arrival(set, {someone->online, someone->reads}, random);
        first.afterwards.push_back(std::move(next));
      }
  } else {
    const auto* someone = people.holder(message.wamid);
    if (someone == nullptr) {
      told->open();
      return told;
    }
    first.digits = someone->who.digits;

    send_plan planned = plan;
    const bool closed =
        !someone->last_wrote || std::chrono::system_clock::now() - *someone->last_wrote > window;
    if (set.enforce_window && closed && sent.type != "template" && !planned.fails_with)
      planned.fails_with = 131047;
    // Reactions to nothing are taken on and fail; of others only `sent` comes back.
    phone_view phone{someone->online, someone->reads};
    if (sent.type == "reaction") {
      phone.online = false;
      const auto target = std::string(sent.content.at("message_id").as_string());
      if (people.holder(target) == nullptr && !planned.fails_with) planned.fails_with = 131009;
    }
    first.error_code = planned.fails_with.value_or(0);
    first.steps = plan_statuses(set, planned, phone, random);
  }
  launch(std::move(first));
  return told;
}

void simulation::launch(run what) { asio::co_spawn(executor_, perform(std::move(what)), asio::detached); }

asio::awaitable<void> simulation::perform(run what) {
  const auto token = busy.begin();
  const bool delivered_planned =
      std::ranges::any_of(what.steps, [](const auto& step) { return step.status == "delivered"; });

  for (const auto& step : what.steps) {
    if (step.delay > 0) {
      asio::steady_timer timer(executor_, std::chrono::milliseconds(step.delay));
      co_await timer.async_wait(asio::use_awaitable);
    }

    customer* phone = what.whole_group ? nullptr : people.find(what.digits);
    const bool needs_phone = step.status == "delivered" || step.status == "read";
    if (needs_phone && (phone == nullptr || !phone->online)) continue; // it went off; it will be planned anew
    if (phone != nullptr) {
      if (auto* message = phone->find(what.wamid)) raise(*phone, *message, step.status, what.error_code);
    } else {
      for (const auto& digits : people.group_at(what.group_id).participants)
        if (auto* member = people.find(digits))
          if (auto* message = member->find(what.wamid))
            raise(*member, *message, step.status, what.error_code);
    }

    const status_facts facts{.wamid = what.wamid,
                             .status = step.status,
                             .timestamp = seconds_of(std::chrono::system_clock::now()),
                             .group_id = what.group_id,
                             .whole_group = what.whole_group,
                             .callback_data = what.callback_data,
                             .category = what.category,
                             .error_code = what.error_code};
    const bool priced =
        step.status == "sent" || step.status == "delivered" || (step.status == "read" && !delivered_planned);
    const auto item = status_item(number(), phone != nullptr ? phone->shown() : person{}, facts, priced);
    std::shared_ptr<gate> told;
    for (int copy = 0; copy < step.copies; ++copy) told = sender.tell(item);

    // The next status waits for the first answer to this one: disorder comes from the plan, not from chance.
    // Statuses in batches do not wait, else no batch would ever hold two of one message.
    if (told && set.batch_size == 1) co_await told->passed();
    if (what.first_told) what.first_told->open();
  }
  if (what.first_told) what.first_told->open();
  for (auto& next : what.afterwards) launch(std::move(next));
}

void simulation::raise(customer& on, phone_message& message, const std::string& status, int code) {
  if (rank(status) <= rank(message.status)) return;
  message.status = status;
  if (status == "failed") message.error_code = code;
  publish_message(on, message);
}

std::expected<void, graph_error> simulation::read_by_business(const read_receipt& receipt) {
  auto* someone = people.holder(receipt.wamid);
  const auto* target = someone != nullptr ? someone->find(receipt.wamid) : nullptr;
  if (target == nullptr || !target->from_customer)
    return std::unexpected(graph_error{131009, "The message_id is not that of a received message."});
  if (!target->group_id.empty()) return std::unexpected(graph_error{131009, "Groups have no read receipts."});

  for (auto& message : someone->messages) { // the earlier ones as well
    if (message.from_customer && message.group_id.empty() && message.status != "read") {
      message.status = "read";
      publish_message(*someone, message);
    }
    if (message.wamid == receipt.wamid) break;
  }
  if (receipt.typing) {
    someone->typing = std::chrono::system_clock::now();
    hub.publish("typing", {{"phone", someone->who.digits}});
  }
  return {};
}

std::expected<std::string, std::string> simulation::receive(const inbound& what) {
  auto* someone = people.at(what.from, set.online, set.auto_read);
  if (someone == nullptr) return std::unexpected("The simulator knows too many people.");
  if (!what.name.empty()) someone->who.name = what.name;
  if (!what.group_id.empty()) {
    auto& members = people.group_at(what.group_id).participants;
    if (std::ranges::find(members, what.from) == members.end()) members.push_back(what.from);
  }

  const auto now = std::chrono::system_clock::now();
  const auto* given = what.message.if_contains("id");
  auto wamid =
      given != nullptr && given->is_string() ? std::string(given->as_string()) : ids.wamid(what.from, false);
  const auto* type_value = what.message.if_contains("type");
  const auto type =
      type_value != nullptr && type_value->is_string() ? std::string(type_value->as_string()) : std::string();
  someone->last_wrote = now;

  if (people.holder(wamid) == nullptr) {
    phone_message message{.wamid = wamid,
                          .from_customer = true,
                          .type = type,
                          .content = {},
                          .quoted = {},
                          .at = now,
                          .group_id = what.group_id,
                          .callback_data = {},
                          .status = "sending"};
    if (const auto* content = what.message.if_contains(type)) {
      if (content->is_object())
        message.content = content->as_object();
      else
        message.content[type] = *content;
    }
    auto& put = people.put(*someone, std::move(message));
    publish_message(*someone, put);
  }

  const auto item =
      message_item(number(), someone->shown(), wamid, seconds_of(now), what.group_id, what.message);
  const auto copies = plan_copies(set, random);
  for (int copy = 0; copy < copies; ++copy)
    sender.tell(item, [this, from = what.from, wamid] {
      auto* writer = people.find(from);
      auto* message = writer != nullptr ? writer->find(wamid) : nullptr;
      if (message == nullptr || message->status != "sending") return;
      message->status = "delivered";
      publish_message(*writer, *message);
    });
  return wamid;
}

std::expected<void, std::string> simulation::force_status(const std::string& wamid, const std::string& status,
                                                          int code, const std::string& participant) {
  auto* someone = participant.empty() ? people.holder(wamid) : people.find(participant);
  auto* message = someone != nullptr ? someone->find(wamid) : nullptr;
  if (message == nullptr || message->from_customer)
    return std::unexpected("No message of the team has that wamid.");

  raise(*someone, *message, status, code);
  const status_facts facts{.wamid = wamid,
                           .status = status,
                           .timestamp = seconds_of(std::chrono::system_clock::now()),
                           .group_id = message->group_id,
                           .whole_group = !message->group_id.empty() && status == "sent",
                           .callback_data = message->callback_data,
                           .category = message->category,
                           .error_code = code};
  sender.tell(status_item(number(), someone->shown(), facts, status == "sent" || status == "delivered"));
  return {};
}

void simulation::set_phone(customer& someone, std::optional<bool> online, std::optional<bool> reads) {
  const bool came_on = online && *online && !someone.online;
  if (online) someone.online = *online;
  if (reads) someone.reads = *reads;

  if (came_on) {
    for (const auto& message : someone.messages) {
      if (message.from_customer || message.status != "sent" || message.type == "reaction") continue;
      launch({.wamid = message.wamid,
              .digits = someone.who.digits,
              .group_id = message.group_id,
              .callback_data = message.callback_data,
              .category = message.category,
              .steps = plan_arrival(set, {true, someone.reads}, random),
              .first_told = {},
              .afterwards = {}});
    }
  }
  if (reads && *reads && someone.online) read_all(someone);
  publish(someone);
}

int simulation::read_all(customer& someone) {
  int count = 0;
  for (const auto& message : someone.messages) {
    if (message.from_customer || message.status != "delivered") continue;
    ++count;
    launch({.wamid = message.wamid,
            .digits = someone.who.digits,
            .group_id = message.group_id,
            .callback_data = message.callback_data,
            .category = message.category,
            .steps = plan_reading(set, random),
            .first_told = {},
            .afterwards = {}});
  }
  return count;
}

void simulation::publish(const customer& someone) { hub.publish("customer", to_json(someone, 0)); }

void simulation::publish_message(const customer& on, const phone_message& message) {
  if (!hub.watched()) return;
  hub.publish("message", {{"customer", to_json(on, 0)}, {"message", to_json(message)}});
}

json::object simulation::snapshot() const {
  json::array shown;
  for (const auto* someone : people.newest(people_shown)) shown.push_back(to_json(*someone, messages_shown));
  json::array wire;
  const auto& entries = log.entries();
  const auto first = entries.size() > wire_shown ? entries.size() - wire_shown : 0;
  for (auto n = first; n < entries.size(); ++n) wire.push_back(to_json(entries[n]));
  return {{"options", to_json(set)}, {"customers", std::move(shown)}, {"wire", std::move(wire)}};
}

} // namespace simulator
