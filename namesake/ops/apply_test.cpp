// Running ops: recorders, symbolic tensors, the list of records, attributes.
#include <gtest/gtest.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"
#include "namesake/ops/linalg.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/records.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/shaping.h"
#include "namesake/ops/splitting.h"
#include "namesake/ops/variable.h"

namespace namesake::ops {
namespace {

/// Writes down what it is told.
class Listener final : public Recorder {
 public:
  void on_op(const OpRecord& op, std::span<const Tensor>, const Attrs&, std::span<const Tensor>) override {
    heard.emplace_back(op.name);
  }
  void on_read(const Variable& variable, const Tensor&) override { heard.push_back("read " + variable.name()); }
  void on_assign(const Variable& variable, const Tensor&) override { heard.push_back("assign " + variable.name()); }
  using Recorder::start;
  using Recorder::stop;

  std::vector<std::string> heard;
};

TEST(Recorder, HearsOpsWhileItRecords) {
  Listener listener;
  const Tensor a = ones({2});
  static_cast<void>(a + a);
  listener.start();
  EXPECT_EQ(Recorder::innermost(), &listener);
  static_cast<void>(a * a);
  listener.stop();
  static_cast<void>(a - a);
  EXPECT_EQ(listener.heard, std::vector<std::string>{"Mul"});
  EXPECT_EQ(Recorder::innermost(), nullptr);
}

TEST(Recorder, EveryRecorderOfTheThreadHears) {
  Listener outer, inner;
  outer.start();
  inner.start();
  EXPECT_EQ(inner.outer(), &outer);
  static_cast<void>(ones({2}) * ones({2}));
  EXPECT_EQ(outer.heard, std::vector<std::string>{"Mul"});
  EXPECT_EQ(inner.heard, outer.heard);
}

TEST(Recorder, MayStopBeforeOneThatStartedLater) {
  Listener outer, inner;
  outer.start();
  inner.start();
  outer.stop();
  static_cast<void>(ones({2}) * ones({2}));
  EXPECT_TRUE(outer.heard.empty());
  EXPECT_EQ(inner.heard.size(), 1u);
  inner.stop();
  EXPECT_EQ(Recorder::innermost(), nullptr);
}

TEST(Recorder, HearsNothingWhileRecordingIsStopped) {
  Listener listener;
  listener.start();
  {
    const StopRecording unseen;
    static_cast<void>(ones({2}) * ones({2}));
  }
  EXPECT_TRUE(listener.heard.empty());
  EXPECT_EQ(Recorder::innermost(), &listener);
}

TEST(Recorder, HearsReadsAndAssignmentsOfVariables) {
  const Variable v(ones({2}), {.name = "v"});
  Listener listener;
  listener.start();
  v.assign_add(ones({2}));
  EXPECT_EQ(listener.heard, (std::vector<std::string>{"read v", "AddV2", "assign v"}));
  EXPECT_EQ(v.value().to_vector<float>(), (std::vector<float>{2, 2}));
}

TEST(Apply, MakesASymbolicTensorThatKnowsItsOpAndInputs) {
  const Tensor in = Tensor::symbolic(DType::kFloat32, {-1, 3}, nullptr);
  const Tensor w = ones({3, 5});
  const Tensor out = matmul(in, w);
  ASSERT_TRUE(out.is_symbolic());
  EXPECT_EQ(out.shape(), (Shape{-1, 5}));
  const auto* producer = dynamic_cast<const OpProducer*>(out.producer());
  ASSERT_NE(producer, nullptr);
  EXPECT_EQ(&producer->op(), &kMatMul);
  EXPECT_EQ(producer->inputs()[0].id(), in.id());
  EXPECT_EQ(producer->inputs()[1].id(), w.id());
}

TEST(Apply, RefusesTensorsWithoutAValueAndTheWrongNumberOfThem) {
  EXPECT_THROW(static_cast<void>(apply(kNeg, Tensor())), InvalidArgument);
  EXPECT_THROW(static_cast<void>(apply(kNeg, ones({1}), ones({1}))), InvalidArgument);
  EXPECT_THROW(static_cast<void>(apply(kConcatV2, Tensor(0))), InvalidArgument);
}

TEST(Apply, ComputesNarrowDtypesInWiderOnesAndRoundsBack) {
  const Tensor third = cast(Tensor::of<float>({1.0f / 3, -2.0f / 3}, {2}), DType::kFloat16);
  const Tensor sum = third + third;
  EXPECT_EQ(sum.dtype(), DType::kFloat16);
  EXPECT_EQ(cast(sum, DType::kFloat32).to_vector<float>(), (std::vector<float>{0.66650390625f, -1.3330078125f}));
  const Tensor brain = cast(Tensor::of<float>({1, 0.00390625f}, {2}), DType::kBFloat16);
  EXPECT_EQ(cast(namesake::sum(brain), DType::kFloat32).item<float>(), 1);  // the sum rounds back to 8 bits
  EXPECT_TRUE(greater(third, cast(zeros({2}), DType::kFloat16)).data<bool>()[0]);
  const Tensor bytes = Tensor::of<std::int8_t>({100, -100}, {2});
  EXPECT_EQ((bytes + bytes).to_vector<std::int8_t>(), (std::vector<std::int8_t>{-56, 56}));
  EXPECT_EQ(transpose(reshape(third, {1, 2})).dtype(), DType::kFloat16);
}

TEST(Apply, GivesAsManyOutputsAsAListHas) {
  const Tensor x = Tensor::of<float>({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}, {2, 6});
  const Tensors parts = split(x, 6, 1);
  ASSERT_EQ(parts.size(), 6u);
  EXPECT_EQ(parts[5].to_vector<float>(), (std::vector<float>{5, 11}));
  EXPECT_EQ(parts[5].shape(), (Shape{2, 1}));
  const Tensors uneven = split(x, {1, 4}, 1);
  ASSERT_EQ(uneven.size(), 3u);
  EXPECT_EQ(uneven[1].to_vector<float>(), (std::vector<float>{1, 2, 3, 7, 8, 9}));
  EXPECT_EQ(unstack(x)[1].to_vector<float>(), (std::vector<float>{6, 7, 8, 9, 10, 11}));
  const Tensors open = split(Tensor::symbolic(DType::kFloat32, {-1, 6}, nullptr), 2, 1);
  EXPECT_EQ(open[1].shape(), (Shape{-1, 3}));
  EXPECT_EQ(open[1].output_index(), 1);
  std::array<Tensor, 2> two;
  const Tensor inputs[] = {Tensor(0), x};
  EXPECT_THROW(apply_into(kSplit, inputs, Attrs::of(std::int64_t{3}), two), InvalidArgument);
  EXPECT_THROW(static_cast<void>(split(x, 4, 1)), ShapeMismatch);
}

TEST(Apply, GivesANewTensorForAViewOfTheSameShape) {
  const Tensor a = ones({2, 3});
  const Tensor same = reshape(a, {2, 3});
  EXPECT_NE(same.id(), a.id());
  EXPECT_EQ(same.raw(), a.raw());
}

TEST(OpList, IsSortedAndFindsEveryRecordByName) {
  const auto ops = all_ops();
  EXPECT_TRUE(std::is_sorted(ops.begin(), ops.end(), [](const auto* a, const auto* b) { return a->name < b->name; }));
  for (const OpRecord* op : ops) {
    EXPECT_EQ(find_op(op->name), op);
    EXPECT_NE(op->infer, nullptr) << op->name;
    EXPECT_NE(op->kernel, nullptr) << op->name;
    EXPECT_GE(op->output_names.size(), 1u) << op->name;
    EXPECT_TRUE(op->list_output < 0 || op->output_names.size() == 1) << op->name;
  }
  EXPECT_EQ(find_op("NoSuchOp"), nullptr);
  EXPECT_EQ(find_op(""), nullptr);
}

TEST(Attrs, HoldListsOfSmallNumbers) {
  const std::vector<std::vector<std::int64_t>> lists = {
      {}, {-1}, {0, 2}, {1, 2, 3, 16383}, {-16384, 5}, {1, -2, 3, -4, 5, 63, -64, 0}};
  for (const auto& list : lists) {
    Attrs attrs;
    attrs.set_list(2, list);
    ASSERT_EQ(attrs.list_size(2), static_cast<int>(list.size()));
    for (std::size_t i = 0; i < list.size(); ++i) EXPECT_EQ(attrs.list_item(2, static_cast<int>(i)), list[i]);
  }
  Attrs attrs;
  EXPECT_THROW(attrs.set_list(0, std::vector<std::int64_t>{16384}), InvalidArgument);
  EXPECT_THROW(attrs.set_list(0, std::vector<std::int64_t>{1, 2, 3, 4, 64}), InvalidArgument);
  EXPECT_THROW(attrs.set_list(0, std::vector<std::int64_t>(9)), InvalidArgument);
}

TEST(Attrs, HoldATextToTheEnd) {
  Attrs attrs;
  for (const std::string text : {"", "ab->ba", "...abc,...cd->...abd"}) {
    attrs.set_text(1, text);
    EXPECT_EQ(attrs.text(1), text);
  }
  EXPECT_THROW(attrs.set_text(0, std::string(41, 'a')), InvalidArgument);
}

TEST(OpRecord, PlacesInputsAroundAList) {
  EXPECT_EQ(kConcatV2.input_at(0, 4), 0u);
  EXPECT_EQ(kConcatV2.input_at(1, 4), 3u);  // the axis, behind three values
  EXPECT_EQ(kMatMul.input_at(1, 2), 1u);
}

TEST(Variable, KeepsAnOldValueForItsHolder) {
  const Variable v(Tensor::of<float>({1, 2}, {2}), {.name = "v"});
  const Tensor before = v.value();
  v.update<float>()[0] = 9;
  EXPECT_EQ(before.to_vector<float>(), (std::vector<float>{1, 2}));
  EXPECT_EQ(v.value().to_vector<float>(), (std::vector<float>{9, 2}));
}

TEST(Variable, IsSharedByCopiesOfItsHandle) {
  const Variable v(zeros({2}), {.name = "v"});
  const Variable same = v;
  same.assign(ones({2}));
  EXPECT_EQ(v.value().to_vector<float>(), (std::vector<float>{1, 1}));
  EXPECT_EQ(v, same);
}

TEST(Variable, RefusesAValueOfAnotherShapeOrDtype) {
  const Variable v(zeros({2}), {.name = "v"});
  EXPECT_THROW(v.assign(zeros({3})), ShapeMismatch);
  EXPECT_THROW(v.assign(zeros({2}, DType::kInt32)), ShapeMismatch);
  EXPECT_THROW(static_cast<void>(v.update<double>()), InvalidArgument);
  EXPECT_THROW(static_cast<void>(Variable(Tensor{})), InvalidArgument);
}

}  // namespace
}  // namespace namesake::ops
