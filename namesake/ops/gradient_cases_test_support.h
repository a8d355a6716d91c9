// A call or more of every op that has a gradient, for the checks by central differences.
#pragma once

#include "namesake/ops/activations.h"
#include "namesake/ops/create.h"
#include "namesake/ops/gradient_check_test_support.h"
#include "namesake/ops/math.h"
#include "namesake/ops/records.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {

inline Tensor normals_of(const Shape& shape, int seed = 1) { return normal_doubles(shape, seed); }
/// Between 0.3 and about 4.
inline Tensor positive(const Shape& shape, int seed = 2) { return abs(normal_doubles(shape, seed)) + 0.3; }
inline Tensor ints(std::initializer_list<std::int32_t> values) {
  return Tensor::of(values, {static_cast<std::int64_t>(values.size())});
}
inline Tensor flags() { return Tensor::of<bool>({true, false, true, true, false, false}, {2, 3}); }

using Cases = std::vector<GradientCase>;

inline void add_arithmetic(Cases& cases) {
  for (const OpRecord* op : {&kAdd, &kAddV2, &kSub, &kMul, &kMaximum, &kMinimum, &kSquaredDifference}) {
    cases.push_back({op, {normals_of({2, 3}), normals_of({2, 3}, 5)}, {}});
    cases.push_back({op, {normals_of({2, 3}), normals_of({3}, 5)}, {}});
    cases.push_back({op, {normals_of({2, 1, 3}), normals_of({4, 1}, 5)}, {}});
    cases.push_back({op, {normals_of(Shape::scalar()), normals_of({2, 2}, 5)}, {}});
  }
  for (const OpRecord* op : {&kRealDiv, &kDivNoNan, &kFloorMod}) {
    cases.push_back({op, {normals_of({2, 3}), positive({2, 3})}, {}});
    cases.push_back({op, {normals_of({2, 3}), positive({2, 1})}, {}});
  }
  cases.push_back({&kPow, {positive({2, 3}, 8), normals_of({3})}, {}});
  cases.push_back({&kSelect, {flags(), normals_of({2, 3}), normals_of({2, 3}, 9)}, {}});
  cases.push_back({&kSelect, {Tensor::of<bool>({true, false}, {2}), normals_of({2, 3}), normals_of({2, 3}, 9)}, {}});
  cases.push_back({&kSelectV2, {flags(), normals_of({3}), normals_of({2, 1}, 9)}, {}});
}

inline void add_elementwise(Cases& cases) {
  for (const OpRecord* op : {&kNeg,   &kAbs,      &kSign,     &kSquare,  &kExp,      &kExpm1,     &kSin,     &kCos,
                             &kFloor, &kCeil,     &kRound,    &kErf,     &kIdentity, &kRelu,      &kRelu6,   &kElu,
                             &kSelu,  &kSoftplus, &kSoftsign, &kSigmoid, &kTanh,     &kZerosLike, &kOnesLike}) {
    cases.push_back({op, {normals_of({2, 5}, 3)}, {}});
  }
  for (const OpRecord* op : {&kSqrt, &kRsqrt, &kReciprocal, &kLog, &kLog1p})
    cases.push_back({op, {positive({2, 5})}, {}});
  cases.push_back({&kLeakyRelu, {normals_of({2, 5})}, {}, Attrs::of(0.3)});
  cases.push_back({&kLeakyReluGrad, {normals_of({2, 5}), normals_of({2, 5}, 4)}, {}, Attrs::of(0.3)});
  for (const OpRecord* op : {&kReluGrad, &kRelu6Grad, &kSoftplusGrad, &kSoftsignGrad, &kSigmoidGrad, &kTanhGrad}) {
    cases.push_back({op, {normals_of({2, 5}), normals_of({2, 5}, 4)}, {}});
  }
  for (const OpRecord* op : {&kSqrtGrad, &kRsqrtGrad, &kReciprocalGrad})
    cases.push_back({op, {positive({5}), normals_of({5})}, {}});
  for (const OpRecord* op : {&kEluGrad, &kSeluGrad})
    cases.push_back({op, {normals_of({2, 5}), normals_of({2, 5}, 4)}, {}});
  const Tensor low = full(Shape::scalar(), -0.5, DType::kFloat64), high = full(Shape::scalar(), 0.7, DType::kFloat64);
  cases.push_back({&kClipByValue, {normals_of({3, 4}), low, high}, {}});
  cases.push_back({&kCast, {normals_of({3})}, {}, Attrs::of(DType::kFloat64)});
}

