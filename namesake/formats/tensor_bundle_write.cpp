// Writing a tensor bundle: one shard, tensors in the order of their keys, as TensorFlow's own index has them.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/formats/bundle_messages.h"
#include "namesake/formats/bundle_slices.h"
#include "namesake/formats/container/crc32c.h"
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

}  // namespace

void write_tensor_bundle(const std::string& prefix, std::vector<BundleTensor> tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const BundleTensor& a, const BundleTensor& b) { return a.key < b.key; });
  check(prefix, tensors);
  base::AtomicFile data(prefix + ".data-00000-of-00001"), index(prefix + ".index");
  TableWriter table;
  table.add("", to_bytes(BundleHeader{}));
  for (const BundleTensor& tensor : tensors) table.add(tensor.key, to_bytes(write_tensor(data, tensor)));
  const std::string bytes = std::move(table).finish();
  index.write(std::as_bytes(std::span(bytes)));
  base::AtomicFile::commit_together(std::array{&data, &index});
}

}  // namespace namesake::formats
