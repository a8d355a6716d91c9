// Reading a tensor bundle: the index at once, each tensor when it is asked for.
#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/bundle_messages.h"
#include "namesake/formats/bundle_slices.h"
#include "namesake/formats/container/crc32c.h"
#include "namesake/formats/container/table_reader.h"
#include "namesake/formats/container/varint.h"
#include "namesake/formats/tensor_bundle.h"

namespace namesake::formats {
namespace {

constexpr std::int64_t kVersion = 1;         // of bundles, as TensorFlow counts
constexpr std::size_t kMostSlices = 10000;  // of one variable

/// The data files, each mapped when it is first needed.
class Shards {
 public:
  Shards(std::string prefix, std::int64_t count) : prefix_(std::move(prefix)), count_(count) {}
  [[nodiscard]] std::string path(std::int64_t shard) const { return fmt::format("{}.data-{:05}-of-{:05}", prefix_, shard, count_); }
  [[nodiscard]] std::int64_t count() const noexcept { return count_; }

  [[nodiscard]] const base::MappedFile& file(std::int64_t shard) const {
    const std::lock_guard lock(mutex_);
    auto& file = files_[shard];
    if (file == nullptr) file = base::MappedFile::open(path(shard));
    return *file;
  }

 private:
  std::string prefix_;
  std::int64_t count_;
  mutable std::mutex mutex_;
  mutable std::map<std::int64_t, std::shared_ptr<const base::MappedFile>> files_;
};

/// A tensor whose elements lie in one piece.
class TensorSource final : public ByteSource {
 public:
  TensorSource(std::shared_ptr<const Shards> shards, std::string key, BundleEntry entry, std::uint64_t elements)
      : shards_(std::move(shards)), key_(std::move(key)), entry_(std::move(entry)), elements_(elements) {}

  [[nodiscard]] std::optional<std::span<const std::byte>> mapped() const override {
    if (entry_.dtype == static_cast<std::int64_t>(DType::kString)) return std::nullopt;
    return checked();
  }
  void read_into(std::span<std::byte> out) const override {
    if (entry_.dtype == static_cast<std::int64_t>(DType::kString)) throw Unsupported({.subject = key_, .what = "Strings are no plain bytes."});
    const auto bytes = checked();
    if (!bytes.empty()) shards_->file(entry_.shard).read_at(static_cast<std::uint64_t>(entry_.offset), out.first(bytes.size()));
  }
  [[nodiscard]] std::vector<std::string> read_strings() const override;

 private:
  [[noreturn]] void damaged(std::string what, std::string expected = "", std::string received = "") const {
    throw FormatError(shards_->path(entry_.shard), key_, {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)},
                      static_cast<std::uint64_t>(entry_.offset));
  }

  [[nodiscard]] std::span<const std::byte> stored() const {
    const auto shard = shards_->file(entry_.shard).bytes();
    const auto offset = static_cast<std::uint64_t>(entry_.offset), size = static_cast<std::uint64_t>(entry_.size);
    if (offset > shard.size() || size > shard.size() - offset) {
      damaged("The tensor lies outside its data file, which was cut off or belongs to another index.", fmt::format("{} bytes at {}", size, offset),
              fmt::format("a file of {} bytes", shard.size()));
    }
    return shard.subspan(offset, size);
  }

  void compare(std::uint32_t crc) const {
    if (mask_crc32c(crc) == entry_.crc) return;
    damaged("The tensor's checksum does not fit: the data file is damaged, or belongs to another index.", fmt::format("{:08x}", entry_.crc),
            fmt::format("{:08x}", mask_crc32c(crc)));
  }

  // Read piece by piece: mapped pages would count as memory of ours.
  [[nodiscard]] std::uint32_t sum() const {
    constexpr std::size_t kPiece = std::size_t{256} << 10U;  // it stays in the cache
    const auto size = static_cast<std::size_t>(entry_.size);
    std::vector<std::byte> piece(std::min(kPiece, size));
    std::uint32_t crc = 0;
    for (std::size_t done = 0; done < size;) {
      const std::span<std::byte> next = std::span(piece).first(std::min(kPiece, size - done));
      shards_->file(entry_.shard).read_at(static_cast<std::uint64_t>(entry_.offset) + done, next);
      crc = crc32c(crc, next);
      done += next.size();
    }
    return crc;
  }

