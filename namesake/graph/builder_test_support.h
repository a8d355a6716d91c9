// Graphs made by hand, in short, for tests:  Builder b;  const Value x = b.input("x", {2});  b.done({b.op(ops::kAddV2, {x, x})});
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "namesake/graph/graph.h"

namespace namesake::graph {

using Function = std::shared_ptr<const Graph>;

struct Builder {
  Graph graph;

  Value add(Node node) {
    if (node.name.empty()) node.name = "node" + std::to_string(graph.nodes.size());
    graph.nodes.push_back(std::move(node));
    return {graph.nodes.size() - 1, 0};
  }
  Value input(const Shape& shape = Shape::scalar(), DType dtype = DType::kFloat32) { return input("", shape, dtype); }
  Value input(const std::string& name, const Shape& shape, DType dtype = DType::kFloat32) {
    Node node;
    node.kind = Node::Kind::kInput;
    node.name = name;
    node.outputs = {{dtype, shape}};
    graph.inputs.push_back(graph.nodes.size());
    return add(std::move(node));
  }
  Value op(const ops::OpRecord& record, std::vector<Value> inputs, const ops::Attrs& attrs = {}) {
    Node node;
    node.op = &record;
    node.attrs = attrs;
    node.inputs = std::move(inputs);
    return add(std::move(node));
  }
  Value read(const Variable& variable) {
    Node node;
    node.kind = Node::Kind::kRead;
    node.variable = variable;
    return add(std::move(node));
  }
  void assign(const Variable& variable, Value value) {
    Node node;
    node.kind = Node::Kind::kAssign;
    node.variable = variable;
    node.inputs = {value};
    add(std::move(node));
  }
  Value constant(const Tensor& value) {
    Node node;
    node.kind = Node::Kind::kConstant;
    node.constant = value;
    return add(std::move(node));
  }
  Value flow(Node::Kind kind, std::vector<Function> functions, std::vector<Value> inputs, std::vector<ops::OutputSpec> outputs = {}) {
    Node node;
    node.kind = kind;
    node.functions = std::move(functions);
    node.inputs = std::move(inputs);
    node.outputs = std::move(outputs);
    return add(std::move(node));
  }
  Value call(Function function, std::vector<Value> inputs) { return flow(Node::Kind::kCall, {std::move(function)}, std::move(inputs)); }
  Function done(std::vector<Value> results) { return done("g", std::move(results)); }
  Function done(const std::string& name, std::vector<Value> results) {
    graph.name = name;
    graph.results = std::move(results);
    graph.result_names.assign(graph.results.size(), "y");
    return std::make_shared<const Graph>(std::move(graph));
  }
};

}  // namespace namesake::graph
