#pragma once

#include "store/whole_store.hpp"

#include <filesystem>
#include <memory>

namespace tickwire::sqlite {

// The files in a folder, which is made when something is written.
std::unique_ptr<whole_store> open_whole(const std::filesystem::path& directory);

} // namespace tickwire::sqlite
