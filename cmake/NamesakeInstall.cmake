# The shared library out of every module's objects, and what an installed package consists of:
#   find_package(namesake)  ->  namesake::namesake, with no library of ours or others left to find.
# A project that takes the sources with add_subdirectory links the same namesake::namesake.

get_property(modules GLOBAL PROPERTY NAMESAKE_MODULES)
add_library(namesake SHARED)
add_library(namesake::namesake ALIAS namesake)
target_link_libraries(namesake PRIVATE namesake_flags Threads::Threads)
foreach(module IN LISTS modules)
  get_property(libraries GLOBAL PROPERTY NAMESAKE_${module}_LIBRARIES)
  target_sources(namesake PRIVATE $<TARGET_OBJECTS:namesake_${module}>)
  target_link_libraries(namesake PRIVATE ${libraries})
endforeach()
target_compile_features(namesake PUBLIC cxx_std_20)
target_include_directories(namesake PUBLIC
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
  $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/generated>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
set_target_properties(namesake PROPERTIES
  LINKER_LANGUAGE CXX
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})  # before 1.0 a minor version may change the interface

include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/namesake)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/namesakeConfig.cmake.in ${PROJECT_BINARY_DIR}/namesakeConfig.cmake
  INSTALL_DESTINATION ${package} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/namesakeConfigVersion.cmake COMPATIBILITY SameMinorVersion)

install(TARGETS namesake EXPORT namesakeTargets COMPONENT namesake
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT namesake NAMELINK_COMPONENT namesake)
install(EXPORT namesakeTargets NAMESPACE namesake:: DESTINATION ${package} COMPONENT namesake)
install(FILES ${PROJECT_BINARY_DIR}/namesakeConfig.cmake ${PROJECT_BINARY_DIR}/namesakeConfigVersion.cmake
  DESTINATION ${package} COMPONENT namesake)
install(FILES ${PROJECT_BINARY_DIR}/generated/namesake/base/version.h
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/namesake/base COMPONENT namesake)
if(EXISTS ${PROJECT_SOURCE_DIR}/namesake/namesake.h)
  install(FILES ${PROJECT_SOURCE_DIR}/namesake/namesake.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/namesake COMPONENT namesake)
endif()
