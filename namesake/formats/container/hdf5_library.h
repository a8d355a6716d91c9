// libhdf5, loaded when first used: linked, it would cost every start of a program 6 ms and 35 shared libraries. The
// build finds its name (NAMESAKE_HDF5_LIBRARY); nothing here runs before the first call of library().
// Internal: this header includes hdf5.h, and is included by hdf5_*.cpp only.
#pragma once

#include <hdf5.h>
#if __has_include(<H5FDdevelop.h>)
#include <H5FDdevelop.h>  // since 1.13 the file drivers' own header
#endif

#include <mutex>
#include <string>

namespace namesake::formats::hdf5 {

// clang-format off
// The functions that we call, by their names in the library.
#define NAMESAKE_HDF5_FUNCTIONS(X)                                                                        \
  X(H5open) X(H5get_libversion)                                                                           \
  X(H5Acreate2) X(H5Awrite) X(H5Aclose)                                                                   \
  X(H5Dcreate2) X(H5Dwrite) X(H5Dclose)                                                                   \
  X(H5Eget_auto2) X(H5Eset_auto2) X(H5Ewalk2)                                                             \
  X(H5FDregister) X(H5Fcreate) X(H5Fclose)                                                                \
  X(H5Gcreate2) X(H5Gclose) X(H5Oopen) X(H5Oclose)                                                        \
  X(H5Pcreate) X(H5Pclose) X(H5Pget_driver_info) X(H5Pset_driver) X(H5Pset_alignment)                     \
  X(H5Pset_fclose_degree) X(H5Pset_fill_time) X(H5Pset_obj_track_times)                                   \
  X(H5Screate) X(H5Screate_simple) X(H5Sclose)                                                            \
  X(H5Tcopy) X(H5Tclose) X(H5Tcreate) X(H5Tinsert) X(H5Tenum_create) X(H5Tenum_insert)                    \
  X(H5Tset_size) X(H5Tset_fields) X(H5Tset_ebias) X(H5Tset_cset) X(H5Tset_strpad) X(H5Tset_tag)

// Its types and classes of property lists: variables that have their values once H5open has run.
#define NAMESAKE_HDF5_VARIABLES(X)                                                                        \
  X(H5T_IEEE_F32LE_g) X(H5T_IEEE_F64LE_g)                                                                 \
  X(H5T_STD_I8LE_g) X(H5T_STD_I16LE_g) X(H5T_STD_I32LE_g) X(H5T_STD_I64LE_g)                              \
  X(H5T_STD_U8LE_g) X(H5T_STD_U16LE_g) X(H5T_STD_U32LE_g) X(H5T_STD_U64LE_g) X(H5T_C_S1_g)                \
  X(H5P_CLS_FILE_ACCESS_ID_g) X(H5P_CLS_FILE_CREATE_ID_g) X(H5P_CLS_GROUP_CREATE_ID_g)                    \
  X(H5P_CLS_DATASET_CREATE_ID_g)
// clang-format on

struct Library {
#define NAMESAKE_HDF5_MEMBER(name) decltype(&::name) name = nullptr;
  NAMESAKE_HDF5_FUNCTIONS(NAMESAKE_HDF5_MEMBER)
#undef NAMESAKE_HDF5_MEMBER
#define NAMESAKE_HDF5_MEMBER(name) hid_t name = H5I_INVALID_HID;
  NAMESAKE_HDF5_VARIABLES(NAMESAKE_HDF5_MEMBER)
#undef NAMESAKE_HDF5_MEMBER

  /// What the library's error stack says of the last failure, innermost first; "" if nothing.
  [[nodiscard]] std::string last_error() const;
};

/// Loads the library on the first call. Throws Unsupported, with the reason and the package to install, if it is not
/// there or is another version than the one we were built with; a later call then tries again.
[[nodiscard]] const Library& library();

/// Held during a call: one call at a time, and the library silent. (By itself it prints its errors.)
class [[nodiscard]] LibraryLock {
 public:
  explicit LibraryLock(const Library& library);
  ~LibraryLock();
  LibraryLock(const LibraryLock&) = delete;
  LibraryLock& operator=(const LibraryLock&) = delete;

 private:
  std::unique_lock<std::recursive_mutex> lock_;
  const Library& library_;
  H5E_auto2_t printer_ = nullptr;
  void* printer_data_ = nullptr;
};

}  // namespace namesake::formats::hdf5
