// Files that h5py and real Keras wrote, against listings of what h5py reads in them (tests/golden/hdf5).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "namesake/base/error.h"
#include "namesake/formats/container/hdf5_file.h"
#include "namesake/formats/container/hdf5_listing.h"

namespace namesake::formats {
namespace {

using testing::HasSubstr;

std::filesystem::path golden_folder() { return std::filesystem::path(NAMESAKE_SOURCE_DIR) / "tests/golden/hdf5"; }

std::vector<std::byte> bytes_of(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  EXPECT_TRUE(stream) << path;
  std::vector<char> chars((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  const auto* begin = reinterpret_cast<const std::byte*>(chars.data());
  return {begin, begin + chars.size()};
}

std::vector<std::string> golden_names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder())) {
    if (entry.path().extension() == ".h5") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Hdf5Golden, EveryFileReadsAsH5pyReadsIt) {
  const std::vector<std::string> names = golden_names();
  ASSERT_GE(names.size(), 18U);
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    const std::vector<std::byte> bytes = bytes_of(golden_folder() / name);
    const auto text = bytes_of((golden_folder() / name).replace_extension(".txt"));
    const std::string expected(reinterpret_cast<const char*>(text.data()), text.size());
    try {
      EXPECT_EQ(listing(Hdf5File(bytes, name)), expected);
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
  }
}

TEST(Hdf5Golden, AFileInsideOtherBytesReadsTheSame) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "keras_archive_entry.h5");
  std::vector<std::byte> archive(777, std::byte{0xab});  // a zip has its entries at any offset
  archive.insert(archive.end(), bytes.begin(), bytes.end());
  archive.resize(archive.size() + 333, std::byte{0xcd});
  const Hdf5File alone(bytes, "alone"), inside({archive.data() + 777, bytes.size()}, "inside");
  EXPECT_EQ(listing(alone), listing(inside));
}

TEST(Hdf5Golden, DataInOnePieceCanBeUsedWhereTheyLie) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "everyday_earliest.h5");
  const Hdf5File file(bytes, "everyday_earliest.h5");
  const Hdf5Object* kernel = file.find("/layers/dense/vars/0");
  ASSERT_NE(kernel, nullptr);
  EXPECT_EQ(kernel->layout, "contiguous");
  const auto data = file.data(*kernel);
  ASSERT_TRUE(data.has_value());
  ASSERT_EQ(data->size(), kernel->byte_size);
  EXPECT_EQ(data->data(), bytes.data() + file.data_offset(*kernel).value());
  std::vector<std::byte> copy(kernel->byte_size);
  file.read(*kernel, copy);
  EXPECT_TRUE(std::equal(copy.begin(), copy.end(), data->begin()));
}

TEST(Hdf5Golden, OffsetsCountFromTheStartOfTheUserBlock) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "user_block.h5");
  const Hdf5File file(bytes, "user_block.h5");
  const Hdf5Object* x = file.find("x");
  ASSERT_NE(x, nullptr);
  EXPECT_GE(x->address, 1024U);
  EXPECT_EQ(file.data(*x)->data(), bytes.data() + file.data_offset(*x).value());
}

TEST(Hdf5Golden, DataThatNeedWorkAreNotHandedOutAsTheyLie) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "everyday_earliest.h5");
  const Hdf5File file(bytes, "everyday_earliest.h5");
  for (const char* path : {"/numbers/float32_big_endian", "/numbers/bool", "/strings/fixed", "/layers", "/soft"}) {
    EXPECT_FALSE(file.data(*file.find(path)).has_value()) << path;
  }
}

TEST(Hdf5Golden, WhatIsNotSupportedIsNamed) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "not_supported_latest.h5");
  const Hdf5File file(bytes, "odd.h5");
  struct Case {
    const char* path;
    const char* words;
  };
  const Case cases[] = {{"/compound", "compound"},
                        {"/sequences", "sequence"},
                        {"/references", "reference"},
                        {"/opaque", "opaque datatype of 3 bytes"},
                        {"/lzf", "filter 32000"},
                        {"/scaled", "filter 6"},
                        {"/external_data", "external files"},
                        {"/nine_axes", "9 axes"},
                        {"/virtual", "virtual dataset"}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.path);
    const Hdf5Object* object = file.find(c.path);
    ASSERT_NE(object, nullptr);
    EXPECT_THAT(object->unsupported, HasSubstr(c.words));
    EXPECT_FALSE(file.data(*object).has_value());
    try {
      std::vector<std::byte> out(object->byte_size);
      file.read(*object, out);
      ADD_FAILURE() << "was read";
    } catch (const Unsupported& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.words));
      EXPECT_THAT(error.what(), HasSubstr(c.path));
      EXPECT_THAT(error.what(), HasSubstr("odd.h5"));
    }
  }
  EXPECT_THAT(file.root().attribute("reference")->unsupported, HasSubstr("reference"));
}

TEST(Hdf5Golden, LinksToElsewhereAreShownAndNotRead) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "everyday_latest.h5");
  const Hdf5File file(bytes, "everyday_latest.h5");
  const Hdf5Object* soft = file.find("/soft");
  ASSERT_NE(soft, nullptr);
  EXPECT_EQ(soft->kind, Hdf5Object::Kind::kSoftLink);
  EXPECT_EQ(soft->target, "/layers/dense");
  EXPECT_THROW(file.read(*soft, {}), Unsupported);
  EXPECT_EQ(file.find("/soft/vars"), nullptr);
}

TEST(Hdf5Golden, AHardLinkKnowsWhomItNamesAgain) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "everyday_earliest.h5");
  const Hdf5File file(bytes, "everyday_earliest.h5");
  const Hdf5Object* first = file.find("/layers/dense/vars/0");
  const Hdf5Object* again = file.find("/zz_same_data");
  ASSERT_NE(first, nullptr);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(&file.objects()[again->alias_of], first);
  EXPECT_EQ(again->shape, first->shape);
  EXPECT_EQ(file.data(*again)->data(), file.data(*first)->data());
  EXPECT_EQ(file.find("/zz_same_group/vars/0"), first) << "a path may run through an alias";
  EXPECT_EQ(file.children_in_natural_order(*file.find("/zz_same_group")).size(), 1U);
}

TEST(Hdf5Golden, ChildrenCanBeHadInTheOrderOfTheirNumbers) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "crowds_latest.h5");
  const Hdf5File file(bytes, "crowds_latest.h5");
  const auto children = file.children_in_natural_order(*file.find("/group"));
  ASSERT_EQ(children.size(), 100U);
  for (std::size_t i = 0; i < children.size(); ++i) EXPECT_EQ(children[i]->name, std::to_string(i));
  EXPECT_EQ(file.objects()[file.find("/group")->children[2]].name, "10") << "in the file they stand by name";
}

TEST(Hdf5Golden, AWrongBufferIsRefused) {
  const std::vector<std::byte> bytes = bytes_of(golden_folder() / "user_block.h5");
  const Hdf5File file(bytes, "user_block.h5");
  std::vector<std::byte> out(file.find("/x")->byte_size + 1);
  EXPECT_THROW(file.read(*file.find("/x"), out), InvalidArgument);
}

}  // namespace
}  // namespace namesake::formats
