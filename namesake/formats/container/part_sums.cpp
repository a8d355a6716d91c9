#include "namesake/formats/container/part_sums.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "namesake/formats/container/crc32.h"

namespace namesake::formats {
namespace {

constexpr std::size_t kSlice = std::size_t{8} << 20;  // still in a cache when its sum is taken
constexpr std::size_t kReadBack = std::size_t{1} << 20;

std::uint32_t read_back(std::uint32_t crc, const base::AtomicFile& file, std::uint64_t offset, std::uint64_t size) {
  std::vector<std::byte> room(std::min<std::uint64_t>(size, kReadBack));
  for (std::uint64_t done = 0; done < size;) {
    const auto piece = std::span(room).first(std::min<std::uint64_t>(size - done, room.size()));
    file.read_at(offset + done, piece);
    crc = crc32(crc, piece);
    done += piece.size();
  }
  return crc;
}

}  // namespace

void PartSums::forget(std::uint64_t offset, std::uint64_t size) {
  auto part = parts_.lower_bound(offset);
  if (part != parts_.begin() && std::prev(part)->first + std::prev(part)->second.size > offset) --part;
  while (part != parts_.end() && part->first < offset + size) part = parts_.erase(part);
}

void PartSums::write(base::AtomicFile& file, std::uint64_t offset, std::span<const std::byte> bytes) {
  forget(offset, bytes.size());
  if (bytes.size() < kLarge) return file.write_at(offset, bytes);
  std::uint32_t crc = 0;
  for (std::size_t done = 0; done < bytes.size();) {
    const auto slice = bytes.subspan(done, std::min(kSlice, bytes.size() - done));
    file.write_at(offset + done, slice);
    crc = crc32(crc, slice);
    done += slice.size();
  }
  parts_.emplace(offset, Part{bytes.size(), crc});
}

std::uint32_t PartSums::crc(const base::AtomicFile& file, std::uint64_t offset, std::uint64_t size) const {
  const std::uint64_t end = offset + size;
  std::uint32_t crc = 0;
  for (auto part = parts_.lower_bound(offset); offset < end; ++part) {
    while (part != parts_.end() && part->first + part->second.size > end) ++part;  // only a part of it is wanted
    const std::uint64_t gap_end = part == parts_.end() ? end : part->first;
    crc = read_back(crc, file, offset, gap_end - offset);
    offset = gap_end;
    if (part == parts_.end()) break;
    crc = crc32_of_both(crc, part->second.crc, part->second.size);
    offset += part->second.size;
  }
  return crc;
}

}  // namespace namesake::formats