  [[nodiscard]] std::span<const std::byte> checked() const {
    const auto bytes = stored();
    if (!sound_.load(std::memory_order_relaxed)) {
      compare(sum());
      sound_.store(true, std::memory_order_relaxed);
    }
    return bytes;
  }

  std::shared_ptr<const Shards> shards_;
  std::string key_;
  BundleEntry entry_;
  std::uint64_t elements_;
  mutable std::atomic<bool> sound_ = false;  // the checksum was compared
};

std::vector<std::string> TensorSource::read_strings() const {
  std::span<const std::byte> rest = stored();
  if (elements_ > rest.size()) damaged("The strings are more than their bytes.", fmt::format("{} strings", elements_), fmt::format("{} bytes", rest.size()));
  std::vector<std::uint64_t> sizes(elements_);
  std::string widths;  // what the checksum is taken of: each size as 32 bits, or as 64 if it needs them
  for (std::uint64_t& size : sizes) {
    const auto taken = take_varint(rest);
    if (!taken) damaged("The size of a string is damaged.");
    size = *taken;
    put_fixed32(widths, static_cast<std::uint32_t>(size & 0xffffffffU));
    if (size > 0xffffffffU) put_fixed32(widths, static_cast<std::uint32_t>(size >> 32U));
  }
  std::uint32_t crc = crc32c(0, std::as_bytes(std::span(widths)));
  if (rest.size() < 4 || fixed32(rest) != mask_crc32c(crc)) damaged("The sizes of the strings are damaged.");
  crc = crc32c(crc, rest);
  compare(crc);
  rest = rest.subspan(4);
  std::vector<std::string> strings;
  strings.reserve(sizes.size());
  for (const std::uint64_t size : sizes) {
    if (size > rest.size()) damaged("A string reaches beyond its tensor.");
    strings.emplace_back(reinterpret_cast<const char*>(rest.data()), size);
    rest = rest.subspan(size);
  }
  if (!rest.empty()) damaged("Bytes are left over behind the strings.");
  return strings;
}

/// A variable in slices.
class SlicedSource final : public ByteSource {
 public:
  SlicedSource(std::string file, std::string key, Shape whole, std::size_t element) : file_(std::move(file)), key_(std::move(key)), whole_(whole), element_(element) {}
  void add(Slice slice, std::shared_ptr<const ByteSource> source) {
    slices_.push_back(std::move(slice));
    sources_.push_back(std::move(source));
  }

  /// Nothing; but that all slices are there and sound is known then.
  [[nodiscard]] std::optional<std::span<const std::byte>> mapped() const override {
    check();
    for (const auto& source : sources_) static_cast<void>(source->mapped());
    return std::nullopt;
  }
  void read_into(std::span<std::byte> out) const override {
    check();
    for (std::size_t i = 0; i < slices_.size(); ++i) place_slice(slices_[i], whole_, element_, sources_[i]->mapped().value(), out);
  }

 private:
  void check() const {
    if (!is_partition(slices_, whole_)) {
      throw FormatError(file_, key_, {.what = "The slices do not make up the whole variable.", .expected = "slices that cover it once"});
    }
  }

  std::string file_, key_;
  Shape whole_;
  std::size_t element_;
  std::vector<Slice> slices_;
  std::vector<std::shared_ptr<const ByteSource>> sources_;
};

class Reader {
 public:
  explicit Reader(const std::string& path) : prefix_(bundle_prefix(path)), index_path_(prefix_ + ".index"), index_(base::MappedFile::open(index_path_)) {
    file_.format = "checkpoint";
    file_.file = prefix_;
  }

