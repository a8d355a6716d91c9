// while_loop: at once, and as a node of a graph: sizes, captured tensors, variables, loops in loops, names, and what is refused.
#include "namesake/graph/while_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>

#include "namesake/base/error.h"
#include "namesake/graph/run.h"
#include "namesake/graph/tracer.h"
#include "namesake/naming/scope.h"
#include "namesake/ops/create.h"
#include "namesake/ops/joining.h"
#include "namesake/ops/math.h"
#include "namesake/ops/random.h"
#include "namesake/ops/variable.h"

namespace namesake::graph {
namespace {

using Function = std::function<Tensors(const Tensors&)>;

// The graph of a function of one float32 tensor.
std::shared_ptr<const Graph> graph_of(const Function& function, const Shape& shape = Shape::scalar()) {
  Tracer tracer("g");
  const Tensor x = tracer.input("x", DType::kFloat32, shape);
  std::vector<std::pair<std::string, Tensor>> results;
  for (const Tensor& result : function({x})) results.emplace_back("y", result);
  return std::make_shared<const Graph>(tracer.finish(results));
}
const Node* loop_of(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    if (node.kind == Node::Kind::kWhile) return &node;
  }
  return nullptr;
}
// The same numbers, computed at once and by the graph, which has a loop.
void expect_same(const Function& function, const Tensors& xs, const Shape& shape = Shape::scalar()) {
  const auto graph = graph_of(function, shape);
  ASSERT_NE(loop_of(*graph), nullptr);
  const Runner runner(graph);
  for (const Tensor& x : xs) {
    const Tensors expected = function({x}), found = runner({&x, 1});
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].shape(), expected[i].shape());
      EXPECT_EQ(cast(found[i], DType::kFloat32).to_vector<float>(), cast(expected[i], DType::kFloat32).to_vector<float>());
    }
  }
}

// base^n by n rounds, n a whole number in float.
Tensors power_by_rounds(const Tensor& base, const Tensor& n) {
  return while_loop([&](const Tensors& v) { return less(v[0], n); }, [&](const Tensors& v) { return Tensors{v[0] + 1, v[1] * base}; },
                    {Tensor(0.0f), Tensor(1.0f)});
}

TEST(WhileLoop, RunsAtOnceWithValues) {
  const Tensors last = power_by_rounds(Tensor(3.0f), Tensor(4.0f));
  EXPECT_EQ(last.at(0).item<float>(), 4);
  EXPECT_EQ(last.at(1).item<float>(), 81);
  EXPECT_EQ(power_by_rounds(Tensor(3.0f), Tensor(0.0f)).at(1).item<float>(), 1);
}

TEST(WhileLoop, BecomesANodeForAnyNumberOfRounds) {
  expect_same([](const Tensors& x) { return power_by_rounds(Tensor(2.0f), x[0]); }, {Tensor(0.0f), Tensor(1.0f), Tensor(7.0f)});
}

TEST(WhileLoop, TakesTensorsAlongThatItsFunctionsUse) {
  const Function function = [](const Tensors& x) {
    const Tensor twice = x[0] + x[0], thrice = twice + x[0];
    return while_loop([&](const Tensors& v) { return less(v[0], thrice); }, [&](const Tensors& v) { return Tensors{v[0] + twice}; }, {x[0]});
  };
  expect_same(function, {Tensor(1.0f), Tensor(2.0f)});
  EXPECT_EQ(loop_of(*graph_of(function))->inputs.size(), 2u + 1u + 2u);  // the count and the limit, the loop variable, what goes along
}

TEST(WhileLoop, OpensSizesThatChange) {
  const Function function = [](const Tensors& x) {
    return while_loop([](const Tensors& v) { return less(v[0], Tensor(3)); },
                      [](const Tensors& v) { return Tensors{v[0] + 1, concatenate({v[1], v[1]}, 0)}; }, {Tensor(0), x[0]});
  };
  expect_same(function, {Tensor::of<float>({1, 2}, {1, 2})}, {1, 2});
  EXPECT_EQ(loop_of(*graph_of(function, {1, 2}))->outputs.at(3).shape, Shape({-1, 2}));
}

