// Writing a tensor bundle: one shard, tensors in the order of their keys, as TensorFlow's own index has them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/base/save_target.h"
#include "namesake/formats/bundle_messages.h"
#include "namesake/formats/bundle_slices.h"
#include "namesake/formats/container/crc32c.h"
#include "namesake/formats/container/table_reader.h"
#include "namesake/formats/container/table_writer.h"
#include "namesake/formats/container/varint.h"
#include "namesake/formats/tensor_bundle.h"

namespace namesake::formats {
namespace {

void check(const std::string& prefix, const std::vector<BundleTensor>& tensors) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const BundleTensor& tensor = tensors[i];
    if (tensor.key.empty() || tensor.key.starts_with(kSliceKeyStart)) {
      throw InvalidName({.subject = prefix, .what = "A tensor of a checkpoint needs a name.", .expected = "a key that is not empty and starts with no zero byte"});
    }
    if (i > 0 && tensors[i - 1].key == tensor.key) {
      throw NameCollision({.subject = tensor.key,
                           .what = fmt::format("Two tensors of the checkpoint \"{}\" have the key \"{}\".", prefix, tensor.key),
                           .fix = "give each variable a path of its own"});
    }
    const auto count = tensor.shape.elements();
    const bool strings = tensor.dtype == DType::kString;
    const bool fits = count && (strings ? tensor.strings.size() == static_cast<std::size_t>(*count)
                                        : size_of(tensor.dtype) > 0 && tensor.bytes.span.size() == static_cast<std::size_t>(*count) * size_of(tensor.dtype));
    if (fits) continue;
    throw InvalidArgument({.subject = tensor.key,
                           .what = fmt::format("The elements of \"{}\" do not fit its shape.", tensor.key),
                           .expected = fmt::format("{} {}", to_string(tensor.dtype), to_string(tensor.shape)),
                           .received = strings ? fmt::format("{} strings", tensor.strings.size()) : fmt::format("{} bytes", tensor.bytes.span.size())});
  }
}

// Writes the strings and returns their checksum.
std::uint32_t write_strings(base::AtomicFile& file, const std::vector<std::string>& strings) {
  std::string sizes, widths;
  for (const std::string& string : strings) {
    put_varint(sizes, string.size());
    put_fixed32(widths, static_cast<std::uint32_t>(string.size() & 0xffffffffU));
    if (string.size() > 0xffffffffU) put_fixed32(widths, static_cast<std::uint32_t>(string.size() >> 32U));
  }
  std::uint32_t crc = crc32c(0, std::as_bytes(std::span(widths)));
  std::string sum;
  put_fixed32(sum, mask_crc32c(crc));
  crc = crc32c(crc, std::as_bytes(std::span(sum)));
  file.write(std::as_bytes(std::span(sizes += sum)));
  for (const std::string& string : strings) {
    crc = crc32c(crc, std::as_bytes(std::span(string)));
    file.write(std::as_bytes(std::span(string)));
  }
  return crc;
}

BundleEntry write_tensor(base::AtomicFile& file, const BundleTensor& tensor) {
  BundleEntry entry;
  entry.dtype = static_cast<std::int64_t>(tensor.dtype);
  entry.shape.assign(tensor.shape.sizes().begin(), tensor.shape.sizes().end());
  entry.offset = static_cast<std::int64_t>(file.position());
  std::uint32_t crc = 0;
  if (tensor.dtype == DType::kString) {
    crc = write_strings(file, tensor.strings);
  } else {
    crc = crc32c(0, tensor.bytes.span);
    file.write(tensor.bytes.span);
  }
  entry.size = static_cast<std::int64_t>(file.position()) - entry.offset;
  entry.crc = mask_crc32c(crc);
  return entry;
}

using IndexEntries = std::vector<std::pair<std::string, std::string>>;  // key, message

void write_index(base::AtomicFile& file, const IndexEntries& entries, std::int64_t shards) {
  TableWriter table;
  table.add("", to_bytes(BundleHeader{.shards = shards}));
  for (const auto& [key, message] : entries) table.add(key, message);
  const std::string bytes = std::move(table).finish();
  file.write(std::as_bytes(std::span(bytes)));
}

std::string data_path(const std::string& prefix, std::int64_t shard, std::int64_t shards) { return fmt::format("{}.data-{:05}-of-{:05}", prefix, shard, shards); }

