#include "namesake/graph/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/naming/path.h"
#include "namesake/naming/scope.h"
#include "namesake/ops/op.h"
#include "namesake/ops/recorder.h"

namespace namesake::graph {
namespace {

std::size_t outputs_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kAssign: return 0;
    case Node::Kind::kOp: return node.op->outputs(node.attrs);
    case Node::Kind::kCall: return node.function->results.size();
    default: return 1;
  }
}

// A place where a value is used; the last one takes it away.
struct Use {
  std::uint32_t slot = 0;
  bool last = false;
};

struct Step {
  const Node* node = nullptr;
  std::uint32_t first_use = 0, uses = 0;        // in Plan::uses
  std::uint32_t first_output = 0, outputs = 0;  // slots
  std::uint32_t first_unused = 0, unused = 0;   // in Plan::unused
  const Runner::Plan* function = nullptr;
};

}  // namespace

struct Runner::Plan {
  std::vector<Step> steps;
  std::vector<Use> uses;              // those of the steps, then those of the results
  std::vector<std::uint32_t> unused;  // slots that nothing reads
  std::vector<std::uint32_t> inputs;  // slots
  std::size_t first_result = 0;       // in `uses`
  std::size_t results = 0;
  std::size_t slots = 0;
  std::unordered_map<const Graph*, std::shared_ptr<const Plan>> functions;  // of the outermost plan: all of them
};

namespace {

using Plan = Runner::Plan;

// Which graphs set variables; each is looked at once.
class Assigners {
 public:
  bool assigns(const Graph& graph) {
    if (const auto known = known_.find(&graph); known != known_.end()) return known->second;
    const bool found = std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
      return node.kind == Node::Kind::kAssign || (node.kind == Node::Kind::kCall && assigns(*node.function));
    });
    return known_[&graph] = found;
  }

 private:
  std::unordered_map<const Graph*, bool> known_;
};

class Planner {
 public:
  explicit Planner(std::unordered_map<const Graph*, std::shared_ptr<const Plan>>& functions) : functions_(functions) {}

  void plan(const Graph& graph, Plan& plan) {
    std::vector<std::uint32_t> first_slot(graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      first_slot[i] = static_cast<std::uint32_t>(plan.slots);
      plan.slots += outputs_of(graph.nodes[i]);
    }
    const std::vector<bool> needed = needed_nodes(graph);
    const auto slot_of = [&](const Value& value) { return first_slot[value.node] + static_cast<std::uint32_t>(value.output); };
    for (const std::size_t input : graph.inputs) plan.inputs.push_back(first_slot[input]);
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const Node& node = graph.nodes[i];
      if (!needed[i] || node.kind == Node::Kind::kInput) continue;
      Step step{&node, static_cast<std::uint32_t>(plan.uses.size()), static_cast<std::uint32_t>(node.inputs.size()), first_slot[i],
                static_cast<std::uint32_t>(outputs_of(node))};
      for (const Value& input : node.inputs) plan.uses.push_back({slot_of(input)});
      if (node.kind == Node::Kind::kCall) step.function = function(*node.function);
      plan.steps.push_back(step);
    }
    plan.first_result = plan.uses.size();
    plan.results = graph.results.size();
    for (const Value& result : graph.results) plan.uses.push_back({slot_of(result)});
    mark_last_uses(plan);
  }

 private:
  // What the results depend on, and what sets variables.
  std::vector<bool> needed_nodes(const Graph& graph) {
    std::vector<bool> needed(graph.nodes.size());
    for (const Value& result : graph.results) needed[result.node] = true;
    for (std::size_t i = graph.nodes.size(); i-- > 0;) {
      const Node& node = graph.nodes[i];
      needed[i] = needed[i] || node.kind == Node::Kind::kAssign || (node.kind == Node::Kind::kCall && assigners_.assigns(*node.function));
      if (!needed[i]) continue;
      for (const Value& input : node.inputs) needed[input.node] = true;
    }
    return needed;
  }

  const Plan* function(const Graph& graph) {
    if (const auto known = functions_.find(&graph); known != functions_.end()) return known->second.get();
    auto made = std::make_shared<Plan>();
    plan(graph, *made);
    const Plan* plan_of_it = made.get();
    functions_.emplace(&graph, std::move(made));
    return plan_of_it;
  }

  static void mark_last_uses(Plan& plan) {
    std::vector<bool> used(plan.slots);
    for (std::size_t i = plan.uses.size(); i-- > 0;) {
      Use& use = plan.uses[i];
      use.last = !used[use.slot];
      used[use.slot] = true;
    }
    for (Step& step : plan.steps) {
      step.first_unused = static_cast<std::uint32_t>(plan.unused.size());
      for (std::uint32_t i = 0; i < step.outputs; ++i) {
        if (!used[step.first_output + i]) plan.unused.push_back(step.first_output + i);
      }
      step.unused = static_cast<std::uint32_t>(plan.unused.size()) - step.first_unused;
    }
  }

  std::unordered_map<const Graph*, std::shared_ptr<const Plan>>& functions_;
  Assigners assigners_;
};

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

