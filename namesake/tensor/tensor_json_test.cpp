#include "namesake/tensor/tensor_json.h"

#include <gtest/gtest.h>

#include "namesake/base/error.h"

namespace namesake {
namespace {

Tensor read(const JsonValue& json) { return constant_from_json(JsonView(json)); }

TEST(TensorJson, GivesBackWhatItWrote) {
  for (const Tensor& tensor : {Tensor::of<float>({1, 0.5F, -2, 3, 4, 5}, {2, 3}), Tensor(3), Tensor(true), Tensor::of<double>({}, {0, 2}),
                               Tensor::of<std::int64_t>({1LL << 40}, {1, 1})}) {
    const Tensor again = read(constant_to_json(tensor));
    EXPECT_EQ(again.dtype(), tensor.dtype());
    EXPECT_EQ(to_json(constant_to_json(again)), to_json(constant_to_json(tensor)));
  }
}

TEST(TensorJson, ReadsPlainNumbersAndLists) {
  EXPECT_EQ(read(JsonValue(2)).dtype(), DType::kInt32);
  EXPECT_EQ(read(JsonValue(2.5)).item<double>(), 2.5);
  EXPECT_EQ(read(JsonValue::array({1, 2.0})).dtype(), DType::kFloat32);
  EXPECT_EQ(read(JsonValue::array({true, false})).dtype(), DType::kBool);
}

TEST(TensorJson, RefusesUnevenListsAndWhatIsNoNumber) {
  EXPECT_THROW(read(JsonValue::array({JsonValue::array({1}), JsonValue::array({1, 2})})), FormatError);
  EXPECT_THROW(read(JsonValue::array({1, JsonValue::array({1})})), FormatError);
  EXPECT_THROW(read(JsonValue("x")), FormatError);
  EXPECT_THROW(read(JsonValue::object({{"class_name", "__tensor__"}, {"config", JsonValue::object({{"value", 300}, {"dtype", "uint8"}})}})), FormatError);
}

}  // namespace
}  // namespace namesake