inline void add_reductions(Cases& cases) {
  for (const OpRecord* op : {&kSum, &kMean, &kMax, &kMin, &kProd}) {
    cases.push_back({op, {normals_of({3, 4}), ints({0})}, {}, Attrs::of(false)});
    cases.push_back({op, {normals_of({2, 3, 2}), ints({-1, 0})}, {}, Attrs::of(false)});
    cases.push_back({op, {normals_of({2, 3, 2}), ints({1})}, {}, Attrs::of(true)});
    cases.push_back({op, {normals_of({2, 3}), ints({})}, {}, Attrs::of(false)});
  }
  const Tensor with_zero = Tensor::of<double>({2, 0, 3, 0, 0, 4}, {2, 3});
  cases.push_back({&kProd, {with_zero, ints({1})}, {}, Attrs::of(false)});
  cases.push_back({&kCumprod, {with_zero, Tensor(1)}, {}, Attrs::of(false, false)});
  cases.push_back({&kCumprod, {with_zero, Tensor(0)}, {}, Attrs::of(true, true)});
  for (const bool exclusive : {false, true}) {
    for (const bool reverse : {false, true}) {
      cases.push_back({&kCumsum, {normals_of({3, 2, 2}), Tensor(1)}, {}, Attrs::of(exclusive, reverse)});
      cases.push_back({&kCumprod, {positive({3, 4}), Tensor(-1)}, {}, Attrs::of(exclusive, reverse)});
    }
  }
}

inline void add_linear(Cases& cases) {
  for (const bool a : {false, true}) {
    for (const bool b : {false, true}) {
      const Shape left = a ? Shape{3, 2} : Shape{2, 3}, right = b ? Shape{4, 3} : Shape{3, 4};
      cases.push_back({&kMatMul, {normals_of(left), normals_of(right, 5)}, {}, Attrs::of(a, b)});
      const Shape batch_left = a ? Shape{2, 1, 3, 2} : Shape{2, 1, 2, 3},
                  batch_right = b ? Shape{3, 4, 3} : Shape{3, 3, 4};
      cases.push_back({&kBatchMatMulV2, {normals_of(batch_left), normals_of(batch_right, 5)}, {}, Attrs::of(a, b)});
    }
  }
  for (const std::int64_t format : {0, 1}) {
    const Shape shape = format == 0 ? Shape{2, 4, 3} : Shape{2, 3, 4};
    cases.push_back({&kBiasAdd, {normals_of(shape), normals_of({3}, 5)}, {}, Attrs::of(format)});
    cases.push_back({&kBiasAddGrad, {normals_of(shape)}, {}, Attrs::of(format)});
  }
}

inline void add_softmaxes(Cases& cases) {
  for (const OpRecord* op : {&kSoftmax, &kLogSoftmax}) {
    cases.push_back({op, {normals_of({3, 4})}, {}});
    cases.push_back({op, {normals_of({2, 2, 3})}, {}});
  }
  cases.push_back({&kSoftmaxCrossEntropyWithLogits, {normals_of({3, 4}), softmax(normals_of({3, 4}, 6))}, {}});
  cases.push_back(
      {&kSoftmaxCrossEntropyWithLogits, {normals_of({3, 4}), softmax(normals_of({1, 4}, 6))}, {true, false}});
  cases.push_back({&kSparseSoftmaxCrossEntropyWithLogits, {normals_of({3, 4}), ints({3, 0, 2})}, {}});
}

