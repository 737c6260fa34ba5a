// Writes JSON text straight into a string: every event and every page of messages goes through here, so no
// tree is built.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tickwire::wire {

// Appends a JSON string literal. Control characters, quote, backslash, U+2028 and U+2029 are escaped; bytes
// that are not UTF-8 become U+FFFD, so that the output is always valid JSON.
void append_string(std::string& out, std::string_view text);

// An object under construction: members are appended in the order of the calls.
class object_writer {
public:
  explicit object_writer(std::string& out)
      : out_(out) {
    out_ += '{';
  }
  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;
  ~object_writer() { out_ += '}'; }

  void member(std::string_view name, std::string_view text);
  void member(std::string_view name, const char* text) { member(name, std::string_view(text)); }
  void member(std::string_view name, const std::string& text) { member(name, std::string_view(text)); }
  void member(std::string_view name, bool value);
  void member(std::string_view name, std::uint64_t value);
  void member(std::string_view name, std::int64_t value);
  void member(std::string_view name, int value);
  void null(std::string_view name);
  // `json` is a JSON value already.
  void raw(std::string_view name, std::string_view json);
  // For values that are written by others: the name is out, the value must follow.
  std::string& open(std::string_view name);
  // The same for a name that is not ours: it may hold whatever a text can hold.
  std::string& open_foreign(std::string_view name);

private:
  void separate();
  void name(std::string_view name);
  std::string& out_;
  bool first_ = true;
};

} // namespace tickwire::wire
