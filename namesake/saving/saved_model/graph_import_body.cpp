#include "namesake/saving/saved_model/graph_import_body.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "namesake/base/error.h"
#include "namesake/ops/records.h"
#include "namesake/saving/saved_model/graph_import_rules.h"

namespace namesake::saving {
namespace {

using formats::NodeDef;
using graph::Node;
using graph::Value;

constexpr std::size_t kMoreNodes = 400'000;     // that may be made beyond those of the file: a function is made anew for other variables
constexpr std::size_t kMostOutputs = 1 << 16;   // of a node

bool ends_the_way(const NodeDef& node) {
  return node.op == "Assert" || node.op == "NextIteration" || node.op == "RefNextIteration";  // a loop's way back, of ops that are missing anyway
}

std::optional<std::size_t> number(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

}  // namespace

BodyImport::BodyImport(ImportState& state, std::string place, std::span<const NodeDef> nodes, const Environment* environment)
    : state_(state), place_(std::move(place)), nodes_(nodes), environment_(environment), visits_(nodes.size()), outputs_(nodes.size()) {
  by_name_.reserve(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (by_name_.emplace(nodes[i].name, i).second) continue;
    state_.fail(place_of(nodes[i].name), fmt::format("Two nodes are called \"{}\": it cannot be said which one is meant.", nodes[i].name), "one");
  }
}

std::string BodyImport::place_of(std::string_view node) const {
  return place_.empty() ? fmt::format("node \"{}\"", node) : fmt::format("{}: node \"{}\"", place_, node);
}

void BodyImport::fail(const Inputs& in, std::string what, std::string expected, std::string received) const {
  state_.fail(in.place, std::move(what), std::move(expected), std::move(received));
}

// ---- what stands at the beginning

void BodyImport::add_argument(const std::string& name, const CallArgument& argument) {
  if (by_name_.contains(name) || arguments_.contains(name)) {
    state_.fail(place_of(name), fmt::format("\"{}\" is an argument, and something else besides.", name), "one of that name");
  }
  Bound bound{argument.kind, {}, argument.variable};
  if (argument.kind == Bound::Kind::kValue) {
    Node node;
    node.kind = argument.constant.defined() ? Node::Kind::kConstant : Node::Kind::kInput;
    node.constant = argument.constant;
    node.outputs = {argument.spec};
    bound.value = {add_node(std::move(node), argument.name.empty() ? name : argument.name, ""), 0};
    if (!argument.constant.defined()) graph_.inputs.push_back(bound.value.node);
  }
  arguments_.emplace(name, bound);
}

void BodyImport::add_input(const GraphEnd& end) {
  const Reference reference = parse(end.tensor, fmt::format("input \"{}\"", end.name));
  if (reference.control || reference.node < 0) state_.fail(fmt::format("input \"{}\"", end.name), "A signature's input is no tensor.", "such as \"x:0\"", end.tensor);
  Node node;
  node.kind = Node::Kind::kInput;
  node.outputs = {{end.dtype, end.shape}};
  Bound bound{Bound::Kind::kValue, {add_node(std::move(node), end.name, ""), 0}, {}};
  graph_.inputs.push_back(bound.value.node);
  fed_[static_cast<std::size_t>(reference.node)].emplace_back(reference.output, bound);
}

// ---- names of tensors

void BodyImport::fail_name(std::string_view text, const std::string& asked_by) const {
  state_.fail(asked_by, fmt::format("It takes \"{}\", and nothing is called so.", text), "the name of a node of the same graph");
}

BodyImport::Reference BodyImport::parse(std::string_view text, const std::string& asked_by) const {
  Reference reference;
  std::string_view node = text;
  if (node.starts_with("^")) {
    reference.control = true;
    node.remove_prefix(1);
  } else if (const std::size_t colon = node.find(':'); colon != std::string_view::npos) {
    std::string_view output = node.substr(colon + 1);
    node = node.substr(0, colon);
    if (const std::size_t second = output.find(':'); second != std::string_view::npos) {  // node:output_name:0
      reference.output_name = output.substr(0, second);
      output = output.substr(second + 1);
    }
    const auto place = number(output);
    if (!place) fail_name(text, asked_by);
    reference.output = *place;
  }
  if (const auto found = by_name_.find(node); found != by_name_.end()) {
    reference.node = static_cast<std::ptrdiff_t>(found->second);
  } else if (arguments_.contains(std::string(node))) {
    reference.argument = node;
  } else {
    fail_name(text, asked_by);
  }
  return reference;
}

std::size_t BodyImport::first_output(const NodeDef& node, const Reference& reference, const std::string& asked_by) const {
  if (reference.output_name.empty()) return 0;
  const auto place_in = [&](const auto& names) -> std::size_t {
    const auto found = std::find(names.begin(), names.end(), reference.output_name);
    if (found == names.end()) state_.fail(asked_by, fmt::format("\"{}\" ({}) has no output \"{}\".", node.name, node.op, reference.output_name));
    return static_cast<std::size_t>(found - names.begin());
  };
  if (const ImportRule* rule = find_import_rule(node.op)) {
    if (rule->outputs.empty()) return 0;
    std::vector<std::string_view> names;
    for (std::string_view rest = rule->outputs; !rest.empty();) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      names.push_back(rest.substr(0, comma));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return place_in(names);
  }
  if (const ops::OpRecord* op = ops::find_op(node.op)) return place_in(op->output_names);
  const auto function = state_.functions.find(node.op);
  if (function == state_.functions.end()) return 0;
  std::vector<std::string_view> names;
  for (const formats::FunctionArgument& result : function->second->results) names.push_back(result.name);
  return place_in(names);
}

Bound BodyImport::bound_of(const Reference& reference, const std::string& asked_by) const {
  if (reference.node < 0) return arguments_.at(std::string(reference.argument));
  const auto at = static_cast<std::size_t>(reference.node);
  if (visits_[at] == Visit::kMissing) return {};
  if (visits_[at] == Visit::kDead) return {Bound::Kind::kDead, {}, {}};
  const std::size_t output = first_output(nodes_[at], reference, asked_by) + reference.output;
  if (output < outputs_[at].size()) return outputs_[at][output];
  state_.fail(asked_by, fmt::format("It takes output {} of \"{}\" ({}), which has {}.", output, nodes_[at].name, nodes_[at].op, outputs_[at].size()));
}

bool BodyImport::is_dead(const Reference& reference) const {
  if (reference.node < 0) return false;
  const auto at = static_cast<std::size_t>(reference.node);
  return visits_[at] == Visit::kDead;
}

Bound BodyImport::find(std::string_view tensor) {
  const std::string asked_by = place_.empty() ? "outputs" : place_;
  const Reference reference = parse(tensor, asked_by);
  if (reference.control) state_.fail(asked_by, "A result is no tensor.", "such as \"y:0\"", std::string(tensor));
  if (reference.node >= 0) visit(static_cast<std::size_t>(reference.node));
  return bound_of(reference, asked_by);
}

void BodyImport::add_result(const std::string& name, std::string_view tensor, const ops::OutputSpec& declared) {
  const Bound bound = find(tensor);
  const std::string asked_by = place_.empty() ? fmt::format("output \"{}\"", name) : place_;
  if (bound.kind == Bound::Kind::kMissing && !state_.missing.empty()) return;
  if (bound.kind == Bound::Kind::kDead || bound.kind == Bound::Kind::kMissing) state_.fail(asked_by, fmt::format("The result \"{}\" never has a value.", name));
  if (bound.kind == Bound::Kind::kResource) {
    if (place_.empty()) state_.fail(asked_by, fmt::format("The result \"{}\" is a variable's handle.", name), "a tensor");
    handles_.push_back(bound.variable);
    return;
  }
  const NodeDef nobody;
  const Inputs in{nobody, asked_by, {bound}};
  const Value result = value(in, 0);
  ops::OutputSpec& known = graph_.nodes[result.node].outputs[static_cast<std::size_t>(result.output)];
  if (declared.dtype != DType::kInvalid && declared.dtype != known.dtype) {
    state_.fail(asked_by, fmt::format("The result \"{}\" is of another dtype than the signature says.", name), std::string(to_string(declared.dtype)), std::string(to_string(known.dtype)));
  }
  if (!known.shape.known_rank() && declared.shape.known_rank()) known.shape = declared.shape;
  if (place_.empty() && known.dtype == DType::kVariant) state_.fail(asked_by, fmt::format("The result \"{}\" is a list of tensors.", name), "a tensor");
  graph_.results.push_back(result);
  handles_.emplace_back();
  graph_.result_names.push_back(name);
}

void BodyImport::run_node(std::string_view name) {
  const auto found = by_name_.find(name);
  if (found == by_name_.end()) state_.fail(place_, fmt::format("It has no node \"{}\", which is to run.", name));
  visit(found->second);
}

ImportedFunction BodyImport::finish(std::string name) {
  graph_.name = std::move(name);
  return {std::make_shared<const graph::Graph>(std::move(graph_)), steps_, std::move(handles_)};
}

// ---- the walk

void BodyImport::visit(std::size_t root) {
  if (visits_[root] != Visit::kNotYet) return;
  struct Frame {
    std::size_t node = 0, next = 0;
  };
  std::vector<Frame> stack = {{root, 0}};
  visits_[root] = Visit::kUnderWay;
  while (!stack.empty()) {
    const std::size_t at = stack.back().node;
    const NodeDef& node = nodes_[at];
    if (stack.back().next >= node.inputs.size() || fed_.contains(at) || ends_the_way(node)) {
      convert(at);
      stack.pop_back();
      continue;
    }
    const Reference reference = parse(node.inputs[stack.back().next++], place_of(node.name));
    if (reference.node < 0) continue;
    const auto input = static_cast<std::size_t>(reference.node);
    if (visits_[input] == Visit::kUnderWay) {
      state_.fail(place_of(node.name), fmt::format("\"{}\" depends on itself: through \"{}\".", node.name, nodes_[input].name), "a graph without cycles");
    }
    if (visits_[input] != Visit::kNotYet) continue;
    visits_[input] = Visit::kUnderWay;
    stack.push_back({input, 0});
  }
}

void BodyImport::convert(std::size_t at) {
  const NodeDef& node = nodes_[at];
  visits_[at] = Visit::kDone;
  if (const auto fed = fed_.find(at); fed != fed_.end()) {
    for (const auto& [output, bound] : fed->second) {
      if (output >= kMostOutputs) state_.fail(place_of(node.name), "An input of the signature is no output of its node.");
      if (outputs_[at].size() <= output) outputs_[at].resize(output + 1);
      outputs_[at][output] = bound;
    }
    return;
  }
  if (ends_the_way(node) && node.op != "Assert") {
    static_cast<void>(miss({node, place_of(node.name), {}}));
    visits_[at] = Visit::kMissing;
    return;
  }
  if (node.op == "Assert") return;
  Inputs in{node, place_of(node.name), {}};
  bool tainted = false, dead = false;
  for (const std::string& input : node.inputs) {
    const Reference reference = parse(input, in.place);
    if (reference.control) {
      dead = dead || is_dead(reference);
      continue;
    }
    in.bound.push_back(bound_of(reference, in.place));
    tainted = tainted || in.bound.back().kind == Bound::Kind::kMissing;
    dead = dead || in.bound.back().kind == Bound::Kind::kDead;
  }
  if (dead && node.op != "Merge") {
    visits_[at] = Visit::kDead;
    return;
  }
  const std::size_t missing = state_.missing.size();
  outputs_[at] = outputs_of(in, tainted);
  if (outputs_[at].empty() && (tainted || state_.missing.size() > missing || state_.missing.contains(node.op))) visits_[at] = Visit::kMissing;
}

std::vector<Bound> BodyImport::miss(const Inputs& in) {
  state_.missing[in.node.op].push_back(place_.empty() ? in.node.name : fmt::format("{} in {}", in.node.name, place_));
  return {};
}

std::vector<Bound> BodyImport::outputs_of(const Inputs& in, bool tainted) {
  const NodeDef& node = in.node;
  if (const ImportRule* rule = find_import_rule(node.op)) return tainted && !rule->calls ? std::vector<Bound>() : rule->make(*this, in);
  if (const ops::OpRecord* op = ops::find_op(node.op)) return tainted ? std::vector<Bound>() : record_outputs(in, *op);
  if (state_.functions.contains(node.op)) return add_call(in, {node.op, node.attributes});
  return miss(in);
}

std::vector<Bound> BodyImport::record_outputs(const Inputs& in, const ops::OpRecord& op) {
  const ops::Attrs attrs = attrs_of(in, op);
  const std::size_t wanted = op.input_names.size(), given = in.bound.size();
  if (op.list_input < 0 ? given != wanted : given < wanted) {
    fail(in, fmt::format("{} is given another number of inputs than it takes.", op.name), fmt::format("{}{}", op.list_input < 0 ? "" : "at least ", wanted), std::to_string(given));
  }
  return add_op(in, op, values(in), attrs);
}

// ---- for the rules

Value BodyImport::value(const Inputs& in, std::size_t i) {
  if (i >= in.bound.size()) fail(in, fmt::format("{} lacks input {}.", in.node.op, i));
  const Bound& bound = in.bound[i];
  if (bound.kind == Bound::Kind::kReference) return add_read(in, bound.variable);
  if (bound.kind != Bound::Kind::kValue) fail(in, fmt::format("Input {} is a variable's handle.", i), "a tensor");
  return bound.value;
}

std::vector<Value> BodyImport::values(const Inputs& in) {
  std::vector<Value> found;
  found.reserve(in.bound.size());
  for (std::size_t i = 0; i < in.bound.size(); ++i) found.push_back(value(in, i));
  return found;
}

Variable BodyImport::variable(const Inputs& in, std::size_t i) const {
  if (i >= in.bound.size()) fail(in, fmt::format("{} lacks input {}.", in.node.op, i));
  if (!in.bound[i].variable.defined()) fail(in, fmt::format("Input {} is no variable.", i), "a variable's handle");
  return in.bound[i].variable;
}

const ops::OutputSpec& BodyImport::spec(Value value) const { return graph_.nodes[value.node].outputs[static_cast<std::size_t>(value.output)]; }

Tensor BodyImport::constant_at(Value value) const { return graph_.nodes[value.node].constant; }

std::string BodyImport::fresh_name(std::string name) {
  const auto [known, fresh] = names_.emplace(name, 1);
  if (fresh) return name;
  for (std::size_t& next = known->second;;) {  // every number below it is taken
    std::string other = fmt::format("{}_{}", name, next++);
    if (names_.emplace(other, 1).second) return other;
  }
}

std::size_t BodyImport::add_node(Node node, std::string_view name, std::string_view suffix) {
  if (++state_.nodes > state_.most_nodes + kMoreNodes) {
    state_.fail(place_of(name), fmt::format("The graph has more than {} nodes, those of its functions counted for each way they are called.", state_.most_nodes + kMoreNodes));
  }
  node.name = fresh_name(fmt::format("{}{}{}", name, suffix.empty() ? "" : "/", suffix));
  Tensors symbols;
  if (node.kind == Node::Kind::kConstant) {
    symbols.push_back(node.constant);
  } else {
    base::RefPtr<Producer> producer;
    if (node.op == &ops::kShape) {  // shape rules look through it
      const Value x = node.inputs[0];
      const Tensor input = stand_ins_[x.node][static_cast<std::size_t>(x.output)];
      producer = base::RefPtr<Producer>::adopt(std::make_unique<ops::OpProducer>(*node.op, std::span<const Tensor>(&input, 1), node.attrs).release());
    }
    for (std::size_t i = 0; i < node.outputs.size(); ++i) symbols.push_back(Tensor::symbolic(node.outputs[i].dtype, node.outputs[i].shape, producer, static_cast<int>(i)));
  }
  stand_ins_.push_back(std::move(symbols));
  graph_.nodes.push_back(std::move(node));
  ++steps_;
  return graph_.nodes.size() - 1;
}

std::vector<Bound> BodyImport::add_op(const Inputs& in, const ops::OpRecord& op, std::vector<Value> inputs, const ops::Attrs& attrs, std::string_view suffix) {
  if (op.list_output >= 0) {
    const std::int64_t count = attrs.integer(static_cast<std::size_t>(op.list_output));
    if (count < 0 || count > static_cast<std::int64_t>(kMostOutputs)) fail(in, fmt::format("{} has an impossible number of outputs.", op.name), "", std::to_string(count));
  }
  Node node;
  node.kind = Node::Kind::kOp;
  node.op = &op;
  node.attrs = attrs;
  node.outputs.resize(op.outputs(attrs));
  Tensors symbols;
  for (const Value& input : inputs) symbols.push_back(stand_ins_[input.node][static_cast<std::size_t>(input.output)]);
  for (const ops::TypeAttr& type : op.types) {
    const formats::AttributeValue* said = attribute(in, type.name);
    const std::size_t place = op.input_at(type.input, inputs.size());
    if (suffix.empty() && said != nullptr && said->one<DType>() != nullptr && place < symbols.size() && *said->one<DType>() != symbols[place].dtype()) {
      fail(in, fmt::format("The attribute {} is not the dtype of the input \"{}\".", type.name, op.input_names[static_cast<std::size_t>(type.input)]), std::string(to_string(symbols[place].dtype())),
           std::string(to_string(*said->one<DType>())));
    }
  }
  try {
    op.infer({op, symbols, attrs, node.outputs});
  } catch (const Unsupported& error) {
    ErrorParts parts = error.parts();
    parts.what = fmt::format("{}: {}: {}", state_.file, in.place, parts.what);
    throw Unsupported(std::move(parts));
  } catch (const Error& error) {
    throw FormatError(state_.file, in.place, error.parts());
  }
  node.inputs = std::move(inputs);
  const std::size_t count = node.outputs.size();
  const std::size_t made = add_node(std::move(node), in.node.name, suffix);
  std::vector<Bound> outputs(count);
  for (std::size_t i = 0; i < count; ++i) outputs[i] = {Bound::Kind::kValue, {made, static_cast<int>(i)}, {}};
  return outputs;
}

Value BodyImport::add_read(const Inputs& in, const Variable& variable) {
  Node node;
  node.kind = Node::Kind::kRead;
  node.variable = variable;
  node.outputs = {{variable.dtype(), variable.shape()}};
  return {add_node(std::move(node), in.node.name.empty() ? variable.name() : in.node.name, in.node.op == "ReadVariableOp" ? "" : "Read"), 0};
}

void BodyImport::add_assign(const Inputs& in, const Variable& variable, Value value) {
  const ops::OutputSpec& given = spec(value);
  if (given.dtype != variable.dtype() || !given.shape.compatible_with(variable.shape())) {
    fail(in, fmt::format("The variable \"{}\" cannot take this value.", variable.name()), fmt::format("{} {}", to_string(variable.dtype()), to_string(variable.shape())),
         fmt::format("{} {}", to_string(given.dtype), to_string(given.shape)));
  }
  Node node;
  node.kind = Node::Kind::kAssign;
  node.variable = variable;
  node.inputs = {value};
  static_cast<void>(add_node(std::move(node), in.node.name, ""));
}

Value BodyImport::add_constant(const Inputs& in, const Tensor& value, std::string_view suffix) {
  Node node;
  node.kind = Node::Kind::kConstant;
  node.constant = value;
  node.outputs = {{value.dtype(), value.shape()}};
  return {add_node(std::move(node), in.node.name, suffix), 0};
}

}  // namespace namesake::saving
