// What the import of a graph's bodies (main graph, functions) shares: the functions, those imported already, what is missing, and how much
// was made so far.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "namesake/saving/saved_model/graph_import.h"

namespace namesake::saving {

/// What an output of a node is.
struct Bound {
  enum class Kind : std::uint8_t {
    kMissing,    // it depends on an op without a record
    kDead,       // it never has a value: the branch of a Switch that is not taken
    kValue,      // of the graph being made
    kResource,   // a variable's handle
    kReference,  // a variable of TensorFlow 1: reading it gives its value
  };
  Kind kind = Kind::kMissing;
  graph::Value value;
  Variable variable;
};

/// An argument that a function is called with.
struct CallArgument {
  Bound::Kind kind = Bound::Kind::kMissing;
  ops::OutputSpec spec;  // of a value
  Variable variable;     // of a resource
  Tensor constant;       // of a value that is always the same
  std::string name;      // of the graph's input; "": the function's own
};

using Environment = std::vector<formats::Attribute>;

struct ImportedFunction {
  std::shared_ptr<const graph::Graph> graph;
  std::uint64_t steps = 0;  // that running it takes, those of the functions it calls too
  std::vector<Variable> handles;  // of each result: the variable whose handle it is; the others are the graph's results, in order
};

struct ImportState {
  ImportState(const formats::GraphDef& graph_def, std::string file_name, GraphImport::VariableOf source);

  const formats::GraphDef& graph;
  std::string file;
  GraphImport::VariableOf variable_of;
  std::unordered_map<std::string_view, const formats::FunctionDef*> functions;
  std::map<std::string, ImportedFunction> imported;
  std::map<const formats::FunctionDef*, bool> generic;  // whether a function takes attributes of its caller
  std::vector<std::string> open;                        // the functions being imported, the outermost first
  std::map<std::string, std::vector<std::string>> missing;  // op -> nodes
  std::unordered_map<const formats::NodeDef*, Tensor> constants;
  std::size_t nodes = 0;       // made so far
  std::size_t most_nodes = 0;  // of the file
  std::uint64_t filled_up = 0;                              // bytes of constants that the file does not hold itself

  /// The function, made for these arguments. Throws FormatError for a wrong number of arguments, recursion, and functions that call one
  /// another more often than can be run.
  [[nodiscard]] ImportedFunction function(const formats::FunctionDef& def, const std::vector<CallArgument>& arguments, const Environment& environment,
                                                 const std::string& place);
  /// Throws Unsupported if ops were missing.
  void refuse_missing();
  [[noreturn]] void fail(const std::string& place, std::string what, std::string expected = "", std::string received = "") const;

 private:
  [[nodiscard]] bool is_generic(const formats::FunctionDef& def);
  [[nodiscard]] ImportedFunction make(const formats::FunctionDef& def, const std::vector<CallArgument>& arguments, const Environment& environment);
};

}  // namespace namesake::saving
