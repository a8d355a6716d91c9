// Functions on parts, order and places of tensors, with the numbers that Keras 3.15 gives; dtypes that are only moved.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <string>

#include "namesake/base/error.h"
#include "namesake/ops/checks.h"
#include "namesake/ops/create.h"
#include "namesake/ops/diagonal.h"
#include "namesake/ops/einsum.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/padding.h"
#include "namesake/ops/random.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/reversing.h"
#include "namesake/ops/scan.h"
#include "namesake/ops/segments.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/sorting.h"
#include "namesake/ops/splitting.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace {

Tensor table() { return Tensor::of<float>({3, -1, 2, 0, 5, -4}, {2, 3}); }

struct Row {
  const char* call;
  Tensor result;
  std::vector<double> values;
  Shape shape;
};
#define ROW(EXPRESSION, SHAPE, ...) \
  { #EXPRESSION, EXPRESSION, {__VA_ARGS__ }, Shape SHAPE }

TEST(Parts, AreKeras) {
  const Tensor x = table();
  const std::array<std::int64_t, 2> none = {0, 0}, one = {1, 1};
  const std::array<std::array<std::int64_t, 2>, 2> paddings = {none, one};
  const Tensor places = Tensor::of<std::int32_t>({2, 0, -2, 1}, {2, 2});
  const std::vector<Row> rows = {
      ROW(sort(x), ({2, 3}), -1, 2, 3, -4, 0, 5),
      ROW(sort(x, 0, true), ({2, 3}), 3, 5, 2, 0, -1, -4),
      ROW(argsort(x), ({2, 3}), 1, 2, 0, 2, 0, 1),
      ROW(argsort(Tensor::of<std::int32_t>({1, 1, 0, 1}, {4})), ({4}), 2, 0, 1, 3),
      ROW(argsort(Tensor::of<bool>({true, false, true}, {3})), ({3}), 1, 0, 2),
      ROW(sort(Tensor::of<std::uint8_t>({200, 3, 255}, {3})), ({3}), 3, 200, 255),
      ROW(flip(x), ({2, 3}), -4, 5, 0, 2, -1, 3),
      ROW(flip(x, 0), ({2, 3}), 0, 5, -4, 3, -1, 2),
      ROW(roll(x, 1, -1), ({2, 3}), 2, 3, -1, -4, 0, 5),
      ROW(pad(x, paddings, "reflect"), ({2, 5}), -1, 3, -1, 2, -1, 5, 0, 5, -4, 5),
      ROW(pad(x, paddings, "symmetric"), ({2, 5}), 3, 3, -1, 2, 2, 0, 0, 5, -4, -4),
      ROW(pad(x, paddings, 7), ({2, 5}), 7, 3, -1, 2, 7, 7, 0, 5, -4, 7),
      ROW(take_along_axis(x, places), ({2, 2}), 2, 3, 5, 5),
      ROW(take_along_axis(x, Tensor::of<std::int32_t>({1, 0, 1}, {1, 3}), 0), ({1, 3}), 0, -1, -4),
      ROW(repeat(x, 2, 1), ({2, 6}), 3, 3, -1, -1, 2, 2, 0, 0, 5, 5, -4, -4),
      ROW(triu(x, 1), ({2, 3}), 0, -1, 2, 0, 0, -4),
      ROW(tril(x, -1), ({2, 3}), 0, 0, 0, 0, 0, 0),
      ROW(tril(x), ({2, 3}), 3, 0, 0, 0, 5, 0),
      ROW(diagonal(x, -1), ({1}), 0),
      ROW(diag(diagonal(x), 1), ({3, 3}), 0, 3, 0, 0, 0, 5, 0, 0, 0),
      ROW(trace(x, 1), (Shape::scalar()), -5),
      ROW(eye(2, 3, DType::kFloat32, 1), ({2, 3}), 0, 1, 0, 0, 0, 1),
      ROW(linspace(0, 1, 5, false), ({5}), 0, 0.2, 0.4, 0.6, 0.8),
      ROW(linspace(0, 10, 3, true, DType::kInt32), ({3}), 0, 5, 10),
      ROW(argwhere(x), ({5, 2}), 0, 0, 0, 1, 0, 2, 1, 1, 1, 2),
      ROW(nonzero(x)[1], ({5}), 0, 1, 2, 1, 2),
      ROW(cumsum(Tensor::of<std::int32_t>({1, 2, 3}, {3}), 0), ({3}), 1, 3, 6),
      ROW(stateless_shuffle(arange(7), random_seed(3, 9)), ({7}), 3, 1, 2, 5, 0, 6, 4),
      ROW(einsum("ij,jk,kl->il", {x, transpose(x), x}), ({2, 3}), 42, -79, 80, -39, 218, -190),
      ROW(einsum("ba, bc", {x, x}), ({3, 3}), 9, -3, 6, -3, 26, -22, 6, -22, 20),
      ROW(sorted_segment_mean(x, Tensor::of<std::int32_t>({0, 0}, {2})), ({1, 3}), 1.5, 2, -1),
      ROW(normalize(x, -1, 1), ({2, 3}), 0.5, -1.0 / 6, 1.0 / 3, 0, 5.0 / 9, -4.0 / 9),
      ROW(normalize(x, 0, 3), ({2, 3}), 1, -0.19946949, 0.48074985, 0, 0.9973475, -0.9614997),
      ROW(l2_normalize(x, 1), ({2, 3}), 0.8017837, -0.26726124, 0.5345225, 0, 0.7808688, -0.62469506),
      ROW(moments(x, 1).mean, ({2}), 4.0 / 3, 1.0 / 3),
      ROW(moments(x, 1, true).variance, ({2, 1}), 2.8888893, 13.555554),
      ROW(standard_deviation(x, 1), ({2}), 1.6996733, 3.6817868),
      ROW(logsumexp(x, 0), ({3}), 3.0485873, 5.0024757, 2.0024757),
      ROW(norm(x), (Shape::scalar()), 7.4161983),
      ROW(norm_of_order(x, 3, 1), ({2}), 3.3019273, 5.738794),
      ROW(sum(Tensor::of<std::uint8_t>({200, 100}, {2})), (Shape::scalar()), 300),
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.call);
    EXPECT_EQ(row.result.shape(), row.shape) << to_string(row.result.shape());
    const std::vector<double> ours = cast(row.result, DType::kFloat64).to_vector<double>();
    ASSERT_EQ(ours.size(), row.values.size());
    for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], row.values[i], 1e-5) << i;
  }
}

