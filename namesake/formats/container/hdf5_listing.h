// For tests: what an HDF5 file holds, as text, in the form that tools/make_hdf5_golden.py writes.
#pragma once

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "namesake/formats/container/hdf5_file.h"

namespace namesake::formats {

inline std::uint32_t listing_crc(const void* data, std::size_t size) {
  return static_cast<std::uint32_t>(crc32(0, static_cast<const Bytef*>(data), static_cast<uInt>(size)));
}

inline std::string listing_text(const std::string& text) {
  if (text.size() > 64) return fmt::format("{} characters {:08x}", text.size(), listing_crc(text.data(), text.size()));
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 32 && byte < 127 && c != '"' && c != '\\') {
      result += c;
    } else {
      result += fmt::format("\\x{:02x}", byte);
    }
  }
  return result + "\"";
}

inline std::string listing_bytes(const std::vector<std::byte>& bytes) {
  if (bytes.size() > 64) return fmt::format("{} bytes {:08x}", bytes.size(), listing_crc(bytes.data(), bytes.size()));
  std::string result;
  for (const std::byte byte : bytes) result += fmt::format("{:02x}", std::to_integer<unsigned>(byte));
  return result;
}

inline std::string listing_real(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  std::string result;
  for (int i = 0; i < 8; ++i) result += fmt::format("{:02x}", (bits >> (8 * i)) & 0xff);
  return result;
}

inline std::string listing_shape(const Shape& shape) {
  return fmt::format("({}{})", fmt::join(shape.sizes(), ", "), shape.rank() == 1 ? "," : "");
}

inline std::string listing_line(const Hdf5Attribute& attribute) {
  std::string line = fmt::format("  attribute {} ", attribute.name);
  if (!attribute.unsupported.empty()) return line + "unsupported";
  line += to_string(attribute.dtype);
  if (attribute.is_null) return line + " null";
  line += " " + listing_shape(attribute.shape);
  for (const std::string& text : attribute.strings) line += " " + listing_text(text);
  for (const std::int64_t number : attribute.integers) line += fmt::format(" {}", number);
  for (const double number : attribute.reals) line += " " + listing_real(number);
  return line;
}

inline std::string listing_line(const Hdf5File& file, const Hdf5Object& dataset) {
  std::string line = "dataset " + dataset.path;
  if (!dataset.unsupported.empty()) return line + " unsupported";
  line += fmt::format(" {}", to_string(dataset.dtype));
  if (dataset.layout == "null") return line + " null";
  line += " " + listing_shape(dataset.shape);
  if (dataset.dtype == DType::kString) {
    for (const std::string& text : file.read_strings(dataset)) line += " " + listing_text(text);
    return line;
  }
  std::vector<std::byte> bytes(dataset.byte_size);
  file.read(dataset, bytes);
  return line + " " + listing_bytes(bytes);
}

/// Everything in `file`, sorted by path, attributes by name.
inline std::string listing(const Hdf5File& file) {
  std::vector<const Hdf5Object*> objects;
  for (const Hdf5Object& object : file.objects()) objects.push_back(&object);
  std::sort(objects.begin(), objects.end(), [](const auto* a, const auto* b) { return a->path < b->path; });
  std::map<std::uint64_t, std::string> first;
  std::string text;
  for (const Hdf5Object* object : objects) {
    if (object->is_link()) {
      const char* word = object->kind == Hdf5Object::Kind::kSoftLink ? "soft" : "external";
      text += fmt::format("{} {} = {}\n", word, object->path, object->target);
      continue;
    }
    const auto [known, is_new] = first.emplace(object->address, object->path);
    if (!is_new) {
      text += fmt::format("same {} = {}\n", object->path, known->second);
      continue;
    }
    if (object->is_group()) {
      text += "group " + object->path + "\n";
    } else {
      text += (object->is_dataset() ? listing_line(file, *object) : "type " + object->path) + "\n";
    }
    const Hdf5Object& holder = object->alias_of == Hdf5Object::kNone ? *object : file.objects()[object->alias_of];
    std::vector<const Hdf5Attribute*> attributes;
    for (const Hdf5Attribute& attribute : holder.attributes) attributes.push_back(&attribute);
    std::sort(attributes.begin(), attributes.end(), [](const auto* a, const auto* b) { return a->name < b->name; });
    for (const Hdf5Attribute* attribute : attributes) text += listing_line(*attribute) + "\n";
  }
  return text;
}

}  // namespace namesake::formats
