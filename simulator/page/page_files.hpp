#pragma once
// The files of the phone page, compiled in so that the program is one file.

#include <span>
#include <string_view>

namespace simulator {

struct page_file {
  std::string_view name; ///< such as "phone.css"
  std::string_view content;
};

/// All files of the page; the memory lives as long as the program.
std::span<const page_file> page_files();

} // namespace simulator