inline void add_shapes(Cases& cases) {
  cases.push_back({&kReshape, {normals_of({3, 4}), ints({2, -1})}, {}});
  cases.push_back({&kTranspose, {normals_of({2, 3, 4}), ints({2, 0, 1})}, {}});
  cases.push_back({&kTranspose, {normals_of({2, 3}), ints({-1, -2})}, {}});
  cases.push_back({&kExpandDims, {normals_of({2, 3}), Tensor(-1)}, {}});
  cases.push_back({&kSqueeze, {normals_of({1, 3, 1})}, {}});
  cases.push_back({&kBroadcastTo, {normals_of({3, 1}), ints({2, 3, 4})}, {}});
  cases.push_back({&kTile, {normals_of({2, 3}), ints({2, 3})}, {}});
  cases.push_back({&kTile, {normals_of({2, 1, 3}), ints({1, 4, 2})}, {}});
  cases.push_back({&kConcatV2, {normals_of({2, 3}), normals_of({2, 1}, 5), normals_of({2, 2}, 6), Tensor(1)}, {}});
  cases.push_back({&kPack, {normals_of({2, 3}), normals_of({2, 3}, 5)}, {}, Attrs::of(1)});
  cases.push_back({&kPad, {normals_of({2, 3}), Tensor::of<std::int32_t>({1, 0, 2, 1}, {2, 2})}, {}});
  cases.push_back({&kPadV2,
                   {normals_of({2, 3}), Tensor::of<std::int32_t>({1, 0, 0, 1}, {2, 2}), normals_of(Shape::scalar(), 5)},
                   {}});
  cases.push_back({&kFill, {ints({2, 3}), normals_of(Shape::scalar())}, {}});
  cases.push_back({&kSlice, {normals_of({3, 4}), ints({1, 0}), ints({-1, 2})}, {}});
  const Attrs shrink = Attrs::of(std::int64_t{1}, std::int64_t{0}, std::int64_t{0}, std::int64_t{0}, std::int64_t{2});
  cases.push_back({&kStridedSlice, {normals_of({5, 4}), ints({0, -1}), ints({5, 0}), ints({2, 1})}, {}, shrink});
  cases.push_back(
      {&kStridedSliceGrad, {ints({5, 4}), ints({0, -1}), ints({5, 0}), ints({2, 1}), normals_of({3})}, {}, shrink});
  cases.push_back({&kGatherV2, {normals_of({4, 3}), ints({2, 0, 2}), Tensor(0)}, {}, Attrs::of(0)});
  cases.push_back({&kGatherV2, {normals_of({2, 4, 3}), ints({1, 3}), Tensor(1)}, {}, Attrs::of(0)});
  const Tensor of_each_batch = Tensor::of<std::int32_t>({1, 0, 1, 3, 3, 2}, {2, 3});
  cases.push_back({&kGatherV2, {normals_of({2, 3, 4}), of_each_batch, Tensor(2)}, {}, Attrs::of(1)});
  cases.push_back({&kUnsortedSegmentSum, {normals_of({4, 2}), ints({1, -1, 0, 1}), Tensor(3)}, {}});
}

inline void add_parts(Cases& cases) {
  cases.push_back({&kSplit, {Tensor(1), normals_of({2, 6})}, {}, Attrs::of(std::int64_t{3})});
  cases.push_back({&kSplit, {Tensor(-2), normals_of({5, 2})}, {}, Attrs::of(std::int64_t{5})});
  cases.push_back({&kSplitV, {normals_of({2, 6}), ints({1, 0, -1, 2}), Tensor(1)}, {}, Attrs::of(std::int64_t{4})});
  cases.push_back({&kUnpack, {normals_of({2, 3, 2})}, {}, Attrs::of(std::int64_t{3}, std::int64_t{-2})});
  cases.push_back({&kUnpack, {normals_of({6})}, {}, Attrs::of(std::int64_t{6}, std::int64_t{0})});
  cases.push_back({&kTopKV2, {normals_of({2, 5}), Tensor(3)}, {}, Attrs::of(true, DType::kInt32)});
  cases.push_back({&kTopKV2, {normals_of({4}), Tensor(4)}, {}, Attrs::of(true, DType::kInt64)});
  cases.push_back({&kReverseV2, {normals_of({2, 3, 2}), ints({0, -1})}, {}});
  cases.push_back({&kRoll, {normals_of({2, 5}), ints({2, -1}), ints({1, 0})}, {}});
  for (const std::int64_t mode : {0, 1}) {
    const Tensor paddings = Tensor::of<std::int32_t>({1, 0, 2, 1}, {2, 2});
    cases.push_back({&kMirrorPad, {normals_of({2, 3}), paddings}, {}, Attrs::of(mode)});
    cases.push_back({&kMirrorPadGrad, {normals_of({3, 6}), paddings}, {}, Attrs::of(mode)});
  }
}

/// Between -0.9 and 0.9.
inline Tensor fractions(const Shape& shape, int seed = 3) { return tanh(normal_doubles(shape, seed)) * 0.9; }
inline Tensor places(std::initializer_list<std::int32_t> values, const Shape& shape) {
  return Tensor::of(values, shape);
}