  ModelFile read() {
    const std::vector<TableEntry> entries = read_table(index_->bytes(), index_path_);
    read_header(entries);
    for (const TableEntry& entry : entries) {
      if (entry.key.starts_with(kSliceKeyStart)) slices_.emplace(entry.key, &entry);
    }
    for (const TableEntry& entry : entries) {
      if (!entry.key.empty() && !entry.key.starts_with(kSliceKeyStart)) file_.weights.push_back(weight_of(entry));
    }
    for (const TableEntry& entry : entries) {
      if (slices_.contains(entry.key) && !taken_.contains(entry.key)) file_.weights.push_back(stray_slice(entry));
    }
    return std::move(file_);
  }

 private:
  [[noreturn]] void damaged(const TableEntry& entry, std::string what, std::string expected = "", std::string received = "") const {
    throw FormatError(index_path_, entry.key, {.what = std::move(what), .expected = std::move(expected), .received = std::move(received)}, entry.offset);
  }

  void read_header(const std::vector<TableEntry>& entries) {
    if (entries.empty() || !entries[0].key.empty()) {
      throw FormatError(index_path_, "", {.what = "The table is no index of a checkpoint.", .expected = "a header, under the empty key"});
    }
    const auto header = parse_bundle_header(entries[0].value);
    if (!header || header->shards < 1) damaged(entries[0], "The header of the index is damaged.");
    if (header->endianness != 0 || header->min_consumer > kVersion) {
      throw Unsupported({.subject = prefix_,
                         .what = fmt::format("{}: this kind of checkpoint is not read.", prefix_),
                         .expected = fmt::format("little-endian numbers, version {}", kVersion),
                         .received = header->endianness != 0 ? "big-endian numbers" : fmt::format("version {}", header->min_consumer)});
    }
    shards_ = std::make_shared<const Shards>(prefix_, header->shards);
    file_.metadata = JsonValue::object({{"num_shards", header->shards}});
    file_.size = index_->bytes().size();
  }

  BundleEntry parse(const TableEntry& entry) const {
    auto parsed = parse_bundle_entry(entry.value);
    if (!parsed) damaged(entry, "The entry of the index is damaged.");
    if (parsed->shard < 0 || parsed->shard >= shards_->count() || parsed->offset < 0 || parsed->size < 0) {
      damaged(entry, "The place of the tensor is damaged.", fmt::format("a shard below {}", shards_->count()),
              fmt::format("{} bytes at {} of shard {}", parsed->size, parsed->offset, parsed->shard));
    }
    return std::move(*parsed);
  }

  // Dtype and shape, or what stands in the way.
  WeightEntry described(const TableEntry& entry, const BundleEntry& parsed) const {
    WeightEntry weight;
    weight.path = entry.key;
    const bool known = parsed.dtype > 0 && parsed.dtype <= static_cast<std::int64_t>(DType::kUInt64);
    const DType dtype = known ? static_cast<DType>(parsed.dtype) : DType::kInvalid;
    if (!known || (size_of(dtype) == 0 && dtype != DType::kString)) {
      weight.unsupported = known ? fmt::format("elements of dtype {}", to_string(dtype)) : fmt::format("elements of TensorFlow's dtype {}", parsed.dtype);
    } else if (parsed.unknown_rank || parsed.shape.size() > static_cast<std::size_t>(Shape::kMaxRank)) {
      weight.unsupported = parsed.unknown_rank ? "a shape of unknown rank" : fmt::format("a shape of {} axes", parsed.shape.size());
    } else {
      if (std::any_of(parsed.shape.begin(), parsed.shape.end(), [](std::int64_t size) { return size < 0; })) damaged(entry, "The tensor's shape is damaged.");
      weight.dtype = dtype;
      weight.shape = Shape(parsed.shape);
      const auto count = weight.shape.elements();
      const auto most = static_cast<std::int64_t>(std::uint64_t{1} << 60U) / static_cast<std::int64_t>(std::max<std::size_t>(size_of(dtype), 1));
      if (!count || *count > most) damaged(entry, "The tensor's shape is beyond all bounds.", "", to_string(weight.shape));
      weight.byte_size = static_cast<std::uint64_t>(*count) * size_of(dtype);
    }
    return weight;
  }

  void check_size(const TableEntry& entry, const BundleEntry& parsed, const WeightEntry& weight) const {
    if (weight.dtype == DType::kString || static_cast<std::uint64_t>(parsed.size) == weight.byte_size) return;
    damaged(entry, "The tensor's size does not fit its shape.", fmt::format("{} bytes for {} {}", weight.byte_size, to_string(weight.dtype), to_string(weight.shape)),
            fmt::format("{} bytes", parsed.size));
  }

