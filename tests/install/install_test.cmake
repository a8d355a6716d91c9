# Installs the built library into a fresh prefix, builds the consumer project against it, and runs that; then configures the
# consumer with the sources as a part of it.
#   cmake -DBUILD=... -DSOURCE=... -DCOMPILER=... -DGENERATOR=... -DTYPE=... -DVERSION=... -P install_test.cmake
set(work ${BUILD}/tests/install_test)
file(REMOVE_RECURSE ${work})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT status EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\nexit status ${status}\n${text}")
  endif()
  set(text "${text}" PARENT_SCOPE)
endfunction()

# A prefix that is moved after the installation: nothing in the package may remember where it was made.
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${work}/first --component namesake)
file(RENAME ${work}/first ${work}/prefix)

set(consumer ${CMAKE_COMMAND} -S ${CMAKE_CURRENT_LIST_DIR}/consumer -G ${GENERATOR}
  -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_BUILD_TYPE=${TYPE})
# Nothing of what the library itself uses may be needed: these packages are made impossible to find.
foreach(package fmt nlohmann_json dnnl PkgConfig CLI11 GTest)
  list(APPEND hidden -DCMAKE_DISABLE_FIND_PACKAGE_${package}=ON)
endforeach()
run(${consumer} -B ${work}/installed -DCMAKE_PREFIX_PATH=${work}/prefix ${hidden})
run(${CMAKE_COMMAND} --build ${work}/installed)
run(${CMAKE_COMMAND} -E chdir ${work} ${work}/installed/consumer)
if(NOT EXISTS ${work}/consumer.keras OR NOT text MATCHES "equal predictions")
  message(FATAL_ERROR "the consumer saved nothing, or said something else:\n${text}")
endif()

# The version asked for: this one and its minor line are served, others are not.
function(ask_for wanted)
  set(folder ${work}/version_${wanted})
  file(WRITE ${folder}/CMakeLists.txt
    "cmake_minimum_required(VERSION 3.22)\nproject(version CXX)\nfind_package(namesake ${wanted} REQUIRED)\n")
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${folder} -B ${folder}/build -G ${GENERATOR} -DCMAKE_PREFIX_PATH=${work}/prefix -DCMAKE_CXX_COMPILER=${COMPILER}
    RESULT_VARIABLE status OUTPUT_QUIET ERROR_QUIET)
  set(status ${status} PARENT_SCOPE)
endfunction()
string(REGEX MATCH "^[0-9]+[.][0-9]+" line ${VERSION})
foreach(wanted ${VERSION} ${line})
  ask_for(${wanted})
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "find_package(namesake ${wanted}) does not find ${VERSION}")
  endif()
endforeach()
foreach(unwanted 99 ${line}.99)
  ask_for(${unwanted})
  if(status EQUAL 0)
    message(FATAL_ERROR "find_package(namesake ${unwanted}) takes ${VERSION}")
  endif()
endforeach()

run(${consumer} -B ${work}/subdirectory -DNAMESAKE_SOURCES=${SOURCE})
run(${CMAKE_COMMAND} --build ${work}/subdirectory --target namesake_base)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${work}/subdirectory --target help OUTPUT_VARIABLE text)
if(text MATCHES "base_test|example_")
  message(FATAL_ERROR "a project that takes the sources gets our tests and examples, too")
endif()
