# The target namesake_hdf5: headers of libhdf5, and the name under which the library is loaded when a program first writes
# HDF5. (Linked, it would cost every start 6 ms; see formats/container/hdf5_library.h.)
find_library(NAMESAKE_HDF5_FILE NAMES hdf5 hdf5_serial HINTS ${hdf5_LIBRARY_DIRS} ${hdf5_STATIC_LIBRARY_DIRS} REQUIRED)
get_filename_component(_hdf5_path ${NAMESAKE_HDF5_FILE} REALPATH)
get_filename_component(_hdf5_name ${_hdf5_path} NAME)
if(CMAKE_OBJDUMP)  # the soname, which stays the same through bug-fix releases
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${_hdf5_path} OUTPUT_VARIABLE _hdf5_headers ERROR_QUIET)
  if(_hdf5_headers MATCHES "SONAME +([^ \n]+)")
    set(_hdf5_name ${CMAKE_MATCH_1})
  endif()
endif()
get_filename_component(_hdf5_folder ${_hdf5_path} DIRECTORY)

add_library(namesake_hdf5 INTERFACE)
target_include_directories(namesake_hdf5 SYSTEM INTERFACE ${hdf5_INCLUDE_DIRS})
target_compile_definitions(namesake_hdf5 INTERFACE
  NAMESAKE_HDF5_LIBRARY="${_hdf5_name}" NAMESAKE_HDF5_LIBRARY_PATH="${_hdf5_folder}/${_hdf5_name}")
target_link_libraries(namesake_hdf5 INTERFACE ${CMAKE_DL_LIBS})
message(STATUS "HDF5 is written with ${_hdf5_name} (loaded when first used)")
