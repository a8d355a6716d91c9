// Graphs of files (GraphDef and its functions) made ready to run: a node becomes the op record of its name, with its attributes; what has
// no record of its own goes by a few rules (graph_import_rules). Only what the asked-for results depend on is looked at.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "namesake/formats/graph_def.h"
#include "namesake/graph/graph.h"

namespace namesake::saving {

struct ImportState;

/// A tensor of the main graph, and what callers know it by: an input or output of a signature.
struct GraphEnd {
  std::string name;    // "x"
  std::string tensor;  // "serving_default_x:0"
  DType dtype = DType::kInvalid;
  Shape shape;
};

class GraphImport {
 public:
  /// Asked for the variable behind a variable op (VarHandleOp, VariableV2) of the main graph.
  using VariableOf = std::function<Variable(const formats::NodeDef&)>;
  /// What a function was given when it was saved: for the arguments behind those of a call.
  using Captured = std::variant<Variable, Tensor>;

  /// `graph` must outlive it; `file` is for errors. Throws FormatError if two functions have one name.
  GraphImport(const formats::GraphDef& graph, std::string file, VariableOf variable_of);
  ~GraphImport();
  GraphImport(const GraphImport&) = delete;
  GraphImport& operator=(const GraphImport&) = delete;

  /// What leads from the inputs to the outputs in the main graph. Throws FormatError, with the node, for a graph that makes no sense (two
  /// nodes of one name, cycles, endless recursion, wrong inputs or attributes); one Unsupported that lists all ops without a record.
  [[nodiscard]] std::shared_ptr<const graph::Graph> import_ends(const std::string& name, std::span<const GraphEnd> inputs, std::span<const GraphEnd> outputs);
  /// A function of the library. `inputs`: names, dtypes and shapes of its first arguments; `captured`: the others. Throws as import_ends.
  [[nodiscard]] std::shared_ptr<const graph::Graph> import_function(const std::string& function, std::span<const GraphEnd> inputs, std::span<const Captured> captured);

 private:
  std::unique_ptr<ImportState> state_;
};

}  // namespace namesake::saving
