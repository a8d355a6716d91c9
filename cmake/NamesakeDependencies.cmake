# Every library that a module may name in LIBRARIES, found once. Nothing is downloaded.
# Each is private to the shared library: an installed namesake has nothing more to find.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(dnnl REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Protobuf REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(libisal REQUIRED IMPORTED_TARGET libisal)
pkg_check_modules(hdf5 REQUIRED hdf5)
find_library(NAMESAKE_FARMHASH farmhash REQUIRED)  # Debian's has no package file
find_path(NAMESAKE_FARMHASH_INCLUDE farmhash.h REQUIRED)
include(NamesakeHdf5)
if(NAMESAKE_BUILD_CLI)
  find_package(CLI11 REQUIRED)
endif()
if(NAMESAKE_DEVELOPER)
  find_package(GTest REQUIRED)
  pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)  # a second opinion on archives
  find_library(NAMESAKE_LEVELDB leveldb REQUIRED)            # and on tables; its own package would want Snappy's headers, too
endif()
