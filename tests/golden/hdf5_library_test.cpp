// A second opinion: every sound HDF5 file that the tests have, those inside archives too, read by us and by libhdf5.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <hdf5.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_file.h"
#include "namesake/formats/container/zip_reader.h"

namespace namesake::formats {
namespace {

using Bytes = std::vector<std::byte>;

/// An id of the library that closes itself.
class Id {
 public:
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Id() {
    if (id_ >= 0) (void)close_(id_);
  }
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  operator hid_t() const noexcept { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

hid_t open_image(const Bytes& bytes) {
  const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, 1 << 16, false);
  Bytes copy = bytes;
  H5Pset_file_image(access, copy.data(), copy.size());
  return H5Fopen("image.h5", H5F_ACC_RDONLY, access);
}

std::vector<std::int64_t> sizes_of(hid_t space) {
  std::vector<hsize_t> sizes(static_cast<std::size_t>(std::max(0, H5Sget_simple_extent_ndims(space))));
  H5Sget_simple_extent_dims(space, sizes.data(), nullptr);
  return {sizes.begin(), sizes.end()};
}

std::size_t count_of(hid_t space) { return static_cast<std::size_t>(std::max<hssize_t>(0, H5Sget_simple_extent_npoints(space))); }

using Read = std::function<herr_t(hid_t memory_type, void* out)>;

std::vector<std::string> library_strings(hid_t type, hid_t space, const Read& read) {
  const std::size_t count = count_of(space);
  std::vector<std::string> texts;
  if (H5Tis_variable_str(type) > 0) {
    std::vector<char*> pointers(count);
    EXPECT_GE(read(type, pointers.data()), 0);
    for (const char* text : pointers) texts.emplace_back(text == nullptr ? "" : text);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data());
    return texts;
  }
  const std::size_t size = H5Tget_size(type);
  std::string all(size * count, '?');
  EXPECT_GE(read(type, all.data()), 0);
  for (std::size_t i = 0; i < count; ++i) {
    std::string text = all.substr(i * size, size);
    const H5T_str_t padding = H5Tget_strpad(type);
    if (padding == H5T_STR_NULLTERM) text.resize(std::min(text.size(), text.find('\0')));
    text.erase(text.find_last_not_of(padding == H5T_STR_SPACEPAD ? ' ' : '\0') + 1);
    texts.push_back(std::move(text));
  }
  return texts;
}

Bytes library_elements(hid_t type, hid_t space, const Read& read) {
  const bool number = H5Tget_class(type) == H5T_INTEGER || H5Tget_class(type) == H5T_FLOAT;
  const Id memory(number ? H5Tcopy(type) : H5Tget_native_type(type, H5T_DIR_ASCEND), H5Tclose);
  if (number) H5Tset_order(memory, H5T_ORDER_LE);
  Bytes bytes(H5Tget_size(memory) * count_of(space));
  if (!bytes.empty()) {
    EXPECT_GE(read(memory, bytes.data()), 0);
  }
  return bytes;
}

class Comparison {
 public:
  explicit Comparison(const Bytes& bytes) : ours_(bytes, "ours.h5"), theirs_(open_image(bytes), H5Fclose) {}

  void run() {
    for (const Hdf5Object& object : ours_.objects()) {
      SCOPED_TRACE(object.path);
      ++objects;
      if (object.is_link()) {
        compare_link(object);
        continue;
      }
      if (object.is_dataset() && !object.unsupported.empty()) {  // the library may not open it either
        ++unsupported;
        continue;
      }
      const Id item(H5Oopen(theirs_, object.path.c_str(), H5P_DEFAULT), H5Oclose);
      if (item < 0) {
        ++too_new;
        continue;
      }
      H5O_info_t info{};
      H5Oget_info(item, &info);
      if (object.alias_of != Hdf5Object::kNone) {
        H5O_info_t first{};
        H5Oget_info_by_name(theirs_, ours_.objects()[object.alias_of].path.c_str(), &first, H5P_DEFAULT);
        EXPECT_EQ(info.addr, first.addr);
        continue;
      }
      EXPECT_EQ(info.num_attrs, object.attributes.size());
      for (const Hdf5Attribute& attribute : object.attributes) compare_attribute(item, attribute);
      if (object.is_group()) {
        H5G_info_t group{};
        H5Gget_info(item, &group);
        EXPECT_EQ(group.nlinks, object.children.size());
      } else if (object.is_dataset()) {
        compare_dataset(item, object);
      }
    }
  }

