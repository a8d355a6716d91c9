// Lists of tensors: what their ops give and refuse, that a list is copied unless nobody looks at it again.
#include "namesake/ops/tensor_list.h"

#include <gtest/gtest.h>

#include <functional>

#include "namesake/base/error.h"
#include "namesake/ops/records.h"

namespace namesake::ops {
namespace {

const Tensor kAnyShape(-1);
Tensor pair(float a, float b) { return Tensor::of<float>({a, b}, {2}); }
Tensor ints(std::initializer_list<std::int32_t> values) { return Tensor::of<std::int32_t>(values, {static_cast<std::int64_t>(values.size())}); }
Tensor reserve(int count, const Tensor& shape = kAnyShape, DType dtype = DType::kFloat32) { return apply(kTensorListReserve, {shape, Tensor(count)}, Attrs::of(dtype)); }
Tensor set(const Tensor& list, int i, const Tensor& item, bool resizes = false) { return apply(kTensorListSetItem, {list, Tensor(i), item}, Attrs::of(resizes)); }
Tensor get(const Tensor& list, int i, DType dtype = DType::kFloat32) { return apply(kTensorListGetItem, {list, Tensor(i), kAnyShape}, Attrs::of(dtype)); }
Tensor stacked(const Tensor& list, std::int64_t count = -1, const Tensor& shape = kAnyShape) { return apply(kTensorListStack, {list, shape}, Attrs::of(DType::kFloat32, count)); }
int length(const Tensor& list) { return apply(kTensorListLength, list).item<int>(); }
using Floats = std::vector<float>;

TEST(TensorList, GivesBackWhatWasPutIn) {
  const Tensor item = pair(1, 2);
  const Tensor list = set(reserve(2), 1, item);
  EXPECT_EQ(get(list, 1).id(), item.id());
  EXPECT_EQ(get(list, 0).to_vector<float>(), (Floats{0, 0}));  // never set, and of the shape of the other
  EXPECT_EQ(stacked(list).to_vector<float>(), (Floats{0, 0, 1, 2}));
  EXPECT_EQ(stacked(list).shape(), Shape({2, 2}));
}

TEST(TensorList, IsANewOneWhenItIsChanged) {
  const Tensor first = set(reserve(1), 0, pair(1, 2)), second = set(first, 0, pair(3, 4));
  EXPECT_EQ(get(first, 0).to_vector<float>(), (Floats{1, 2}));
  EXPECT_EQ(get(second, 0).to_vector<float>(), (Floats{3, 4}));
  const Tensor other = first;  // a second handle: the permission means nothing
  let_list_change(other);
  static_cast<void>(set(first, 0, pair(5, 6)));
  EXPECT_EQ(get(other, 0).to_vector<float>(), (Floats{1, 2}));
}

TEST(TensorList, GrowsAndShrinks) {
  Tensor list = apply(kEmptyTensorList, {kAnyShape, Tensor(-1)}, Attrs::of(DType::kFloat32));
  for (int i = 0; i < 3; ++i) list = apply(kTensorListPushBack, {list, pair(static_cast<float>(i), 0)});
  EXPECT_EQ(length(list), 3);
  const Tensor inputs[] = {list, kAnyShape};
  const Tensors popped = apply_list(kTensorListPopBack, inputs, Attrs::of(DType::kFloat32));
  EXPECT_EQ(popped[1].to_vector<float>(), (Floats{2, 0}));
  EXPECT_EQ(length(popped[0]), 2);
  EXPECT_EQ(length(apply(kTensorListResize, {list, Tensor(7)})), 7);
  EXPECT_EQ(length(set(list, 5, pair(1, 1), true)), 6);
}

TEST(TensorList, IsMadeOfTheRowsOfATensor) {
  const Tensor x = Tensor::of<float>({1, 2, 3, 4, 5, 6}, {3, 2});
  const Tensor list = apply(kTensorListFromTensor, {x, ints({2})});
  EXPECT_EQ(get(list, 2).to_vector<float>(), (Floats{5, 6}));
  EXPECT_EQ(apply(kTensorListGather, {list, ints({2, 0}), kAnyShape}, Attrs::of(DType::kFloat32)).to_vector<float>(), (Floats{5, 6, 1, 2}));
  EXPECT_EQ(apply(kTensorListElementShape, {list}, Attrs::of(DType::kInt32)).to_vector<std::int32_t>(), (std::vector<std::int32_t>{2}));
  const Tensor scattered = apply(kTensorListScatterV2, {x, ints({3, 0, 1}), kAnyShape, Tensor(-1)});
  EXPECT_EQ(stacked(scattered).to_vector<float>(), (Floats{3, 4, 5, 6, 0, 0, 1, 2}));
  const Tensor into = apply(kTensorListScatterIntoExistingList, {list, pair(9, 9).with_shape({1, 2}), ints({1})});
  EXPECT_EQ(stacked(into).to_vector<float>(), (Floats{1, 2, 9, 9, 5, 6}));
}

TEST(TensorList, IsJoinedFromAndCutIntoPiecesOfAnyLength) {
  const Tensor x = Tensor::of<float>({1, 2, 3, 4}, {4});
  const Tensor list = apply(kTensorListSplit, {x, kAnyShape, Tensor::of<std::int64_t>({3, 1}, {2})});
  const Tensor inputs[] = {list, kAnyShape, Tensor::of<std::int64_t>({}, {0})};
  const Tensors joined = apply_list(kTensorListConcatV2, inputs, Attrs::of(DType::kFloat32));
  EXPECT_EQ(joined[0].to_vector<float>(), (Floats{1, 2, 3, 4}));
  EXPECT_EQ(joined[1].to_vector<std::int64_t>(), (std::vector<std::int64_t>{3, 1}));
}

TEST(TensorList, StacksAnEmptyOneWhoseShapeIsKnown) {
  EXPECT_EQ(stacked(reserve(0, ints({2})), 0).shape(), Shape({0, 2}));
  EXPECT_EQ(length(apply(kTensorListFromTensor, {Tensor::of<float>({}, {0, 2}), ints({2})})), 0);
}

TEST(TensorList, HasShapesWithoutNumbers) {
  const Tensor x = Tensor::symbolic(DType::kFloat32, {-1, 2}, nullptr);
  const Tensor list = apply(kTensorListFromTensor, {x, ints({2})});
  EXPECT_TRUE(list.is_symbolic());
  EXPECT_EQ(list.dtype(), DType::kVariant);
  EXPECT_EQ(stacked(list, 5, ints({-1, 2})).shape(), Shape({5, -1, 2}));
  EXPECT_EQ(stacked(list, -1, ints({2})).shape(), Shape({-1, 2}));
  EXPECT_FALSE(get(list, 0).shape().known_rank());
  EXPECT_EQ(apply(kTensorListLength, list).shape(), Shape::scalar());
}

TEST(TensorList, RefusesWhatDoesNotFit) {
  const Tensor list = set(reserve(2, ints({2})), 0, pair(1, 2)), open = reserve(2), number(1.0f);
  const std::pair<const char*, std::function<void()>> cases[] = {
      {"outside of the list", [&] { static_cast<void>(get(list, 2)); }},
      {"outside of the list", [&] { static_cast<void>(set(list, -1, pair(1, 2))); }},
      {"outside of the list", [&] { static_cast<void>(set(list, 2, pair(1, 2))); }},
      {"cannot put this tensor", [&] { static_cast<void>(set(list, 0, number)); }},
      {"cannot put this tensor", [&] { static_cast<void>(set(list, 0, ints({1, 2}))); }},
      {"another dtype", [&] { static_cast<void>(get(list, 0, DType::kInt32)); }},
      {"takes a list", [&] { static_cast<void>(get(number, 0)); }},
      {"takes a list", [&] { static_cast<void>(get(Tensor(), 0)); }},
      {"was never set", [&] { static_cast<void>(get(open, 0)); }},
      {"impossible number", [&] { static_cast<void>(reserve(-1)); }},
      {"impossible number", [&] { static_cast<void>(reserve(1 << 30)); }},
      {"impossible number", [&] { static_cast<void>(set(list, 1 << 30, pair(1, 2), true)); }},
      {"another number of items", [&] { static_cast<void>(stacked(list, 3)); }},
      {"another shape", [&] { static_cast<void>(stacked(list, -1, ints({3}))); }},
      {"empty list", [&] { static_cast<void>(stacked(reserve(0))); }},
      {"lengths do not fit", [&] { static_cast<void>(apply(kTensorListSplit, {pair(1, 2), kAnyShape, Tensor::of<std::int64_t>({1, 2}, {2})})); }},
      {"index for each row", [&] { static_cast<void>(apply(kTensorListScatterV2, {pair(1, 2), ints({0}), kAnyShape, Tensor(2)})); }},
      {"not of the list's shape", [&] { static_cast<void>(apply(kTensorListFromTensor, {pair(1, 2), ints({3})})); }},
  };
  for (const auto& [what, run] : cases) {
    try {
      run();
      ADD_FAILURE() << what << ": was done";
    } catch (const Error& error) {
      if (std::string(what) == "takes a list") continue;  // or has no value
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace namesake::ops
