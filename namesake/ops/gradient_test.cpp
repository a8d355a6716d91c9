// Every op that has a gradient, by central differences.
#include <set>

#include "namesake/ops/create.h"
#include "namesake/ops/gradient_check_test_support.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

Tensor x(const Shape& shape, int seed = 1) { return normal_doubles(shape, seed); }
/// Between 0.3 and about 4.
Tensor positive(const Shape& shape, int seed = 2) { return abs(normal_doubles(shape, seed)) + 0.3; }
Tensor ints(std::initializer_list<std::int32_t> values) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size())});
}
Tensor flags() { return Tensor::of<bool>({true, false, true, true, false, false}, {2, 3}); }

using Cases = std::vector<GradientCase>;

void add_arithmetic(Cases& cases) {
  for (const OpRecord* op : {&kAdd, &kAddV2, &kSub, &kMul, &kMaximum, &kMinimum, &kSquaredDifference}) {
    cases.push_back({op, {x({2, 3}), x({2, 3}, 5)}, {}});
    cases.push_back({op, {x({2, 3}), x({3}, 5)}, {}});
    cases.push_back({op, {x({2, 1, 3}), x({4, 1}, 5)}, {}});
    cases.push_back({op, {x(Shape::scalar()), x({2, 2}, 5)}, {}});
  }
  for (const OpRecord* op : {&kRealDiv, &kDivNoNan, &kFloorMod}) {
    cases.push_back({op, {x({2, 3}), positive({2, 3})}, {}});
    cases.push_back({op, {x({2, 3}), positive({2, 1})}, {}});
  }
  cases.push_back({&kPow, {positive({2, 3}, 8), x({3})}, {}});
  cases.push_back({&kSelect, {flags(), x({2, 3}), x({2, 3}, 9)}, {}});
  cases.push_back({&kSelect, {Tensor::of<bool>({true, false}, {2}), x({2, 3}), x({2, 3}, 9)}, {}});
  cases.push_back({&kSelectV2, {flags(), x({3}), x({2, 1}, 9)}, {}});
}

void add_elementwise(Cases& cases) {
  for (const OpRecord* op : {&kNeg,   &kAbs,      &kSign,     &kSquare,  &kExp,      &kExpm1,     &kSin,     &kCos,
                             &kFloor, &kCeil,     &kRound,    &kErf,     &kIdentity, &kRelu,      &kRelu6,   &kElu,
                             &kSelu,  &kSoftplus, &kSoftsign, &kSigmoid, &kTanh,     &kZerosLike, &kOnesLike}) {
    cases.push_back({op, {x({2, 5}, 3)}, {}});
  }
  for (const OpRecord* op : {&kSqrt, &kRsqrt, &kReciprocal, &kLog, &kLog1p})
    cases.push_back({op, {positive({2, 5})}, {}});
  cases.push_back({&kLeakyRelu, {x({2, 5})}, {}, Attrs::of(0.3)});
  cases.push_back({&kLeakyReluGrad, {x({2, 5}), x({2, 5}, 4)}, {}, Attrs::of(0.3)});
  for (const OpRecord* op : {&kReluGrad, &kRelu6Grad, &kSoftplusGrad, &kSoftsignGrad, &kSigmoidGrad, &kTanhGrad}) {
    cases.push_back({op, {x({2, 5}), x({2, 5}, 4)}, {}});
  }
  for (const OpRecord* op : {&kSqrtGrad, &kRsqrtGrad, &kReciprocalGrad})
    cases.push_back({op, {positive({5}), x({5})}, {}});
  for (const OpRecord* op : {&kEluGrad, &kSeluGrad}) cases.push_back({op, {x({2, 5}), x({2, 5}, 4)}, {}});
  const Tensor low = full(Shape::scalar(), -0.5, DType::kFloat64), high = full(Shape::scalar(), 0.7, DType::kFloat64);
  cases.push_back({&kClipByValue, {x({3, 4}), low, high}, {}});
  cases.push_back({&kCast, {x({3})}, {}, Attrs::of(DType::kFloat64)});
}

