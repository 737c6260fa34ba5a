// A folder that is not to be used as if it were whole: somebody is copying into it, or died doing that. A
// file says so, and why.
#pragma once

#include <filesystem>
#include <string>

namespace tickwire::sqlite {

std::string unfinished(const std::filesystem::path& directory); // the sentence; empty: it is whole
// On the disk when it returns. An empty sentence: it is whole.
void set_unfinished(const std::filesystem::path& directory, const std::string& sentence);
// Throws std::runtime_error with the sentence.
void refuse_unfinished(const std::filesystem::path& directory);

} // namespace tickwire::sqlite
