// Calls of functions, branches and loops: each function is made for the arguments that it is given.
#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/saving/saved_model/graph_import_body.h"

namespace namesake::saving {
namespace {

using formats::FunctionReference;
using graph::Node;
using graph::Value;
using ops::OutputSpec;

constexpr std::uint64_t kCountless = std::uint64_t{1} << 62;

std::string text(const OutputSpec& spec) { return fmt::format("{} {}", to_string(spec.dtype), to_string(spec.shape)); }

// What fits both.
Shape widened(const Shape& a, const Shape& b) {
  if (a.rank() != b.rank() || !a.known_rank()) return {};
  Shape shape = a;
  for (int i = 0; i < a.rank(); ++i) {
    if (a[i] != b[i]) shape.set(i, Shape::kOpen);
  }
  return shape;
}

std::vector<OutputSpec> results_of(const ImportedFunction& made) {
  std::vector<OutputSpec> specs;
  for (const Value& result : made.graph->results) specs.push_back(made.graph->nodes[result.node].outputs[static_cast<std::size_t>(result.output)]);
  return specs;
}

bool same_handles(const std::vector<Variable>& a, const std::vector<Variable>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Variable& x, const Variable& y) { return x.defined() == y.defined() && (!x.defined() || x == y); });
}

}  // namespace

