#include "simulator/net/event_hub.hpp"

#include <boost/json/serialize.hpp>

namespace simulator {

std::shared_ptr<subscriber> event_hub::subscribe() {
  watched();
  if (subscribers_.size() >= subscribers_max) return nullptr;
  auto made = std::make_shared<subscriber>(executor_);
  subscribers_.push_back(made);
  return made;
}

bool event_hub::watched() {
  std::erase_if(subscribers_, [](const auto& one) { return one.expired(); });
  return !subscribers_.empty();
}

void event_hub::publish(std::string_view event, const boost::json::value& data) {
  if (!watched()) return;
  const auto text = text_of(event, data);
  for (const auto& one : subscribers_)
    if (const auto to = one.lock()) give(*to, text);
}

void event_hub::give(subscriber& to, std::shared_ptr<const std::string> text) {
  if (to.cut) return;
  // The first may be as large as it likes: it is the whole state.
  if (!to.pending.empty() && to.pending_bytes + text->size() > pending_bytes_max) to.cut = true;
  to.pending_bytes += text->size();
  to.pending.push_back(std::move(text));
  to.wake.cancel();
}

std::shared_ptr<const std::string> event_hub::text_of(std::string_view event,
                                                      const boost::json::value& data) {
  std::string text = "event: ";
  text += event;
  text += "\ndata: ";
  text += boost::json::serialize(data); // one line: JSON escapes line breaks
  text += "\n\n";
  return std::make_shared<const std::string>(std::move(text));
}

} // namespace simulator
