# namesake_module(NAME
#   DEPENDS   modules that its files may include (and, through them, theirs)
#   SOURCES   .cpp files          HEADERS  public headers, installed
#   LIBRARIES third-party targets, private
#   TESTS     _test.cpp files: one program NAME_test, run by ctest)
#
# Folder = module = OBJECT target namesake_NAME. The line DEPENDS is the only place that says what a module may use;
# tools/check_modules.py holds every #include against it.

# Flags of every target of ours.
add_library(namesake_flags INTERFACE)
target_include_directories(namesake_flags INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR}/generated)
target_compile_options(namesake_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers
  -fno-math-errno -fno-trapping-math            # results stay IEEE; halves the time of small loops
  -fmacro-prefix-map=${PROJECT_SOURCE_DIR}/=)   # places in messages read as examples/loop.cpp:14
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 sees overlapping strings in its own std::string and, under sanitizers, unset members in its own std::variant.
  target_compile_options(namesake_flags INTERFACE -Wno-restrict)
  if(NAMESAKE_SANITIZE)
    target_compile_options(namesake_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(NAMESAKE_WARNINGS_AS_ERRORS)
  target_compile_options(namesake_flags INTERFACE -Werror)
endif()
if(NAMESAKE_SANITIZE)
  target_compile_options(namesake_flags INTERFACE -fsanitize=${NAMESAKE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(namesake_flags INTERFACE -fsanitize=${NAMESAKE_SANITIZE})
  target_compile_definitions(namesake_flags INTERFACE NAMESAKE_SANITIZED)
endif()

function(namesake_module name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS;SOURCES;HEADERS;LIBRARIES;TESTS")
  set(target namesake_${name})
  set_property(GLOBAL APPEND PROPERTY NAMESAKE_MODULES ${name})
  set_property(GLOBAL PROPERTY NAMESAKE_${name}_DEPENDS "${arg_DEPENDS}")
  set_property(GLOBAL PROPERTY NAMESAKE_${name}_LIBRARIES "${arg_LIBRARIES}")
  add_library(${target} OBJECT ${arg_SOURCES} ${arg_HEADERS})
  target_compile_definitions(${target} PRIVATE NAMESAKE_BUILDING)
  target_link_libraries(${target} PRIVATE namesake_flags Threads::Threads ${arg_LIBRARIES})
  foreach(header IN LISTS arg_HEADERS)
    file(RELATIVE_PATH inner ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${header})
    get_filename_component(folder ${inner} DIRECTORY)
    install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/${folder} COMPONENT namesake)
  endforeach()
  if(NAMESAKE_DEVELOPER AND arg_TESTS)
    namesake_test(${name}_test MODULES ${name} SOURCES ${arg_TESTS})
  endif()
endfunction()

# The modules named and everything they may use, lowest last.
function(namesake_closure out)
  set(todo ${ARGN})
  set(seen)
  while(todo)
    list(POP_FRONT todo module)
    if(NOT module IN_LIST seen)
      list(APPEND seen ${module})
      get_property(more GLOBAL PROPERTY NAMESAKE_${module}_DEPENDS)
      list(APPEND todo ${more})
    endif()
  endwhile()
  set(${out} ${seen} PARENT_SCOPE)
endfunction()

# namesake_test(NAME MODULES m... SOURCES x_test.cpp... [LIBRARIES ...]): a test program on the objects of these modules.
# (Objects, not the shared library: tests see what it hides.)
function(namesake_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "MODULES;SOURCES;LIBRARIES")
  namesake_closure(modules ${arg_MODULES})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE namesake_flags Threads::Threads GTest::gtest GTest::gmock GTest::gtest_main fmt::fmt ${arg_LIBRARIES})
  target_compile_definitions(${name} PRIVATE NAMESAKE_BUILDING NAMESAKE_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  foreach(module IN LISTS modules)
    get_property(libraries GLOBAL PROPERTY NAMESAKE_${module}_LIBRARIES)
    target_sources(${name} PRIVATE $<TARGET_OBJECTS:namesake_${module}>)
    target_link_libraries(${name} PRIVATE ${libraries})
  endforeach()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 600)
  if(NAMESAKE_SANITIZE STREQUAL "thread")  # oneDNN on one thread: of GNU's OpenMP ThreadSanitizer understands nothing
    set_tests_properties(${name} PROPERTIES
      ENVIRONMENT "OMP_NUM_THREADS=1;TSAN_OPTIONS=suppressions=${PROJECT_SOURCE_DIR}/tools/tsan.supp")
  endif()
endfunction()
