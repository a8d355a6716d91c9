// Dtypes, C++ numbers and broadcasting in arithmetic; what TensorFlow's own numbers (ops_golden_test) do not reach.
#include "namesake/ops/math.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/random.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/variable.h"

namespace namesake {
namespace {

// Keras 3.15.1: keras.backend.result_type of each pair.
struct Promotion {
  const char *a, *b, *result;
};
constexpr Promotion kPromotions[] = {
    {"float32", "float32", "float32"}, {"float32", "int32", "float32"},   {"int64", "float32", "float32"},
    {"float32", "float64", "float64"}, {"float16", "float32", "float32"}, {"float16", "bfloat16", "float32"},
    {"bfloat16", "int64", "bfloat16"}, {"bool", "int32", "int32"},        {"bool", "float32", "float32"},
    {"int32", "int64", "int64"},       {"uint8", "int8", "int16"},        {"uint8", "int32", "int32"},
    {"uint32", "int32", "int64"},      {"uint64", "int64", "float32"},    {"uint8", "uint16", "uint16"},
    {"int16", "uint16", "int32"},      {"bool", "bool", "bool"},          {"float64", "int8", "float64"},
};

TEST(Arithmetic, PromotesDtypesAsKerasDoes) {
  for (const auto& [a, b, result] : kPromotions) {
    const DType left = *dtype_from_string(a), right = *dtype_from_string(b);
    EXPECT_EQ(to_string(ops::result_type(left, right)), result) << a << " and " << b;
    EXPECT_EQ(to_string(ops::result_type(right, left)), result) << b << " and " << a;
  }
}

TEST(Arithmetic, GivesANumberTheTensorsDtype) {
  EXPECT_EQ((ones({2}, DType::kFloat64) * 0.1).data<double>()[0], 0.1);
  EXPECT_EQ((ones({2}, DType::kInt32) * 3).dtype(), DType::kInt32);
  EXPECT_EQ((ones({2}, DType::kInt32) * 0.5).dtype(), DType::kFloat32);
  EXPECT_EQ((ones({2}, DType::kUInt8) + 1).dtype(), DType::kUInt8);
  EXPECT_EQ((1 - ones({2}, DType::kFloat64)).dtype(), DType::kFloat64);
  EXPECT_EQ((zeros({2}, DType::kBool) + 1).dtype(), DType::kInt32);
}

TEST(Arithmetic, DividesIntegersTruly) {
  const Tensor quotient = Tensor::of<std::int32_t>({1, 7}, {2}) / 2;
  EXPECT_EQ(quotient.to_vector<float>(), (std::vector<float>{0.5, 3.5}));
}

TEST(Arithmetic, WrapsIntegersRound) {
  const Tensor most = Tensor(std::numeric_limits<std::int32_t>::max());
  EXPECT_EQ((most + 1).item<std::int32_t>(), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ((most * 2).item<std::int32_t>(), -2);
  EXPECT_EQ(negative(Tensor(std::numeric_limits<std::int32_t>::min())).item<std::int32_t>(),
            std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(floor_divide(Tensor(std::numeric_limits<std::int32_t>::min()), Tensor(-1)).item<std::int32_t>(),
            std::numeric_limits<std::int32_t>::min());
}

TEST(Arithmetic, RoundsIntegerQuotientsDownwards) {
  const Tensor a = Tensor::of<std::int32_t>({7, -7, 7, -7, 6, 0}, {6}),
               b = Tensor::of<std::int32_t>({2, 2, -2, -2, -3, 5}, {6});
  EXPECT_EQ(floor_divide(a, b).to_vector<std::int32_t>(), (std::vector<std::int32_t>{3, -4, -4, 3, -2, 0}));
  EXPECT_EQ(mod(a, b).to_vector<std::int32_t>(), (std::vector<std::int32_t>{1, 1, -1, -1, 0, 0}));
  EXPECT_EQ(mod(Tensor(-1.5f), Tensor(1.0f)).item<float>(), 0.5f);
  EXPECT_EQ(power(Tensor(3), Tensor(4)).item<std::int32_t>(), 81);
}

TEST(Arithmetic, TakesVariablesWhereItTakesTensors) {
  const Variable v(Tensor::of<float>({1, 2}, {2}));
  EXPECT_EQ((v * v).to_vector<float>(), (std::vector<float>{1, 4}));
  EXPECT_EQ((v + 1).to_vector<float>(), (std::vector<float>{2, 3}));
  EXPECT_EQ((-v.value()).to_vector<float>(), (std::vector<float>{-1, -2}));
}

/// Element by element, from the definition of broadcasting.
std::vector<float> subtracted_slowly(const Tensor& a, const Tensor& b, const Shape& out) {
  const auto offset = [&](const Tensor& t, std::int64_t place) {
    std::int64_t at = 0, step = 1;
    for (int i = out.rank() - 1; i >= 0; --i) {
      const std::int64_t index = place % out[i];
      place /= out[i];
      const int axis = i - (out.rank() - t.rank());
      if (axis < 0) continue;
      at += (t.shape()[axis] == 1 ? 0 : index) * step;
      step *= t.shape()[axis];
    }
    return static_cast<std::size_t>(at);
  };
  std::vector<float> result;
  for (std::int64_t i = 0; i < out.count(); ++i)
    result.push_back(a.data<float>()[offset(a, i)] - b.data<float>()[offset(b, i)]);
  return result;
}

TEST(Arithmetic, BroadcastsEveryPairOfShapesOfRankThree) {
  const std::int64_t sizes[] = {1, 3, 9};
  std::vector<Shape> shapes = {Shape::scalar(), {5}, {1}, {3, 5}, {3, 1}, {1, 5}};
  for (const std::int64_t a : sizes) {
    for (const std::int64_t b : {std::int64_t{1}, std::int64_t{3}}) {
      for (const std::int64_t c : {std::int64_t{1}, std::int64_t{5}}) shapes.push_back({a, b, c});
    }
  }
  int pairs = 0;
  for (const Shape& left : shapes) {
    for (const Shape& right : shapes) {
      const Tensor a = stateless_random_normal(left, random_seed(1, 2)),
                   b = stateless_random_normal(right, random_seed(3, 4));
      if (left.rank() == 3 && right.rank() == 3 && left[0] != right[0] && left[0] != 1 && right[0] != 1) continue;
      const Tensor out = a - b;
      EXPECT_EQ(out.to_vector<float>(), subtracted_slowly(a, b, out.shape()))
          << to_string(left) << " " << to_string(right);
      ++pairs;
    }
  }
  EXPECT_GT(pairs, 200);
}

TEST(Arithmetic, BroadcastsShortRowsAndFactorsOfRows) {
  for (const std::int64_t cols : {1, 2, 7, 8, 9, 31, 33, 70}) {
    const Tensor a = stateless_random_normal({37, cols}, random_seed(1, 2)),
                 row = stateless_random_normal({cols}, random_seed(3, 4));
    const Tensor column = stateless_random_normal({37, 1}, random_seed(5, 6));
    EXPECT_EQ((a - row).to_vector<float>(), subtracted_slowly(a, row, a.shape())) << cols;
    EXPECT_EQ((row - a).to_vector<float>(), subtracted_slowly(row, a, a.shape())) << cols;
    const Tensor scaled = a * column, scaled_too = column * a;
    for (std::size_t i = 0; i < static_cast<std::size_t>(a.size()); ++i) {
      const float expected = a.data<float>()[i] * column.data<float>()[i / static_cast<std::size_t>(cols)];
      EXPECT_EQ(scaled.data<float>()[i], expected) << cols;
      EXPECT_EQ(scaled_too.data<float>()[i], expected) << cols;
    }
  }
}

TEST(Arithmetic, ComparesDtypesThatDiffer) {
  const Tensor larger = greater(Tensor::of<std::int32_t>({1, 3}, {2}), Tensor::of<float>({1.5, 2.5}, {2}));
  EXPECT_EQ(larger.to_vector<bool>(), (std::vector<bool>{false, true}));
  EXPECT_EQ(logical_and(Tensor::of<std::int32_t>({0, 2}, {2}), Tensor(true)).to_vector<bool>(),
            (std::vector<bool>{false, true}));
}

TEST(Reductions, OfManyAxesEqualThoseOneByOne) {
  const Tensor x = stateless_random_normal({3, 4, 2, 5}, random_seed(7, 8));
  for (const auto& axes : std::vector<std::vector<std::int64_t>>{
           {0}, {1}, {3}, {0, 2}, {1, 3}, {0, 1}, {0, 3}, {1, 2}, {0, 2, 3}, {0, 1, 2, 3}}) {
    const Axes together{std::span<const std::int64_t>(axes)};
    Tensor one_by_one = x;
    for (const std::int64_t axis : axes) one_by_one = sum(one_by_one, {axis}, true);
    const Tensor at_once = sum(x, together, true);
    ASSERT_EQ(at_once.shape(), one_by_one.shape());
    for (std::size_t i = 0; i < at_once.data<float>().size(); ++i)
      EXPECT_NEAR(at_once.data<float>()[i], one_by_one.data<float>()[i], 2e-5);
    Tensor largest = x;
    for (const std::int64_t axis : axes) largest = max(largest, {axis}, true);
    EXPECT_EQ(max(x, together, true).to_vector<float>(), largest.to_vector<float>());
  }
}

TEST(Reductions, OfNothingAreTheirNeutralNumber) {
  const Tensor none = zeros({0, 2});
  EXPECT_EQ(sum(none, 0).to_vector<float>(), (std::vector<float>{0, 0}));
  EXPECT_EQ(prod(none, 0).to_vector<float>(), (std::vector<float>{1, 1}));
  EXPECT_EQ(max(none, 0).to_vector<float>()[0], -std::numeric_limits<float>::infinity());
  EXPECT_TRUE(std::isnan(mean(none).item<float>()));
  EXPECT_TRUE(all(zeros({0}, DType::kBool)).item<bool>());
  EXPECT_FALSE(any(zeros({0}, DType::kBool)).item<bool>());
}

TEST(Reductions, CountTruthsAndAverageIntegers) {
  EXPECT_EQ(sum(Tensor::of<bool>({true, false, true}, {3})).item<std::int32_t>(), 2);
  EXPECT_EQ(mean(Tensor::of<std::int32_t>({1, 2}, {2})).item<float>(), 1.5f);
  EXPECT_NEAR(variance(Tensor::of<float>({1, 3}, {2})).item<float>(), 1, 1e-6);
  EXPECT_EQ(argmax(Tensor::of<float>({1, 5, 5}, {3})).item<std::int32_t>(), 1);
}

TEST(Reductions, OfAMillionNumbersKeepTheirDigits) {
  const Tensor tenths = full({1000000}, 0.1);
  EXPECT_NEAR(sum(tenths).item<float>(), 100000.0015, 0.05);
}

}  // namespace
}  // namespace namesake
