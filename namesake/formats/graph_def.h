// A TensorFlow graph as files hold it (GraphDef): nodes, functions and their attributes as plain data, in file order, those with equal
// names too. Nothing is looked up or run here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/formats/model_file.h"
#include "namesake/tensor/dtype.h"
#include "namesake/tensor/shape.h"
#include "namesake/tensor/tensor.h"

namespace namesake::formats {

/// A constant (TensorProto). It may hold fewer elements than its shape asks for: the last one stands for all that follow, and none at
/// all means zeros.
struct TensorValue {
  DType dtype = DType::kInvalid;
  Shape shape;
  Bytes bytes;                       // elements, row-major, little-endian; empty for strings
  std::vector<std::string> strings;  // of kString

  /// All elements. Throws FormatError for more bytes than the shape has elements, or a shape that no memory can hold; Unsupported for
  /// resources and variants.
  [[nodiscard]] NAMESAKE_API Tensor to_tensor() const;
  [[nodiscard]] NAMESAKE_API static TensorValue of(const Tensor& tensor);
};

/// A value that has no form here: of more axes than a Shape, or of elements of an unknown dtype. It is written as it was read.
struct UnreadableValue {
  std::string reason;   // "a shape of 9 axes"
  std::string message;  // the AttrValue
};

struct Attribute;

/// A function and the attributes it is called with (NameAttrList).
struct FunctionReference {
  std::string name;
  std::vector<Attribute> attributes;
};

/// The value of an attribute (AttrValue): one value, or a list of values of one kind.
struct AttributeValue {
  static constexpr bool kFlags[] = {false, true};
  using Values = std::variant<std::monostate, std::vector<std::string>, std::vector<std::int64_t>, std::vector<float>, std::vector<bool>,
                              std::vector<DType>, std::vector<Shape>, std::vector<TensorValue>, std::vector<FunctionReference>, std::vector<UnreadableValue>>;
  bool list = false;
  Values values;            // exactly one unless `list`; an empty list says no kind: monostate. An unreadable list is one value.
  std::string placeholder;  // an attribute of the function around the node that the value is taken from, or ""

  /// One value of kind T; nullptr if this is another kind, or a list.
  template <class T>
  [[nodiscard]] const T* one() const noexcept {
    const auto* held = std::get_if<std::vector<T>>(&values);
    if (held == nullptr || list || held->size() != 1) return nullptr;
    if constexpr (std::is_same_v<T, bool>) {
      return &kFlags[held->front() ? 1 : 0];  // a vector of bools has none to point to
    } else {
      return held->data();
    }
  }
};

struct Attribute {
  std::string name;
  AttributeValue value;
};

/// Attributes in short: attribute("T", DType::kFloat32), attribute("N", std::int64_t{2}), attribute("data_format", std::string("NHWC")).
template <class T>
[[nodiscard]] Attribute attribute(std::string_view name, T value) {
  AttributeValue held;
  std::vector<T> values;
  values.push_back(std::move(value));
  held.values = std::move(values);
  return {std::string(name), std::move(held)};
}
template <class T>
[[nodiscard]] Attribute list_attribute(std::string_view name, std::vector<T> values) {
  AttributeValue held;
  held.list = true;
  if (!values.empty()) held.values = std::move(values);
  return {std::string(name), std::move(held)};
}

/// Why the attribute's value cannot be read; "" if it can.
[[nodiscard]] inline std::string_view why_unreadable(const AttributeValue& value) noexcept {
  const auto* held = value.one<UnreadableValue>();
  return held == nullptr ? std::string_view() : std::string_view(held->reason);
}

/// A node (NodeDef). It has a name and an op. Its inputs are named "node" or "node:1" in a graph, "argument" or "node:output_name:0" in a function's body;
/// "^node" is a node that must have run before.
struct NodeDef {
  std::string name;
  std::string op;
  std::string device;
  std::vector<std::string> inputs;
  std::vector<Attribute> attributes;

  /// The first attribute of that name; nullptr if there is none.
  [[nodiscard]] NAMESAKE_API const AttributeValue* find(std::string_view attribute) const noexcept;
};

/// An argument or result of a function (OpDef.ArgDef). Its type is `dtype`, or stands in an attribute.
struct FunctionArgument {
  std::string name;
  DType dtype = DType::kInvalid;
  std::string type_attribute;
  std::string number_attribute;     // of a list: how many
  std::string type_list_attribute;  // of a list: their types
  std::vector<Attribute> attributes;  // "_user_specified_name", of arguments
};

/// A function (FunctionDef).
struct FunctionDef {
  std::string name;
  std::vector<FunctionArgument> arguments;
  std::vector<FunctionArgument> results;
  std::vector<NodeDef> nodes;
  std::vector<std::pair<std::string, std::string>> returns;          // result -> "node:output_name:0"
  std::vector<std::pair<std::string, std::string>> control_returns;  // name -> node
  std::vector<Attribute> attributes;
  bool is_stateful = false;
};

struct GraphDef {
  std::vector<NodeDef> nodes;
  std::vector<FunctionDef> functions;
  std::vector<std::pair<std::string, std::string>> gradients;  // function -> the function that is its gradient
  std::int64_t producer = 0, min_consumer = 0;                 // version of TensorFlow's graphs
  std::vector<std::pair<std::string, std::string>> registered_gradients;  // function -> the attribute "_gradient_op_type" of what it is the gradient of

  /// The first function of that name; nullptr if there is none.
  [[nodiscard]] NAMESAKE_API const FunctionDef* find_function(std::string_view name) const noexcept;
};

/// A frozen graph, a file `.pb` that holds a GraphDef. Throws IoError; FormatError with file and place if it is damaged.
[[nodiscard]] NAMESAKE_API GraphDef read_graph_def(const std::string& file);
/// The same of bytes; `file` is named in errors.
[[nodiscard]] NAMESAKE_API GraphDef parse_graph_def(std::span<const std::byte> bytes, const std::string& file);
/// Equal graphs give equal bytes; attributes are written sorted by name.
[[nodiscard]] NAMESAKE_API std::string to_bytes(const GraphDef& graph);

}  // namespace namesake::formats