  WeightEntry weight_of(const TableEntry& entry) {
    const BundleEntry parsed = parse(entry);
    WeightEntry weight = described(entry, parsed);
    if (!weight.unsupported.empty()) return weight;
    if (!parsed.slices.empty()) return sliced(entry, parsed, std::move(weight));
    check_size(entry, parsed, weight);
    weight.offset = static_cast<std::uint64_t>(parsed.offset);
    weight.source = std::make_shared<const TensorSource>(shards_, entry.key, parsed, static_cast<std::uint64_t>(weight.shape.count()));
    return weight;
  }

  WeightEntry sliced(const TableEntry& entry, const BundleEntry& parsed, WeightEntry weight) {
    if (weight.dtype == DType::kString || parsed.slices.size() > kMostSlices) {
      weight.unsupported = weight.dtype == DType::kString ? "strings in slices" : fmt::format("{} slices", parsed.slices.size());
      return weight;
    }
    auto source = std::make_shared<SlicedSource>(index_path_, entry.key, weight.shape, size_of(weight.dtype));
    JsonValue names = JsonValue::array();
    for (const Slice& slice : parsed.slices) {
      const auto found = slices_.find(slice_key(entry.key, slice));
      if (found == slices_.end()) damaged(entry, "The index lacks a slice of the variable.", to_string(slice));
      const BundleEntry part = parse(*found->second);
      const WeightEntry piece = described(*found->second, part);
      if (piece.dtype != weight.dtype || !piece.shape.known_rank() || piece.shape != shape_of(slice, weight.shape)) {
        damaged(entry, fmt::format("The slice {} of the variable has another dtype or shape than it must.", to_string(slice)));
      }
      check_size(*found->second, part, piece);
      source->add(slice, std::make_shared<const TensorSource>(shards_, fmt::format("{} {}", entry.key, to_string(slice)), part,
                                                              static_cast<std::uint64_t>(piece.shape.count())));
      taken_.insert(found->first);
      names.push_back(to_string(slice));
    }
    weight.attributes.set("slices", std::move(names));
    weight.source = std::move(source);
    return weight;
  }

  // A slice of a variable that the index does not have. Its key is no text: the name is what can be shown of it.
  WeightEntry stray_slice(const TableEntry& entry) const {
    WeightEntry weight = described(entry, parse(entry));
    const std::size_t end = entry.key.find('\0', 1);
    weight.path = fmt::format("{} (a slice)", entry.key.substr(1, end == std::string::npos ? end : end - 1));
    weight.unsupported = "a slice of a variable that the index does not have";
    weight.dtype = DType::kInvalid;
    weight.shape = Shape();
    weight.byte_size = 0;
    return weight;
  }

  std::string prefix_, index_path_;
  std::shared_ptr<const base::MappedFile> index_;
  std::shared_ptr<const Shards> shards_;
  std::unordered_map<std::string_view, const TableEntry*> slices_;
  std::unordered_set<std::string_view> taken_;
  ModelFile file_;
};

}  // namespace

std::string bundle_prefix(std::string_view path) {
  if (path.ends_with(".index")) return std::string(path.substr(0, path.size() - 6));
  constexpr std::string_view kPattern = ".data-#####-of-#####";
  if (path.size() > kPattern.size()) {
    const std::string_view end = path.substr(path.size() - kPattern.size());
    const bool fits = std::equal(end.begin(), end.end(), kPattern.begin(), [](char c, char wanted) { return wanted == '#' ? c >= '0' && c <= '9' : c == wanted; });
    if (fits) return std::string(path.substr(0, path.size() - kPattern.size()));
  }
  return std::string(path);
}

bool is_bundle(std::string_view path) {
  std::error_code error;
  return std::filesystem::is_regular_file(bundle_prefix(path) + ".index", error);
}

ModelFile read_tensor_bundle(const std::string& path) { return Reader(path).read(); }

}  // namespace namesake::formats