void add_reductions(Cases& cases) {
  for (const OpRecord* op : {&kSum, &kMean, &kMax, &kMin, &kProd}) {
    cases.push_back({op, {x({3, 4}), ints({0})}, {}, Attrs::of(false)});
    cases.push_back({op, {x({2, 3, 2}), ints({-1, 0})}, {}, Attrs::of(false)});
    cases.push_back({op, {x({2, 3, 2}), ints({1})}, {}, Attrs::of(true)});
    cases.push_back({op, {x({2, 3}), ints({})}, {}, Attrs::of(false)});
  }
  const Tensor with_zero = Tensor::of<double>({2, 0, 3, 0, 0, 4}, {2, 3});
  cases.push_back({&kProd, {with_zero, ints({1})}, {}, Attrs::of(false)});
  for (const bool exclusive : {false, true}) {
    for (const bool reverse : {false, true}) {
      cases.push_back({&kCumsum, {x({3, 2, 2}), Tensor(1)}, {}, Attrs::of(exclusive, reverse)});
      cases.push_back({&kCumprod, {positive({3, 4}), Tensor(-1)}, {}, Attrs::of(exclusive, reverse)});
    }
  }
}

void add_linear(Cases& cases) {
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      const Shape left = a ? Shape{3, 2} : Shape{2, 3}, right = b ? Shape{4, 3} : Shape{3, 4};
      cases.push_back({&kMatMul, {x(left), x(right, 5)}, {}, Attrs::of(a, b)});
      const Shape batch_left = a ? Shape{2, 1, 3, 2} : Shape{2, 1, 2, 3},
                  batch_right = b ? Shape{3, 4, 3} : Shape{3, 3, 4};
      cases.push_back({&kBatchMatMulV2, {x(batch_left), x(batch_right, 5)}, {}, Attrs::of(a, b)});
    }
  }
  for (const std::int64_t format : {0, 1}) {
    const Shape shape = format == 0 ? Shape{2, 4, 3} : Shape{2, 3, 4};
    cases.push_back({&kBiasAdd, {x(shape), x({3}, 5)}, {}, Attrs::of(format)});
    cases.push_back({&kBiasAddGrad, {x(shape)}, {}, Attrs::of(format)});
  }
}

void add_softmaxes(Cases& cases) {
  for (const OpRecord* op : {&kSoftmax, &kLogSoftmax}) {
    cases.push_back({op, {x({3, 4})}, {}});
    cases.push_back({op, {x({2, 2, 3})}, {}});
  }
  cases.push_back({&kSoftmaxCrossEntropyWithLogits, {x({3, 4}), softmax(x({3, 4}, 6))}, {}});
  cases.push_back({&kSoftmaxCrossEntropyWithLogits, {x({3, 4}), softmax(x({1, 4}, 6))}, {true, false}});
  cases.push_back({&kSparseSoftmaxCrossEntropyWithLogits, {x({3, 4}), ints({3, 0, 2})}, {}});
}