TEST(Parts, OfStringsAndWideNumbersAreMoved) {
  const Tensor words =
      Tensor::of_strings(std::vector<std::string>{"a", "bb", "", "a longer word than fits inside"}, {2, 2});
  const auto first = [](const Tensor& t) { return t.strings()[0]; };
  EXPECT_EQ(first(transpose(words)), "a");
  EXPECT_EQ(transpose(words).strings()[1], "");
  EXPECT_EQ(first(flip(words)), "a longer word than fits inside");
  EXPECT_EQ(concatenate({words, words}, 1).strings()[3], "bb");
  EXPECT_EQ(stack({words, words}).strings()[7], "a longer word than fits inside");
  EXPECT_EQ(take(words, Tensor(1)).strings()[1], "a longer word than fits inside");
  EXPECT_EQ(split(words, 2, 1)[1].strings()[0], "bb");
  EXPECT_EQ(tile(words, {1, 2}).strings()[3], "bb");
  EXPECT_EQ(slice_axis(words, 0, 1, 2).strings()[0], "");
  EXPECT_EQ(where(Tensor(false), words, flip(words)).strings()[0], "a longer word than fits inside");
  EXPECT_EQ(equal(words, Tensor::of_strings(std::vector<std::string>{"a", ""}, {2, 1})).to_vector<bool>(),
            (std::vector<bool>{true, false, true, false}));
  EXPECT_EQ(zeros_like(words).strings()[3], "");
  const Tensor complex = cast(table(), DType::kComplex128);
  EXPECT_EQ(cast(flip(complex, 0), DType::kFloat32).to_vector<float>(), (std::vector<float>{0, 5, -4, 3, -1, 2}));
  EXPECT_EQ(transpose(cast(complex, DType::kComplex64)).shape(), (Shape{3, 2}));
}

