#include "namesake/graph/tracer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "namesake/base/error.h"
#include "namesake/graph/node_names.h"
#include "namesake/graph/run.h"
#include "namesake/naming/path.h"
#include "namesake/naming/scope.h"
#include "namesake/ops/records.h"

namespace namesake::graph {
namespace {

constexpr std::int64_t kSmallConstant = 4096;  // bytes; equal ones are one node

// What tells equal constants: dtype, shape and bytes.
std::string content_of(const Tensor& tensor) {
  std::string content = fmt::format("{} {} ", static_cast<int>(tensor.dtype()), to_string(tensor.shape()));
  if (tensor.dtype() == DType::kString) {
    for (const std::string& text : tensor.strings()) content += fmt::format("{}:{}", text.size(), text);
    return content;
  }
  const auto bytes = tensor.bytes();
  return content.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

bool is_small(const Tensor& tensor) {
  return tensor.dtype() == DType::kString || tensor.size() <= kSmallConstant / std::max<std::int64_t>(1, static_cast<std::int64_t>(size_of(tensor.dtype())));
}

std::vector<ops::OutputSpec> specs_of(std::span<const Tensor> tensors) {
  std::vector<ops::OutputSpec> specs;
  for (const Tensor& tensor : tensors) specs.push_back({tensor.dtype(), tensor.shape()});
  return specs;
}

// "perm" of the input at `place` of `count`; of a list "values_0".
std::string input_name(const ops::OpRecord& op, std::size_t place, std::size_t count) {
  if (op.list_input < 0) return std::string(op.input_names[place]);
  const auto list = static_cast<std::size_t>(op.list_input), members = count - op.input_names.size() + 1;
  if (place < list) return std::string(op.input_names[place]);
  if (place >= list + members) return std::string(op.input_names[place - members + 1]);
  return fmt::format("{}_{}", op.input_names[list], place - list);
}

}  // namespace

struct Tracer::Made {
  Graph graph;  // names are given at the end; until then a node's name is where it was made
  TracerOptions options;
  std::size_t outside = 0;  // scopes that were open before
  std::unordered_map<const void*, Value> values;  // tensor -> what gives it
  std::unordered_map<std::string, Value> small_constants;
  std::map<const std::byte*, std::pair<Tensor, Value>> memory;  // of known tensors with numbers, by where these begin
  std::unordered_set<const void*> own;  // the tensors that variables hold: with one of them no read is meant, but the numbers
  std::unordered_set<const void*> drawn;  // of a function: random numbers that do not depend on anything
  Tensors captured;
  Tensors kept;  // so that no other tensor gets the id of one that is known

  [[nodiscard]] std::string place() const { return running_path(outside, options.root); }

  std::size_t add(Node node) {
    graph.nodes.push_back(std::move(node));
    return graph.nodes.size() - 1;
  }

  Value add_op(const ops::OpRecord& op, std::vector<Value> inputs, DType dtype, const Shape& shape) {
    Node node;
    node.name = place();
    node.op = &op;
    node.inputs = std::move(inputs);
    node.outputs = {{dtype, shape}};
    return {add(std::move(node)), 0};
  }

  void know(const Tensor& tensor, Value value) {
    values[tensor.id()] = value;
    kept.push_back(tensor);
    if (!tensor.is_symbolic() && size_of(tensor.dtype()) > 0) memory.try_emplace(tensor.raw(), tensor, value);
  }

  [[nodiscard]] std::optional<Value> known(const Tensor& tensor) const {
    const auto found = values.find(tensor.id());
    if (found == values.end()) return std::nullopt;
    return found->second;
  }

  Value input(std::string name, const Tensor& tensor) {
    Node node;
    node.kind = Node::Kind::kInput;
    node.name = std::move(name);
    node.outputs = {{tensor.dtype(), tensor.shape()}};
    const std::size_t place = add(std::move(node));
    graph.inputs.push_back(place);
    know(tensor, {place, 0});
    return {place, 0};
  }

