#include "adapters/http/store_question.hpp"

#include "base/start.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tickwire::http {

namespace asio = boost::asio;

task<bool> store_question::ask() {
  const bool under_way = latest_ && !latest_->answered;
  if (!under_way && (!latest_ || pace_.take(std::chrono::steady_clock::now()).count() == 0)) {
    latest_ = std::make_shared<question>(io_);
    start(io_, "http: a look at the store", put(reads_, latest_));
  }
  const std::shared_ptr<question> mine = latest_;
  if (!mine->answered) co_await mine->over.async_wait(asio::as_tuple(asio::use_awaitable));
  mine->answered = true; // or given up: who comes now asks anew
  co_return mine->usable;
}

task<void> store_question::put(reading& reads, std::shared_ptr<question> asked) {
  asked->usable = co_await reads.usable();
  asked->answered = true;
  asked->over.cancel();
}

} // namespace tickwire::http