inline void add_trigonometry(Cases& cases) {
  for (const OpRecord* op : {&kTan, &kAsin, &kAcos, &kAtanh, &kErfinv}) cases.push_back({op, {fractions({2, 5})}, {}});
  for (const OpRecord* op : {&kAtan, &kSinh, &kCosh, &kAsinh}) cases.push_back({op, {normals_of({2, 5})}, {}});
  cases.push_back({&kAcosh, {positive({2, 5}) + 1}, {}});
  cases.push_back({&kAtan2, {normals_of({2, 3}), normals_of({3}, 5)}, {}});
  Attrs message;
  message.set_text(0, "here");
  cases.push_back({&kCheckNumerics, {normals_of({3})}, {}, message});
  Attrs range = Attrs::of(-9.0, 9.0);
  range.set_text(2, "x");
  cases.push_back({&kCheckInRange, {normals_of({3})}, {}, range});
}

inline void add_einsums(Cases& cases) {
  const auto add = [&](const char* equation, std::vector<Shape> shapes) {
    GradientCase c{&kEinsum, {}, {}};
    c.attrs.set_text(0, equation);
    for (const Shape& shape : shapes) c.inputs.push_back(normals_of(shape, 3 + static_cast<int>(c.inputs.size())));
    cases.push_back(c);
  };
  add("ij,jk->ik", {{2, 3}, {3, 4}});
  add("ji,jk->ki", {{3, 2}, {3, 4}});
  add("bij,bjk->bik", {{2, 2, 3}, {2, 3, 2}});
  add("btnh,bsnh->bnts", {{2, 3, 2, 2}, {2, 1, 2, 2}});
  add("...ij,...jk->...ik", {{2, 1, 2, 3}, {3, 3, 2}});
  add("...i,...i->...", {{2, 3}, {3}});
  add("i...,i...->i", {{2, 3}, {2, 1}});
  add("ij,ij->ij", {{2, 3}, {2, 3}});
  add("i,j->ji", {{2}, {3}});
  add("ij,k->k", {{2, 2}, {3}});
  add("ijk->ki", {{2, 3, 2}});
  add("ii->", {{3, 3}});
  add("iji->ij", {{2, 3, 2}});
  add("i->ii", {{3}});
  add("iij,jk->ik", {{2, 2, 3}, {3, 2}});
  add("...ab->...ba", {{2, 3, 2}});
  add(",i->i", {Shape::scalar(), {3}});
}

inline void add_scatters(Cases& cases) {
  const Tensor rows = places({3, 0}, {2, 1}), cells = places({1, 2, 0, 0, 1, 1}, {3, 2});
  cases.push_back({&kGatherNd, {normals_of({4, 3}), rows}, {}});
  cases.push_back({&kGatherNd, {normals_of({2, 3, 2}), cells}, {}});
  cases.push_back({&kScatterNd, {places({1, 1, 3}, {3, 1}), normals_of({3, 2}), ints({4, 2})}, {}});
  for (const OpRecord* op :
       {&kTensorScatterUpdate, &kTensorScatterAdd, &kTensorScatterSub, &kTensorScatterMax, &kTensorScatterMin}) {
    cases.push_back({op, {normals_of({4, 2}), rows, normals_of({2, 2}, 7)}, {}});
    cases.push_back({op, {normals_of({2, 3}), cells, normals_of({3}, 7)}, {}});
  }
  for (const OpRecord* op : {&kUnsortedSegmentSum, &kUnsortedSegmentProd, &kUnsortedSegmentMax, &kUnsortedSegmentMin}) {
    cases.push_back({op, {normals_of({5, 2}), ints({2, 0, -1, 2, 1}), Tensor(3)}, {}});
    cases.push_back({op, {normals_of({2, 2}), places({1, 0, 1, 1}, {2, 2}), Tensor(2)}, {}});
  }
  const Tensor zeros_in = Tensor::of<double>({2, 0, 3, 0, 0, 4}, {6});
  cases.push_back({&kUnsortedSegmentProd, {zeros_in, ints({0, 0, 0, 1, 1, 1}), Tensor(2)}, {}});
  for (const OpRecord* op : {&kSegmentSum, &kSegmentMean, &kSegmentProd, &kSegmentMax, &kSegmentMin}) {
    cases.push_back({op, {normals_of({5, 2}), ints({0, 0, 2, 2, 2})}, {}});
  }
}

