// The import of one body: the main graph, or a function for the arguments of a call. Nodes are made in an order in which each stands
// behind those it takes its inputs from and those it must follow ("^node").
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "namesake/saving/saved_model/graph_import_state.h"

namespace namesake::saving {

class BodyImport {
 public:
  /// `place` is for errors: "" for the main graph, else `function "f"`. Throws FormatError if two nodes have one name.
  BodyImport(ImportState& state, std::string place, std::span<const formats::NodeDef> nodes, const Environment* environment);

  /// An argument of a function, or what stands for a tensor of the main graph.
  void add_argument(const std::string& name, const CallArgument& argument);
  void add_input(const GraphEnd& end);
  /// Makes what `tensor` depends on.
  [[nodiscard]] Bound find(std::string_view tensor);
  /// A result of the graph. Nothing is added if it depends on an op that is missing.
  void add_result(const std::string& name, std::string_view tensor, const ops::OutputSpec& declared = {});
  /// Makes a node that no result depends on.
  void run_node(std::string_view name);
  /// The graph, and how many steps it takes.
  [[nodiscard]] ImportedFunction finish(std::string name);

  // For the rules:
  struct Inputs {
    const formats::NodeDef& node;
    std::string place;
    std::vector<Bound> bound;  // data inputs, in order
  };
  [[nodiscard]] ImportState& state() noexcept { return state_; }
  /// Notes that the op has no record.
  std::vector<Bound> miss(const Inputs& in);
  /// Input `i` as a value; a reference is read. Throws FormatError if there is no such input, or it is a resource.
  [[nodiscard]] graph::Value value(const Inputs& in, std::size_t i);
  [[nodiscard]] std::vector<graph::Value> values(const Inputs& in);
  /// Input `i` as a variable. Throws FormatError.
  [[nodiscard]] Variable variable(const Inputs& in, std::size_t i) const;
  [[nodiscard]] const ops::OutputSpec& spec(graph::Value value) const;
  /// The number of a constant; undefined for other values.
  [[nodiscard]] Tensor constant_at(graph::Value value) const;
  /// New nodes; their names follow the node's.
  std::vector<Bound> add_op(const Inputs& in, const ops::OpRecord& op, std::vector<graph::Value> inputs, const ops::Attrs& attrs, std::string_view suffix = "");
  graph::Value add_read(const Inputs& in, const Variable& variable);
  void add_assign(const Inputs& in, const Variable& variable, graph::Value value);
  graph::Value add_constant(const Inputs& in, const Tensor& value, std::string_view suffix = "");
  std::vector<Bound> add_call(const Inputs& in, const formats::FunctionReference& function);
  /// The one of `branches` that the value of `selector` picks (graph::Node::kCase).
  std::vector<Bound> add_case(const Inputs& in, graph::Value selector, std::span<const formats::FunctionReference* const> branches);
  std::vector<Bound> add_while(const Inputs& in, const formats::FunctionReference& condition, const formats::FunctionReference& body);
  /// The value of an attribute, of the caller's if the node says so; nullptr if it has none. Throws Unsupported, with node and
  /// attribute, for a value that the file holds but is not read here.
  [[nodiscard]] const formats::AttributeValue* attribute(const Inputs& in, std::string_view name) const;
  /// The node's attributes in the record's order. Throws FormatError for values of another kind, Unsupported for words it does not know.
  [[nodiscard]] ops::Attrs attrs_of(const Inputs& in, const ops::OpRecord& op) const;
  [[noreturn]] void fail(const Inputs& in, std::string what, std::string expected = "", std::string received = "") const;

 private:
  [[nodiscard]] const formats::AttributeValue* attribute_as_stored(const Inputs& in, std::string_view name) const;
  struct Reference {
    bool control = false;
    std::ptrdiff_t node = -1;  // -1: an argument
    std::string_view argument;
    std::string_view output_name;  // "" in the main graph
    std::size_t output = 0;
  };
  [[nodiscard]] Reference parse(std::string_view text, const std::string& asked_by) const;
  [[noreturn]] void fail_name(std::string_view text, const std::string& asked_by) const;
  [[nodiscard]] std::string place_of(std::string_view node) const;
  [[nodiscard]] Bound bound_of(const Reference& reference, const std::string& asked_by) const;
  [[nodiscard]] std::size_t first_output(const formats::NodeDef& node, const Reference& reference, const std::string& asked_by) const;
  void visit(std::size_t root);
  void convert(std::size_t node);
  [[nodiscard]] bool is_dead(const Reference& reference) const;
  std::vector<Bound> outputs_of(const Inputs& in, bool tainted);
  std::vector<Bound> record_outputs(const Inputs& in, const ops::OpRecord& op);
  std::size_t add_node(graph::Node node, std::string_view name, std::string_view suffix);
  // What a function is called with: those of `in`; values become inputs of `node`.
  std::vector<CallArgument> call_arguments(const Inputs& in, graph::Node& node);
  ImportedFunction called(const Inputs& in, const formats::FunctionReference& function, const std::vector<CallArgument>& arguments);
  std::vector<Bound> add_flow(const Inputs& in, graph::Node node, const std::vector<Variable>& handles, std::uint64_t steps);
  [[nodiscard]] std::string fresh_name(std::string name);

  ImportState& state_;
  std::string place_;
  std::span<const formats::NodeDef> nodes_;
  const Environment* environment_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
  std::unordered_map<std::string, Bound> arguments_;
  std::unordered_map<std::size_t, std::vector<std::pair<std::size_t, Bound>>> fed_;  // node -> its outputs that are inputs of the graph
  enum class Visit : char { kNotYet, kUnderWay, kDone, kMissing, kDead };
  std::vector<Visit> visits_;
  std::vector<std::vector<Bound>> outputs_;
  graph::Graph graph_;
  std::vector<Tensors> stand_ins_;  // of each made node: its outputs as symbols, a constant as it is
  std::unordered_map<std::string, std::size_t> names_;  // -> the next number to try behind it
  std::uint64_t steps_ = 0;
  std::vector<Variable> handles_;  // as in ImportedFunction
};

}  // namespace namesake::saving