  [[nodiscard]] bool comes_from_outside(const Tensor& tensor) const {
    return options.captures && (tensor.is_symbolic() || (options.around != nullptr && options.around->depends(tensor)));
  }

  // Numbers that do not depend on anything, `from` others that do not: remembered if they were drawn.
  void look_for_drawn(const ops::OpRecord& op, std::span<const Tensor> from, std::span<const Tensor> numbers) {
    const bool draws = op.name.find("Random") != std::string_view::npos || op.name.find("TruncatedNormal") != std::string_view::npos;
    if (!draws && std::none_of(from.begin(), from.end(), [&](const Tensor& input) { return drawn.contains(input.id()); })) return;
    for (const Tensor& tensor : numbers) {
      drawn.insert(tensor.id());
      kept.push_back(tensor);
    }
  }

  Value constant(const Tensor& tensor) {
    if (drawn.contains(tensor.id())) {
      throw Unsupported({.subject = graph.name,
                         .what = "The body of a loop drew random numbers that would be the same in every round of the graph.",
                         .expected = "numbers of a seed that a variable holds, as dropout layers have",
                         .fix = "draw them before the loop, or let an nn::SeedGenerator give the seed; build layers before the loop"});
    }
    const auto make = [&] {
      Node node;
      node.kind = Node::Kind::kConstant;
      node.constant = tensor;
      node.outputs = {{tensor.dtype(), tensor.shape()}};
      return Value{add(std::move(node)), 0};
    };
    if (!is_small(tensor)) {
      const Value value = make();
      values[tensor.id()] = value;
      kept.push_back(tensor);
      return value;
    }
    std::string content = content_of(tensor);
    if (const auto found = small_constants.find(content); found != small_constants.end()) return found->second;
    return small_constants[std::move(content)] = make();
  }

  // A tensor that no op gave, but that lies in the memory of one that is known: with_shape(), rows(), alias() of it.
  std::optional<Value> view(const Tensor& tensor) {
    if (own.contains(tensor.id()) || tensor.size() == 0 || size_of(tensor.dtype()) == 0) return std::nullopt;
    const std::byte* begin = tensor.raw();
    const auto width = static_cast<std::int64_t>(size_of(tensor.dtype()));
    for (auto place = memory.upper_bound(begin); place != memory.begin();) {
      const auto& [whole, value] = std::prev(place)->second;
      const std::int64_t offset = (begin - whole.raw()) / width;
      if (whole.dtype() == tensor.dtype() && offset + tensor.size() <= whole.size()) return part_of(value, whole, offset, tensor);
      --place;
    }
    return std::nullopt;
  }
  Value part_of(Value value, const Tensor& whole, std::int64_t offset, const Tensor& tensor) {
    if (tensor.shape() == whole.shape()) return value;
    if (tensor.size() != whole.size()) {
      value = add_op(ops::kReshape, {value, constant(Tensor::of<std::int64_t>({-1}, {1}))}, tensor.dtype(), {whole.size()});
      value = add_op(ops::kSlice, {value, constant(Tensor::of<std::int64_t>({offset}, {1})), constant(Tensor::of<std::int64_t>({tensor.size()}, {1}))},
                     tensor.dtype(), {tensor.size()});
    }
    const Tensor sizes = Tensor::of(tensor.shape().sizes(), {tensor.rank()});
    return add_op(ops::kReshape, {value, constant(sizes)}, tensor.dtype(), tensor.shape());
  }

  Value value_of(const Tensor& tensor) {
    if (const auto value = known(tensor)) return *value;
    if (!tensor.is_symbolic()) {
      if (const auto value = view(tensor)) return *value;
    }
    if (comes_from_outside(tensor)) {
      captured.push_back(tensor);
      return input(fmt::format("captured_{}", captured.size() - 1), tensor);
    }
    if (!tensor.is_symbolic()) return constant(tensor);
    throw InvalidArgument({.subject = graph.name,
                           .what = fmt::format("A graph was made of \"{}\", and met a symbolic tensor that was not computed in it.", graph.name),
                           .expected = "a tensor that is computed from the inputs, from weights or from numbers",
                           .received = to_string(tensor),
                           .fix = "let the layer's call() use its own arguments, not the tensors of Input() of some other model"});
  }

