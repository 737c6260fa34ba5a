#include "base/blocking_pool.hpp" // compiles alone
