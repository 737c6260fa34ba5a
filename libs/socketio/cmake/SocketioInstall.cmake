# Headers, libraries and the CMake package: find_package(socketio 1) gives socketio::socketio and, when it was built,
# socketio::redis. The two are exported apart, so that who does not use Redis needs no hiredis.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/socketio)
set(redis_header redis_adapter.hpp)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/socketio DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp" PATTERN ${redis_header} EXCLUDE)
install(TARGETS socketio EXPORT socketioTargets)
install(EXPORT socketioTargets NAMESPACE socketio:: DESTINATION ${package_folder})
if(SOCKETIO_REDIS)
  install(FILES ${PROJECT_SOURCE_DIR}/include/socketio/${redis_header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/socketio)
  install(TARGETS socketio_redis EXPORT socketioRedisTargets)
  install(EXPORT socketioRedisTargets NAMESPACE socketio:: DESTINATION ${package_folder})
endif()

# The configuration file is as it stands: it finds what it needs beside itself.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/socketioConfigVersion.cmake COMPATIBILITY SameMajorVersion)
install(FILES ${PROJECT_SOURCE_DIR}/cmake/socketioConfig.cmake ${PROJECT_BINARY_DIR}/socketioConfigVersion.cmake
  DESTINATION ${package_folder})
