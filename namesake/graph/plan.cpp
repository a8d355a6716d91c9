#include "namesake/graph/plan.h"

#include <algorithm>

#include "namesake/graph/run.h"

namespace namesake::graph {
namespace {

using Plan = Runner::Plan;

std::size_t outputs_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::kAssign: return 0;
    case Node::Kind::kOp: return node.op->outputs(node.attrs);
    case Node::Kind::kWhile: return node.inputs.size();
    case Node::Kind::kCall:
    case Node::Kind::kCase: return node.functions.at(0)->results.size();
    default: return 1;
  }
}

bool takes_list(const Node& node) { return node.op != nullptr && !node.op->input_names.empty() && node.op->input_names[0] == "input_handle"; }

// Which graphs set variables; each is looked at once.
class Assigners {
 public:
  bool assigns(const Graph& graph) {
    if (const auto known = known_.find(&graph); known != known_.end()) return known->second;
    const bool found = std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
      return node.kind == Node::Kind::kAssign || in_functions_of(node);
    });
    return known_[&graph] = found;
  }
  bool in_functions_of(const Node& node) {
    return std::any_of(node.functions.begin(), node.functions.end(), [&](const auto& function) { return assigns(*function); });
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
      step.first_function = static_cast<std::uint32_t>(plan.functions_called.size());
      for (const auto& called : node.functions) plan.functions_called.push_back(function(*called));
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
      needed[i] = needed[i] || node.kind == Node::Kind::kAssign || assigners_.in_functions_of(node);
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
      step.changes_list = takes_list(*step.node) && step.uses > 0 && plan.uses[step.first_use].last;
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

}  // namespace

bool assigns(const Graph& graph) { return Assigners().assigns(graph); }

std::shared_ptr<const Runner::Plan> make_plan(const Graph& graph) {
  auto made = std::make_shared<Plan>();
  Planner(made->functions).plan(graph, *made);
  return made;
}

}  // namespace namesake::graph