  // Whether the tensor depends on an input or a variable.
  bool depends(const Tensor& tensor) {
    if (tensor.is_symbolic() || values.contains(tensor.id())) return true;
    const auto value = memory.empty() ? std::nullopt : view(tensor);
    if (value) know(tensor, *value);
    return value.has_value() || comes_from_outside(tensor);
  }
};

Tracer::Tracer(std::string name, TracerOptions options) : made_(std::make_unique<Made>()) {
  made_->graph.name = std::move(name);
  made_->options = std::move(options);
  made_->outside = naming::open_scope_count();
  if (const Tracer* around = made_->options.around) {
    made_->outside = around->made_->outside;
    made_->options.root = around->made_->options.root;
  }
  start();
}

Tracer::~Tracer() = default;

Tensor Tracer::input(std::string name, DType dtype, const Shape& shape) {
  Tensor tensor = Tensor::symbolic(dtype, shape, nullptr);
  made_->input(std::move(name), tensor);
  return tensor;
}

Tracer* Tracer::innermost() {
  for (ops::Recorder* r = ops::Recorder::innermost(); r != nullptr; r = r->outer()) {
    if (auto* tracer = dynamic_cast<Tracer*>(r)) return tracer;
  }
  return nullptr;
}

bool Tracer::depends(const Tensor& tensor) { return made_->depends(tensor); }

const Tensors& Tracer::captured() const { return made_->captured; }

void Tracer::on_op(const ops::OpRecord& op, std::span<const Tensor> inputs, const ops::Attrs& attrs, std::span<const Tensor> outputs) {
  Made& made = *made_;
  bool depends = false;
  for (const Tensor& input : inputs) depends = made.depends(input) || depends;
  if (!depends && !outputs[0].is_symbolic()) {  // numbers of numbers
    if (made.options.captures) made.look_for_drawn(op, inputs, outputs);
    return;
  }
  Node node;
  node.name = made.place();
  node.op = &op;
  node.attrs = attrs;
  for (const Tensor& input : inputs) node.inputs.push_back(made.value_of(input));
  node.outputs = specs_of(outputs);
  const std::size_t place = made.add(std::move(node));
  for (std::size_t i = 0; i < outputs.size(); ++i) made.know(outputs[i], {place, static_cast<int>(i)});
}

void Tracer::on_read(const Variable& variable, const Tensor& value) {
  Node node;
  node.kind = Node::Kind::kRead;
  node.name = made_->place();
  node.variable = variable;
  node.outputs = {{value.dtype(), value.shape()}};
  made_->know(value, {made_->add(std::move(node)), 0});
  const ops::StopRecording unseen;
  const ops::VariableAutocast as_it_is(DType::kInvalid);
  made_->own.insert(made_->kept.emplace_back(variable.value()).id());
}

void Tracer::on_assign(const Variable& variable, const Tensor& value) {
  Node node;
  node.kind = Node::Kind::kAssign;
  node.name = made_->place();
  node.variable = variable;
  node.inputs = {made_->value_of(value)};
  made_->add(std::move(node));
}

void Tracer::on_flow(const Node& like, std::span<const Tensor> inputs, std::span<const Tensor> outputs) {
  Node node;
  node.kind = like.kind;
  node.name = made_->place();
  node.functions = like.functions;
  for (const Tensor& input : inputs) node.inputs.push_back(made_->value_of(input));
  node.outputs = specs_of(outputs);
  const std::size_t place = made_->add(std::move(node));
  for (std::size_t i = 0; i < outputs.size(); ++i) made_->know(outputs[i], {place, static_cast<int>(i)});
}

namespace {

bool sets_variables(const Node& node) {
  return std::any_of(node.functions.begin(), node.functions.end(), [](const auto& function) { return assigns(*function); });
}

bool is_flow(const Node& node) { return node.kind == Node::Kind::kWhile || node.kind == Node::Kind::kCase; }

// Which nodes the results and the assignments need; arguments stay.
std::vector<bool> needed_nodes(const Graph& graph) {
  std::vector<bool> needed(graph.nodes.size(), false);
  for (const std::size_t input : graph.inputs) needed[input] = true;
  for (const Value& result : graph.results) needed[result.node] = true;
  for (std::size_t i = graph.nodes.size(); i-- > 0;) {
    const Node& node = graph.nodes[i];
    if (node.kind == Node::Kind::kAssign || (is_flow(node) && sets_variables(node))) needed[i] = true;
    if (!needed[i]) continue;
    for (const Value& input : node.inputs) needed[input.node] = true;
  }
  return needed;
}

void leave_out_dead_nodes(Graph& graph) {
  const std::vector<bool> needed = needed_nodes(graph);
  std::vector<std::size_t> places(graph.nodes.size());
  std::vector<Node> nodes;
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    places[i] = nodes.size();
    if (needed[i]) nodes.push_back(std::move(graph.nodes[i]));
  }
  graph.nodes = std::move(nodes);
  for (Node& node : graph.nodes) {
    for (Value& input : node.inputs) input.node = places[input.node];
  }
  for (std::size_t& input : graph.inputs) input = places[input];
  for (Value& result : graph.results) result.node = places[result.node];
}

// An op is named by where it ran and what it is; reads and constants by the first that takes them: `dense/MatMul/ReadVariableOp`,
// `reshape/Reshape/shape`.
void name_nodes(Graph& graph) {
  NodeNames names;
  std::vector<bool> named(graph.nodes.size(), false);
  const auto name = [&](std::size_t place, const std::string& wanted) {
    graph.nodes[place].name = names.take(wanted);
    named[place] = true;
  };
  for (const std::size_t input : graph.inputs) {
    static_cast<void>(names.take(graph.nodes[input].name));
    named[input] = true;
  }
  const auto name_inputs = [&](std::size_t place) {
    const Node& node = graph.nodes[place];
    for (std::size_t i = 0; i < node.inputs.size(); ++i) {
      const std::size_t source = node.inputs[i].node;
      const Node::Kind kind = graph.nodes[source].kind;
      if (named[source]) continue;
      if (kind == Node::Kind::kRead) name(source, naming::join_path(node.name, "ReadVariableOp"));
      if (kind == Node::Kind::kConstant) {
        name(source, naming::join_path(node.name, node.op != nullptr ? input_name(*node.op, i, node.inputs.size()) : "value"));
      }
    }
  };
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (is_flow(node)) name(i, naming::join_path(node.name, node.kind == Node::Kind::kWhile ? "while" : "cond"));
    if (node.kind == Node::Kind::kOp) name(i, naming::join_path(node.name, node.op->name));
    if (node.kind == Node::Kind::kAssign) name(i, naming::join_path(node.name, "AssignVariableOp"));
    name_inputs(i);
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (!named[i]) name(i, naming::join_path(graph.nodes[i].name, graph.nodes[i].kind == Node::Kind::kRead ? "ReadVariableOp" : "Const"));
  }
}

}  // namespace

Graph Tracer::finish(std::span<const std::pair<std::string, Tensor>> results) {
  stop();
  Graph& graph = made_->graph;
  for (const auto& [name, tensor] : results) {
    graph.results.push_back(made_->value_of(tensor));
    graph.result_names.push_back(name);
  }
  leave_out_dead_nodes(graph);
  name_nodes(graph);
  return std::move(graph);
}

}  // namespace namesake::graph
