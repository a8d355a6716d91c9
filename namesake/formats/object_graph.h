// The object graph of a checkpoint: objects (nodes) that hold others by name (edges), and the keys under which their values stand in
// the bundle. TensorFlow restores by walking it from the root beside its own objects, edge by edge; the keys alone mean nothing to it.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/formats/model_file.h"

namespace namesake::formats {

/// The key of the object graph in a bundle.
inline constexpr std::string_view kObjectGraphKey = "_CHECKPOINTABLE_OBJECT_GRAPH";
/// The key of a graph of ours in the bundle of a SavedModel: with what TensorFlow must not see there, too. It is read instead of the other.
inline constexpr std::string_view kWholeObjectGraphKey = "namesake/object_graph";
/// The key of our own document of a model in the bundle of a SavedModel, the config.json of a `.keras` file: with it the model comes back whole, by
/// load_model, whatever of it Keras 2 has words for.
inline constexpr std::string_view kModelConfigKey = "namesake/config";
/// Whether what stands under the key describes the values, and is none.
[[nodiscard]] constexpr bool is_description_key(std::string_view key) noexcept {
  return key == kObjectGraphKey || key == kWholeObjectGraphKey || key == kModelConfigKey;
}
/// What the keys of variables end in, behind their path: `/.ATTRIBUTES/VARIABLE_VALUE`.
inline constexpr std::string_view kVariableKeyEnd = "/.ATTRIBUTES/VARIABLE_VALUE";
/// A variable's key without it: the path of its object. Another key: itself.
[[nodiscard]] inline std::string_view object_path(std::string_view key) {
  return key.ends_with(kVariableKeyEnd) ? key.substr(0, key.size() - kVariableKeyEnd.size()) : key;
}
/// The name of a variable's only value.
inline constexpr std::string_view kVariableValue = "VARIABLE_VALUE";

struct ObjectEdge {
  std::string name;  // "layer_with_weights-0", "kernel", "0"
  std::size_t node = 0;
};

/// A value of an object that stands in the bundle.
struct ObjectValue {
  std::string name;       // "VARIABLE_VALUE"
  std::string full_name;  // what the variable was called: "dense_1/kernel"
  std::string key;
};

/// Optimizers of Keras until 2.10 keep state beside each variable.
struct ObjectSlot {
  std::size_t variable = 0;  // node
  std::string name;          // "m"
  std::size_t state = 0;     // node
};

struct ObjectNode {
  std::vector<ObjectEdge> children;
  std::vector<ObjectValue> values;
  std::vector<ObjectSlot> slots;

  /// The node that the first edge of that name leads to.
  [[nodiscard]] NAMESAKE_API std::optional<std::size_t> child(std::string_view name) const noexcept;
};

struct ObjectGraph {
  std::vector<ObjectNode> nodes;  // the root first
};

/// The object graph of a checkpoint; nothing if it is one of names alone. Throws FormatError if it is damaged.
[[nodiscard]] NAMESAKE_API std::optional<ObjectGraph> read_object_graph(const ModelFile& file);
/// As it stands in a bundle, under kObjectGraphKey.
[[nodiscard]] NAMESAKE_API std::string to_bytes(const ObjectGraph& graph);

}  // namespace namesake::formats
