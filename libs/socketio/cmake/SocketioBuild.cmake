# What the library's targets share, and the function that makes a library and its tests of a folder.
include(GNUInstallDirs)

if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_CXX_EXTENSIONS OFF)
  set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Release, RelWithDebInfo or Debug" FORCE)
  endif()
endif()

# Asio and Beast are used as headers only: no macro of ours reaches who links the library, so that they may compile
# theirs as they like (BOOST_ASIO_SEPARATE_COMPILATION too).
if(SOCKETIO_BOOST_TARGET)
  set(SOCKETIO_BOOST ${SOCKETIO_BOOST_TARGET})
else()
  find_package(Threads REQUIRED)
  find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS headers json)
  set(SOCKETIO_BOOST Boost::headers Boost::json Threads::Threads)
endif()

# For our own sources alone, never for who links the library.
add_library(socketio_options INTERFACE)
if(SOCKETIO_OPTIONS_TARGET)
  target_link_libraries(socketio_options INTERFACE ${SOCKETIO_OPTIONS_TARGET})
elseif(PROJECT_IS_TOP_LEVEL)
  target_compile_options(socketio_options INTERFACE -Wall -Wextra -Wpedantic)
endif()

# socketio_library(NAME FOLDER [EXCEPT regexes…])
# Makes the library NAME of the folder's *.cpp, socketio::… for who links it, and of its *_test.cpp the program NAME_tests.
function(socketio_library name folder)
  cmake_parse_arguments(arg "" "" EXCEPT ${ARGN})
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  foreach(pattern IN LISTS arg_EXCEPT)
    list(FILTER sources EXCLUDE REGEX ${pattern})
  endforeach()
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")

  add_library(${name} ${sources})
  string(REPLACE socketio_ "" public_name ${name})
  add_library(socketio::${public_name} ALIAS ${name})
  target_compile_features(${name} PUBLIC cxx_std_20)
  target_include_directories(${name} PRIVATE ${socketio_SOURCE_DIR}/src)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:socketio_options>)
  set_target_properties(${name} PROPERTIES EXPORT_NAME ${public_name} POSITION_INDEPENDENT_CODE ON
    VERSION ${socketio_VERSION} SOVERSION ${socketio_VERSION_MAJOR})

  if(SOCKETIO_BUILD_TESTS AND tests)
    find_package(GTest REQUIRED)
    add_executable(${name}_tests ${tests})
    target_include_directories(${name}_tests PRIVATE ${socketio_SOURCE_DIR}/src)
    target_link_libraries(${name}_tests PRIVATE socketio_options ${name} GTest::gmock_main)
    add_test(NAME ${name}_tests COMMAND ${name}_tests)
    set_tests_properties(${name}_tests PROPERTIES LABELS unit TIMEOUT 300)
  endif()
endfunction()
