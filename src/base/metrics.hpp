// What GET /metrics shows. A counter or gauge is a member of whoever counts; it is shown as long as it lives:
//
//   counter refused_{"tickwire_logins_refused_total", "Logins with a wrong name or password."};
//   refused_.add();
//
// Names and texts are literals. Never a person, number or name in them. A name may carry a label:
// "tickwire_things_total{kind=\"small\"}".
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tickwire {

// Something with a value, in the process's list. Made and destroyed on any thread.
class metric {
public:
  metric(std::string_view name, std::string_view help, std::string_view type);
  metric(const metric&) = delete;
  metric& operator=(const metric&) = delete;
  virtual ~metric();
  virtual std::uint64_t value() const = 0;

private:
  friend std::string metrics_text();
  const std::string_view name_, help_, type_;
};

// Only goes up. Any thread.
class counter final : public metric {
public:
  counter(std::string_view name, std::string_view help)
      : metric(name, help, "counter") {}
  void add(std::uint64_t more = 1) { count_.fetch_add(more, std::memory_order_relaxed); }
  std::uint64_t value() const override { return count_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> count_{0};
};

// Asked when somebody looks, on the I/O thread.
class gauge final : public metric {
public:
  gauge(std::string_view name, std::string_view help, std::function<std::uint64_t()> ask)
      : metric(name, help, "gauge")
      , ask_(std::move(ask)) {}
  std::uint64_t value() const override { return ask_(); }

private:
  const std::function<std::uint64_t()> ask_;
};

// All of them in Prometheus's text format, in order of their names. Several of one name are added up.
std::string metrics_text();

} // namespace tickwire
