#include "namesake/ops/cast.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"

namespace namesake {
namespace {

struct SmallFloat {
  float value;
  std::uint16_t half, brain;  // NumPy's float16 and ml_dtypes' bfloat16 of it
};
constexpr SmallFloat kSmallFloats[] = {
    {0.0f, 0x0000, 0x0000},
    {-0.0f, 0x8000, 0x8000},
    {1.0f, 0x3c00, 0x3f80},
    {-2.5f, 0xc100, 0xc020},
    {0.10000000149011612f, 0x2e66, 0x3dcd},
    {0.3333333432674408f, 0x3555, 0x3eab},
    {65504.0f, 0x7bff, 0x4780},
    {65519.0f, 0x7bff, 0x4780},
    {65520.0f, 0x7c00, 0x4780},
    {1000000.0f, 0x7c00, 0x4974},
    {6.0999998822808266e-05f, 0x03ff, 0x3880},
    {6.103515625e-05f, 0x0400, 0x3880},
    {5.960000137861243e-08f, 0x0001, 0x3380},
    {2.9800000689306216e-08f, 0x0000, 0x3300},
    {2.9900000697580253e-08f, 0x0001, 0x3300},
    {1.000000013351432e-10f, 0x0000, 0x2edc},
    {1.00048828125f, 0x3c00, 0x3f80},
    {1.00146484375f, 0x3c02, 0x3f80},
    {3.140625f, 0x4248, 0x4049},
    {1.00390625f, 0x3c04, 0x3f80},
    {1.01171875f, 0x3c0c, 0x3f82},
    {-3.3895313892515355e+38f, 0xfc00, 0xff7f},
};

TEST(Cast, RoundsToSmallFloatsAsNumPyDoes) {
  for (const auto& [value, half, brain] : kSmallFloats) {
    const Tensor x = Tensor(value);
    EXPECT_EQ(*cast(x, DType::kFloat16).raw_as<std::uint16_t>(), half) << value;
    EXPECT_EQ(*cast(x, DType::kBFloat16).raw_as<std::uint16_t>(), brain) << value;
  }
}

TEST(Cast, BringsEveryFiniteHalfBack) {
  for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
    if ((bits & 0x7c00) == 0x7c00) continue;  // infinities and NaN
    Tensor half = Tensor::empty(DType::kFloat16, Shape::scalar());
    *half.raw_as<std::uint16_t>() = static_cast<std::uint16_t>(bits);
    const Tensor wide = cast(half, DType::kFloat32);
    ASSERT_EQ(*cast(wide, DType::kFloat16).raw_as<std::uint16_t>(), bits) << wide.item<float>();
  }
}

TEST(Cast, KeepsInfinitiesAndNansInSmallFloats) {
  for (const DType dtype : {DType::kFloat16, DType::kBFloat16}) {
    const auto back = [&](float value) { return cast(cast(Tensor(value), dtype), DType::kFloat32).item<float>(); };
    EXPECT_EQ(back(-std::numeric_limits<float>::infinity()), -std::numeric_limits<float>::infinity());
    EXPECT_TRUE(std::isnan(back(std::numeric_limits<float>::quiet_NaN())));
  }
}

TEST(Cast, CutsFractionsTowardsZero) {
  const Tensor x = Tensor::of<float>({-2.7f, -0.4f, 0.6f, 2.5f}, {4});
  EXPECT_EQ(cast(x, DType::kInt32).to_vector<std::int32_t>(), (std::vector<std::int32_t>{-2, 0, 0, 2}));
  EXPECT_EQ(cast(x, DType::kInt64).to_vector<std::int64_t>(), (std::vector<std::int64_t>{-2, 0, 0, 2}));
  EXPECT_EQ(cast(x, DType::kBool).to_vector<bool>(), (std::vector<bool>{true, true, true, true}));
}

TEST(Cast, GivesSomeNumberForWhatTheIntegerCannotHold) {
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor x = Tensor::of<float>({inf, -inf, std::numeric_limits<float>::quiet_NaN(), 3e9f, -1.0f, 1e30f}, {6});
  for (const DType dtype : {DType::kInt8, DType::kInt16, DType::kInt32, DType::kInt64, DType::kUInt8, DType::kUInt16,
                            DType::kUInt32, DType::kUInt64}) {
    EXPECT_EQ(cast(x, dtype).shape(), x.shape()) << to_string(dtype);
  }
  EXPECT_EQ(cast(x, DType::kInt32).data<std::int32_t>()[0], std::numeric_limits<std::int32_t>::min());
}

TEST(Cast, GivesTheTensorItselfIfItHasTheDtype) {
  const Tensor x = ones({2});
  EXPECT_EQ(cast(x, DType::kFloat32).id(), x.id());
}

TEST(Cast, RefusesWhatHoldsNoNumbers) {
  EXPECT_THROW(static_cast<void>(cast(ones({2}), DType::kString)), Unsupported);
  EXPECT_THROW(static_cast<void>(cast(Tensor::empty(DType::kString, {2}), DType::kInt32)), Unsupported);
}

TEST(Create, FillsEveryDtypeThatHoldsNumbers) {
  for (const DType dtype :
       {DType::kFloat32, DType::kFloat64, DType::kFloat16, DType::kBFloat16, DType::kInt8, DType::kInt16, DType::kInt32,
        DType::kInt64, DType::kUInt8, DType::kUInt16, DType::kUInt32, DType::kUInt64, DType::kBool}) {
    EXPECT_EQ(cast(ones({2, 2}, dtype), DType::kFloat32).to_vector<float>(), (std::vector<float>{1, 1, 1, 1}))
        << to_string(dtype);
    EXPECT_EQ(cast(zeros_like(ones({2}, dtype)), DType::kFloat32).to_vector<float>(), (std::vector<float>{0, 0}))
        << to_string(dtype);
    EXPECT_EQ(cast(ones_like(zeros({2}, dtype)), DType::kFloat32).to_vector<float>(), (std::vector<float>{1, 1}))
        << to_string(dtype);
  }
  EXPECT_EQ(cast(eye(2, 3), DType::kInt32).to_vector<std::int32_t>(), (std::vector<std::int32_t>{1, 0, 0, 0, 1, 0}));
  EXPECT_EQ(arange(5).to_vector<std::int32_t>(), (std::vector<std::int32_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(arange(1, 0, -0.5, DType::kFloat32).to_vector<float>(), (std::vector<float>{1, 0.5}));
}

}  // namespace
}  // namespace namesake
