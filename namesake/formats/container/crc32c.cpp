#include "namesake/formats/container/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace namesake::formats {

std::uint32_t crc32c(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
  constexpr std::size_t kMostAtOnce = std::size_t{1} << 30U;  // the library takes the size as an int
  std::uint32_t state = ~so_far;
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), kMostAtOnce);
    // It reads only: the missing const is the library's.
    state = crc32_iscsi(const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(bytes.data())), static_cast<int>(size), state);
    bytes = bytes.subspan(size);
  }
  return ~state;
}

}  // namespace namesake::formats
