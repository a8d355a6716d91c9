#include "namesake/formats/container/hdf5_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_chunks.h"
#include "namesake/formats/container/hdf5_filters.h"

namespace namesake::formats::hdf5 {
namespace {

enum LayoutClass : std::uint8_t { kCompactClass = 0, kContiguousClass = 1, kChunkedClass = 2, kVirtualClass = 3 };

void parse_layout_1(Cursor& cursor, Layout& layout) {
  const std::uint8_t rank = cursor.u8();
  const std::uint8_t layout_class = cursor.u8();
  cursor.skip(5);
  if (layout_class != kCompactClass) layout.address = cursor.address();
  std::vector<std::uint64_t> sizes;
  for (std::uint8_t i = 0; i < rank; ++i) sizes.push_back(cursor.u32());
  switch (layout_class) {
    case kCompactClass:
      layout.kind = Layout::Kind::kCompact;
      layout.size = cursor.u32();
      layout.address = cursor.position();
      cursor.skip(layout.size);
      break;
    case kContiguousClass:
      layout.kind = Layout::Kind::kContiguous;
      break;
    case kChunkedClass:
      layout.kind = Layout::Kind::kChunked;
      if (!sizes.empty()) sizes.pop_back();  // the last is the size of an element
      layout.chunk = std::move(sizes);
      break;
    default:
      cursor.context().damaged(cursor.position(), "the dataset's layout has an unknown class.");
  }
}

void parse_chunked_layout_3(Cursor& cursor, Layout& layout) {
  const std::uint8_t rank = cursor.u8();
  layout.address = cursor.address();
  for (std::uint8_t i = 0; i < rank; ++i) layout.chunk.push_back(cursor.u32());
  if (!layout.chunk.empty()) layout.chunk.pop_back();  // the size of an element
}

Layout parse_layout(Cursor cursor) {
  Layout layout;
  const std::uint64_t start = cursor.position();
  const std::uint8_t version = cursor.u8();
  if (version == 1 || version == 2) {
    parse_layout_1(cursor, layout);
    return layout;
  }
  if (version < 3 || version > 5) cursor.context().unsupported(fmt::format("data layout of version {}", version));
  layout.wide_sizes = version == 5;
  const std::uint8_t layout_class = cursor.u8();
  switch (layout_class) {
    case kCompactClass:
      layout.kind = Layout::Kind::kCompact;
      layout.size = cursor.u16();
      layout.address = cursor.position();
      cursor.skip(layout.size);
      break;
    case kContiguousClass:
      layout.kind = Layout::Kind::kContiguous;
      layout.address = cursor.address();
      layout.size = cursor.length();
      break;
    case kChunkedClass:
      layout.kind = Layout::Kind::kChunked;
      if (version == 3) {
        parse_chunked_layout_3(cursor, layout);
      } else {
        parse_chunked_layout_4(cursor, layout);
      }
      break;
    case kVirtualClass:
      cursor.context().unsupported("virtual dataset");
    default:
      cursor.context().damaged(start, "the dataset's layout has an unknown class.", "0 to 3",
                               fmt::format("{}", layout_class));
  }
  return layout;
}

std::vector<Filter> parse_filters(Cursor cursor) {
  const std::uint64_t start = cursor.position();
  const std::uint8_t version = cursor.u8();
  const std::uint8_t count = cursor.u8();
  if (version != 1 && version != 2) {
    cursor.context().damaged(start, "the list of filters has an unknown version.", "1 or 2",
                             fmt::format("{}", version));
  }
  if (version == 1) cursor.skip(6);
  std::vector<Filter> filters;
  for (std::uint8_t i = 0; i < count; ++i) {
    Filter filter;
    filter.id = cursor.u16();
    const std::uint16_t name_size = version == 1 || filter.id >= 256 ? cursor.u16() : 0;
    cursor.skip(2);  // flags
    const std::uint16_t values = cursor.u16();
    cursor.skip(version == 1 ? (name_size + 7U) / 8 * 8 : name_size);
    for (std::uint16_t k = 0; k < values; ++k) {
      const std::uint32_t value = cursor.u32();
      if (k == 0) filter.value = value;
    }
    if (version == 1 && values % 2 == 1) cursor.skip(4);
    filters.push_back(filter);
  }
  return filters;
}

std::span<const std::byte> parse_fill(Cursor cursor) {
  const std::uint8_t version = cursor.u8();
  if (version == 3) {
    if ((cursor.u8() & 0x20) == 0) return {};
  } else if (version == 1 || version == 2) {
    cursor.skip(2);
    const bool defined = cursor.u8() != 0;
    if (version == 2 && !defined) return {};
  } else {
    cursor.context().damaged(cursor.position() - 1, "the fill value has an unknown version.", "1, 2 or 3",
                             fmt::format("{}", version));
  }
  return cursor.bytes(cursor.u32());
}

void find_fill(Context& context, const std::vector<Message>& header, Dataset& dataset) {
  if (auto found = find_message(context, header, MessageType::kFill); found.found) {
    dataset.fill = parse_fill(found.data);
  } else if (found = find_message(context, header, MessageType::kFillOld); found.found) {
    dataset.fill = found.data.bytes(found.data.u32());
  }
  if (dataset.fill.size() != dataset.type.size) dataset.fill = {};
}

// What lies in one piece must lie in the file whole.
void check_extent(Context& context, const Dataset& dataset) {
  const Layout& layout = dataset.layout;
  if (dataset.bytes == 0 || !in_one_piece(dataset)) return;
  if (layout.size < dataset.bytes) {
    context.damaged(layout.address, "the dataset's data are shorter than its shape says.",
                    fmt::format("{} bytes", dataset.bytes), fmt::format("{}", layout.size));
  }
  (void)context.window(layout.address, dataset.bytes, "dataset's data");
}

void check_chunks(Context& context, const Dataset& dataset) {
  const Layout& layout = dataset.layout;
  if (layout.kind != Layout::Kind::kChunked) return;
  if (layout.chunk.size() != dataset.space.sizes.size() || layout.chunk.empty()) {
    context.damaged(kUndefined, "the chunks of the dataset have another rank than it.",
                    fmt::format("{}", dataset.space.sizes.size()), fmt::format("{}", layout.chunk.size()));
  }
  if (std::find(layout.chunk.begin(), layout.chunk.end(), 0U) != layout.chunk.end()) {
    context.damaged(kUndefined, "the chunks of the dataset are empty.");
  }
  for (const Filter& filter : dataset.filters) {
    if (filter.id < kDeflate || filter.id > kFletcher32) context.unsupported(fmt::format("filter {}", filter.id));
  }
}

Cursor required(Context& context, const std::vector<Message>& header, MessageType type, const char* what) {
  const FoundMessage found = find_message(context, header, type);
  if (!found.found) context.damaged(kUndefined, fmt::format("the dataset has no {}.", what));
  return found.data;
}

void fill_with(std::span<const std::byte> element, std::span<std::byte> out) {
  const bool zeros = std::all_of(element.begin(), element.end(), [](std::byte b) { return b == std::byte{0}; });
  if (zeros) {
    std::fill(out.begin(), out.end(), std::byte{0});
    return;
  }
  for (std::size_t i = 0; i < out.size(); i += element.size()) std::copy(element.begin(), element.end(), &out[i]);
}

// Copies the part of a chunk that lies inside the dataset, one run along the last axis at a time.
class ChunkCopy {
 public:
  ChunkCopy(const Dataset& dataset, const Chunk& chunk, std::span<const std::byte> from, std::span<std::byte> out)
      : sizes_(dataset.space.sizes),
        box_(dataset.layout.chunk),
        origin_(chunk.origin),
        from_(from),
        out_(out),
        element_(dataset.type.size) {}

