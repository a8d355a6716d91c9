#include "namesake/graph/while_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/graph/node_names.h"
#include "namesake/graph/tracer.h"
#include "namesake/naming/scope.h"
#include "namesake/ops/math.h"
#include "namesake/ops/recorder.h"

namespace namesake {
namespace {

using graph::Graph;
using graph::Node;
using graph::Tracer;
using graph::Value;
using ops::OutputSpec;

std::string text(const OutputSpec& spec) { return fmt::format("{} {}", to_string(spec.dtype), to_string(spec.shape)); }
OutputSpec spec_of(const Tensor& tensor) { return {tensor.dtype(), tensor.shape()}; }

std::vector<OutputSpec> specs_of(const Tensors& tensors) {
  std::vector<OutputSpec> specs;
  for (const Tensor& tensor : tensors) specs.push_back(spec_of(tensor));
  return specs;
}

void check_given(const Tensors& loop_vars) {
  for (std::size_t i = 0; i < loop_vars.size(); ++i) {
    if (loop_vars[i].defined()) continue;
    throw InvalidArgument({.subject = "while_loop", .what = fmt::format("Loop variable {} of while_loop has no value.", i), .fix = "give each a first value"});
  }
}

const Tensor& checked_truth(const Tensor& goes_on) {
  if (goes_on.defined() && goes_on.dtype() == DType::kBool) {
    const Shape& shape = goes_on.shape();
    if (goes_on.is_symbolic() ? !shape.known_rank() || shape.rank() == 0 : goes_on.size() == 1) return goes_on;
  }
  throw ShapeMismatch({.subject = "while_loop",
                       .what = "The condition of while_loop gives no truth.",
                       .expected = "one bool",
                       .received = goes_on.defined() ? text(spec_of(goes_on)) : "no value",
                       .fix = "compare scalars, or take reduce_any or reduce_all of the truths"});
}

// What the body gave goes on as the loop variables.
const Tensors& checked_step(const std::vector<OutputSpec>& before, const Tensors& after) {
  if (after.size() != before.size()) {
    throw ShapeMismatch({.subject = "while_loop",
                         .what = "The body of while_loop gives another number of tensors than there are loop variables.",
                         .expected = std::to_string(before.size()),
                         .received = std::to_string(after.size()),
                         .fix = "let the body return all of them, in their order, those that do not change too"});
  }
  for (std::size_t i = 0; i < after.size(); ++i) {
    const Shape& shape = before[i].shape;
    const bool same = after[i].defined() && after[i].dtype() == before[i].dtype &&
                      (!shape.known_rank() || !after[i].shape().known_rank() || after[i].shape().rank() == shape.rank());
    if (same) continue;
    throw ShapeMismatch({.subject = "while_loop",
                         .what = fmt::format("Loop variable {} of while_loop does not keep its dtype and its rank.", i),
                         .expected = text(before[i]),
                         .received = after[i].defined() ? text(spec_of(after[i])) : "no value",
                         .fix = "begin with a tensor of the dtype and rank that the body gives"});
  }
  return after;
}

// In front of the loop variables, as in TensorFlow's own loops: the number of rounds so far, and the most that there may be (-1: any), which
// its gradients go by.
constexpr std::size_t kCounts = 2;

// A function of the loop while it is made: the graph, and what it takes behind the loop variables.
struct LoopFunction {
  Graph graph;
  Tensors captured;
};

class LoopMaker {
 public:
  LoopMaker(const LoopCondition& cond, const LoopBody& body, const Tensors& loop_vars)
      : cond_(cond), body_(body), around_(Tracer::innermost()), specs_(specs_of(loop_vars)) {}

  Tensors make(const Tensors& loop_vars) {
    LoopFunction step = settled_body();
    LoopFunction test = traced("while_cond", false, [&](const Tensors& vars) { return Tensors{checked_truth(cond_(vars))}; });
    Tensors captured = test.captured;
    for (const Tensor& tensor : step.captured) {
      if (place_of(captured, tensor) == captured.size()) captured.push_back(tensor);
    }
    take_all(test, captured);
    take_all(step, captured);
    for (std::size_t i = 0; i < captured.size(); ++i) {  // they stay what they are
      step.graph.results.push_back({step.graph.inputs[kCounts + specs_.size() + i], 0});
      step.graph.result_names.push_back(fmt::format("captured_{}", i));
    }
    Node node;
    node.kind = Node::Kind::kWhile;
    node.functions = {std::make_shared<const Graph>(std::move(test.graph)), std::make_shared<const Graph>(std::move(step.graph))};
    Tensors inputs{Tensor(0), Tensor(-1)};
    inputs.insert(inputs.end(), loop_vars.begin(), loop_vars.end());
    inputs.insert(inputs.end(), captured.begin(), captured.end());
    std::vector<OutputSpec> specs = specs_of(inputs);
    std::copy(specs_.begin(), specs_.end(), specs.begin() + kCounts);
    Tensors results;
    for (const OutputSpec& spec : specs) results.push_back(Tensor::symbolic(spec.dtype, spec.shape, nullptr));
    if (around_ != nullptr) around_->on_flow(node, inputs, results);
    return {results.begin() + kCounts, results.begin() + static_cast<std::ptrdiff_t>(kCounts + loop_vars.size())};
  }

