#include "namesake/formats/hdf5_entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "tests/support/hex.h"

namespace namesake::formats {
namespace {

using ::namesake::testing::to_hex;
using ::testing::ElementsAre;

ModelFile listed(const std::string& name) {
  const auto file = base::MappedFile::open(NAMESAKE_SOURCE_DIR "/tests/golden/hdf5/" + name);
  ModelFile model;
  list_hdf5({.bytes = file->bytes(), .keeper = file, .name = name, .offset = 1000}, model);
  return model;
}

TEST(Hdf5Entries, HoldsGroupsDatasetsAndLinks) {
  const ModelFile model = listed("everyday_latest.h5");
  EXPECT_EQ(model.groups.front().path, "") << "the root comes first";
  EXPECT_EQ(model.find_group("layers/dense/vars")->stored_name(), "dense");
  EXPECT_EQ(model.find_group("layers/dense")->stored_name(), std::nullopt);
  ASSERT_EQ(model.links.size(), 2U);
  EXPECT_EQ(model.links[0].path, "external");
  EXPECT_EQ(model.links[0].target, "elsewhere.h5:/x");
  EXPECT_TRUE(model.links[0].external);
  EXPECT_EQ(model.links[1].path, "soft");
  EXPECT_EQ(model.links[1].target, "/layers/dense");
  EXPECT_FALSE(model.links[1].external);
}

TEST(Hdf5Entries, TurnsAttributesIntoPlainValues) {
  const ModelFile model = listed("everyday_latest.h5");
  const JsonValue& attributes = model.find_group("attributes")->attributes;
  struct Case {
    const char* name;
    const char* value;
  };
  const Case cases[] = {
      {"array", R"(["a", "bb"])"},
      {"fixed", "\"fixed\""},
      {"fixed_array", R"(["dense", "dense_1"])"},
      {"flag", "true"},
      {"half", "[0.5, -2.0, 5.960464477539063e-08, Infinity]"},
      {"integer", "3"},
      {"no_names", "[]"},
      {"null", "[]"},
      {"real", "0.1"},
      {"small", "[1, 2, 3, -4]"},
      {"text", "\"variable \\u03b1\""},
      {"unsigned", "[9223372036854775807]"},
  };
  for (const Case& each : cases) {
    ASSERT_TRUE(attributes.has(each.name)) << each.name;
    EXPECT_EQ(to_json(*attributes.find(each.name)), each.value) << each.name;
  }
}

TEST(Hdf5Entries, ShowsHardLinksAsAliases) {
  const ModelFile model = listed("everyday_latest.h5");
  EXPECT_EQ(model.find_group("zz_same_group")->alias_of, "layers/dense");
  const WeightEntry* same = model.find_weight("zz_same_data");
  ASSERT_NE(same, nullptr);
  EXPECT_EQ(same->alias_of, "layers/dense/vars/0");
  EXPECT_EQ(to_hex(same->bytes().span), to_hex(model.find_weight("layers/dense/vars/0")->bytes().span));
  const bool below = std::any_of(model.weights.begin(), model.weights.end(),
                                 [](const WeightEntry& w) { return w.path.starts_with("zz_same_group/"); });
  EXPECT_FALSE(below) << "what is below stands there once already";
}

TEST(Hdf5Entries, ReadsWeightsInEveryFormThatTheyAreStoredIn) {
  const ModelFile model = listed("everyday_latest.h5");
  const WeightEntry& plain = *model.find_weight("numbers/float32");
  const WeightEntry& turned = *model.find_weight("numbers/float32_big_endian");
  EXPECT_EQ(to_hex(plain.bytes().span), "0000c0bf0000000000e07f47");
  EXPECT_EQ(to_hex(turned.bytes().span), to_hex(plain.bytes().span));
  EXPECT_THAT(turned.to_tensor().to_vector<float>(), ElementsAre(-1.5F, 0, 65504));
  EXPECT_EQ(turned.offset, std::nullopt) << "the bytes in the file are not the elements";
  EXPECT_GE(plain.offset.value(), 1000U) << "counted from the beginning of the file on disk";
  const Tensor strings = model.find_weight("strings/fixed")->to_tensor();
  EXPECT_THAT(strings.strings(), ElementsAre("one", "", "three33"));
  EXPECT_THROW(static_cast<void>(plain.source->read_strings()), Unsupported);
}

TEST(Hdf5Entries, ListsWhatCannotBeReadAndSaysWhy) {
  const ModelFile model = listed("not_supported_latest.h5");
  int refused = 0;
  for (const WeightEntry& weight : model.weights) {
    if (weight.unsupported.empty()) continue;
    ++refused;
    EXPECT_THROW(static_cast<void>(weight.bytes()), Unsupported) << weight.path;
    EXPECT_THROW(static_cast<void>(weight.to_tensor()), Unsupported) << weight.path;
  }
  EXPECT_GT(refused, 3);
}

}  // namespace
}  // namespace namesake::formats
