#include "namesake/formats/container/hdf5_filters.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <span>

#include "namesake/formats/container/checksums.h"

namespace namesake::formats::hdf5 {
namespace {

constexpr std::uint64_t kDeflateRatio = 1032;  // deflate shrinks no more

std::vector<std::byte> inflate_exactly(Context& context, const Chunk& chunk, std::span<const std::byte> in,
                                       std::uint64_t size) {
  if (size / kDeflateRatio > in.size() + 16 || in.size() > std::numeric_limits<uInt>::max() ||
      size > std::numeric_limits<uInt>::max()) {
    context.damaged(chunk.address, "a chunk cannot hold what it should.", fmt::format("{} bytes", size),
                    fmt::format("{} compressed bytes", in.size()));
  }
  std::vector<std::byte> out(size);
  uLongf written = static_cast<uLongf>(size);
  const int status = uncompress(reinterpret_cast<Bytef*>(out.data()), &written,
                                reinterpret_cast<const Bytef*>(in.data()), static_cast<uLong>(in.size()));
  if (status != Z_OK || written != size) {
    context.damaged(chunk.address, "a compressed chunk is damaged.", fmt::format("{} bytes", size),
                    fmt::format("{} bytes, zlib status {}", static_cast<std::uint64_t>(written), status));
  }
  return out;
}

// The first bytes of all elements stand first, then all second bytes, ...; a rest that is no whole element stays.
std::vector<std::byte> unshuffle(std::span<const std::byte> in, std::size_t element) {
  std::vector<std::byte> out(in.begin(), in.end());
  if (element < 2 || element > in.size()) return out;
  const std::size_t count = in.size() / element;
  for (std::size_t k = 0; k < element; ++k) {
    for (std::size_t i = 0; i < count; ++i) out[i * element + k] = in[k * count + i];
  }
  return out;
}

// Fletcher's sum over big-endian 16-bit words, as HDF5 has it.
std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  std::uint32_t low = 0, high = 0;
  const auto fold = [](std::uint32_t x) { return (x & 0xffff) + (x >> 16); };
  std::size_t i = 0;
  while (i + 1 < bytes.size()) {
    const std::size_t stop = std::min(bytes.size() - 1, i + 2 * 360);  // no overflow within 360 words
    for (; i < stop; i += 2) {
      low += std::to_integer<std::uint32_t>(bytes[i]) << 8 | std::to_integer<std::uint32_t>(bytes[i + 1]);
      high += low;
    }
    low = fold(low);
    high = fold(high);
  }
  if (bytes.size() % 2 == 1) {
    low += std::to_integer<std::uint32_t>(bytes.back()) << 8;
    high += low;
    low = fold(low);
    high = fold(high);
  }
  return fold(high) << 16 | fold(low);
}

void check_fletcher32(Context& context, const Chunk& chunk, std::vector<std::byte>& bytes) {
  if (bytes.size() < 4) context.damaged(chunk.address, "a chunk has no room for its checksum.");
  std::uint32_t stored = 0;
  for (unsigned i = 0; i < 4; ++i) {
    stored |= std::to_integer<std::uint32_t>(bytes[bytes.size() - 4 + i]) << (8 * i);
  }
  bytes.resize(bytes.size() - 4);
  const std::uint32_t sum = fletcher32(bytes);
  // Old libraries stored the two bytes of each half the other way round.
  const std::uint32_t swapped = (sum & 0x00ff00ff) << 8 | (sum & 0xff00ff00) >> 8;
  if (stored != sum && stored != swapped && kChecksumsCount) {
    context.damaged(chunk.address, "the checksum of a chunk is wrong.", fmt::format("{:#010x}", sum),
                    fmt::format("{:#010x}", stored));
  }
}

// The filters that this chunk went through, in the order of writing.
std::vector<Filter> filters_of(const Dataset& dataset, const Chunk& chunk) {
  // Layout 4 may leave the filters out where a chunk reaches over the dataset's edge.
  const Layout& layout = dataset.layout;
  bool reaches_over = false;
  for (std::size_t i = 0; i < chunk.origin.size(); ++i) {
    reaches_over |= layout.chunk[i] > dataset.space.sizes[i] - chunk.origin[i];
  }
  if (layout.index != Layout::Index::kTree1 && (layout.flags & 0x01) != 0 && reaches_over) return {};
  std::vector<Filter> filters;
  for (std::size_t i = 0; i < dataset.filters.size(); ++i) {
    if (i >= 32 || (chunk.mask & (1U << i)) == 0) filters.push_back(dataset.filters[i]);
  }
  return filters;
}

}  // namespace

std::vector<std::byte> unfilter(Context& context, const Dataset& dataset, const Chunk& chunk, std::uint64_t size) {
  Cursor stored = context.window(chunk.address, chunk.size, "chunk");
  const auto in = stored.bytes(chunk.size);
  const std::vector<Filter> filters = filters_of(dataset, chunk);
  std::vector<std::uint64_t> size_before;  // what each filter was given: a checksum adds four bytes
  std::uint64_t now = size;
  for (const Filter& filter : filters) {
    size_before.push_back(now);
    if (filter.id == kFletcher32) now += 4;
  }
  if (filters.empty() && in.size() == size) return {in.begin(), in.end()};
  std::vector<std::byte> bytes;
  for (std::size_t k = filters.size(); k-- > 0;) {
    const bool first = k + 1 == filters.size();
    const std::span<const std::byte> from = first ? in : std::span<const std::byte>(bytes);
    if (filters[k].id == kDeflate) {
      bytes = inflate_exactly(context, chunk, from, size_before[k]);
    } else if (filters[k].id == kShuffle) {
      bytes = unshuffle(from, filters[k].value);
    } else {
      if (first) bytes.assign(in.begin(), in.end());
      check_fletcher32(context, chunk, bytes);
    }
  }
  if (bytes.size() != size) {
    context.damaged(chunk.address, "a chunk has a wrong size.", fmt::format("{} bytes", size),
                    fmt::format("{}", filters.empty() ? in.size() : bytes.size()));
  }
  return bytes;
}

}  // namespace namesake::formats::hdf5
