// Running loops, branches and lists of tensors in graphs made by hand: what runs and how often, what is assigned, and what is refused.
#include <gtest/gtest.h>

#include "namesake/base/error.h"
#include "namesake/graph/builder_test_support.h"
#include "namesake/graph/run.h"
#include "namesake/graph/tracer.h"
#include "namesake/ops/records.h"
#include "namesake/ops/tensor_list.h"

namespace namesake::graph {
namespace {

constexpr auto kCase = Node::Kind::kCase;
constexpr auto kWhile = Node::Kind::kWhile;
const Tensor kOne(1.0f);

// x < limit
Function less_than(float limit) {
  Builder b;
  const Value x = b.input();
  return b.done({b.op(ops::kLess, {x, b.constant(Tensor(limit))})});
}
// x * factor, and a variable set to it
Function times(float factor, const Variable& seen = {}) {
  Builder b;
  const Value x = b.input();
  const Value product = b.op(ops::kMul, {x, b.constant(Tensor(factor))});
  if (seen.defined()) b.assign(seen, product);
  return b.done({product});
}
Function of_one(Node::Kind kind, std::vector<Function> functions, std::vector<ops::OutputSpec> outputs = {}) {
  Builder b;
  const Value x = b.input();
  return b.done({b.flow(kind, std::move(functions), {x}, std::move(outputs))});
}
float result(const Function& graph, const Tensor& x = kOne) { return Runner(graph)({&x, 1}).at(0).item<float>(); }

TEST(Loop, GoesOnAsLongAsItsConditionHolds) {
  const Function loop = of_one(kWhile, {less_than(20), times(3)});
  EXPECT_EQ(result(loop), 27);
  EXPECT_EQ(result(loop, Tensor(30.0f)), 30);  // not once
}

TEST(Loop, SetsVariablesInEachRoundAlsoIfNoResultDependsOnIt) {
  const Variable seen(Tensor(0.0f));
  Builder b;
  const Value x = b.input();
  b.flow(kWhile, {less_than(20), times(3, seen)}, {x});
  EXPECT_EQ(result(b.done({x})), 1);
  EXPECT_EQ(seen.value().item<float>(), 27);
}

TEST(Loop, ReadsVariablesInTheirOrder) {
  const Variable total(Tensor(1.0f));
  Builder body;
  const Value i = body.input(), before = body.read(total);
  body.assign(total, body.op(ops::kAddV2, {before, before}));
  const Function twice = body.done({body.op(ops::kAddV2, {i, body.constant(kOne)})});
  Builder b;
  const Value x = b.input();
  b.flow(kWhile, {less_than(4), twice}, {x});
  EXPECT_EQ(result(b.done({b.read(total)})), 8);
}

TEST(Loop, ThatNeverEndsIsStopped) {
  const Runner runner(of_one(kWhile, {less_than(20), times(1)}), {.most_steps_in_loops = 1000});
  try {
    static_cast<void>(runner({&kOne, 1}));
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_NE(std::string(error.what()).find("does not end"), std::string::npos) << error.what();
  }
}

TEST(Loop, CountsTheStepsOfTheLoopsInIt) {
  const Function inner = of_one(kWhile, {less_than(20), times(3)});
  Builder body;
  const Value x = body.input();
  const Value same = body.op(ops::kMul, {body.flow(kWhile, {less_than(20), times(3)}, {x}), body.constant(Tensor(0.0f))});
  const Function outer = of_one(kWhile, {less_than(20), body.done({body.op(ops::kAddV2, {same, x})})});
  EXPECT_EQ(result(inner), 27);
  EXPECT_THROW(static_cast<void>(Runner(outer, {.most_steps_in_loops = 1000})({&kOne, 1})), InvalidArgument);
}

TEST(Loop, RefusesValuesThatDoNotStayWhatTheyAreAndConditionsThatAreNone) {
  Builder grow;
  const Value x = grow.input(Shape());
  const Function grows = grow.done({grow.op(ops::kPack, {x, x}, ops::Attrs::of(std::int64_t{0}))});
  Builder to_int;
  const Function casts = to_int.done({to_int.op(ops::kCast, {to_int.input()}, ops::Attrs::of(DType::kInt32))});
  Builder number;
  const Function no_truth = number.done({number.input()});
  Builder two;
  const Value both = two.input();
  const Function gives_two = two.done({both, both});
  const Shape scalar = Shape::scalar();
  const std::pair<const char*, Function> cases[] = {
      {"does not stay what it was", of_one(kWhile, {less_than(20), grows}, {{DType::kFloat32, scalar}})},
      {"does not stay what it was", of_one(kWhile, {less_than(20), casts}, {{DType::kFloat32, scalar}})},
      {"does not stay what it was", of_one(kWhile, {less_than(20), gives_two}, {{DType::kFloat32, scalar}})},
      {"no truth", of_one(kWhile, {no_truth, times(2)})},
  };
  for (const auto& [what, graph] : cases) {
    try {
      static_cast<void>(result(graph));
      ADD_FAILURE() << what;
    } catch (const ShapeMismatch& error) {
      EXPECT_NE(std::string(error.what()).find(what), std::string::npos) << error.what();
    }
  }
}

TEST(Branch, RunsAloneTheOneThatIsPicked) {
  const Variable seen[] = {Variable(Tensor(0.0f)), Variable(Tensor(0.0f)), Variable(Tensor(0.0f))};
  Builder b;
  const Value which = b.input(Shape::scalar(), DType::kInt32), x = b.input();
  const Runner runner(b.done({b.flow(kCase, {times(2, seen[0]), times(3, seen[1]), times(4, seen[2])}, {which, x})}));
  const std::pair<int, std::size_t> cases[] = {{0, 0}, {1, 1}, {2, 2}, {3, 2}, {-1, 2}};
  for (const auto& [index, taken] : cases) {
    for (const Variable& each : seen) each.assign(Tensor(0.0f));
    const Tensor inputs[] = {Tensor(index), kOne};
    EXPECT_EQ(runner(inputs).at(0).item<float>(), static_cast<float>(taken + 2));
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(seen[i].value().item<float>() != 0, i == taken) << index;
  }
}

TEST(Branch, OfATruthIsTheSecondIfItHolds) {
  Builder b;
  const Value which = b.input(Shape(), DType::kBool), x = b.input();
  const Runner runner(b.done({b.flow(kCase, {times(2), times(3)}, {which, x})}));
  const Tensor no[] = {Tensor(false), kOne}, yes[] = {Tensor(true), kOne}, several[] = {Tensor::of<bool>({true, false}, {2}), kOne};
  EXPECT_EQ(runner(no).at(0).item<float>(), 2);
  EXPECT_EQ(runner(yes).at(0).item<float>(), 3);
  EXPECT_THROW(static_cast<void>(runner(several)), ShapeMismatch);
}

TEST(Lists, AreFilledInLoopsWithoutCopies) {
  constexpr int kItems = 20'000;  // copied each time, these were 200 million handles
  const ops::Attrs of_ints = ops::Attrs::of(DType::kInt32);
  Builder test;
  const Value count = test.input(Shape::scalar(), DType::kInt32);
  static_cast<void>(test.input(Shape::scalar(), DType::kVariant));
  const Function goes_on = test.done({test.op(ops::kLess, {count, test.constant(Tensor(kItems))})});
  Builder body;
  const Value i = body.input(Shape::scalar(), DType::kInt32), list = body.input(Shape::scalar(), DType::kVariant);
  const Value next = body.op(ops::kAddV2, {i, body.constant(Tensor(1))});
  const Function step = body.done({next, body.op(ops::kTensorListSetItem, {list, i, next}, ops::Attrs::of(false))});
  Builder b;
  const Value empty = b.op(ops::kTensorListReserve, {b.constant(Tensor(-1)), b.constant(Tensor(kItems))}, of_ints);
  const Value loop = b.flow(kWhile, {goes_on, step}, {b.constant(Tensor(0)), empty});
  const Value last = b.op(ops::kTensorListGetItem, {{loop.node, 1}, b.constant(Tensor(kItems - 1)), b.constant(Tensor(-1))}, of_ints);
  EXPECT_EQ(run(*b.done({last}), {}).at(0).item<int>(), kItems);
}

TEST(Loop, OfSymbolsGivesSymbolsAndANodeWhereAGraphIsMade) {
  const Function loop = of_one(kWhile, {less_than(20), times(3)}, {{DType::kFloat32, Shape::scalar()}});
  const Tensor symbol = Tensor::symbolic(DType::kFloat32, Shape::scalar(), nullptr);
  EXPECT_TRUE(Runner(loop)({&symbol, 1}).at(0).is_symbolic());
  Tracer tracer("traced");
  const Tensor x = tracer.input("x", DType::kFloat32, Shape::scalar());
  const Tensor y = Runner(loop)({&x, 1}).at(0);
  const std::pair<std::string, Tensor> results[] = {{"y", y}};
  const auto traced = std::make_shared<const Graph>(tracer.finish(results));
  ASSERT_EQ(traced->nodes.size(), 2u);
  EXPECT_EQ(traced->nodes[1].kind, kWhile);
  EXPECT_EQ(traced->nodes[1].name, "while");
  EXPECT_EQ(result(traced), 27);
}

}  // namespace
}  // namespace namesake::graph
