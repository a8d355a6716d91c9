// Ops that graphs of others have: shapes that are partly open, and what is refused. (tests/golden/ops/graphs.json has TensorFlow's numbers.)
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/records.h"

namespace namesake::ops {
namespace {

Tensor open(const Shape& shape, DType dtype = DType::kFloat32) { return Tensor::symbolic(dtype, shape, nullptr); }
Tensor ints(std::initializer_list<std::int32_t> values) { return Tensor::of(values, {static_cast<std::int64_t>(values.size())}); }
Tensor pairs(std::initializer_list<std::int32_t> values) { return Tensor::of(values, {static_cast<std::int64_t>(values.size()) / 2, 2}); }

struct ShapeCase {
  const OpRecord* op;
  Tensors inputs;
  Attrs attrs;
  std::vector<Shape> outputs;
};

TEST(GraphOps, InferShapesThatArePartlyOpen) {
  const Shape any;
  const Tensor images = open({-1, 8, 6, 3}), four = open({3});
  const Attrs training = Attrs::of(1e-3, 1.0, 0, true);
  Attrs patches;
  patches.set_list(0, std::vector<std::int64_t>{1, 2, 3, 1});
  patches.set_list(1, std::vector<std::int64_t>{1, 2, 1, 1});
  patches.set_list(2, std::vector<std::int64_t>{1, 1, 1, 1});
  patches.set(3, 1);
  const std::vector<ShapeCase> cases = {
      {&kFusedBatchNormV3, {images, four, four, four, four}, training, {{-1, 8, 6, 3}, {3}, {3}, {3}, {3}, {0}}},
      {&kFusedBatchNormV3, {open(any), four, four, four, four}, training, {any, {3}, {3}, {3}, {3}, {0}}},
      {&kSpaceToBatchND, {images, ints({2, 3}), pairs({1, 1, 0, 0})}, {}, {{-1, 5, 2, 3}}},
      {&kSpaceToBatchND, {images, open({2}, DType::kInt32), pairs({1, 1, 0, 0})}, {}, {{-1, -1, -1, 3}}},
      {&kBatchToSpaceND, {open({12, -1, 6, 3}), ints({2, 2}), pairs({0, 0, 1, 2})}, {}, {{3, -1, 9, 3}}},
      {&kSize, {images}, Attrs::of(DType::kInt32), {Shape::scalar()}},
      {&kRank, {open(any)}, {}, {Shape::scalar()}},
      {&kShapeN, {images, open(any)}, Attrs::of(2, DType::kInt64), {{4}, {-1}}},
      {&kBroadcastArgs, {open({2}, DType::kInt32), ints({1, 2, 3})}, {}, {{3}}},
      {&kBroadcastGradientArgs, {open({2}, DType::kInt32), ints({1, 2, 3})}, {}, {{-1}, {-1}}},
      {&kBitcast, {open({-1, 4}, DType::kUInt8)}, Attrs::of(DType::kInt32), {{-1}}},
      {&kBitcast, {open({-1, 4}, DType::kInt64)}, Attrs::of(DType::kInt32), {{-1, 4, 2}}},
      {&kAddN, {open({-1, 3}), open({2, 3})}, {}, {{2, 3}}},
      {&kL2Loss, {images}, {}, {Shape::scalar()}},
      {&kEuclideanNorm, {images, ints({1, 2})}, Attrs::of(true), {{-1, 1, 1, 3}}},
      {&kCross, {open({-1, 3}), open({-1, 3})}, {}, {{-1, 3}}},
      {&kStatelessRandomGetKeyCounter, {open({2}, DType::kInt64)}, {}, {{1}, {2}}},
      {&kResizeBicubic, {images, ints({4, 5})}, Attrs::of(false, true), {{-1, 4, 5, 3}}},
      {&kResizeArea, {open({-1, -1, -1, 3}), open({2}, DType::kInt32)}, Attrs::of(false), {{-1, -1, -1, 3}}},
      {&kScaleAndTranslate, {images, ints({4, 5}), open({2}), open({2})}, Attrs::of(1, true), {{-1, 4, 5, 3}}},
      {&kCropAndResize, {images, open({-1, 4}), open({-1}, DType::kInt32), ints({2, 3})}, Attrs::of(0, 0.0), {{-1, 2, 3, 3}}},
      {&kExtractImagePatches, {open({-1, 5, -1, 3})}, patches, {{-1, 2, -1, 18}}},
      {&kRGBToHSV, {images}, {}, {{-1, 8, 6, 3}}},
      {&kAdjustContrastv2, {images, open(Shape::scalar())}, {}, {{-1, 8, 6, 3}}},
      {&kLRN, {images}, Attrs::of(5, 1.0, 1.0, 0.5), {{-1, 8, 6, 3}}},
      {&kDenseBincount, {open({-1, 4}, DType::kInt32), Tensor(5), zeros({0})}, Attrs::of(false), {{-1, 5}}},
      {&kBincount, {open({-1}, DType::kInt32), open(Shape::scalar(), DType::kInt32), zeros({0})}, {}, {{-1}}},
      {&kHistogramFixedWidth, {images, open({2}), Tensor(5)}, Attrs::of(DType::kInt64), {{5}}},
      {&kLowerBound, {open({-1, 4}), open({-1, 2})}, Attrs::of(DType::kInt32), {{-1, 2}}},
      {&kUnique, {open({-1}, DType::kInt32)}, Attrs::of(DType::kInt32), {{-1}, {-1}}},
      {&kUniqueWithCounts, {open({6}, DType::kInt32)}, Attrs::of(DType::kInt32), {{-1}, {6}, {-1}}},
      {&kListDiff, {open({6}, DType::kInt32), open({2}, DType::kInt32)}, Attrs::of(DType::kInt32), {{-1}, {-1}}},
      {&kUnravelIndex, {open({-1}, DType::kInt32), ints({2, 3})}, {}, {{2, -1}}},
      {&kReverseSequence, {images, open({-1}, DType::kInt32)}, Attrs::of(1, 0), {{-1, 8, 6, 3}}},
      {&kMatrixSetDiagV3, {open({-1, 3, 4}), open({-1, 3}), Tensor(1)}, Attrs::of(1), {{-1, 3, 4}}},
      {&kRandomUniform, {ints({2, 3})}, Attrs::of(0, 0, DType::kFloat32), {{2, 3}}},
      {&kRandomShuffle, {images}, Attrs::of(0, 0), {{-1, 8, 6, 3}}},
      {&kFusedBatchNormGradV3, {images, images, four, four, four, four}, Attrs::of(1e-3, 0, true), {{-1, 8, 6, 3}, {3}, {3}, Shape::scalar(), Shape::scalar()}},
      {&kDynamicStitch, {ints({0, 1}), ints({4}), open({2, 3}), open({1, 3})}, Attrs::of(2), {{5, 3}}},
      {&kDynamicStitch, {open({-1}, DType::kInt32), open({-1, 3})}, Attrs::of(1), {{-1, 3}}},
      {&kDynamicPartition, {open({-1, 3}), open({-1}, DType::kInt32)}, Attrs::of(2), {{-1, 3}, {-1, 3}}},
      {&kXlaDynamicUpdateSlice, {images, open({-1, 2, 2, 3}), open({4}, DType::kInt32)}, {}, {{-1, 8, 6, 3}}},
  };
  for (const ShapeCase& c : cases) {
    Tensors outputs(c.op->outputs(c.attrs));
    apply_into(*c.op, c.inputs, c.attrs, outputs);
    ASSERT_EQ(outputs.size(), c.outputs.size()) << c.op->name;
    for (std::size_t i = 0; i < outputs.size(); ++i) EXPECT_EQ(outputs[i].shape(), c.outputs[i]) << c.op->name << " output " << i << ": " << to_string(outputs[i].shape());
  }
}

struct Refusal {
  const OpRecord* op;
  Tensors inputs;
  Attrs attrs;
  const char* words;
};

TEST(GraphOps, RefuseWhatDoesNotGoTogether) {
  const Tensor image = zeros({1, 4, 4, 3}), three = zeros({3});
  const std::vector<Refusal> cases = {
      {&kFusedBatchNormV3, {image, zeros({2}), three, three, three}, Attrs::of(1e-3, 1.0, 0, true), "a number for each channel"},
      {&kFusedBatchNormV3, {zeros({4, 3}), three, three, three, three}, Attrs::of(1e-3, 1.0, 0, true), "needs images"},
      {&kSpaceToBatchND, {image, ints({3, 2}), pairs({0, 0, 0, 0})}, {}, "into blocks of 3"},
      {&kSpaceToBatchND, {image, ints({0, 2}), pairs({0, 0, 0, 0})}, {}, "blocks of 1 or more"},
      {&kBatchToSpaceND, {image, ints({2, 2}), pairs({0, 0, 0, 0})}, {}, "a batch that 4 divides"},
      {&kBatchToSpaceND, {zeros({4, 1, 1}), ints({2}), pairs({2, 1})}, {}, "into blocks of 2"},
      {&kBitcast, {zeros({3}, DType::kUInt8)}, Attrs::of(DType::kInt32), "into one element"},
      {&kBroadcastArgs, {ints({2, 3}), ints({4})}, {}, "do not broadcast"},
      {&kCross, {zeros({2}), zeros({2})}, {}, "three numbers"},
      {&kAddN, {zeros({2}), zeros({3})}, {}, "one shape"},
      {&kTruncateDiv, {ints({1}), ints({0})}, {}, "by zero"},
      {&kBitwiseAnd, {zeros({2}), zeros({2})}, {}, "float32"},
      {&kResizeBicubic, {zeros({1, 0, 4, 3}), ints({2, 2})}, Attrs::of(false, true), "one pixel or more"},
      {&kResizeNearestNeighbor, {zeros({1, 4, 0, 3}), ints({2, 2})}, Attrs::of(false, true), "one pixel or more"},
      {&kScaleAndTranslate, {image, ints({2, 2}), zeros({2}), zeros({2})}, Attrs::of(1, true), "scales above 0"},
      {&kCropAndResize, {image, zeros({1, 4}), ints({1}), ints({2, 3})}, Attrs::of(0, 0.0), "no image 1 of 1"},
      {&kExtractImagePatches, {image}, {}, "ksizes"},
      {&kHSVToRGB, {zeros({2, 4})}, {}, "three channels"},
      {&kBincount, {ints({1, -2}), Tensor(5), zeros({0})}, {}, "negative numbers"},
      {&kHistogramFixedWidth, {three, zeros({2}), Tensor(5)}, Attrs::of(DType::kInt32), "a range that is not empty"},
      {&kInvertPermutation, {ints({0, 2, 2})}, {}, "each number once"},
      {&kUnravelIndex, {ints({6}), ints({2, 3})}, {}, "a place outside"},
      {&kReverseSequence, {zeros({2, 3}), ints({1, 4})}, Attrs::of(1, 0), "outside of the axis"},
      {&kMatrixSetDiagV3, {zeros({3, 3}), zeros({3}), Tensor(1)}, Attrs::of(1), "each place of the diagonal"},
      {&kMatrixSetDiagV3, {zeros({3, 3}), zeros({0}), Tensor(7)}, Attrs::of(1), "no diagonal 7"},
      {&kRandomUniformInt, {ints({2}), Tensor(3), Tensor(3)}, Attrs::of(0, 0), "no integer to draw"},
      {&kDynamicStitch, {ints({-1}), zeros({1})}, Attrs::of(1), "no place below 0"},
      {&kDynamicStitch, {ints({0}), zeros({1})}, Attrs::of(2), "as many tensors"},
      {&kDynamicStitch, {ints({0, 1}), zeros({1})}, Attrs::of(1), "a slice for each place"},
      {&kDynamicPartition, {zeros({2}), ints({0, 2})}, Attrs::of(2), "no partition 2"},
      {&kXlaDynamicUpdateSlice, {zeros({2}), zeros({3}), ints({0})}, {}, "a part that fits in"},
  };
  for (const Refusal& c : cases) {
    Tensors outputs(c.op->outputs(c.attrs));
    try {
      apply_into(*c.op, c.inputs, c.attrs, outputs);
      ADD_FAILURE() << c.op->name << " took it";
    } catch (const Error& error) {
      EXPECT_NE(std::string(error.what()).find(c.words), std::string::npos) << c.op->name << ": " << error.what();
    }
  }
}


TEST(GraphOps, DrawAnewEachTimeAndWithinTheirRange) {
  const Attrs seeded = Attrs::of(7, 3, DType::kFloat32);
  const Tensor first = apply(kRandomUniform, ints({1000}), seeded), second = apply(kRandomUniform, ints({1000}), seeded);
  EXPECT_NE(first.to_vector<float>(), second.to_vector<float>());
  for (const float number : first.data<float>()) EXPECT_TRUE(number >= 0 && number < 1);
  const auto average = [](const Tensor& x) {
    double total = 0;
    for (const float number : x.data<float>()) total += number;
    return total / static_cast<double>(x.size());
  };
  EXPECT_NEAR(average(apply(kRandomUniform, ints({10000}), Attrs::of(0, 0, DType::kFloat32))), 0.5, 0.03);
  EXPECT_NEAR(average(apply(kRandomStandardNormal, ints({10000}), seeded)), 0, 0.06);
  const Tensor cut = apply(kTruncatedNormal, ints({1000}), seeded), whole = apply(kRandomUniformInt, ints({1000}), Tensor(-2), Tensor(3), Attrs::of(1, 0));
  for (const float number : cut.data<float>()) EXPECT_LT(std::abs(number), 2);
  for (const std::int32_t number : whole.data<std::int32_t>()) EXPECT_TRUE(number >= -2 && number < 3);
}

// XLA's rule: a part that would stand over the end is moved inwards. (tf.raw_ops has no such op, so there is no golden case.)
TEST(GraphOps, PutAPartWhereItFits) {
  const Tensor whole = Tensor::of<std::int32_t>({0, 0, 0, 0, 0, 0, 0, 0}, {2, 4}), part = Tensor::of<std::int32_t>({1, 2}, {1, 2});
  const auto at = [&](std::int32_t row, std::int32_t column) { return apply(kXlaDynamicUpdateSlice, whole, part, ints({row, column})).to_vector<std::int32_t>(); };
  EXPECT_EQ(at(1, 1), (std::vector<std::int32_t>{0, 0, 0, 0, 0, 1, 2, 0}));
  EXPECT_EQ(at(-3, 9), (std::vector<std::int32_t>{0, 0, 1, 2, 0, 0, 0, 0}));
}

TEST(GraphOps, ShuffleRowsAndLoseNone) {
  const Tensor rows = Tensor::of<std::int32_t>({0, 1, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61, 70, 71}, {8, 2});
  const Tensor shuffled = apply(kRandomShuffle, rows, Attrs::of(5, 0));
  std::vector<std::int32_t> firsts;
  for (std::size_t i = 0; i < 16; i += 2) {
    firsts.push_back(shuffled.data<std::int32_t>()[i]);
    EXPECT_EQ(shuffled.data<std::int32_t>()[i + 1], firsts.back() + 1);
  }
  EXPECT_FALSE(std::ranges::is_sorted(firsts));
  std::ranges::sort(firsts);
  EXPECT_EQ(firsts, (std::vector<std::int32_t>{0, 10, 20, 30, 40, 50, 60, 70}));
}

}  // namespace
}  // namespace namesake::ops
