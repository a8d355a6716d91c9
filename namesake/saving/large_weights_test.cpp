// Weights above a megabyte: read on all cores into the memory that the variables have, and not initialized before a file fills them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/formats/keras_archive.h"
#include "namesake/nn/layers/dense.h"
#include "namesake/nn/sequential.h"
#include "namesake/saving/load_model.h"
#include "tests/support/temp_folder.h"

namespace namesake {
namespace {

constexpr std::int64_t kWidth = 601;  // 1.4 MB a kernel: several pieces, the last one short

Sequential make_model() {
  return Sequential({Dense({.units = kWidth, .kernel_initializer = "ones", .input_shape = {kWidth}, .name = "a"}),
                     Dense({.units = kWidth, .name = "b"})},
                    {.name = "m"});
}

// No two numbers of the model are equal.
void number(const Model& model) {
  float next = 0;
  for (const Variable& weight : model.weights()) {
    for (float& value : weight.update<float>()) value = next++;
  }
}

std::vector<std::vector<float>> numbers(const Model& model) {
  std::vector<std::vector<float>> all;
  for (const Variable& weight : model.weights()) all.push_back(weight.value().to_vector<float>());
  return all;
}

TEST(LargeWeights, ComeBackFromEveryFormatAndGiveEqualBytesAgain) {
  const testing::TempFolder folder;
  const Sequential model = make_model();
  number(model);
  for (const char* name : {"m.keras", "m.h5"}) {
    model.save(folder / name);
    const Model loaded = load_model(folder / name);
    EXPECT_TRUE(numbers(loaded) == numbers(model)) << name;
    loaded.save(folder / (std::string("again_") + name));
    EXPECT_TRUE(testing::read_text(folder / (std::string("again_") + name)) == testing::read_text(folder / name)) << name;
  }
  model.save_weights(folder / "m.weights.h5");
  const Sequential other = make_model();
  other.load_weights(folder / "m.weights.h5");
  EXPECT_TRUE(numbers(other) == numbers(model));
}

TEST(LargeWeights, ThatTheFileLacksGetTheirFirstValues) {
  const testing::TempFolder folder;
  const Sequential model = make_model();
  number(model);
  model.save(folder / "whole.keras");
  const auto file = formats::read_keras_archive(folder / "whole.keras");
  formats::KerasArchiveContent content;
  content.config = file.config;
  for (const auto& weight : file.weights) {
    if (weight.path != "layers/dense/vars/0") content.arrays.push_back({weight.path, weight.dtype, weight.shape, weight.bytes()});
  }
  formats::write_keras_archive(folder / "part.keras", content);
  const auto found = numbers(load_model(folder / "part.keras", {.strict = false}));
  EXPECT_THAT(found[0], ::testing::Each(1.0F));
  EXPECT_TRUE(found[2] == numbers(model)[2]);
}

TEST(LargeWeights, AreNotChangedForWhoeverHoldsTheValueFromBefore) {
  const testing::TempFolder folder;
  const Sequential model = make_model();
  const Tensor before = model.weights()[0].value();
  const std::vector<float> copy = before.to_vector<float>();
  const Sequential other = make_model();
  number(other);
  other.save_weights(folder / "m.weights.h5");
  model.load_weights(folder / "m.weights.h5");
  EXPECT_TRUE(before.to_vector<float>() == copy);
  EXPECT_TRUE(numbers(model) == numbers(other));
}

TEST(LargeWeights, OfADamagedArchiveChangeNothing) {
  const testing::TempFolder folder;
  const Sequential model = make_model();
  number(model);
  model.save(folder / "m.keras");
  std::string bytes = testing::read_text(folder / "m.keras");
  const auto offset = formats::read_keras_archive(folder / "m.keras").find_weight("layers/dense_1/vars/0")->offset;
  ASSERT_TRUE(offset.has_value());
  bytes[*offset + 1'000'000] ^= 1;
  testing::write_text(folder / "m.keras", bytes);
  const Sequential other = make_model();
  const auto before = numbers(other);
  EXPECT_THROW(other.load_weights(folder / "m.keras"), FormatError);
  EXPECT_TRUE(numbers(other) == before);
  EXPECT_THROW(static_cast<void>(load_model(folder / "m.keras")), FormatError);
}

}  // namespace
}  // namespace namesake
