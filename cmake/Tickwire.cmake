# What every target of this project shares: language, warnings, sanitizers, hardening, and the functions
# that turn folders into libraries and file suffixes into tests.

set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

# The program must run where it is copied to, so third-party code is linked in wherever Debian has it as an archive.
set(Boost_USE_STATIC_LIBS ON)
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS headers json url)
find_package(PkgConfig REQUIRED)
pkg_check_modules(hiredis REQUIRED hiredis)
find_library(HIREDIS_LIBRARY NAMES libhiredis.a hiredis HINTS ${hiredis_LIBRARY_DIRS} REQUIRED)

add_link_options(-fuse-ld=lld)
# A precompiled header is judged by its content (ninja and ccache do), not by the times of system files, which packages set.
add_compile_options(-Xclang -fno-pch-timestamp)

add_library(tickwire_options INTERFACE)
target_compile_options(tickwire_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Werror)

if(TICKWIRE_SANITIZE)
  add_compile_options(-fsanitize=${TICKWIRE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TICKWIRE_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "Release")
  # Hardening that costs next to nothing; asserts of the standard library stay on in production.
  add_compile_options(-D_FORTIFY_SOURCE=2 -D_GLIBCXX_ASSERTIONS -fstack-protector-strong -fcf-protection)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack -pie)
endif()
if(TICKWIRE_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# The bodies of Asio, Beast, Boost.JSON's users and the precompiled header, once for everybody.
# Asio's and Beast's templates are compiled in one place (cmake/boost_bodies.cpp).
add_library(tickwire_boost STATIC ${CMAKE_SOURCE_DIR}/cmake/boost_bodies.cpp)
find_package(OpenSSL REQUIRED)
target_compile_features(tickwire_boost PUBLIC cxx_std_20)
target_compile_definitions(tickwire_boost PUBLIC
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(tickwire_boost PUBLIC Boost::headers Boost::json Boost::url OpenSSL::SSL OpenSSL::Crypto
  Threads::Threads)

# tickwire_module(NAME [USES targets…] [PRECOMPILE headers…])
# Makes the static library NAME of this folder's *.cpp and, of its *_test.cpp, the test program NAME_tests.
function(tickwire_module name)
  cmake_parse_arguments(arg "" "STANDARD" "USES;PRECOMPILE;TEST_USES;EXCLUDE" ${ARGN})
  if(NOT arg_STANDARD)
    set(arg_STANDARD 23)
  endif()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|fuzz|bench)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  foreach(pattern IN LISTS arg_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX ${pattern})
    list(FILTER tests EXCLUDE REGEX ${pattern})
  endforeach()
  add_library(${name} STATIC ${sources})
  target_compile_features(${name} PUBLIC cxx_std_${arg_STANDARD})
  target_link_libraries(${name} PRIVATE tickwire_options PUBLIC ${arg_USES})
  if(arg_PRECOMPILE)
    target_precompile_headers(${name} PRIVATE ${arg_PRECOMPILE})
  endif()
  if(TICKWIRE_TESTS AND tests)
    find_package(GTest REQUIRED)
    add_executable(${name}_tests ${tests})
    target_link_libraries(${name}_tests PRIVATE tickwire_options ${name} ${arg_TEST_USES} GTest::gmock_main)
    add_test(NAME ${name}_tests COMMAND ${name}_tests)
    set_tests_properties(${name}_tests PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()
