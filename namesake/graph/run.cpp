#include "namesake/graph/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "namesake/base/error.h"
#include "namesake/graph/plan.h"
#include "namesake/graph/tracer.h"
#include "namesake/naming/path.h"
#include "namesake/naming/scope.h"
#include "namesake/ops/op.h"
#include "namesake/ops/recorder.h"
#include "namesake/ops/tensor_list.h"

namespace namesake::graph {
namespace {

using Plan = Runner::Plan;

std::string spec_text(DType dtype, const Shape& shape) { return fmt::format("{} {}", to_string(dtype), to_string(shape)); }

void take(const Plan& plan, std::size_t first, std::size_t count, Tensors& slots, Tensors& into) {
  for (std::size_t i = first; i < first + count; ++i) {
    const Use use = plan.uses[i];
    if (use.last) into.push_back(std::move(slots[use.slot]));
    else into.push_back(slots[use.slot]);
  }
}

// While a graph is made of what runs, the ops keep the places that their names say: the scope of the layer or function they came from.
class NodePlace {
 public:
  NodePlace(const Node& node, bool traced) {
    std::string_view path = traced ? naming::parent_path(node.name) : std::string_view();
    if (path.empty()) return;
    const naming::ScopePtr here = naming::current_scope();
    const std::string outer = here->name();
    if (path == outer) return;
    if (naming::is_prefix_path(outer, path)) path.remove_prefix(outer.empty() ? 0 : outer.size() + 1);
    entry_.emplace(here->make_child(std::string(path)));
  }

 private:
  std::optional<naming::ScopeEntry> entry_;
};

// One run of the outermost graph.
class Run {
 public:
  explicit Run(std::uint64_t most_steps) : steps_left_(most_steps), traced_(ops::tracing()) {}

  /// `inputs` are let go as early as possible.
  Tensors run(const Plan& plan, Tensors inputs) {
    Tensors slots(plan.slots), arguments;
    for (std::size_t i = 0; i < inputs.size(); ++i) slots[plan.inputs[i]] = std::move(inputs[i]);
    for (const Step& step : plan.steps) {
      const Node& node = *step.node;
      const NodePlace place(node, traced_ && (node.kind == Node::Kind::kOp || node.kind == Node::Kind::kWhile || node.kind == Node::Kind::kCase));
      arguments.clear();
      take(plan, step.first_use, step.uses, slots, arguments);
      run_step(plan, step, arguments, slots);
      for (std::uint32_t i = 0; i < step.unused; ++i) slots[plan.unused[step.first_unused + i]] = Tensor();
    }
    Tensors results;
    results.reserve(plan.results);
    take(plan, plan.first_result, plan.results, slots, results);
    return results;
  }

 private:
  void run_step(const Plan& plan, const Step& step, Tensors& arguments, Tensors& slots) {
    const Node& node = *step.node;
    const auto hand_out = [&](Tensors results) { std::move(results.begin(), results.end(), slots.begin() + step.first_output); };
    switch (node.kind) {
      case Node::Kind::kInput: return;
      case Node::Kind::kConstant: slots[step.first_output] = node.constant; return;
      case Node::Kind::kRead: slots[step.first_output] = node.variable.value(); return;
      case Node::Kind::kAssign: node.variable.assign(arguments[0]); return;
      case Node::Kind::kOp:
        if (step.changes_list) ops::let_list_change(arguments[0]);
        ops::apply_into(*node.op, arguments, node.attrs, std::span<Tensor>(slots).subspan(step.first_output, step.outputs));
        return;
      case Node::Kind::kCall: return hand_out(run(*plan.functions_called[step.first_function], std::move(arguments)));
      case Node::Kind::kCase: return hand_out(run_case(plan, step, std::move(arguments)));
      case Node::Kind::kWhile: return hand_out(run_while(plan, step, std::move(arguments)));
    }
  }

  Tensors run_case(const Plan& plan, const Step& step, Tensors arguments) {
    const Node& node = *step.node;
    if (traced_ || arguments[0].is_symbolic()) return described(node, arguments);
    const std::size_t count = node.functions.size();
    std::size_t taken = count - 1;
    if (arguments[0].dtype() == DType::kBool) {
      taken = truth(node, arguments[0]) ? 1 : 0;
    } else if (const auto asked = arguments[0].item<std::int64_t>(); asked >= 0 && asked < static_cast<std::int64_t>(count)) {
      taken = static_cast<std::size_t>(asked);
    }
    arguments.erase(arguments.begin());
    return run(*plan.functions_called[step.first_function + taken], std::move(arguments));
  }

  Tensors run_while(const Plan& plan, const Step& step, Tensors state) {
    const Node& node = *step.node;
    const bool symbolic = std::any_of(state.begin(), state.end(), [](const Tensor& value) { return value.is_symbolic(); });
    if (traced_ || symbolic) return described(node, state);
    const Plan &condition = *plan.functions_called[step.first_function], &body = *plan.functions_called[step.first_function + 1];
    std::vector<DType> dtypes;
    for (const Tensor& value : state) dtypes.push_back(value.dtype());
    for (;;) {
      count(node, condition.steps.size() + body.steps.size() + 1);
      const Tensors goes_on = run(condition, state);
      if (!truth(node, goes_on.at(0))) return state;
      state = run(body, std::move(state));
      check_state(node, state, dtypes);
    }
  }