// How many data files the index that is there speaks of; none if it is none of a checkpoint.
std::int64_t shards_there(const std::string& prefix) {
  constexpr std::int64_t kMost = 99999;
  try {
    const auto file = base::MappedFile::open(prefix + ".index");
    const std::vector<TableEntry> entries = read_table(file->bytes(), prefix);
    const auto header = entries.empty() || !entries[0].key.empty() ? std::nullopt : parse_bundle_header(entries[0].value);
    return header && header->shards >= 1 && header->shards <= kMost ? header->shards : 0;
  } catch (const Error&) {
    return 0;
  }
}

void remove_data(const std::string& prefix, std::int64_t shards) {
  std::error_code ignored;
  for (std::int64_t shard = 0; shard < shards; ++shard) std::filesystem::remove(data_path(prefix, shard, shards), ignored);
}

void commit_index(const std::string& prefix, const IndexEntries& entries, std::int64_t shards) {
  base::AtomicFile index(prefix + ".index");
  write_index(index, entries, shards);
  index.commit();
}

// The data under a name that the index there does not speak of, then the index: this one step makes the checkpoint the new one.
void place(const std::string& prefix, base::AtomicFile& data, const IndexEntries& entries, std::int64_t shards) {
  base::AtomicFile index(prefix + ".index");
  write_index(index, entries, shards);
  index.finish();
  const std::string path = data_path(prefix, 0, shards);
  try {
    data.commit_as(path);
    index.commit();
  } catch (const IoError&) {
    std::error_code ignored;
    if (shards_there(prefix) != shards) std::filesystem::remove(path, ignored);
    throw;
  }
}

// Only names: if it fails, the checkpoint stays whole under those it has.
void rename_data(const std::string& prefix, const IndexEntries& entries, std::int64_t from) {
  try {
    if (!base::replace_by_link(data_path(prefix, 0, 1), data_path(prefix, 0, from))) return;
    commit_index(prefix, entries, 1);
    std::error_code ignored;
    std::filesystem::remove(data_path(prefix, 0, from), ignored);
  } catch (const IoError&) {
    return;
  }
}

// Data that a killed save left, or one that did not get the lock: under a number that the index does not say. Who still needs his holds a lock on them.
void sweep(const std::string& prefix) {
  const std::filesystem::path path(prefix);
  const std::string kept = data_path(path.filename().string(), 0, shards_there(prefix));
  const std::string start = path.filename().string() + ".data-00000-of-";
  std::error_code error;
  std::filesystem::directory_iterator entry(path.has_parent_path() ? path.parent_path() : ".", error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(start) && name.size() == kept.size() && name != kept) base::remove_if_left(entry->path());
  }
}

// A number of data files that no other save takes at the same time.
std::int64_t number_for_itself(std::int64_t old) {
  std::random_device random;
  std::int64_t number = old;
  while (number == old) number = std::uniform_int_distribution<std::int64_t>(3, 99999)(random);
  return number;
}

// A reader finds data files by the number of them that the index says, and opens those alone that it needs. So the new data go under a number
// that the old index does not say, and the index is replaced in one step: at every moment one of the two checkpoints is whole. Under
// the usual name they come afterwards.
// (Data that are a link to another place stay there, and are replaced first: a kill just then leaves old and new, which checksums tell.)
void commit(const std::string& prefix, base::AtomicFile& data, const IndexEntries& entries) {
  data.finish();
  std::error_code error;
  const base::FolderLock lock(prefix);
  const std::int64_t old = shards_there(prefix);
  if (std::filesystem::is_symlink(data_path(prefix, 0, 1), error)) {
    data.commit();
    commit_index(prefix, entries, 1);
  } else if (lock.held() && old != 1) {
    place(prefix, data, entries, 1);
  } else {
    const std::int64_t number = lock.held() ? 2 : number_for_itself(old);
    place(prefix, data, entries, number);
    if (lock.held()) rename_data(prefix, entries, number);
  }
  if (old > 1) remove_data(prefix, old);
  if (lock.held()) sweep(prefix);
}

}  // namespace

void write_tensor_bundle(const std::string& prefix, std::vector<BundleTensor> tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const BundleTensor& a, const BundleTensor& b) { return a.key < b.key; });
  check(prefix, tensors);
  base::AtomicFile data(data_path(prefix, 0, 1));
  IndexEntries entries;
  entries.reserve(tensors.size());
  for (const BundleTensor& tensor : tensors) entries.emplace_back(tensor.key, to_bytes(write_tensor(data, tensor)));
  commit(prefix, data, entries);
}

}  // namespace namesake::formats
