#include "namesake/formats/container/crc32.h"

#include <isa-l/crc.h>

namespace namesake::formats {

std::uint32_t crc32(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
  return crc32_gzip_refl(so_far, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

}  // namespace namesake::formats
