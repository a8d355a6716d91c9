#include "namesake/formats/npz.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "namesake/base/atomic_file.h"
#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/zip_reader.h"
#include "namesake/formats/container/zip_writer.h"
#include "namesake/formats/npy.h"

namespace namesake::formats {
namespace {

constexpr std::string_view kSuffix = ".npy";

std::string name_of(const ZipEntry& entry) {
  std::string_view name = entry.name;
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  return std::string(name);
}

}  // namespace

NpzFile::~NpzFile() = default;
NpzFile::NpzFile(NpzFile&&) noexcept = default;
NpzFile& NpzFile::operator=(NpzFile&&) noexcept = default;

NpzFile::NpzFile(const std::string& path)
    : file_(base::MappedFile::open(path)), zip_(std::make_unique<ZipReader>(file_->bytes(), path)) {
  for (const ZipEntry& entry : zip_->entries()) {
    std::string name = name_of(entry);
    if (has(name)) {
      throw FormatError(path, entry.name,
                        {.what = fmt::format("Two arrays of the file are called \"{}\".", name),
                         .fix = "save them again under two names"},
                        entry.header_offset);
    }
    names_.push_back(std::move(name));
  }
}

bool NpzFile::has(std::string_view name) const noexcept {
  return std::find(names_.begin(), names_.end(), name) != names_.end();
}

Tensor NpzFile::read(std::string_view name) const {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) {
    throw InvalidArgument({.subject = file_->path(),
                           .what = fmt::format("{}: There is no array called \"{}\".", file_->path(), name),
                           .expected = fmt::format("one of: {}", fmt::join(names_, ", ")),
                           .received = std::string(name)});
  }
  const ZipEntry& entry = zip_->entries()[static_cast<std::size_t>(found - names_.begin())];
  if (const auto bytes = zip_->mapped(entry)) {
    zip_->check(entry);
    return parse_npy(*bytes, file_->path(), entry.name);
  }
  const std::string content = zip_->read_text(entry, std::uint64_t{1} << 40U);
  return parse_npy(std::as_bytes(std::span(content)), file_->path(), entry.name);
}

std::vector<NamedTensor> read_npz(const std::string& path) {
  const NpzFile file(path);
  std::vector<NamedTensor> arrays;
  for (const std::string& name : file.names()) arrays.push_back({name, file.read(name)});
  return arrays;
}

void write_npz(const std::string& path, std::span<const NamedTensor> arrays) {
  base::AtomicFile file(path);
  ZipWriter zip(file);
  for (const NamedTensor& array : arrays) {
    const std::string header = npy_header(array.tensor.dtype(), array.tensor.shape());
    zip.add(array.name + std::string(kSuffix), {std::as_bytes(std::span(header)), array.tensor.bytes()});
  }
  zip.finish();
  file.commit();
}

}  // namespace namesake::formats