Tensors run_plan(const Plan& plan, std::span<const Tensor> inputs) {
  Tensors slots(plan.slots), arguments;
  const bool traced = ops::tracing();
  for (std::size_t i = 0; i < inputs.size(); ++i) slots[plan.inputs[i]] = inputs[i];
  for (const Step& step : plan.steps) {
    const Node& node = *step.node;
    const NodePlace place(node, traced && node.kind == Node::Kind::kOp);
    arguments.clear();
    take(plan, step.first_use, step.uses, slots, arguments);
    switch (node.kind) {
      case Node::Kind::kInput: break;
      case Node::Kind::kConstant: slots[step.first_output] = node.constant; break;
      case Node::Kind::kRead: slots[step.first_output] = node.variable.value(); break;
      case Node::Kind::kAssign: node.variable.assign(arguments[0]); break;
      case Node::Kind::kOp:
        ops::apply_into(*node.op, arguments, node.attrs, std::span<Tensor>(slots).subspan(step.first_output, step.outputs));
        break;
      case Node::Kind::kCall: {
        Tensors results = run_plan(*step.function, arguments);
        std::move(results.begin(), results.end(), slots.begin() + step.first_output);
        break;
      }
    }
    for (std::uint32_t i = 0; i < step.unused; ++i) slots[plan.unused[step.first_unused + i]] = Tensor();
  }
  Tensors results;
  results.reserve(plan.results);
  take(plan, plan.first_result, plan.results, slots, results);
  return results;
}

std::string spec_text(DType dtype, const Shape& shape) { return fmt::format("{} {}", to_string(dtype), to_string(shape)); }

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

bool assigns(const Graph& graph) { return Assigners().assigns(graph); }

std::string inputs_text(const Graph& graph) {
  std::string text;
  for (const std::size_t input : graph.inputs) {
    const Node& node = graph.nodes[input];
    text += fmt::format("{}{}: {}", text.empty() ? "" : ", ", node.name, spec_text(node.outputs[0].dtype, node.outputs[0].shape));
  }
  return text;
}

Runner::Runner(std::shared_ptr<const Graph> graph) : graph_(std::move(graph)) {
  auto made = std::make_shared<Plan>();
  Planner(made->functions).plan(*graph_, *made);
  plan_ = std::move(made);
}

Tensors Runner::operator()(std::span<const Tensor> inputs) const {
  check_inputs(*graph_, inputs);
  const ops::VariableAutocast as_they_are(DType::kInvalid);  // the graph has the casts that it needs
  return run_plan(*plan_, inputs);
}

Tensors run(const Graph& graph, std::span<const Tensor> inputs) {
  return Runner(std::shared_ptr<const Graph>(std::shared_ptr<const Graph>(), &graph))(inputs);
}

}  // namespace namesake::graph
