#include "wire/stored_json.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value_stack.hpp>

#include <charconv>

namespace tickwire::wire {

namespace {

namespace json = boost::json;
using boost::system::error_code;

// Parts of webhooks are in what we store, none of them deeper than the webhook was allowed to be
// (meta/webhook_repair.cpp).
constexpr std::size_t depth_max = 64;

// Takes what the parser finds, as json::parser does, but reads doubles from their digits.
class value_builder {
public:
  static constexpr std::size_t max_object_size = json::object::max_size();
  static constexpr std::size_t max_array_size = json::array::max_size();
  static constexpr std::size_t max_key_size = json::string::max_size();
  static constexpr std::size_t max_string_size = json::string::max_size();

  json::value take() { return stack_.release(); }

  bool on_document_begin(error_code&) { return stack_.reset(), true; }
  bool on_document_end(error_code&) { return true; }
  bool on_object_begin(error_code&) { return true; }
  bool on_object_end(std::size_t size, error_code&) { return stack_.push_object(size), true; }
  bool on_array_begin(error_code&) { return true; }
  bool on_array_end(std::size_t size, error_code&) { return stack_.push_array(size), true; }
  bool on_key_part(json::string_view text, std::size_t, error_code&) { return stack_.push_chars(text), true; }
  bool on_key(json::string_view text, std::size_t, error_code&) { return stack_.push_key(text), true; }
  bool on_string_part(json::string_view text, std::size_t, error_code&) {
    return stack_.push_chars(text), true;
  }
  bool on_string(json::string_view text, std::size_t, error_code&) { return stack_.push_string(text), true; }
  bool on_number_part(json::string_view, error_code&) { return true; }
  bool on_int64(std::int64_t number, json::string_view, error_code&) {
    return stack_.push_int64(number), true;
  }
  bool on_uint64(std::uint64_t number, json::string_view, error_code&) {
    return stack_.push_uint64(number), true;
  }
  // The digits are all there, since the parser gets the whole text at once.
  bool on_double(double number, json::string_view digits, error_code&) {
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return stack_.push_double(number), true;
  }
  bool on_bool(bool flag, error_code&) { return stack_.push_bool(flag), true; }
  bool on_null(error_code&) { return stack_.push_null(), true; }
  bool on_comment_part(json::string_view, error_code&) { return true; }
  bool on_comment(json::string_view, error_code&) { return true; }

private:
  json::value_stack stack_;
};

} // namespace

json::value parse_stored(std::string_view text) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::basic_parser<value_builder> parser(options);
  error_code error;
  const std::size_t read = parser.write_some(false, text.data(), text.size(), error);
  if (!error && read < text.size()) error = json::error::extra_data;
  if (error) throw boost::system::system_error(error);
  return parser.handler().take();
}

std::string stored_text(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(json::string_view(name.data(), name.size()));
  return value ? std::string(value->as_string()) : std::string();
}

} // namespace tickwire::wire