void add_shapes(Cases& cases) {
  cases.push_back({&kReshape, {x({3, 4}), ints({2, -1})}, {}});
  cases.push_back({&kTranspose, {x({2, 3, 4}), ints({2, 0, 1})}, {}});
  cases.push_back({&kTranspose, {x({2, 3}), ints({-1, -2})}, {}});
  cases.push_back({&kExpandDims, {x({2, 3}), Tensor(-1)}, {}});
  cases.push_back({&kSqueeze, {x({1, 3, 1})}, {}});
  cases.push_back({&kBroadcastTo, {x({3, 1}), ints({2, 3, 4})}, {}});
  cases.push_back({&kTile, {x({2, 3}), ints({2, 3})}, {}});
  cases.push_back({&kTile, {x({2, 1, 3}), ints({1, 4, 2})}, {}});
  cases.push_back({&kConcatV2, {x({2, 3}), x({2, 1}, 5), x({2, 2}, 6), Tensor(1)}, {}});
  cases.push_back({&kPack, {x({2, 3}), x({2, 3}, 5)}, {}, Attrs::of(1)});
  cases.push_back({&kPad, {x({2, 3}), Tensor::of<std::int32_t>({1, 0, 2, 1}, {2, 2})}, {}});
  cases.push_back({&kPadV2, {x({2, 3}), Tensor::of<std::int32_t>({1, 0, 0, 1}, {2, 2}), x(Shape::scalar(), 5)}, {}});
  cases.push_back({&kFill, {ints({2, 3}), x(Shape::scalar())}, {}});
  cases.push_back({&kSlice, {x({3, 4}), ints({1, 0}), ints({-1, 2})}, {}});
  const Attrs shrink = Attrs::of(std::int64_t{1}, std::int64_t{0}, std::int64_t{0}, std::int64_t{0}, std::int64_t{2});
  cases.push_back({&kStridedSlice, {x({5, 4}), ints({0, -1}), ints({5, 0}), ints({2, 1})}, {}, shrink});
  cases.push_back({&kStridedSliceGrad, {ints({5, 4}), ints({0, -1}), ints({5, 0}), ints({2, 1}), x({3})}, {}, shrink});
  cases.push_back({&kGatherV2, {x({4, 3}), ints({2, 0, 2}), Tensor(0)}, {}, Attrs::of(0)});
  cases.push_back({&kGatherV2, {x({2, 4, 3}), ints({1, 3}), Tensor(1)}, {}, Attrs::of(0)});
  const Tensor of_each_batch = Tensor::of<std::int32_t>({1, 0, 1, 3, 3, 2}, {2, 3});
  cases.push_back({&kGatherV2, {x({2, 3, 4}), of_each_batch, Tensor(2)}, {}, Attrs::of(1)});
  cases.push_back({&kUnsortedSegmentSum, {x({4, 2}), ints({1, -1, 0, 1}), Tensor(3)}, {}});
}

void add_parts(Cases& cases) {
  cases.push_back({&kSplit, {Tensor(1), x({2, 6})}, {}, Attrs::of(std::int64_t{3})});
  cases.push_back({&kSplit, {Tensor(-2), x({5, 2})}, {}, Attrs::of(std::int64_t{5})});
  cases.push_back({&kSplitV, {x({2, 6}), ints({1, 0, -1, 2}), Tensor(1)}, {}, Attrs::of(std::int64_t{4})});
  cases.push_back({&kUnpack, {x({2, 3, 2})}, {}, Attrs::of(std::int64_t{3}, std::int64_t{-2})});
  cases.push_back({&kUnpack, {x({6})}, {}, Attrs::of(std::int64_t{6}, std::int64_t{0})});
  cases.push_back({&kTopKV2, {x({2, 5}), Tensor(3)}, {}, Attrs::of(true, DType::kInt32)});
  cases.push_back({&kTopKV2, {x({4}), Tensor(4)}, {}, Attrs::of(true, DType::kInt64)});
  cases.push_back({&kReverseV2, {x({2, 3, 2}), ints({0, -1})}, {}});
  cases.push_back({&kRoll, {x({2, 5}), ints({2, -1}), ints({1, 0})}, {}});
  for (const std::int64_t mode : {0, 1}) {
    const Tensor paddings = Tensor::of<std::int32_t>({1, 0, 2, 1}, {2, 2});
    cases.push_back({&kMirrorPad, {x({2, 3}), paddings}, {}, Attrs::of(mode)});
    cases.push_back({&kMirrorPadGrad, {x({3, 6}), paddings}, {}, Attrs::of(mode)});
  }
}

Cases all_cases() {
  Cases cases;
  add_parts(cases);
  add_arithmetic(cases);
  add_elementwise(cases);
  add_reductions(cases);
  add_linear(cases);
  add_softmaxes(cases);
  add_shapes(cases);
  return cases;
}

TEST(Gradient, OfEveryOpAgreesWithCentralDifferences) {
  for (const GradientCase& c : all_cases()) check_gradient(c);
}

TEST(Gradient, IsCheckedForEveryOpThatHasOne) {
  std::set<std::string_view> checked;
  for (const GradientCase& c : all_cases()) checked.insert(c.op->name);
  for (const OpRecord* op : all_ops()) {
    EXPECT_TRUE(op->gradient == nullptr || checked.contains(op->name)) << op->name;
  }
}

}  // namespace
}  // namespace namesake::ops