std::vector<CallArgument> BodyImport::call_arguments(const Inputs& in, Node& node) {
  std::vector<CallArgument> arguments;
  for (std::size_t i = 0; i < in.bound.size(); ++i) {
    CallArgument argument;
    argument.kind = in.bound[i].kind;
    argument.variable = in.bound[i].variable;
    if (argument.kind == Bound::Kind::kValue || argument.kind == Bound::Kind::kReference) {
      node.inputs.push_back(value(in, i));
      argument.kind = Bound::Kind::kValue;
      argument.variable = {};
      argument.spec = spec(node.inputs.back());
    }
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

ImportedFunction BodyImport::called(const Inputs& in, const FunctionReference& function, const std::vector<CallArgument>& arguments) {
  const auto found = state_.functions.find(function.name);
  if (found == state_.functions.end()) fail(in, fmt::format("It calls a function \"{}\", and there is none.", function.name));
  Environment resolved;
  for (const formats::Attribute& given : function.attributes) {
    const formats::AttributeValue* value = &given.value;
    if (!value->placeholder.empty()) value = attribute(in, given.name);
    if (value != nullptr) resolved.push_back({given.name, *value});
  }
  return state_.function(*found->second, arguments, resolved, in.place);
}

// The node, and its outputs with the handles between them.
std::vector<Bound> BodyImport::add_flow(const Inputs& in, Node node, const std::vector<Variable>& handles, std::uint64_t steps) {
  const std::size_t made = add_node(std::move(node), in.node.name, "");
  steps_ = std::min(steps_ + steps, kCountless);
  std::vector<Bound> outputs;
  int next = 0;
  for (const Variable& handle : handles) {
    if (handle.defined()) outputs.push_back({Bound::Kind::kResource, {}, handle});
    else outputs.push_back({Bound::Kind::kValue, {made, next++}, {}});
  }
  return outputs;
}

std::vector<Bound> BodyImport::add_call(const Inputs& in, const FunctionReference& function) {
  Node node;
  node.kind = Node::Kind::kCall;
  const ImportedFunction made = called(in, function, call_arguments(in, node));
  if (!state_.missing.empty()) return {};
  node.functions = {made.graph};
  node.outputs = results_of(made);
  return add_flow(in, std::move(node), made.handles, made.steps);
}

std::vector<Bound> BodyImport::add_case(const Inputs& in, Value selector, std::span<const FunctionReference* const> branches) {
  Node node;
  node.kind = Node::Kind::kCase;
  node.inputs = {selector};
  const std::vector<CallArgument> arguments = call_arguments(in, node);
  std::vector<Variable> handles;
  std::uint64_t steps = 0;
  for (const FunctionReference* branch : branches) {
    const ImportedFunction made = called(in, *branch, arguments);
    if (!state_.missing.empty()) continue;
    const std::vector<OutputSpec> results = results_of(made);
    if (node.functions.empty()) {
      node.outputs = results;
      handles = made.handles;
    }
    const bool alike = results.size() == node.outputs.size() && same_handles(handles, made.handles);
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (!alike || results[i].dtype != node.outputs[i].dtype) {
        fail(in, "Its branches do not give the same: other numbers of results, other dtypes, or the handles of other variables.",
             alike ? text(node.outputs[i]) : fmt::format("{} results", node.outputs.size()), alike ? text(results[i]) : fmt::format("{} results", results.size()));
      }
      node.outputs[i].shape = widened(node.outputs[i].shape, results[i].shape);
    }
    node.functions.push_back(made.graph);
    steps = std::max(steps, made.steps);
  }
  if (!state_.missing.empty()) return {};
  return add_flow(in, std::move(node), handles, steps);
}

std::vector<Bound> BodyImport::add_while(const Inputs& in, const FunctionReference& condition, const FunctionReference& body) {
  Node node;
  node.kind = Node::Kind::kWhile;
  std::vector<CallArgument> arguments = call_arguments(in, node);
  const formats::AttributeValue* said = attribute(in, "output_shapes");
  const auto* shapes = said == nullptr ? nullptr : std::get_if<std::vector<Shape>>(&said->values);
  if (shapes != nullptr && shapes->size() != arguments.size()) shapes = nullptr;
  for (std::size_t i = 0; i < arguments.size(); ++i) {  // what holds in every round, as the file says; of the first round, if it says nothing
    CallArgument& argument = arguments[i];
    if (shapes != nullptr && argument.kind == Bound::Kind::kValue && argument.spec.dtype != DType::kVariant) argument.spec.shape = (*shapes)[i];
  }
  ImportedFunction step;
  for (int round = 0;; ++round) {
    step = called(in, body, arguments);
    if (!state_.missing.empty()) break;
    const std::vector<OutputSpec> results = results_of(step);
    if (step.handles.size() != arguments.size()) {
      fail(in, "The body of the loop gives another number of values than it takes.", std::to_string(arguments.size()), std::to_string(step.handles.size()));
    }
    bool settled = true;
    std::size_t next = 0;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      CallArgument& argument = arguments[i];
      const Variable& handle = step.handles[i];
      if (argument.kind == Bound::Kind::kResource ? !handle.defined() || !(handle == argument.variable) : handle.defined()) {
        fail(in, fmt::format("The body of the loop does not hand on the variable that it takes as argument {}.", i));
      }
      if (handle.defined()) continue;
      const OutputSpec& result = results[next++];
      if (result.dtype != argument.spec.dtype) fail(in, fmt::format("Value {} of the loop changes its dtype.", i), text(argument.spec), text(result));
      if (result.shape == argument.spec.shape || shapes != nullptr) continue;
      const Shape wider = round == 0 ? widened(argument.spec.shape, result.shape) : Shape();
      settled = settled && wider == argument.spec.shape;
      argument.spec.shape = wider;
    }
    if (settled) break;
  }
  const ImportedFunction test = called(in, condition, arguments);
  if (!state_.missing.empty()) return {};
  const std::vector<OutputSpec> tested = results_of(test);
  if (test.handles.size() != 1 || tested.size() != 1 || tested[0].dtype != DType::kBool) {
    fail(in, "The condition of the loop gives no truth.", "one bool", tested.size() == 1 ? text(tested[0]) : fmt::format("{} results", test.handles.size()));
  }
  if (const Node& last = test.graph->nodes[test.graph->results[0].node]; last.kind == Node::Kind::kConstant && last.constant.size() == 1 && last.constant.data<bool>()[0]) {
    fail(in, "The condition of the loop is always true: it would never end.", "a condition that becomes false");
  }
  node.functions = {test.graph, step.graph};
  for (const CallArgument& argument : arguments) {
    if (argument.kind == Bound::Kind::kValue) node.outputs.push_back(argument.spec);
  }
  return add_flow(in, std::move(node), step.handles, std::min(test.steps + step.steps, kCountless));
}

}  // namespace namesake::saving
