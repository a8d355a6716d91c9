// A computation as data: what a tracer saw, or what the graph of a file says. Its ops are the records that also run eagerly, so that it
// can be run (run.h), differentiated by a tape while it runs, and written as a function of a SavedModel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/ops/op.h"
#include "namesake/ops/variable.h"
#include "namesake/tensor/tensor.h"

namespace namesake::graph {

/// Output `output` of node `node`.
struct Value {
  std::size_t node = 0;
  int output = 0;
  friend bool operator==(const Value&, const Value&) = default;
};

struct Graph;

struct Node {
  enum class Kind : std::uint8_t {
    kInput,     // of the graph
    kConstant,  // `constant`
    kRead,      // the value of `variable` at that moment
    kAssign,    // sets `variable` to the input; no output
    kOp,        // `op` with `attrs`
    kCall,      // the only one of `functions`, of the inputs
    kCase,      // the one of `functions` that the first input says, of the others: by its number, the last for any other; of two by a
                // truth, the first if it is false
    kWhile,     // the second of `functions` of the inputs, then of what it gave, as long as the first one says so
  };
  Kind kind = Kind::kOp;
  std::string name;  // "model_0/dense_1/MatMul", unique in its graph; of an input the argument's name
  const ops::OpRecord* op = nullptr;
  ops::Attrs attrs;
  std::vector<Value> inputs;
  Tensor constant;
  Variable variable;
  std::vector<std::shared_ptr<const Graph>> functions;
  std::vector<ops::OutputSpec> outputs;  // what is known before it runs; a shape may be open, or of unknown rank
};

struct Graph {
  std::string name;
  std::vector<Node> nodes;              // each after those it takes its inputs from; reads and assignments in the order they happen
  std::vector<std::size_t> inputs;      // nodes, in the order of the arguments
  std::vector<Value> results;
  std::vector<std::string> result_names;  // one for each result
};

/// The variables that the graph and the functions it calls read and assign, each once, in the order they are first met.
[[nodiscard]] NAMESAKE_API std::vector<Variable> variables_of(const Graph& graph);

}  // namespace namesake::graph
