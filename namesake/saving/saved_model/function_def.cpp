#include "namesake/saving/saved_model/function_def.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "namesake/base/error.h"
#include "namesake/naming/unique_names.h"
#include "namesake/saving/saved_model/graph_names.h"
#include "namesake/saving/saved_model/op_node.h"

namespace namesake::saving {
namespace {

using formats::attribute;
using formats::FunctionDef;
using formats::NodeDef;
using graph::Graph;
using graph::Node;
using graph::Value;

constexpr std::int64_t kGraphVersion = 1645;  // of TensorFlow 2.15: older programs than that read it, too

const ops::OutputSpec& spec_of(const Graph& graph, const Value& value) {
  return graph.nodes[value.node].outputs[static_cast<std::size_t>(value.output)];
}

// The value behind ops that are left out.
Value passed_on(const Graph& graph, Value value) {
  while (graph.nodes[value.node].op != nullptr && is_left_out(graph.nodes[value.node])) value = graph.nodes[value.node].inputs[0];
  return value;
}

NodeDef constant_node(const std::string& name, const Tensor& tensor) {
  return {name, "Const", {}, {}, {attribute("dtype", tensor.dtype()), attribute("value", formats::TensorValue::of(tensor))}};
}

NodeDef identity_node(const std::string& name, const std::string& input, DType dtype) {
  return {name, "Identity", {}, {input}, {attribute("T", dtype)}};
}

bool assigns(const Graph& graph, const Variable& variable) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
    return (node.kind == Node::Kind::kAssign && node.variable == variable) ||
           std::any_of(node.functions.begin(), node.functions.end(), [&](const auto& function) { return assigns(*function, variable); });
  });
}

// The functions that are called, and their names.
struct Library {
  naming::UniqueNames names;
  std::unordered_map<std::string, std::string> known;  // graph, variables and whether these are handed on -> name
  std::vector<FunctionDef> functions;
};

// What of a variable must have happened before: TensorFlow runs nodes in any order that their inputs allow.
struct Order {
  std::string assigned;            // the last assignment
  std::vector<std::string> reads;  // since then
};

class FunctionWriter {
 public:
  FunctionWriter(const Graph& graph, std::string name, Library& library) : graph_(graph), library_(library) {
    def_.name = std::move(name);
    for (const Node& node : graph.nodes) {
      node_names_.push_back(node.name);
      if (node.kind != Node::Kind::kInput) static_cast<void>(names_.take(node.name));
    }
  }

