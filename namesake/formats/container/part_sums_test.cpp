#include "namesake/formats/container/part_sums.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "tests/support/temp_folder.h"

namespace namesake::formats {
namespace {

constexpr std::size_t kLarge = PartSums::kLarge;

std::vector<std::byte> noise(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random());
  return bytes;
}

// What zlib says of what stands in the file.
std::uint32_t zlib_crc(const base::AtomicFile& file, std::uint64_t offset, std::uint64_t size) {
  std::vector<std::byte> bytes(size);
  file.read_at(offset, bytes);
  return static_cast<std::uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(size)));
}

TEST(PartSums, SayTheChecksumOfWhatStandsInTheFileInTheEnd) {
  struct Write {
    std::uint64_t offset;
    std::size_t size;
  };
  const std::vector<std::vector<Write>> cases = {
      {{0, 10}},
      {{0, kLarge}},
      {{0, 100}, {100, kLarge}, {100 + kLarge, 3 * kLarge + 7}, {100 + 4 * kLarge + 7, 9}},
      {{0, kLarge}, {3 * kLarge, kLarge}},                                       // a gap between them
      {{0, 3 * kLarge}, {kLarge, 5}},                                            // written over within
      {{0, 2 * kLarge}, {kLarge, 2 * kLarge}},                                   // over the end
      {{kLarge, 2 * kLarge}, {0, kLarge + 1}},                                   // over the beginning
      {{0, kLarge}, {kLarge, kLarge}, {2 * kLarge, kLarge}, {10, 3 * kLarge - 20}},  // over several
      {{0, kLarge}, {0, kLarge}},
      {{0, 9 * (std::size_t{1} << 20)}},  // longer than what is written at a time
  };
  unsigned seed = 1;
  for (const auto& writes : cases) {
    const testing::TempFolder folder;
    base::AtomicFile file(folder / "a");
    PartSums sums;
    for (const Write& write : writes) sums.write(file, write.offset, noise(write.size, seed++));
    const std::uint64_t size = file.size();
    EXPECT_EQ(sums.crc(file, 0, size), zlib_crc(file, 0, size));
    EXPECT_EQ(sums.crc(file, 3, size - 5), zlib_crc(file, 3, size - 5)) << "not whole parts";
  }
}

}  // namespace
}  // namespace namesake::formats
