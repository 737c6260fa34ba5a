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
      return "operation has timed out"; // as the Node server words it
    case error::disconnected:
      return "socket has been disconnected";
    case error::too_many_pending:
      return "too many answers of this socket are awaited already";
    case error::cluster_away:
      return "the other servers of the cluster cannot be reached";
    }
    return "unknown error " + std::to_string(value);
  }
};

} // namespace

const boost::system::error_category& error_category() {
  static const category instance;
  return instance;
}

} // namespace socketio
