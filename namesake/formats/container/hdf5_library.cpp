#include "namesake/formats/container/hdf5_library.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "namesake/base/error.h"

namespace namesake::formats::hdf5 {
namespace {

[[noreturn]] void refuse(std::string received) {
  throw Unsupported({.subject = NAMESAKE_HDF5_LIBRARY,
                     .what = "HDF5 files cannot be written: the HDF5 library cannot be used.",
                     .expected = fmt::format("{}, version {}.{}", NAMESAKE_HDF5_LIBRARY, H5_VERS_MAJOR, H5_VERS_MINOR),
                     .received = std::move(received),
                     .fix = "install the HDF5 library that namesake was built with (Debian: libhdf5-103-1)"});
}

void* open_library() {
  // RTLD_LOCAL: another libhdf5 in the process (h5py brings its own) is neither disturbed nor used.
  void* handle = dlopen(NAMESAKE_HDF5_LIBRARY, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const std::string reason = dlerror();
    handle = dlopen(NAMESAKE_HDF5_LIBRARY_PATH, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) refuse(reason);
  }
  return handle;
}

void* symbol(void* handle, const char* name) {
  void* found = dlsym(handle, name);
  if (found == nullptr) refuse(fmt::format("a library without {}", name));
  return found;
}

Library load() {
  void* handle = open_library();
  Library result;
#define NAMESAKE_HDF5_LOAD(name) result.name = reinterpret_cast<decltype(&::name)>(symbol(handle, #name));
  NAMESAKE_HDF5_FUNCTIONS(NAMESAKE_HDF5_LOAD)
#undef NAMESAKE_HDF5_LOAD
  unsigned major = 0, minor = 0, release = 0;
  if (result.H5open() < 0 || result.H5get_libversion(&major, &minor, &release) < 0) refuse("a library that fails");
  // File drivers are structures of the library's own; they change between, not within, minor versions.
  if (major != H5_VERS_MAJOR || minor != H5_VERS_MINOR) refuse(fmt::format("version {}.{}.{}", major, minor, release));
#define NAMESAKE_HDF5_LOAD(name) result.name = *static_cast<hid_t*>(symbol(handle, #name));
  NAMESAKE_HDF5_VARIABLES(NAMESAKE_HDF5_LOAD)
#undef NAMESAKE_HDF5_LOAD
  return result;
}

std::recursive_mutex& library_mutex() {
  static std::recursive_mutex mutex;
  return mutex;
}

}  // namespace

const Library& library() {
  static const Library loaded = load();
  return loaded;
}

std::string Library::last_error() const {
  std::string text;
  const H5E_walk2_t add = [](unsigned, const H5E_error2_t* error, void* data) -> herr_t {
    auto& all = *static_cast<std::string*>(data);
    if (error->desc != nullptr && all.size() < 300) all += (all.empty() ? "" : "; ") + std::string(error->desc);
    return 0;
  };
  (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, add, &text);
  return text;
}

LibraryLock::LibraryLock(const Library& library) : lock_(library_mutex()), library_(library) {
  (void)library_.H5Eget_auto2(H5E_DEFAULT, &printer_, &printer_data_);
  (void)library_.H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
}

LibraryLock::~LibraryLock() { (void)library_.H5Eset_auto2(H5E_DEFAULT, printer_, printer_data_); }

}  // namespace namesake::formats::hdf5