TEST(WhileLoop, ReadsAndSetsVariablesInEachRound) {
  const Variable factor(Tensor(3.0f)), rounds(Tensor(0.0f));
  const auto graph = graph_of([&](const Tensors& x) {
    return while_loop([](const Tensors& v) { return less(v[0], Tensor(20.0f)); },
                      [&](const Tensors& v) {
                        rounds.assign_add(Tensor(1.0f));
                        return Tensors{v[0] * factor.value()};
                      },
                      {x[0]});
  });
  EXPECT_EQ(rounds.value().item<float>(), 0);  // making the graph set nothing
  const Tensor one(1.0f);
  const Runner runner(graph);
  EXPECT_EQ(runner({&one, 1}).at(0).item<float>(), 27);
  EXPECT_EQ(rounds.value().item<float>(), 3);
  factor.assign(Tensor(10.0f));
  EXPECT_EQ(runner({&one, 1}).at(0).item<float>(), 100);
  EXPECT_EQ(variables_of(*graph).size(), 2u);
}

TEST(WhileLoop, TakesValuesThatDependOnVariablesAlongAsTheyAreWhenTheGraphRuns) {
  const Variable factor(Tensor(3.0f));
  const auto graph = graph_of([&](const Tensors& x) {
    const Tensor square = factor.value() * factor.value();  // has a value while the graph is made
    return while_loop([](const Tensors& v) { return less(v[0], Tensor(20.0f)); }, [&](const Tensors& v) { return Tensors{v[0] * square}; }, {x[0]});
  });
  factor.assign(Tensor(5.0f));
  const Tensor one(1.0f);
  EXPECT_EQ(run(*graph, {&one, 1}).at(0).item<float>(), 25);
}

TEST(WhileLoop, IsANodeIfOnlyAVariableDecides) {
  const Variable limit(Tensor(3.0f));
  const auto graph = graph_of([&](const Tensors& x) {
    const Tensors last = while_loop([&](const Tensors& v) { return less(v[0], limit.value()); }, [](const Tensors& v) { return Tensors{v[0] + 1}; }, {Tensor(0.0f)});
    return Tensors{last[0] + x[0]};
  });
  limit.assign(Tensor(8.0f));
  const Tensor one(1.0f);
  EXPECT_EQ(run(*graph, {&one, 1}).at(0).item<float>(), 9);
}

TEST(WhileLoop, RunsWhatIsKnownRoundByRound) {
  const auto graph = graph_of([](const Tensors& x) { return power_by_rounds(x[0], Tensor(4.0f)); });
  EXPECT_EQ(loop_of(*graph), nullptr);
  const Tensor three(3.0f);
  EXPECT_EQ(run(*graph, {&three, 1}).at(1).item<float>(), 81);
}

TEST(WhileLoop, MayStandInALoopAndUseWhatIsAroundBoth) {
  const Function function = [](const Tensors& x) {
    const Tensor step = x[0] * 0.5;
    return while_loop([&](const Tensors& v) { return less(v[0], x[0]); },
                      [&](const Tensors& v) {
                        const Tensor twice = v[1] + v[1];
                        const Tensors inner = while_loop([&](const Tensors& w) { return less(w[0], v[0] + x[0]); },
                                                         [&](const Tensors& w) { return Tensors{w[0] + step, w[1] + twice}; }, {v[0], v[1]});
                        return Tensors{v[0] + 1, inner[1]};
                      },
                      {Tensor(0.0f), Tensor(1.0f)});
  };
  expect_same(function, {Tensor(1.0f), Tensor(3.0f)});
}

TEST(WhileLoop, OfSymbolsOutOfAGraphGivesSymbols) {
  const Tensor rows = Tensor::symbolic(DType::kFloat32, {-1, 3}, nullptr), n = Tensor::symbolic(DType::kInt32, Shape::scalar(), nullptr);
  const Tensors last = while_loop([&](const Tensors& v) { return less(v[0], n); }, [&](const Tensors& v) { return Tensors{v[0] + 1, v[1] + rows}; },
                                  {Tensor(0), zeros({1, 3})});
  EXPECT_TRUE(last.at(1).is_symbolic());
  EXPECT_EQ(last.at(1).shape(), Shape({-1, 3}));
}

