#include "namesake/formats/container/hdf5_sink.h"

#include <algorithm>

namespace namesake::formats {

void Hdf5MemorySink::write(std::uint64_t offset, std::span<const std::byte> bytes) {
  if (bytes_.size() < offset + bytes.size()) bytes_.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(offset));
}

void Hdf5MemorySink::read(std::uint64_t offset, std::span<std::byte> out) const {
  const std::size_t there = offset < bytes_.size() ? std::min<std::size_t>(out.size(), bytes_.size() - offset) : 0;
  std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(offset, bytes_.size())), there,
              out.begin());
  std::fill(out.begin() + static_cast<std::ptrdiff_t>(there), out.end(), std::byte{0});
}

}  // namespace namesake::formats
