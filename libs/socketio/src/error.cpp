#include "socketio/error.hpp"

#include <string>

namespace socketio {

namespace {

class category final : public boost::system::error_category {
public:
  const char* name() const noexcept override { return "socketio"; }
  std::string message(int value) const override {
    switch (static_cast<error>(value)) {
    case error::timed_out:
      return "operation has timed out";
    case error::disconnected:
      return "the client left before it answered";
    case error::too_many_pending:
      return "the client owes too many answers already";
    case error::cluster_away:
      return "the other servers cannot be reached";
    }
    return "unknown";
  }
};

} // namespace

const boost::system::error_category& error_category() {
  static const category instance;
  return instance;
}

} // namespace socketio