  void run() { axis(0, 0, 0); }

 private:
  // `source` and `target` are the places (in elements) of the first element of what the earlier axes have chosen.
  void axis(std::size_t i, std::uint64_t source, std::uint64_t target) {
    const std::uint64_t inside = std::min(box_[i], sizes_[i] - origin_[i]);
    if (i + 1 == sizes_.size()) {
      std::memcpy(&out_[(target * sizes_[i] + origin_[i]) * element_], &from_[source * box_[i] * element_],
                  inside * element_);
      return;
    }
    for (std::uint64_t k = 0; k < inside; ++k) axis(i + 1, source * box_[i] + k, target * sizes_[i] + origin_[i] + k);
  }

  const std::vector<std::uint64_t>& sizes_;
  const std::vector<std::uint64_t>& box_;
  const std::vector<std::uint64_t>& origin_;
  std::span<const std::byte> from_;
  std::span<std::byte> out_;
  std::size_t element_;
};

void read_chunks(Context& context, const Dataset& dataset, std::span<std::byte> out) {
  const std::uint64_t size = chunk_bytes(dataset);
  std::set<std::vector<std::uint64_t>> seen;
  for_each_chunk(context, dataset, [&](const Chunk& chunk) {
    for (std::size_t i = 0; i < chunk.origin.size(); ++i) {
      if (chunk.origin[i] >= dataset.space.sizes[i]) return;  // left over from before the dataset shrank
      if (chunk.origin[i] % dataset.layout.chunk[i] != 0) {
        context.damaged(chunk.address, "a chunk does not stand on the grid of its dataset.");
      }
    }
    if (!seen.insert(chunk.origin).second) context.damaged(chunk.address, "a chunk is stored twice.");
    context.spend(chunk.address, chunk.size);
    const std::vector<std::byte> elements = unfilter(context, dataset, chunk, size);
    ChunkCopy(dataset, chunk, elements, out).run();
  });
}

}  // namespace

Dataset parse_dataset(Context& context, const std::vector<Message>& header) {
  Dataset dataset;
  try {
    Cursor type = required(context, header, MessageType::kDatatype, "datatype");
    Cursor space = required(context, header, MessageType::kDataspace, "dataspace");
    dataset.type = parse_datatype(type);
    dataset.space = parse_dataspace(space);
    dataset.bytes = multiply(dataset.space.elements, dataset.type.size);
    dataset.layout = parse_layout(required(context, header, MessageType::kLayout, "data layout"));
    if (dataset.layout.kind == Layout::Kind::kContiguous && dataset.layout.size == kUndefined) {
      dataset.layout.size = dataset.bytes;
    }
    if (find_message(context, header, MessageType::kExternalFiles).found) context.unsupported("data in external files");
    if (auto filters = find_message(context, header, MessageType::kFilters); filters.found) {
      dataset.filters = parse_filters(filters.data);
    }
    find_fill(context, header, dataset);
    check_chunks(context, dataset);
    check_extent(context, dataset);
    dataset.unsupported = dataset.type.unsupported;
  } catch (const Unsupported& error) {
    dataset.unsupported = error.parts().received;
  }
  return dataset;
}

bool in_one_piece(const Dataset& dataset) noexcept {
  const Layout& layout = dataset.layout;
  return layout.kind == Layout::Kind::kCompact ||
         (layout.kind == Layout::Kind::kContiguous && layout.address != kUndefined);
}

std::span<const std::byte> stored_elements(const Source& source, const Dataset& dataset) {
  if (!in_one_piece(dataset) || !dataset.unsupported.empty()) return {};
  if (dataset.bytes == 0) return {};  // such a dataset's address was not checked
  return source.bytes.subspan(dataset.layout.address, dataset.bytes);
}

void read_elements(Context& context, const Dataset& dataset, std::span<std::byte> out) {
  if (out.empty()) return;
  if (const auto stored = stored_elements(context.source(), dataset); !stored.empty()) {
    std::copy(stored.begin(), stored.end(), out.begin());
    return;
  }
  fill_with(dataset.fill, out);
  if (dataset.layout.kind == Layout::Kind::kChunked && dataset.layout.address != kUndefined) {
    read_chunks(context, dataset, out);
  }
}

}  // namespace namesake::formats::hdf5
