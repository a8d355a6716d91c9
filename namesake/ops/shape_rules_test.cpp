// Shape rules as a table: open sizes, unknown ranks, and what is refused with which words.
#include <gtest/gtest.h>

#include <functional>

#include "namesake/base/error.h"
#include "namesake/ops/bias.h"
#include "namesake/ops/create.h"
#include "namesake/ops/indexing.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/padding.h"
#include "namesake/ops/random.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/reversing.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/softmax.h"
#include "namesake/ops/sorting.h"
#include "namesake/ops/splitting.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake::ops {
namespace {

Tensor open(const Shape& shape, DType dtype = DType::kFloat32) { return Tensor::symbolic(dtype, shape, nullptr); }

struct ShapeCase {
  const char* call;
  Tensor result;
  Shape shape;
};
#define CALL(EXPRESSION, ...) \
  { #EXPRESSION, EXPRESSION, Shape __VA_ARGS__ }

TEST(ShapeRules, FollowOpenSizes) {
  const Shape unknown;
  const std::vector<ShapeCase> cases = {
      CALL(open({-1, 3}) + open({3}), ({-1, 3})),
      CALL(open({-1, 3}) + open({1, 3}), ({-1, 3})),
      CALL(open({-1, 3}) + open({5, 1}), ({5, 3})),
      CALL(open({-1, 1}) * open({-1, 4}), ({-1, 4})),
      CALL(open({2, 1}) * open({-1}), ({2, -1})),
      CALL(open(unknown) + open({3}), (unknown)),
      CALL(greater(open({-1, 3}), 0), ({-1, 3})),
      CALL(where(open({-1}, DType::kBool), open({2, -1}), open({1})), ({2, -1})),
      CALL(matmul(open({-1, 3}), open({3, 4})), ({-1, 4})),
      CALL(matmul(open({-1, -1}), open({3, 4})), ({-1, 4})),
      CALL(matmul(open({-1, 5, 3}), open({3, 4})), ({-1, 5, 4})),
      CALL(matmul(open({-1, -1, 3}), open({3, 4})), ({-1, -1, 4})),
      CALL(matmul(open({-1, 2, 3}), open({-1, 3, 4})), ({-1, 2, 4})),
      CALL(matmul(open({3}), open({3})), (std::span<const std::int64_t>())),
      CALL(bias_add(open({-1, 3}), ones({3})), ({-1, 3})),
      CALL(softmax(open({-1, 3})), ({-1, 3})),
      CALL(softmax(open({-1, 3, 2}), 1), ({-1, 3, 2})),
      CALL(softmax_cross_entropy_with_logits(open({-1, 3}), open({-1, 3})), ({-1})),
      CALL(sparse_softmax_cross_entropy_with_logits(open({-1}, DType::kInt32), open({-1, 3})), ({-1})),
      CALL(sum(open({-1, 3})), (std::span<const std::int64_t>())),
      CALL(sum(open({-1, 3}), 0), ({3})),
      CALL(sum(open({-1, 3}), -1), ({-1})),
      CALL(mean(open({-1, 3, 4}), {1, 2}, true), ({-1, 1, 1})),
      CALL(max(open({-1, 3}), Axes::none()), ({-1, 3})),
      CALL(argmax(open({-1, 3})), ({-1})),
      CALL(reshape(open({-1, 2, 3}), {-1, 6}), ({-1, 6})),
      CALL(reshape(open({4, 3}), {2, -1}), ({2, 6})),
      CALL(reshape(open({0, 3}), {-1, 3}), ({0, 3})),
      CALL(reshape(open(unknown), {-1, 3}), ({-1, 3})),
      CALL(transpose(open({-1, 3})), ({3, -1})),
      CALL(transpose(open({-1, 3, 4}), {1, 0, 2}), ({3, -1, 4})),
      CALL(expand_dims(open({-1, 3}), -1), ({-1, 3, 1})),
      CALL(squeeze(open({-1, 1, 3}), {1}), ({-1, 3})),
      CALL(squeeze(open({-1, 1, 3})), (unknown)),
      CALL(broadcast_to(open({1, 3}), {5, 3}), ({5, 3})),
      CALL(broadcast_like(open({3}), open({-1, 3})), ({-1, 3})),
      CALL(shape_of(open({-1, 3})), ({2})),
      CALL(concatenate({open({-1, 3}), open({-1, 2})}), ({-1, 5})),
      CALL(concatenate({open({-1, 3}), open({2, 3})}, 0), ({-1, 3})),
      CALL(concatenate({open({-1, 3}), open({4, 2})}), ({4, 5})),
      CALL(stack({open({-1, 3}), open({-1, 3})}, 1), ({-1, 2, 3})),
      CALL(tile(open({-1, 3}), {1, 2}), ({-1, 6})),
      CALL(slice(open({-1, 5}), {0, 1}, {-1, 2}), ({-1, 2})),
      CALL(slice_axis(open({-1, 5}), 1, 1, 3), ({-1, 2})),
      CALL(take_one(open({-1, 5, 2}), 1, -1), ({-1, 2})),
      CALL(take(open({10, 4}), open({-1, 7}, DType::kInt32)), ({-1, 7, 4})),
      CALL(one_hot(open({-1}, DType::kInt32), 10), ({-1, 10})),
      CALL(zeros_like(open({-1, 3})), ({-1, 3})),
      CALL(apply(kReshape, open({2, 3}), open({3}, DType::kInt32)), ({-1, -1, -1})),
      CALL(apply(kStatelessRandomUniform, open({2}, DType::kInt32), random_seed(1, 2), Attrs::of(DType::kFloat32)),
           ({-1, -1})),
  };
  for (const ShapeCase& c : cases) {
    EXPECT_TRUE(c.result.is_symbolic()) << c.call;
    EXPECT_EQ(c.result.shape(), c.shape) << c.call << " gave " << to_string(c.result.shape());
  }
}

// What Keras makes of shapes in a graph: a batch that is asked for, put together with numbers and products of sizes.
TEST(ShapeRules, FollowSizesThatAreComputed) {
  const Tensor x = open({-1, 6, -1, 4});
  const Tensor sizes = shape_of(x), batch = take_one(sizes, 0, 0), length = take_one(sizes, 0, 2);
  const auto reshaped = [&](std::initializer_list<Tensor> parts) {
    const Tensors list(parts.begin(), parts.end());
    return apply(kReshape, x, stack(list)).shape();
  };
  EXPECT_EQ(reshaped({batch, Tensor(24), length}), Shape({-1, 24, -1}));
  EXPECT_EQ(reshaped({batch, Tensor(-1), take_one(sizes, 0, 3)}), Shape({-1, -1, 4}));
  EXPECT_EQ(reshaped({batch * length, prod(slice_axis(sizes, 0, 1, 2)) * 4}), Shape({-1, 24}));
  EXPECT_EQ(reshaped({minimum(batch, 5), Tensor(6)}), Shape({-1, -1})) << "5 of a large batch, but not of a small one";
  EXPECT_EQ(apply(kBroadcastTo, open({1}), concatenate({slice_axis(sizes, 0, 0, 1), Tensor::of<std::int32_t>({7}, {1})}, 0)).shape(), Shape({-1, 7}));
  EXPECT_EQ(apply(kReshape, x, open({2}, DType::kInt32)).shape(), Shape({-1, -1}));
}

struct RefusedCase {
  const char* call;
  std::function<void()> run;
  const char* words;
};
#define REFUSED(EXPRESSION, WORDS)                            \
  {                                                           \
#EXPRESSION, [] { static_cast<void>(EXPRESSION); }, WORDS \
  }

TEST(ShapeRules, RefuseShapesThatDoNotGoTogether) {
  const std::vector<RefusedCase> cases = {
      REFUSED(matmul(zeros({32, 10}), zeros({8, 3})),
              "MatMul cannot multiply (32, 10) by (8, 3): the inner sizes 10 and 8 differ."),
      REFUSED(matmul(zeros({2, 3, 4}), zeros({5, 4, 2})),
              "BatchMatMulV2 cannot multiply (2, 3, 4) by (5, 4, 2): the leading axes do not broadcast."),
      REFUSED(matmul(open({-1, 4}), zeros({3, 2})),
              "MatMul cannot multiply (None, 4) by (3, 2): the inner sizes 4 and 3 differ."),
      REFUSED(zeros({2, 3}) + zeros({2}), "AddV2 cannot broadcast (2, 3) with (2,)."),
      REFUSED(apply(kAddV2, zeros({2}), zeros({2}, DType::kInt32)), "AddV2 needs inputs of one dtype."),
      REFUSED(bias_add(zeros({4, 3}), zeros({2})),
              "BiasAdd cannot add a bias of 2 numbers to (4, 3): it has 3 channels."),
      REFUSED(reshape(zeros({2, 3}), {4, -1}), "Reshape cannot make (4, None) of (2, 3): 6 elements do not fit."),
      REFUSED(reshape(zeros({2, 3}), {-1, -1}), "Reshape cannot work out two sizes of (None, None)."),
      REFUSED(transpose(zeros({2, 3}), {0, 0}), "Transpose needs each axis of (2, 3) once."),
      REFUSED(squeeze(zeros({2, 3}), {1}), "Squeeze cannot drop axis 1 of (2, 3): its size is 3, not 1."),
      REFUSED(broadcast_to(zeros({2, 3}), {2, 4}), "BroadcastTo cannot make (2, 4) of (2, 3)."),
      REFUSED(broadcast_to(zeros({2, 3}), {1, 3}), "BroadcastTo cannot make (1, 3) of (2, 3)."),
      REFUSED(concatenate({zeros({2, 3}), zeros({3, 3})}), "ConcatV2 cannot join (2, 3) and (3, 3) along axis 1."),
      REFUSED(stack({zeros({2}), zeros({3})}), "Pack cannot stack (2,) and (3,)."),
      REFUSED(softmax_cross_entropy_with_logits(zeros({4, 3}), zeros({4, 2})),
              "SoftmaxCrossEntropyWithLogits needs logits and labels of one shape, not (4, 2) and (4, 3)."),
      REFUSED(sparse_softmax_cross_entropy_with_logits(zeros({4}, DType::kInt32), zeros({5, 2})),
              "SparseSoftmaxCrossEntropyWithLogits got 5 rows of logits and 4 labels."),
      REFUSED(softmax(zeros(Shape::scalar())), "Softmax needs a tensor of rank 1 or more."),
      REFUSED(stateless_random_uniform({2}, zeros({3}, DType::kInt32)),
              "StatelessRandomUniform needs a seed of two integers."),
      REFUSED(split(zeros({5}), 2), "Split cannot cut axis 0 of (5,) into 2 equal parts."),
      REFUSED(tile(zeros({2, 3}), {2}), "Tile needs a number for each axis of (2, 3)."),
      REFUSED(argmax(zeros({2, 0})), "ArgMax needs an axis that is not empty."),
  };
  for (const RefusedCase& c : cases) {
    try {
      c.run();
      ADD_FAILURE() << c.call << " was not refused";
    } catch (const ShapeMismatch& error) {
      EXPECT_EQ(error.parts().what, c.words) << c.call;
      EXPECT_FALSE(error.parts().received.empty()) << c.call;
    }
  }
}

TEST(ShapeRules, RefuseNumbersOutsideTheirRange) {
  const std::vector<RefusedCase> cases = {
      REFUSED(sum(zeros({2, 3}), 2), "Sum has no axis 2 in a tensor of rank 2."),
      REFUSED(expand_dims(zeros({2}), 3), "ExpandDims has no axis 3 in a tensor of rank 2."),
      REFUSED(slice(zeros({4}), {3}, {2}), "Slice reaches outside axis 0 of (4,)."),
      REFUSED(take_one(zeros({4}), 0, 4), "There is no element 4 in an axis of 4."),
      REFUSED(take(zeros({4, 2}), Tensor::of<std::int32_t>({4}, {1})), "GatherV2 has no element 4 in an axis of 4."),
      REFUSED(sparse_softmax_cross_entropy_with_logits(Tensor::of<std::int32_t>({2}, {1}), zeros({1, 2})),
              "Label 2 is outside the classes."),
      REFUSED(floor_divide(Tensor(3), Tensor(0)), "FloorDiv cannot divide integers by zero."),
      REFUSED(arange(0, 5, 0), "Range cannot go in steps of 0."),
      REFUSED(concatenate(std::span<const Tensor>()), "ConcatV2 needs at least one tensor."),
      REFUSED(stateless_random_randint({2}, random_seed(1, 2), 5, 5), "There is no integer to draw."),
  };
  for (const RefusedCase& c : cases) {
    try {
      c.run();
      ADD_FAILURE() << c.call << " was not refused";
    } catch (const InvalidArgument& error) {
      EXPECT_EQ(error.parts().what, c.words) << c.call;
    }
  }
}

TEST(ShapeRules, SayWhatCameWithDtypes) {
  try {
    static_cast<void>(matmul(zeros({32, 10}), zeros({8, 3})));
    FAIL() << "was not refused";
  } catch (const ShapeMismatch& error) {
    EXPECT_EQ(error.subject(), "MatMul");
    EXPECT_EQ(error.parts().received, "float32 (32, 10), float32 (8, 3)");
  }
}

TEST(ShapeRules, LeaveDtypesThatOpsDoNotComputeInToBeCast) {
  const Tensor wide = cast(ones({2}), DType::kUInt64), word = Tensor::of_strings(std::vector<std::string>{"a"}, {1});
  EXPECT_THROW(static_cast<void>(wide + wide), Unsupported);
  EXPECT_THROW(static_cast<void>(exp(word)), Unsupported);
  EXPECT_EQ(cast(wide, DType::kFloat32).to_vector<float>(), (std::vector<float>{1, 1}));
}

}  // namespace
}  // namespace namesake::ops