  int objects = 0, datasets = 0, attributes = 0, unsupported = 0;
  int too_new = 0;  // datatypes of a version that the library does not know (before 1.12)

 private:
  void compare_link(const Hdf5Object& object) {
    H5L_info_t info{};
    ASSERT_GE(H5Lget_info(theirs_, object.path.c_str(), &info, H5P_DEFAULT), 0);
    std::vector<char> value(info.u.val_size + 1);
    H5Lget_val(theirs_, object.path.c_str(), value.data(), value.size(), H5P_DEFAULT);
    if (info.type == H5L_TYPE_SOFT) {
      EXPECT_EQ(object.kind, Hdf5Object::Kind::kSoftLink);
      EXPECT_EQ(object.target, value.data());
    } else {
      EXPECT_EQ(info.type, H5L_TYPE_EXTERNAL);
      const char *file = nullptr, *path = nullptr;
      unsigned flags = 0;
      H5Lunpack_elink_val(value.data(), info.u.val_size, &flags, &file, &path);
      EXPECT_EQ(object.target, std::string(file) + ":" + path);
    }
  }

  void compare_dataset(hid_t item, const Hdf5Object& object) {
    ++datasets;
    const Id type(H5Dget_type(item), H5Tclose);
    const Id space(H5Dget_space(item), H5Sclose);
    if (H5Sget_simple_extent_type(space) == H5S_NULL) {
      EXPECT_EQ(object.layout, "null");
      return;
    }
    const auto ours = object.shape.sizes();
    EXPECT_EQ(std::vector<std::int64_t>(ours.begin(), ours.end()), sizes_of(space));
    const Read read = [&](hid_t memory, void* out) { return H5Dread(item, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, out); };
    if (object.dtype == DType::kString) {
      EXPECT_EQ(ours_.read_strings(object), library_strings(type, space, read));
      return;
    }
    Bytes elements(object.byte_size);
    ours_.read(object, elements);
    EXPECT_EQ(elements, library_elements(type, space, read));
  }

  void compare_attribute(hid_t item, const Hdf5Attribute& attribute) {
    SCOPED_TRACE(attribute.name);
    const Id theirs(H5Aopen(item, attribute.name.c_str(), H5P_DEFAULT), H5Aclose);
    if (theirs < 0) {
      ++too_new;
      return;
    }
    if (!attribute.unsupported.empty()) {
      ++unsupported;
      return;
    }
    ++attributes;
    const Id type(H5Aget_type(theirs), H5Tclose);
    const Id space(H5Aget_space(theirs), H5Sclose);
    if (attribute.is_null) {
      EXPECT_EQ(H5Sget_simple_extent_type(space), H5S_NULL);
      return;
    }
    const auto ours = attribute.shape.sizes();
    EXPECT_EQ(std::vector<std::int64_t>(ours.begin(), ours.end()), sizes_of(space));
    const Read read = [&](hid_t memory, void* out) { return H5Aread(theirs, memory, out); };
    if (attribute.dtype == DType::kString) {
      EXPECT_EQ(attribute.strings, library_strings(type, space, read));
    } else if (H5Tget_class(type) == H5T_FLOAT) {
      std::vector<double> values(count_of(space));
      if (!values.empty()) {
        EXPECT_GE(read(H5T_NATIVE_DOUBLE, values.data()), 0);
      }
      EXPECT_EQ(attribute.reals, values);
    } else {
      EXPECT_EQ(attribute.integers, integers(type, library_elements(type, space, read)));
    }
  }

