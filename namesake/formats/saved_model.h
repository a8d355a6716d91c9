// A SavedModel directory as plain data, in file order, entries with equal names too:
//   saved_model.pb        meta graphs: a graph with its functions, signatures, the saver's nodes, objects
//   variables/variables   a tensor bundle (tensor_bundle.h), with the objects' graph once more
//   keras_metadata.pb     Keras 2: what the layers are
//   fingerprint.pb        hashes (fingerprint.h)
//   assets/               files that the graph reads
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/formats/graph_def.h"
#include "namesake/formats/object_graph.h"

namespace namesake::formats {

struct StructuredField;

/// Nested values (StructuredValue): what functions take and give, and other small things.
struct StructuredValue {
  struct None {};
  struct TensorSpec {
    std::string name;
    Shape shape;
    DType dtype = DType::kInvalid;
  };
  struct List { std::vector<StructuredValue> values; };
  struct Tuple { std::vector<StructuredValue> values; };
  struct Dict { std::vector<StructuredField> fields; };
  struct NamedTuple {
    std::string name;
    std::vector<StructuredField> fields;
  };
  /// Types that are not taken apart (TypeSpec, BoundedTensorSpec, shapes of more axes than a Shape has): their bytes.
  struct Other { std::string bytes; };
  using Kind = std::variant<None, double, std::int64_t, std::string, bool, Shape, DType, TensorSpec, List, Tuple, Dict, NamedTuple, Other>;
  Kind kind;
};
struct StructuredField {
  std::string name;
  StructuredValue value;
};

/// A function of several concrete ones, as Python calls it (`serve`, `__call__`).
struct FunctionObject {
  std::vector<std::string> concrete_functions;  // names in SavedModelObjects::functions
  StructuredValue fullargspec;                  // a named tuple FullArgSpec, or None if there is no specification
  bool is_method = false;
  StructuredValue input_signature;
};
/// One concrete function: what the map `signatures` holds.
struct BareFunctionObject {
  std::string concrete_function;
  std::vector<std::string> argument_keywords;
  std::int64_t allowed_positional_arguments = 0;
};
struct VariableObject {
  DType dtype = DType::kInvalid;
  Shape shape;
  bool trainable = false;
  std::string name;
  std::int64_t synchronization = 0, aggregation = 0;
  std::string unreadable;  // "", or why the shape is left open: "a shape of 9 axes"
};
struct UserObject {
  std::string identifier;  // "_generic_user_object", "trackable_list_wrapper", "signature_map", "_tf_keras_layer"
  std::int64_t producer = 1, min_consumer = 1;
  std::string metadata;
};
struct AssetObject { std::int64_t index = 0; };  // in MetaGraph::assets
struct ConstantObject { std::string operation; };
struct ResourceObject { std::string device; };
struct CapturedTensorObject { std::string name, concrete_function; };

/// What of an object is saved and restored by functions of its own: the content of a table. Both are nodes.
struct ObjectSaveable {
  std::string name;  // "table"
  std::size_t save_function = 0, restore_function = 0;
};

struct SavedObject {
  using Kind = std::variant<std::monostate, UserObject, AssetObject, FunctionObject, VariableObject, BareFunctionObject, ConstantObject,
                            ResourceObject, CapturedTensorObject>;
  std::vector<ObjectEdge> children;
  std::vector<ObjectEdge> dependencies;
  std::vector<ObjectSlot> slots;
  Kind kind;
  std::string registered_name;
  std::vector<ObjectSaveable> saveables;
  std::string registered_saver;
};

/// What Python knows of a function of the graph.
struct ConcreteFunction {
  std::string name;                         // of the FunctionDef
  std::vector<std::size_t> bound_inputs;    // nodes, for the arguments behind those of the call
  StructuredValue input_signature;          // (positional arguments, {keyword: argument})
  StructuredValue output_signature;
};

/// The objects of a SavedModel (SavedObjectGraph).
struct SavedModelObjects {
  std::vector<SavedObject> nodes;  // the root first
  std::vector<ConcreteFunction> functions;
};

/// An input or output of a signature (TensorInfo).
struct SignatureTensor {
  std::string key;     // "dense_1_input"
  std::string tensor;  // in the main graph: "serving_default_x:0"
  DType dtype = DType::kInvalid;
  Shape shape;
  std::string unreadable;  // "", or why the shape is left open: "a shape of 9 axes"
};
struct Signature {
  std::string key;  // "serving_default"
  std::vector<SignatureTensor> inputs, outputs;
  std::string method_name;  // "tensorflow/serving/predict"
};

/// How variables are saved and restored inside the graph (SaverDef).
struct Saver {
  std::string filename_tensor, save_tensor, restore_op;
  std::int64_t max_to_keep = 0;
  bool sharded = false;
  double keep_checkpoint_every_n_hours = 0;
  std::int64_t version = 2;
};

/// A collection of a graph of TensorFlow 1: names, or messages.
struct Collection {
  std::string key;  // "trainable_variables"
  std::vector<std::string> nodes;
  std::vector<std::string> bytes;
};
/// A variable of TensorFlow 1, as its collections describe it (VariableDef).
struct VariableDef {
  std::string variable;     // "w:0"
  std::string initializer;  // the op that sets it
  std::string snapshot;     // what reads it
  bool is_resource = false;
  bool trainable = true;
};
[[nodiscard]] NAMESAKE_API std::optional<VariableDef> parse_variable_def(std::string_view bytes);

struct Asset {
  std::string tensor;    // that holds the file's name
  std::string filename;  // below assets/
};

struct MetaGraph {
  std::vector<std::string> tags;    // "serve"
  std::string tensorflow_version;
  GraphDef graph;
  std::vector<Signature> signatures;
  std::optional<Saver> saver;
  std::vector<Collection> collections;
  std::vector<Asset> assets;
  std::optional<SavedModelObjects> objects;