  void count(const Node& node, std::uint64_t steps) {
    if (steps <= steps_left_) {
      steps_left_ -= steps;
      return;
    }
    throw InvalidArgument({.subject = node.name,
                           .what = fmt::format("The loop \"{}\" does not end: the loops of this call have taken more steps than they may.", node.name),
                           .expected = "a condition that becomes false"});
  }

  static bool truth(const Node& node, const Tensor& value) {
    if (value.defined() && !value.is_symbolic() && value.dtype() == DType::kBool && value.size() == 1) return value.data<bool>()[0];
    throw ShapeMismatch({.subject = node.name,
                         .what = fmt::format("The condition of \"{}\" is no truth.", node.name),
                         .expected = "one bool",
                         .received = value.defined() ? spec_text(value.dtype(), value.shape()) : "no value"});
  }

  static void check_state(const Node& node, const Tensors& state, const std::vector<DType>& dtypes) {
    for (std::size_t i = 0; i < std::max(state.size(), dtypes.size()); ++i) {
      const bool there = i < state.size() && i < dtypes.size();
      const Shape shape = there && i < node.outputs.size() ? node.outputs[i].shape : Shape();
      if (there && state[i].dtype() == dtypes[i] && state[i].shape().compatible_with(shape)) continue;
      throw ShapeMismatch({.subject = node.name,
                           .what = fmt::format("Value {} of the loop \"{}\" does not stay what it was.", i, node.name),
                           .expected = i < dtypes.size() ? spec_text(dtypes[i], shape) : fmt::format("{} values", dtypes.size()),
                           .received = i < state.size() ? spec_text(state[i].dtype(), state[i].shape()) : fmt::format("{} values", state.size())});
    }
  }

  // What it gives cannot be known now: symbols, and, in a graph that is being made, a node.
  Tensors described(const Node& node, const Tensors& inputs) {
    Tensors outputs;
    for (const ops::OutputSpec& spec : node.outputs) outputs.push_back(Tensor::symbolic(spec.dtype, spec.shape, nullptr));
    for (ops::Recorder* r = ops::Recorder::innermost(); r != nullptr; r = r->outer()) {
      if (auto* tracer = dynamic_cast<Tracer*>(r)) tracer->on_flow(node, inputs, outputs);
    }
    return outputs;
  }

  std::uint64_t steps_left_;
  bool traced_;
};

void check_inputs(const Graph& graph, std::span<const Tensor> inputs) {
  if (inputs.size() != graph.inputs.size()) {
    throw InvalidArgument({.subject = graph.name,
                           .what = fmt::format("The graph \"{}\" was given another number of inputs than it takes.", graph.name),
                           .expected = fmt::format("{} ({})", graph.inputs.size(), inputs_text(graph)),
                           .received = std::to_string(inputs.size())});
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Node& node = graph.nodes[graph.inputs[i]];
    const ops::OutputSpec& spec = node.outputs[0];
    if (!inputs[i].defined()) {
      throw InvalidArgument({.subject = graph.name, .what = fmt::format("The input \"{}\" of the graph \"{}\" has no value.", node.name, graph.name)});
    }
    if (inputs[i].dtype() == spec.dtype && inputs[i].shape().compatible_with(spec.shape)) continue;
    throw ShapeMismatch({.subject = graph.name,
                         .what = fmt::format("The input \"{}\" does not fit the graph \"{}\".", node.name, graph.name),
                         .expected = spec_text(spec.dtype, spec.shape),
                         .received = spec_text(inputs[i].dtype(), inputs[i].shape())});
  }
}

}  // namespace

std::string inputs_text(const Graph& graph) {
  std::string text;
  for (const std::size_t input : graph.inputs) {
    const Node& node = graph.nodes[input];
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", node.name, spec_text(node.outputs[0].dtype, node.outputs[0].shape));
  }
  return text;
}

Runner::Runner(std::shared_ptr<const Graph> graph, RunnerOptions options) : graph_(std::move(graph)), plan_(make_plan(*graph_)), options_(options) {}

Tensors Runner::operator()(std::span<const Tensor> inputs) const {
  check_inputs(*graph_, inputs);
  const ops::VariableAutocast as_they_are(DType::kInvalid);  // the graph has the casts that it needs
  return Run(options_.most_steps_in_loops).run(*plan_, Tensors(inputs.begin(), inputs.end()));
}

Tensors run(const Graph& graph, std::span<const Tensor> inputs) {
  return Runner(std::shared_ptr<const Graph>(std::shared_ptr<const Graph>(), &graph))(inputs);
}

}  // namespace namesake::graph
