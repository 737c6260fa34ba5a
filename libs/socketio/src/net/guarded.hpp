// Calling functions of the application.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace socketio::detail {

// Calls it; what it throws is told to the log and harms nobody. False: it threw.
template <class Work>
bool guarded(const std::function<void(std::string_view)>& log, std::string_view what, Work&& work) {
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    if (log) log(std::string(what) + " threw: " + error.what());
    return false;
  }
}

} // namespace socketio::detail
