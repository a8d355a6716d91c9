// Gradients through lists of tensors: these are no ops of the tape, their items are.
#include <gtest/gtest.h>

#include "namesake/autodiff/gradient_tape.h"
#include "namesake/ops/math.h"
#include "namesake/ops/unary.h"
#include "namesake/ops/tensor_list.h"

namespace namesake {
namespace {

using namespace ops;
const Tensor kAnyShape(-1);
Tensor from_rows(const Tensor& x) { return apply(kTensorListFromTensor, {x, kAnyShape}); }
Tensor set(const Tensor& list, int i, const Tensor& item) { return apply(kTensorListSetItem, {list, Tensor(i), item}, Attrs::of(false)); }
Tensor get(const Tensor& list, int i) { return apply(kTensorListGetItem, {list, Tensor(i), kAnyShape}, Attrs::of(DType::kFloat32)); }
Tensor stacked(const Tensor& list) { return apply(kTensorListStack, {list, kAnyShape}, Attrs::of(DType::kFloat32, std::int64_t{-1})); }
using Floats = std::vector<float>;

TEST(GradientTape, StacksMoreItemsOfAListThanAnEntryCanCount) {
  const std::int64_t count = 70'000;
  const Tensor x = Tensor::of<float>(std::vector<float>(static_cast<std::size_t>(count), 2), {count});
  GradientTape tape;
  tape.watch(x);
  const Tensor y = square(stacked(from_rows(x)));
  EXPECT_EQ(y.shape(), Shape({count}));
  const Tensor gradient = tape.gradient(y, x);
  EXPECT_EQ(gradient.data<float>().front(), 4);
  EXPECT_EQ(gradient.data<float>().back(), 4);
}

TEST(GradientTape, SeesThroughListsOfTensors) {
  const Tensor x = Tensor::of<float>({1, 2, 3, 4}, {2, 2}), z = Tensor::of<float>({5, 6}, {2});
  GradientTape tape;
  tape.watch(x);
  tape.watch(z);
  const Tensor list = set(from_rows(x), 1, z * get(from_rows(x), 0));
  const Tensors gradients = tape.gradient(square(stacked(list)), Tensors{x, z});  // rows x0 and z x0
  EXPECT_EQ(gradients[0].to_vector<float>(), (Floats{2 + 2 * 25, 4 + 4 * 36, 0, 0}));
  EXPECT_EQ(gradients[1].to_vector<float>(), (Floats{2 * 5, 2 * 4 * 6}));
}

}  // namespace
}  // namespace namesake