inline void add_diagonals(Cases& cases) {
  const Tensor none = full(Shape::scalar(), 0.5, DType::kFloat64);
  cases.push_back({&kMatrixBandPart, {normals_of({2, 3, 4}), Tensor(1), Tensor(0)}, {}});
  cases.push_back({&kMatrixBandPart, {normals_of({3, 3}), Tensor(-1), Tensor(1)}, {}});
  for (const int k : {0, 1, -1}) {
    cases.push_back({&kMatrixDiagPartV3, {normals_of({2, 3, 4}), Tensor(k), none}, {true, false, false}, Attrs::of(1)});
    cases.push_back({&kMatrixDiagV3, {normals_of({2, 3}), Tensor(k), Tensor(-1), Tensor(-1), none}, {}, Attrs::of(1)});
  }
}

inline void add_convolutions(Cases& cases) {
  const auto attrs = [](std::int64_t stride, std::int64_t padding) {
    Attrs a;
    a.set_list(0, std::vector<std::int64_t>{1, stride, stride, 1});
    a.set(1, padding);
    a.set_list(2, {});
    a.set(3, std::int64_t{0});
    a.set_list(4, std::vector<std::int64_t>{1, 1, 1, 1});
    return a;
  };
  const Tensor images = normals_of({2, 4, 3, 2}), filter = normals_of({2, 2, 2, 3}, 5), g = normals_of({2, 4, 3, 3}, 6);
  const Tensor image_sizes = ints({2, 4, 3, 2}), filter_sizes = ints({2, 2, 2, 3}), deep = normals_of({2, 4, 3, 6}, 7);
  cases.push_back({&kConv2D, {images, filter}, {}, attrs(1, 0)});
  cases.push_back({&kConv2D, {images, filter}, {}, attrs(2, 1)});
  cases.push_back({&kConv2DBackpropInput, {image_sizes, filter, g}, {}, attrs(1, 0)});
  cases.push_back({&kConv2DBackpropFilter, {images, filter_sizes, g}, {}, attrs(1, 0)});
  cases.push_back({&kDepthwiseConv2dNative, {images, filter}, {}, attrs(1, 0)});
  cases.push_back({&kDepthwiseConv2dNativeBackpropInput, {image_sizes, filter, deep}, {}, attrs(1, 0)});
  cases.push_back({&kDepthwiseConv2dNativeBackpropFilter, {images, filter_sizes, deep}, {}, attrs(1, 0)});
}

inline void add_pools(Cases& cases) {
  Attrs attrs;
  attrs.set_list(0, std::vector<std::int64_t>{1, 2, 2, 1});
  attrs.set_list(1, std::vector<std::int64_t>{1, 1, 2, 1});
  attrs.set(2, std::int64_t{0});
  attrs.set(3, std::int64_t{0});
  const Tensor images = normals_of({2, 3, 4, 2}), g = normals_of({2, 3, 2, 2}, 6);
  const Tensor largest = apply(kMaxPool, images, attrs);
  cases.push_back({&kMaxPool, {images}, {}, attrs});
  cases.push_back({&kMaxPoolGrad, {images, largest, g}, {false, false, true}, attrs});
  cases.push_back({&kMaxPoolGradGrad, {images, largest, normals_of({2, 3, 4, 2}, 7)}, {false, false, true}, attrs});
  cases.push_back({&kAvgPool, {images}, {}, attrs});
  cases.push_back({&kAvgPoolGrad, {ints({2, 3, 4, 2}), g}, {}, attrs});
}

inline void add_resizes(Cases& cases) {
  const Tensor images = normals_of({1, 3, 2, 2}), larger = normals_of({1, 4, 5, 2}, 6);
  for (const bool half_pixels : {false, true}) {
    const Attrs attrs = Attrs::of(false, half_pixels);
    cases.push_back({&kResizeNearestNeighbor, {images, ints({4, 5})}, {}, attrs});
    cases.push_back({&kResizeNearestNeighborGrad, {larger, ints({3, 2})}, {}, attrs});
  }
  cases.push_back({&kSpaceToDepth, {normals_of({1, 4, 2, 1})}, {}, Attrs::of(std::int64_t{2}, std::int64_t{0})});
  cases.push_back({&kDepthToSpace, {normals_of({1, 2, 1, 4})}, {}, Attrs::of(std::int64_t{2}, std::int64_t{0})});
}

inline Cases all_cases() {
  Cases cases;
  add_trigonometry(cases);
  add_einsums(cases);
  add_scatters(cases);
  add_diagonals(cases);
  add_convolutions(cases);
  add_pools(cases);
  add_resizes(cases);
  add_parts(cases);
  add_arithmetic(cases);
  add_elementwise(cases);
  add_reductions(cases);
  add_linear(cases);
  add_softmaxes(cases);
  add_shapes(cases);
  return cases;
}

}  // namespace namesake::ops