  /// `hands_on`: the handles of the variables are results, too, as of the body of a loop.
  FunctionDef write(const std::vector<Variable>& captured, bool hands_on) {
    write_arguments(captured);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) write_node(i);
    write_results(hands_on, hands_on ? captured : std::vector<Variable>());
    return std::move(def_);
  }

 private:
  void write_arguments(const std::vector<Variable>& captured) {
    for (const std::size_t input : graph_.inputs) {
      std::string& name = node_names_[input];
      const std::string user = std::exchange(name, names_.take(argument_name(name)));
      def_.arguments.push_back(argument(name, graph_.nodes[input].outputs[0].dtype));
      def_.arguments.back().attributes = {attribute("_user_specified_name", user)};
    }
    for (const Variable& variable : captured) {
      const std::string name = names_.take(argument_name(variable.name() + "_resource"));
      resources_[variable.id()] = name;
      def_.arguments.push_back(argument(name, DType::kResource));
    }
  }

  [[nodiscard]] static formats::FunctionArgument argument(const std::string& name, DType dtype) {
    formats::FunctionArgument argument;
    argument.name = name;
    argument.dtype = dtype;
    return argument;
  }

  [[nodiscard]] std::string source(const Value& given) const {
    const Value value = passed_on(graph_, given);
    const Node& node = graph_.nodes[value.node];
    const std::string& name = node_names_[value.node];
    switch (node.kind) {
      case Node::Kind::kInput:
        return name;
      case Node::Kind::kConstant:
        return name + ":output:0";
      case Node::Kind::kRead:
        return name + ":value:0";
      case Node::Kind::kCall:
      case Node::Kind::kCase:
      case Node::Kind::kWhile:
        return fmt::format("{}:output:{}", name, value.output);
      default:
        return fmt::format("{}:{}", name, output_place(node, value.output));
    }
  }

  void write_node(std::size_t place) {
    const Node& node = graph_.nodes[place];
    switch (node.kind) {
      case Node::Kind::kInput:
        return;
      case Node::Kind::kConstant:
        return add(constant_node(node.name, node.constant));
      case Node::Kind::kRead:
        return write_read(node);
      case Node::Kind::kAssign:
        return write_assign(node);
      case Node::Kind::kCall:
      case Node::Kind::kCase:
      case Node::Kind::kWhile:
        return write_call(node);
      case Node::Kind::kOp:
        if (is_left_out(node)) return;
        NodeDef def = op_node(graph_, node);
        for (const Value& input : node.inputs) def.inputs.push_back(source(input));
        return add(std::move(def));
    }
  }

  // Reads come after the assignment before them, assignments after the reads before them.
  void order_read(const Variable& variable, NodeDef& node) {
    Order& order = orders_[variable.id()];
    if (!order.assigned.empty()) node.inputs.push_back("^" + order.assigned);
    order.reads.push_back(node.name);
    def_.is_stateful = true;
  }
  void order_assignment(const Variable& variable, NodeDef& node) {
    Order& order = orders_[variable.id()];
    if (!order.assigned.empty()) node.inputs.push_back("^" + order.assigned);
    for (const std::string& read : order.reads) node.inputs.push_back("^" + read);
    order = {node.name, {}};
    if (def_.control_returns.empty() || def_.control_returns.back().second != node.name) def_.control_returns.emplace_back(node.name, node.name);
    def_.is_stateful = true;
  }

  void write_read(const Node& node) {
    NodeDef def{node.name, "ReadVariableOp", {}, {resources_.at(node.variable.id())}, {attribute("dtype", node.variable.dtype())}};
    order_read(node.variable, def);
    add(std::move(def));
  }

  void write_assign(const Node& node) {
    NodeDef def{node.name,
                "AssignVariableOp",
                {},
                {resources_.at(node.variable.id()), source(node.inputs[0])},
                {attribute("dtype", node.variable.dtype()), attribute("validate_shape", false)}};
    order_assignment(node.variable, def);
    add(std::move(def));
  }

  std::string called_function(const std::shared_ptr<const Graph>& function, const std::vector<Variable>& captured, bool hands_on) {
    std::string key = fmt::format("{} {}", fmt::ptr(function.get()), hands_on);
    for (const Variable& variable : captured) key += fmt::format(" {}", variable.id());
    const auto known = library_.known.find(key);
    if (known != library_.known.end()) return known->second;
    const std::string name = library_.names.take(function->name);
    library_.known[key] = name;
    FunctionDef def = FunctionWriter(*function, name, library_).write(captured, hands_on);
    library_.functions.push_back(std::move(def));
    return name;
  }

  [[nodiscard]] static std::vector<Variable> captured_by(const Node& node) {
    std::vector<Variable> captured;
    for (const auto& function : node.functions) {
      for (const Variable& variable : graph::variables_of(*function)) {
        if (std::find(captured.begin(), captured.end(), variable) == captured.end()) captured.push_back(variable);
      }
    }
    return captured;
  }

  // A call, a branch or a loop: all functions of the node take its inputs, and the variables that one of them uses.
  void write_call(const Node& node) {
    const std::vector<Variable> captured = captured_by(node);
    const bool is_loop = node.kind == Node::Kind::kWhile, is_case = node.kind == Node::Kind::kCase;
    NodeDef def{node.name, "", {}, {}, {}};
    std::vector<DType> given, results;
    for (const Value& input : node.inputs) {
      def.inputs.push_back(source(input));
      given.push_back(spec_of(graph_, input).dtype);
    }
    for (const Variable& variable : captured) {
      def.inputs.push_back(resources_.at(variable.id()));
      given.push_back(DType::kResource);
    }
    for (const Variable& variable : captured) {
      const bool sets = std::any_of(node.functions.begin(), node.functions.end(), [&](const auto& function) { return assigns(*function, variable); });
      sets ? order_assignment(variable, def) : order_read(variable, def);
    }
    std::vector<Shape> shapes;
    for (const ops::OutputSpec& output : node.outputs) {
      results.push_back(output.dtype);
      shapes.push_back(output.shape);
    }
    std::vector<formats::FunctionReference> functions;
    for (std::size_t i = 0; i < node.functions.size(); ++i) functions.push_back({called_function(node.functions[i], captured, is_loop && i == 1), {}});
    const std::string_view kind = captured.empty() ? "Stateless" : "";
    if (is_loop) {
      shapes.resize(given.size(), Shape::scalar());
      def.op = fmt::format("{}While", kind);
      def.attributes = {formats::list_attribute("T", std::move(given)), attribute("cond", functions.at(0)), attribute("body", functions.at(1)),
                        formats::list_attribute("output_shapes", std::move(shapes)), attribute("parallel_iterations", std::int64_t{10})};
    } else if (is_case) {
      const DType selector = given.front();
      given.erase(given.begin());
      def.attributes = {formats::list_attribute("Tin", std::move(given)), formats::list_attribute("Tout", std::move(results)), formats::list_attribute("output_shapes", std::move(shapes))};
      if (selector == DType::kBool) {
        def.op = fmt::format("{}If", kind);
        def.attributes.push_back(attribute("Tcond", selector));
        def.attributes.push_back(attribute("else_branch", functions.at(0)));
        def.attributes.push_back(attribute("then_branch", functions.at(1)));
      } else {
        def.op = fmt::format("{}Case", kind);
        def.attributes.push_back(formats::list_attribute("branches", std::move(functions)));
      }
    } else {
      def.op = captured.empty() ? "PartitionedCall" : "StatefulPartitionedCall";
      def.attributes = {formats::list_attribute("Tin", std::move(given)), formats::list_attribute("Tout", std::move(results)), attribute("f", functions.at(0))};
    }
    add(std::move(def));
  }

  // As TensorFlow's own: no result comes before the assignments have been made, else a caller that takes results alone would skip them.
  // What the body of a loop hands on as it is has no node: so TensorFlow knows that it stays the same.
  void write_results(bool of_loop, const std::vector<Variable>& handed_on) {
    naming::UniqueNames names;
    std::string assigned;
    if (!def_.control_returns.empty()) {
      NodeDef all{names_.take("NoOp"), "NoOp", {}, {}, {}};
      for (const auto& [name, node] : def_.control_returns) all.inputs.push_back("^" + node);
      assigned = all.name;
      add(std::move(all));
    }
    for (const formats::FunctionArgument& argument : def_.arguments) static_cast<void>(names.take(argument.name));
    for (std::size_t i = 0; i < graph_.results.size(); ++i) {
      const DType dtype = spec_of(graph_, graph_.results[i]).dtype;
      if (of_loop && i < graph_.inputs.size() && graph_.results[i] == Value{graph_.inputs[i], 0}) {
        def_.results.push_back(argument(names.take(argument_name(graph_.result_names[i])), dtype));
        def_.returns.emplace_back(def_.results.back().name, node_names_[graph_.inputs[i]]);
        continue;
      }
      const std::string identity = names_.take("Identity");
      add(identity_node(identity, source(graph_.results[i]), dtype));
      if (!assigned.empty()) def_.nodes.back().inputs.push_back("^" + assigned);
      def_.results.push_back(argument(names.take(argument_name(graph_.result_names[i])), dtype));
      def_.returns.emplace_back(def_.results.back().name, identity + ":output:0");
    }
    for (const Variable& variable : handed_on) {
      const std::string& handle = resources_.at(variable.id());
      def_.results.push_back(argument(names.take(handle), DType::kResource));
      def_.returns.emplace_back(def_.results.back().name, handle);
    }
  }

  void add(NodeDef def) { def_.nodes.push_back(std::move(def)); }

  const Graph& graph_;
  Library& library_;
  FunctionDef def_;
  naming::UniqueNames names_;            // of arguments and nodes
  std::vector<std::string> node_names_;  // as the function has them
  std::unordered_map<const void*, std::string> resources_;  // variable -> argument
  std::unordered_map<const void*, Order> orders_;
};

}  // namespace

