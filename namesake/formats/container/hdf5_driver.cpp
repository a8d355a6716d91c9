#include "namesake/formats/container/hdf5_driver.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>
#include <span>

namespace namesake::formats::hdf5 {
namespace {

// A file of the library's is a structure that begins with its own part.
struct ChannelFile {
  H5FD_t library_part{};
  Channel* channel = nullptr;
};

Channel& channel_of(H5FD_t* file) { return *reinterpret_cast<ChannelFile*>(file)->channel; }
const Channel& channel_of(const H5FD_t* file) { return *reinterpret_cast<const ChannelFile*>(file)->channel; }

H5FD_t* open_file(const char*, unsigned, hid_t access, haddr_t) {
  Channel* const* channel = static_cast<Channel* const*>(library().H5Pget_driver_info(access));
  if (channel == nullptr) return nullptr;
  auto file = std::make_unique<ChannelFile>();
  file->channel = *channel;
  return &file.release()->library_part;  // the library gives it back to close_file
}

herr_t close_file(H5FD_t* file) {
  const std::unique_ptr<ChannelFile> owned(reinterpret_cast<ChannelFile*>(file));
  return 0;
}

herr_t query(const H5FD_t*, unsigned long* flags) {
  if (flags != nullptr) {
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_AGGREGATE_SMALLDATA |
             H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  }
  return 0;
}

haddr_t get_allocated(const H5FD_t* file, H5FD_mem_t) { return channel_of(file).allocated; }

herr_t set_allocated(H5FD_t* file, H5FD_mem_t, haddr_t end) {
  channel_of(file).allocated = end;
  return 0;
}

haddr_t get_written(const H5FD_t* file, H5FD_mem_t) { return channel_of(file).written; }

herr_t write_bytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t offset, std::size_t size, const void* buffer) {
  Channel& channel = channel_of(file);
  channel.written = std::max<std::uint64_t>(channel.written, offset + size);
  if (channel.failure || channel.abandoned) return 0;
  try {
    channel.sink->write(offset, {static_cast<const std::byte*>(buffer), size});
  } catch (...) {
    channel.failure = std::current_exception();
  }
  return 0;
}

herr_t read_bytes(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t offset, std::size_t size, void* buffer) {
  Channel& channel = channel_of(file);
  const std::span<std::byte> out(static_cast<std::byte*>(buffer), size);
  std::fill(out.begin(), out.end(), std::byte{0});
  if (channel.failure || channel.abandoned) return -1;
  try {
    channel.sink->read(offset, out);
  } catch (...) {
    channel.failure = std::current_exception();
    return -1;
  }
  return 0;
}

// A file ends where the library has given out its last byte, written or not.
herr_t truncate(H5FD_t* file, hid_t access, hbool_t) {
  const Channel& channel = channel_of(file);
  const std::byte zero{0};
  if (channel.written >= channel.allocated) return 0;
  return write_bytes(file, H5FD_MEM_DEFAULT, access, channel.allocated - 1, 1, &zero);
}

hid_t register_driver(const Library& library) {
  H5FD_class_t driver{};
#ifdef H5FD_CLASS_VERSION
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(511);  // of the range that is free for tests and private drivers
#endif
  driver.name = "namesake";
  driver.maxaddr = static_cast<haddr_t>(std::numeric_limits<std::int64_t>::max());
  driver.fc_degree = H5F_CLOSE_STRONG;
  driver.fapl_size = sizeof(Channel*);
  driver.open = open_file;
  driver.close = close_file;
  driver.query = query;
  driver.get_eoa = get_allocated;
  driver.set_eoa = set_allocated;
  driver.get_eof = get_written;
  driver.read = read_bytes;
  driver.write = write_bytes;
  driver.truncate = truncate;
  const H5FD_mem_t one_list[] = H5FD_FLMAP_DICHOTOMY;  // metadata and data are kept apart
  std::copy(std::begin(one_list), std::end(one_list), driver.fl_map);
  return library.H5FDregister(&driver);
}

}  // namespace

hid_t channel_access(const Library& library, Channel& channel) {
  static const hid_t driver = register_driver(library);
  const hid_t access = library.H5Pcreate(library.H5P_CLS_FILE_ACCESS_ID_g);
  Channel* info = &channel;
  if (access >= 0 && (driver < 0 || library.H5Pset_driver(access, driver, &info) < 0)) {
    (void)library.H5Pclose(access);
    return H5I_INVALID_HID;
  }
  return access;
}

}  // namespace namesake::formats::hdf5
