// Calling functions of the application.
#pragma once

#include <exception>
#include <functional>
#include <string>
#include <string_view>

namespace socketio::detail {

// Calls it; what it throws, whatever that is, is told to the log and harms nobody. False: it threw.
template <class Work>
bool guarded(const std::function<void(std::string_view)>& log, std::string_view what, Work&& work) {
  std::string why;
  try {
    work();
    return true;
  } catch (const std::exception& error) {
    why = error.what();
  } catch (...) {
    why = "something that is no std::exception";
  }
  if (log) log(std::string(what) + " threw: " + why);
  return false;
}

} // namespace socketio::detail