TEST(Parts, OfHalvesKeepTheirDtype) {
  const Tensor x = cast(table(), DType::kBFloat16);
  const std::vector<std::pair<const char*, std::function<Tensor(const Tensor&)>>> functions = {
      {"sort", [](const Tensor& t) { return sort(t); }},
      {"flip", [](const Tensor& t) { return flip(t); }},
      {"moments", [](const Tensor& t) { return moments(t, 1).variance; }},
      {"logsumexp", [](const Tensor& t) { return logsumexp(t); }},
      {"einsum",
       [](const Tensor& t) {
         return einsum("ij,kj->ik", {t, t});
       }},
      {"l2_normalize", [](const Tensor& t) { return l2_normalize(t); }},
      {"cumsum", [](const Tensor& t) { return cumsum(t, 1); }},
      {"tril", [](const Tensor& t) { return tril(t); }},
  };
  for (const auto& [name, function] : functions) {
    EXPECT_EQ(function(x).dtype(), DType::kBFloat16) << name;
    const auto narrow = cast(function(x), DType::kFloat32), wide = function(table());
    for (std::size_t i = 0; i < wide.data<float>().size(); ++i) {
      const float expected = wide.data<float>()[i];
      EXPECT_NEAR(narrow.data<float>()[i], expected, 0.02 * std::max(1.0f, std::abs(expected))) << name;
    }
  }
}

TEST(Parts, ThatAreNotThereAreRefused) {
  const Tensor x = table();
  EXPECT_THROW((void)top_k(x, 4), InvalidArgument);
  EXPECT_THROW((void)split(x, 2, 1), ShapeMismatch);
  EXPECT_THROW((void)split(x, {2, 1}, 1), InvalidArgument);
  EXPECT_THROW((void)flip(x, {0, -2}), InvalidArgument);
  EXPECT_THROW((void)diagonal(x, 3), InvalidArgument);
  const std::array<std::array<std::int64_t, 2>, 2> wide = {{{2, 0}, {0, 0}}};
  EXPECT_THROW((void)pad(x, wide, "reflect"), ShapeMismatch);
  EXPECT_THROW((void)pad(x, wide, "wrap"), InvalidArgument);
  EXPECT_THROW((void)einsum("ij,jk->ik", {x, x}), ShapeMismatch);
  EXPECT_THROW((void)einsum("ij->z", {x}), InvalidArgument);
  EXPECT_THROW((void)einsum("i", {x}), ShapeMismatch);
  EXPECT_THROW((void)einsum("ij,jk", {x}), InvalidArgument);
  EXPECT_THROW((void)sorted_segment_sum(x, Tensor::of<std::int32_t>({1, 0}, {2})), InvalidArgument);
}

TEST(Checks, SayWhatIsOutsideAndWhere) {
  const Tensor x = table();
  EXPECT_EQ(check_numerics(x, "fine").to_vector<float>(), x.to_vector<float>());
  try {
    (void)check_numerics(log(x), "logits");
    FAIL() << "NaN passed";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("logits"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("2 NaN and 1 infinite of 6"), std::string::npos) << error.what();
  }
  EXPECT_EQ(check_in_range(x, -4, 5, "x").to_vector<float>(), x.to_vector<float>());
  try {
    (void)check_in_range(x, -1, 5, "labels");
    FAIL() << "-4 passed";
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("-4 at [1, 2] of shape (2, 3)"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("labels"), std::string::npos);
  }
}

}  // namespace
}  // namespace namesake