TracedFunction to_function_def(const Graph& graph, std::string name) {
  Library library;
  static_cast<void>(library.names.take(name));
  TracedFunction whole;
  whole.captured = graph::variables_of(graph);
  whole.function = FunctionWriter(graph, std::move(name), library).write(whole.captured, false);
  whole.called = std::move(library.functions);
  return whole;
}

formats::GraphDef to_graph_def(const Graph& graph) {
  formats::GraphDef def;
  def.producer = kGraphVersion;
  naming::UniqueNames names;
  for (const Node& node : graph.nodes) static_cast<void>(names.take(node.name));
  const auto source = [&](const Value& given) {
    const Value value = passed_on(graph, given);
    const std::string& name = graph.nodes[value.node].name;
    return value.output == 0 ? name : fmt::format("{}:{}", name, value.output);
  };
  for (const Node& node : graph.nodes) {
    if (node.kind == Node::Kind::kAssign || !node.functions.empty()) {
      throw Unsupported({.subject = node.name,
                         .what = fmt::format("A frozen graph holds no variables, and \"{}\" {}.", node.name,
                                             node.kind == Node::Kind::kAssign ? "sets one" : "runs functions"),
                         .fix = "save a SavedModel: model.save(\"folder\")"});
    }
    if (node.kind == Node::Kind::kInput) {
      def.nodes.push_back(
          {node.name, "Placeholder", {}, {}, {attribute("dtype", node.outputs[0].dtype), attribute("shape", node.outputs[0].shape)}});
    } else if (node.kind != Node::Kind::kOp) {
      def.nodes.push_back(constant_node(node.name, node.kind == Node::Kind::kRead ? node.variable.value() : node.constant));
    } else if (!is_left_out(node)) {
      def.nodes.push_back(op_node(graph, node));
      for (const Value& input : node.inputs) def.nodes.back().inputs.push_back(source(input));
    }
  }
  for (std::size_t i = 0; i < graph.results.size(); ++i) {
    def.nodes.push_back(identity_node(names.take(graph.result_names[i]), source(graph.results[i]), spec_of(graph, graph.results[i]).dtype));
  }
  return def;
}

}  // namespace namesake::saving
