#include "namesake/formats/container/crc32.h"

#include <isa-l/crc.h>
#include <zlib.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "namesake/base/parallel_for.h"

namespace namesake::formats {
namespace {

constexpr std::uint64_t kPiece = 1 << 18;  // stays in a core's own cache between reading and summing
constexpr std::uint64_t kShare = 1 << 22;  // what a core takes at a time

}  // namespace

std::uint32_t crc32(std::uint32_t so_far, std::span<const std::byte> bytes) noexcept {
  return crc32_gzip_refl(so_far, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

std::uint32_t crc32_of_both(std::uint32_t first, std::uint32_t second, std::uint64_t second_size) noexcept {
  return static_cast<std::uint32_t>(crc32_combine(first, second, static_cast<z_off_t>(second_size)));
}

std::uint32_t crc32_in_file(const base::MappedFile& file, std::uint64_t offset, std::uint64_t size) {
  const auto share_size = [&](std::size_t i) { return std::min(kShare, size - i * kShare); };
  std::vector<std::uint32_t> shares((size + kShare - 1) / kShare);
  base::parallel_for(static_cast<std::int64_t>(shares.size()), [&](std::int64_t index) {
    const auto i = static_cast<std::size_t>(index);
    const auto room = std::make_unique_for_overwrite<std::byte[]>(std::min(kPiece, share_size(i)));
    for (std::uint64_t done = 0; done < share_size(i); done += kPiece) {
      const std::span<std::byte> piece(room.get(), std::min(kPiece, share_size(i) - done));
      file.read_at(offset + i * kShare + done, piece);
      shares[i] = crc32(shares[i], piece);
    }
  });
  std::uint32_t crc = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) crc = crc32_of_both(crc, shares[i], share_size(i));
  return crc;
}

}  // namespace namesake::formats
