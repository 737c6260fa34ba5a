#pragma once

#include "store/kept_archive.hpp"

#include <filesystem>
#include <memory>

namespace tickwire::sqlite {

// Of the files in a folder. Older versions' are read as well.
std::unique_ptr<kept_archive> open_archive(const std::filesystem::path& directory);

} // namespace tickwire::sqlite
