#pragma once
// multipart/form-data, as media uploads come.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace simulator {

struct form_part {
  std::string name{};
  std::string filename{};
  std::string content_type{};
  std::string_view content; ///< into the body
};

/// The parts of a body, or nothing when the content type is no multipart/form-data or the body is malformed.
std::optional<std::vector<form_part>> read_form(std::string_view content_type, std::string_view body);

} // namespace simulator