  [[nodiscard]] NAMESAKE_API const Signature* find_signature(std::string_view key) const noexcept;
};

/// What Keras 2 says of an object (SavedMetadata.SavedObject).
struct KerasMetadata {
  std::size_t node = 0;    // in SavedModelObjects::nodes
  std::string path;        // "root", "root.layer-0"
  std::string identifier;  // "_tf_keras_sequential"
  JsonValue metadata;
  std::int64_t producer = 2, min_consumer = 1;
};

struct SavedModelFile {
  std::string directory;
  std::int64_t schema_version = 1;
  std::vector<MetaGraph> meta_graphs;
  std::vector<KerasMetadata> keras;  // empty without keras_metadata.pb
};

/// Whether there is a file saved_model.pb in the folder.
[[nodiscard]] NAMESAKE_API bool is_saved_model(const std::string& directory);
/// Reads saved_model.pb and keras_metadata.pb; the variables are read_tensor_bundle(variables_prefix(directory))'s. Throws IoError;
/// FormatError with file and place if they are damaged; Unsupported for SavedModels in pieces (saved_model.cpb) and in text (.pbtxt).
[[nodiscard]] NAMESAKE_API SavedModelFile read_saved_model(const std::string& directory);
/// A file with a MetaGraphDef, as `Saver` leaves it: `model.ckpt.meta`.
[[nodiscard]] NAMESAKE_API MetaGraph read_meta_graph(const std::string& file);
/// The same of bytes; `file` is named in errors. They throw FormatError and Unsupported.
[[nodiscard]] NAMESAKE_API SavedModelFile parse_saved_model(std::span<const std::byte> bytes, const std::string& file);
[[nodiscard]] NAMESAKE_API MetaGraph parse_meta_graph(std::span<const std::byte> bytes, const std::string& file);
[[nodiscard]] NAMESAKE_API std::vector<KerasMetadata> parse_keras_metadata(std::span<const std::byte> bytes, const std::string& file);
/// DIRECTORY/variables/variables
[[nodiscard]] NAMESAKE_API std::string variables_prefix(const std::string& directory);

/// The content of saved_model.pb, and of keras_metadata.pb; equal values give equal bytes.
[[nodiscard]] NAMESAKE_API std::string saved_model_bytes(const SavedModelFile& content);
[[nodiscard]] NAMESAKE_API std::string keras_metadata_bytes(const std::vector<KerasMetadata>& keras);

}  // namespace namesake::formats
