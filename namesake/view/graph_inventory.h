// What a file with a TensorFlow graph holds: a SavedModel, a frozen graph (GraphDef, .pb) or a meta graph (MetaGraphDef, .meta), as
// names and counts. `namesake inspect` prints it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/formats/fingerprint.h"
#include "namesake/view/inventory.h"

namespace namesake::view {

/// An input or output of a signature, an argument or result of a function.
struct TensorRow {
  std::string name;
  std::string dtype;   // "float32", "resource", "dtype 29" for what has no name here; of a function also an attribute: "T"
  Shape shape;         // of unknown rank if nothing is said
  std::string tensor;  // in the graph: "serving_default_x:0"
};

struct SignatureRow {
  std::string name;  // "serving_default"
  std::string method;
  std::vector<TensorRow> inputs, outputs;
};

struct FunctionRow {
  std::string name;
  std::vector<TensorRow> arguments, results;
  std::size_t nodes = 0;
};

/// An object of a SavedModel.
struct ObjectRow {
  std::string kind;  // "user object", "variable", "function"
  std::string note;  // `hidden/kernel (4, 3) float32`, `Dense "hidden"`
  std::vector<std::pair<std::string, std::size_t>> children;
};

struct MetaGraphRow {
  std::vector<std::string> tags;
  std::string tensorflow_version;
  std::size_t nodes = 0;  // of the main graph
  std::vector<SignatureRow> signatures;
  std::vector<FunctionRow> functions;
  std::vector<std::pair<std::string, std::size_t>> ops;  // nodes of each op, those of functions too; most first
  std::vector<ObjectRow> objects;                        // the root first
  std::vector<std::string> unreadable;                   // `node "c", attribute value: a shape of 9 axes`; the rest of the file is read
};

struct GraphInventory {
  Inventory inventory;      // layers that Keras 2 names; variables, or the constants of a frozen graph
  std::uint64_t bytes = 0;  // of saved_model.pb, or of the file
  std::vector<MetaGraphRow> meta_graphs;
  std::optional<formats::FingerprintReport> fingerprint;  // of a SavedModel that has one
  std::size_t values_missing = 0;                         // variables of a SavedModel without variables/variables.index
};

/// Nothing if `path` is neither a folder with a SavedModel nor a file `.pb` or `.meta`. Throws IoError; FormatError if it is damaged or
/// holds no graph; Unsupported for SavedModels in pieces or in text.
[[nodiscard]] NAMESAKE_API std::optional<GraphInventory> open_graph_file(const std::string& path);

/// The objects as a tree, each once, under the shortest path that leads to it (past lists, if there is one); elsewhere its name leads to that path.
[[nodiscard]] NAMESAKE_API std::string object_tree(const std::vector<ObjectRow>& objects, bool ascii);

}  // namespace namesake::view