  // Integers and enumerations of any width.
  static std::vector<std::int64_t> integers(hid_t type, const Bytes& bytes) {
    const std::size_t size = H5Tget_size(type);
    const Id base(H5Tget_class(type) == H5T_ENUM ? H5Tget_super(type) : H5Tcopy(type), H5Tclose);
    const bool is_signed = H5Tget_sign(base) == H5T_SGN_2;
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < bytes.size(); i += size) {
      std::uint64_t value = 0;
      std::memcpy(&value, &bytes[i], size);
      if (is_signed && size < 8 && (value >> (8 * size - 1)) != 0) value |= ~std::uint64_t{0} << (8 * size);
      values.push_back(static_cast<std::int64_t>(value));
    }
    return values;
  }

  Hdf5File ours_;
  Id theirs_;
};

Bytes read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::vector<char> chars((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const auto* begin = reinterpret_cast<const std::byte*>(chars.data());
  return {begin, begin + chars.size()};
}

/// Every HDF5 file below tests/golden, with its name.
std::vector<std::pair<std::string, Bytes>> golden_files() {
  std::vector<std::pair<std::string, Bytes>> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(std::string(NAMESAKE_SOURCE_DIR) + "/tests/golden")) {
    if (!entry.is_regular_file()) continue;
    Bytes bytes = read_file(entry.path());
    const std::string name = entry.path().filename().string();
    if (ZipReader::looks_like_zip(bytes)) {
      const ZipReader zip(bytes, name);
      for (const ZipEntry& inner : zip.entries()) {
        if (!inner.name.ends_with(".h5")) continue;
        Bytes content(inner.size);
        zip.read(inner, content);
        found.emplace_back(name + ": " + inner.name, std::move(content));
      }
    } else if (Hdf5File::looks_like_hdf5(bytes)) {
      found.emplace_back(name, std::move(bytes));
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(Hdf5Library, ReadsWhatWeRead) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // it prints its errors
  int objects = 0, datasets = 0, attributes = 0, unsupported = 0, too_new = 0;
  const auto files = golden_files();
  for (const auto& [name, bytes] : files) {
    SCOPED_TRACE(name);
    Comparison comparison(bytes);
    comparison.run();
    objects += comparison.objects;
    datasets += comparison.datasets;
    attributes += comparison.attributes;
    unsupported += comparison.unsupported;
    too_new += comparison.too_new;
  }
  fmt::print("{} files: {} objects, {} datasets and {} attributes compared, {} not supported by us, {} too new for the library\n", files.size(), objects,
             datasets, attributes, unsupported, too_new);
  EXPECT_GE(files.size(), 60U);
  EXPECT_GE(datasets, 500);
  EXPECT_LE(unsupported, 20);
  EXPECT_LE(too_new, 40);
}

TEST(Hdf5Library, WritesSuperblock1WhichWeRead) {
  const Id creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose);
  H5Pset_istore_k(creation, 2);  // not the default, so that the superblock must say it
  const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  H5Pset_fapl_core(access, 1 << 16, false);
  const Id file(H5Fcreate("superblock_1.h5", H5F_ACC_TRUNC, creation, access), H5Fclose);
  const hsize_t size = 30, chunk = 2;
  const Id space(H5Screate_simple(1, &size, nullptr), H5Sclose);
  const Id chunked(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  H5Pset_chunk(chunked, 1, &chunk);
  std::vector<std::int32_t> values(30);
  for (int i = 0; i < 30; ++i) values[static_cast<std::size_t>(i)] = i * i;
  {
    const Id dataset(H5Dcreate2(file, "x", H5T_STD_I32BE, space, H5P_DEFAULT, chunked, H5P_DEFAULT), H5Dclose);
    ASSERT_GE(H5Dwrite(dataset, H5T_NATIVE_INT32, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), 0);
  }
  H5Fflush(file, H5F_SCOPE_GLOBAL);
  Bytes bytes(static_cast<std::size_t>(H5Fget_file_image(file, nullptr, 0)));
  H5Fget_file_image(file, bytes.data(), bytes.size());
  ASSERT_EQ(std::to_integer<int>(bytes[8]), 1) << "the version of the superblock";
  const Hdf5File ours(bytes, "superblock_1.h5");
  std::vector<std::int32_t> read(30);
  ours.read(*ours.find("x"), std::as_writable_bytes(std::span(read)));
  EXPECT_EQ(read, values);
}

}  // namespace
}  // namespace namesake::formats
