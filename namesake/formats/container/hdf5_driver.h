// Our own file driver for libhdf5: the library decides what goes where, a Hdf5Sink takes the bytes. So an HDF5 file can
// be written straight into the archive that holds it (weights go to disk once), errors arrive as they happened, and a
// full disk leaves the library sound: after the sink's first failure its writes are dropped, and it can close the file.
// Internal, as hdf5_library.h.
#pragma once

#include <cstdint>
#include <exception>

#include "namesake/formats/container/hdf5_library.h"
#include "namesake/formats/container/hdf5_sink.h"

namespace namesake::formats::hdf5 {

/// What stands between the library and one sink.
struct Channel {
  Hdf5Sink* sink = nullptr;
  std::uint64_t written = 0;    // end of what was written
  std::uint64_t allocated = 0;  // end of what the library has given out
  std::exception_ptr failure;   // the first
  bool abandoned = false;       // nobody wants the file any more
};

/// A new list of file access properties that sends what is written to `channel`, which must outlive the file.
[[nodiscard]] hid_t channel_access(const Library& library, Channel& channel);

}  // namespace namesake::formats::hdf5
