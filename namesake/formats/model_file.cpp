#include "namesake/formats/model_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "namesake/base/error.h"

namespace namesake::formats {
namespace {

struct OwnedBytes {
  explicit OwnedBytes(std::uint64_t size) : size_(size), data_(std::make_unique_for_overwrite<std::byte[]>(size)) {}
  [[nodiscard]] std::span<std::byte> span() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> data_;
};

Bytes bytes_of(const std::shared_ptr<const ByteSource>& source, std::uint64_t size) {
  if (const auto mapped = source->mapped()) return {*mapped, source};
  const auto owned = std::make_shared<OwnedBytes>(size);
  source->read_into(owned->span());
  return {owned->span(), owned};
}

void check_readable(const WeightEntry& entry) {
  if (!entry.unsupported.empty() || entry.source == nullptr) {
    throw Unsupported({.subject = entry.path,
                       .what = fmt::format("The weight \"{}\" cannot be read.", entry.path),
                       .received = entry.unsupported});
  }
}

template <class Entry>
const Entry* find_in(const std::vector<Entry>& entries, std::string_view wanted, std::string Entry::*name) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& entry) { return entry.*name == wanted; });
  return found == entries.end() ? nullptr : &*found;
}

}  // namespace

std::vector<std::string> ByteSource::read_strings() const {
  throw Unsupported({.what = "These elements are no strings."});
}

void WeightEntry::read_into(std::span<std::byte> out) const {
  check_readable(*this);
  if (out.size() != byte_size) {
    throw InvalidArgument(
        {.subject = path,
         .what = fmt::format("The room for the weight \"{}\" has another size than its elements.", path),
         .expected = fmt::format("{} bytes", byte_size),
         .received = fmt::format("{} bytes", out.size())});
  }
  source->read_into(out);
}

Bytes WeightEntry::bytes() const {
  check_readable(*this);
  return bytes_of(source, byte_size);
}

Tensor WeightEntry::to_tensor() const {
  check_readable(*this);
  if (dtype == DType::kString) return Tensor::of_strings(source->read_strings(), shape);
  static_cast<void>(source->mapped());  // what is not there is noticed before room is made for it
  Tensor tensor = Tensor::empty(dtype, shape);
  source->read_into({tensor.raw(), static_cast<std::size_t>(byte_size)});
  return tensor;
}

std::optional<std::string> GroupEntry::stored_name() const {
  const JsonValue* name = attributes.find("name");
  if (name == nullptr || !name->is_string()) return std::nullopt;
  return name->as_string();
}

Bytes ArchiveEntry::bytes() const { return bytes_of(source, size); }

const WeightEntry* ModelFile::find_weight(std::string_view path) const noexcept {
  return find_in(weights, path, &WeightEntry::path);
}

const GroupEntry* ModelFile::find_group(std::string_view path) const noexcept {
  return find_in(groups, path, &GroupEntry::path);
}

const ArchiveEntry* ModelFile::find_entry(std::string_view name) const noexcept {
  return find_in(entries, name, &ArchiveEntry::name);
}

}  // namespace namesake::formats