 private:
  // The body for loop variables whose sizes hold in every round: what another round changes is open.
  LoopFunction settled_body() {
    for (;;) {
      bool settled = true;
      std::vector<OutputSpec> wider = specs_;
      LoopFunction made = traced("while_body", true, [&](const Tensors& vars) {
        Tensors next = body_(vars);
        checked_step(specs_, next);
        for (std::size_t i = 0; i < next.size(); ++i) {
          wider[i].shape = widened(specs_[i].shape, next[i].shape());
          settled = settled && wider[i].shape == specs_[i].shape;
        }
        return next;
      });
      if (settled) return made;
      specs_ = std::move(wider);
    }
  }

  static Shape widened(const Shape& a, const Shape& b) {
    if (!a.known_rank() || !b.known_rank()) return {};
    Shape shape = a;
    for (int i = 0; i < a.rank(); ++i) {
      if (a[i] != b[i]) shape.set(i, Shape::kOpen);
    }
    return shape;
  }

  template <class Function>
  LoopFunction traced(const char* name, bool is_body, const Function& function) const {
    const naming::ScopePtr here = naming::current_scope();
    std::string place = graph::legal_node_name(here->path());
    std::replace_if(place.begin(), place.end(), [](char c) { return c == '/' || c == '.' || c == '-'; }, '_');
    const ops::StopRecording unseen;
    Tracer tracer(place.empty() ? name : fmt::format("{}_{}", name, place), {.captures = true, .around = around_});
    const naming::ScopeEntry below(here->make_child("while"));
    const Tensor counter = tracer.input("loop_counter", DType::kInt32, Shape::scalar()), most = tracer.input("maximum_iterations", DType::kInt32, Shape::scalar());
    Tensors vars;
    for (std::size_t i = 0; i < specs_.size(); ++i) vars.push_back(tracer.input(fmt::format("loop_var_{}", i), specs_[i].dtype, specs_[i].shape));
    const Tensors results = function(vars);
    std::vector<std::pair<std::string, Tensor>> named;
    if (is_body) named = {{"next_counter", add(counter, Tensor(1))}, {"same_maximum", most}};
    for (std::size_t i = 0; i < results.size(); ++i) named.emplace_back(fmt::format("next_{}", i), results[i]);
    Graph graph = tracer.finish(named);
    return {std::move(graph), tracer.captured()};
  }

  static std::size_t place_of(const Tensors& tensors, const Tensor& wanted) {
    const auto found = std::find_if(tensors.begin(), tensors.end(), [&](const Tensor& tensor) { return tensor.id() == wanted.id(); });
    return static_cast<std::size_t>(found - tensors.begin());
  }

  // Lets the function take all of `captured`, in this order, behind the loop variables.
  void take_all(LoopFunction& function, const Tensors& captured) const {
    Graph& graph = function.graph;
    std::vector<std::size_t> inputs(graph.inputs.begin(), graph.inputs.begin() + static_cast<std::ptrdiff_t>(kCounts + specs_.size()));
    for (std::size_t i = 0; i < captured.size(); ++i) {
      const std::size_t own = place_of(function.captured, captured[i]);
      if (own < function.captured.size()) {
        inputs.push_back(graph.inputs[kCounts + specs_.size() + own]);
      } else {
        Node node;
        node.kind = Node::Kind::kInput;
        node.outputs = {spec_of(captured[i])};
        inputs.push_back(graph.nodes.size());
        graph.nodes.push_back(std::move(node));
      }
      graph.nodes[inputs.back()].name = fmt::format("captured_{}", i);
    }
    graph.inputs = std::move(inputs);
  }

  const LoopCondition& cond_;
  const LoopBody& body_;
  Tracer* around_;
  std::vector<OutputSpec> specs_;  // of the loop variables
};

bool is_open(const Tensor& tensor) {
  if (tensor.is_symbolic()) return true;
  Tracer* tracer = Tracer::innermost();
  return tracer != nullptr && tracer->depends(tensor);
}

}  // namespace

Tensors while_loop(const LoopCondition& cond, const LoopBody& body, Tensors loop_vars) {
  check_given(loop_vars);
  if (std::any_of(loop_vars.begin(), loop_vars.end(), is_open)) return LoopMaker(cond, body, loop_vars).make(loop_vars);
  for (;;) {
    const Tensor goes_on = cond(loop_vars);
    checked_truth(goes_on);
    if (is_open(goes_on)) return LoopMaker(cond, body, loop_vars).make(loop_vars);
    if (!goes_on.data<bool>()[0]) return loop_vars;
    const std::vector<OutputSpec> before = specs_of(loop_vars);
    Tensors next = body(loop_vars);
    checked_step(before, next);
    loop_vars = std::move(next);
  }
}

}  // namespace namesake