TEST(WhileLoop, NamesItsNodesBelowItself) {
  const naming::ScopePtr layer = naming::Scope::make_root()->make_child("model")->make_child("lstm");
  const auto graph = graph_of([&](const Tensors& x) {
    const naming::ScopeEntry outer(layer->parent()), inner(layer);
    return while_loop([](const Tensors& v) { return less(v[0], Tensor(20.0f)); },
                      [&](const Tensors& v) {
                        const naming::ScopeEntry cell(layer->make_child("cell"));
                        return Tensors{v[0] * v[0]};
                      },
                      {x[0]});
  });
  const Node* loop = loop_of(*graph);
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop->name, "model/lstm/while");
  const auto has = [&](std::size_t function, const std::string& name) {
    const std::vector<Node>& nodes = loop->functions.at(function)->nodes;
    return std::any_of(nodes.begin(), nodes.end(), [&](const Node& node) { return node.name == name; });
  };
  EXPECT_TRUE(has(0, "model/lstm/while/Less"));
  EXPECT_TRUE(has(1, "model/lstm/while/cell/Mul"));
}

TEST(WhileLoop, RefusesWhatDoesNotStayWhatItWasAtOnceAndInAGraph) {
  const auto endless = [](const Tensors& v) { return less(cast(v[0], DType::kFloat32), Tensor(20.0f)); };
  struct Case {
    const char* what;
    LoopCondition cond;
    LoopBody body;
  };
  const Case cases[] = {
      {"keep its dtype and its rank", endless, [](const Tensors& v) { return Tensors{cast(v[0], DType::kInt32)}; }},
      {"keep its dtype and its rank", endless, [](const Tensors& v) { return Tensors{stack({v[0], v[0]}, 0)}; }},
      {"another number", endless, [](const Tensors& v) { return Tensors{v[0], v[0]}; }},
      {"no truth", [](const Tensors& v) { return v[0]; }, [](const Tensors& v) { return v; }},
      {"no truth", [](const Tensors& v) { return stack({less(v[0], v[0]), less(v[0], v[0])}, 0); }, [](const Tensors& v) { return v; }},
  };
  for (const Case& each : cases) {
    for (const bool symbolic : {false, true}) {
      try {
        const Tensor x = symbolic ? Tensor::symbolic(DType::kFloat32, Shape::scalar(), nullptr) : Tensor(1.0f);
        static_cast<void>(while_loop(each.cond, each.body, {x}));
        ADD_FAILURE() << each.what;
      } catch (const ShapeMismatch& error) {
        EXPECT_NE(std::string(error.what()).find(each.what), std::string::npos) << error.what();
      }
    }
  }
  EXPECT_THROW(static_cast<void>(while_loop(endless, [](const Tensors& v) { return v; }, {Tensor()})), InvalidArgument);
}

TEST(WhileLoop, RefusesRandomNumbersThatWouldBeDrawnOnceAndTakesThoseOfAVariable) {
  const auto of_seed = [](const std::function<Tensor()>& seed) {
    return graph_of([&](const Tensors& x) {
      return while_loop([](const Tensors& v) { return less(v[0], Tensor(20.0f)); },
                        [&](const Tensors& v) { return Tensors{v[0] + stateless_random_uniform(Shape::scalar(), seed(), 1, 2) * 2}; }, {x[0]});
    });
  };
  EXPECT_THROW(static_cast<void>(of_seed([] { return random_seed(1, 2); })), Unsupported);
  const Variable state(random_seed(1, 2));
  const Tensor one(1.0f);
  const float found = run(*of_seed([&] { return state.value(); }), {&one, 1}).at(0).item<float>();
  EXPECT_GE(found, 20);
  EXPECT_LT(found, 24);
}

}  // namespace
}  // namespace namesake::graph
