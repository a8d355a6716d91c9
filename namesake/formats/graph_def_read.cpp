// Reading graphs: messages into plain data, every entry in file order.
#include <fmt/format.h>
#include <namesake_proto/graph_def.pb.h>

#include <algorithm>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/graph_messages.h"

namespace namesake::formats {
namespace {

using Attributes = google::protobuf::RepeatedPtrField<proto::AttrEntry>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

std::vector<Attribute> take_attributes(Attributes& messages, const MessagePlace& place);

// As deep as messages nest: parsing has a limit.
FunctionReference take_reference(proto::NameAttrList& message, const MessagePlace& place) {
  FunctionReference reference;
  reference.name = std::move(*message.mutable_name());
  const MessagePlace here(place, "function", reference.name);
  reference.attributes = take_attributes(*message.mutable_attr(), here);
  return reference;
}

template <class T>
AttributeValue one(T value) {
  AttributeValue held;
  std::vector<T> values;
  values.push_back(std::move(value));
  held.values = std::move(values);
  return held;
}

// One kind of a list's values, if there are any. A list has values of one kind.
template <class T, class Messages, class Convert>
void take_values(AttributeValue& value, Messages& messages, const MessagePlace& place, Convert convert) {
  if (messages.empty()) return;
  if (!std::holds_alternative<std::monostate>(value.values)) place.fail("The list has values of several kinds.", "values of one kind");
  std::vector<T> values;
  values.reserve(static_cast<std::size_t>(messages.size()));
  for (auto& message : messages) values.push_back(convert(message));
  value.values = std::move(values);
}

AttributeValue take_list(proto::AttrValue::List& list, const MessagePlace& place) {
  AttributeValue value;
  value.list = true;
  take_values<std::string>(value, *list.mutable_s(), place, [](std::string& text) { return std::move(text); });
  take_values<std::int64_t>(value, *list.mutable_i(), place, [](std::int64_t number) { return number; });
  take_values<float>(value, *list.mutable_f(), place, [](float number) { return number; });
  take_values<bool>(value, *list.mutable_b(), place, [](bool flag) { return flag; });
  take_values<DType>(value, *list.mutable_type(), place, [&](std::int32_t number) { return read_dtype(number, place); });
  take_values<Shape>(value, *list.mutable_shape(), place, [&](const proto::TensorShape& shape) { return read_shape(shape, place); });
  take_values<TensorValue>(value, *list.mutable_tensor(), place, [&](proto::TensorProto& tensor) { return take_tensor(tensor, place); });
  take_values<FunctionReference>(value, *list.mutable_func(), place, [&](proto::NameAttrList& function) { return take_reference(function, place); });
  return value;
}

AttributeValue take_value(proto::AttrValue& message, const MessagePlace& place) {
  switch (message.value_case()) {
    case proto::AttrValue::kList: return take_list(*message.mutable_list(), place);
    case proto::AttrValue::kS: return one(std::move(*message.mutable_s()));
    case proto::AttrValue::kI: return one(static_cast<std::int64_t>(message.i()));
    case proto::AttrValue::kF: return one(message.f());
    case proto::AttrValue::kB: return one(message.b());
    case proto::AttrValue::kType: return one(read_dtype(message.type(), place));
    case proto::AttrValue::kShape: return one(read_shape(message.shape(), place));
    case proto::AttrValue::kTensor: return one(take_tensor(*message.mutable_tensor(), place));
    case proto::AttrValue::kFunc: return one(take_reference(*message.mutable_func(), place));
    case proto::AttrValue::kPlaceholder: break;
    case proto::AttrValue::VALUE_NOT_SET: break;
  }
  AttributeValue value;
  value.placeholder = message.placeholder();
  return value;
}

std::vector<Attribute> take_attributes(Attributes& messages, const MessagePlace& place) {
  std::vector<Attribute> attributes;
  attributes.reserve(static_cast<std::size_t>(messages.size()));
  for (proto::AttrEntry& message : messages) {
    Attribute& attribute = attributes.emplace_back();
    attribute.name = std::move(*message.mutable_key());
    const MessagePlace here(place, "attribute", attribute.name);
    attribute.value = take_value(*message.mutable_value(), here);
  }
  return attributes;
}

void take_nodes(google::protobuf::RepeatedPtrField<proto::NodeDef>& messages, std::vector<NodeDef>& nodes, const MessagePlace& place) {
  nodes.reserve(static_cast<std::size_t>(messages.size()));
  for (proto::NodeDef& message : messages) {
    NodeDef& node = nodes.emplace_back();
    node.name = std::move(*message.mutable_name());
    node.op = std::move(*message.mutable_op());
    node.device = std::move(*message.mutable_device());
    for (std::string& input : *message.mutable_input()) node.inputs.push_back(std::move(input));
    const MessagePlace here(place, "node", node.name);
    node.attributes = take_attributes(*message.mutable_attr(), here);
  }
}

std::vector<FunctionArgument> take_arguments(google::protobuf::RepeatedPtrField<proto::OpDef::ArgDef>& messages, const MessagePlace& place) {
  std::vector<FunctionArgument> arguments;
  for (proto::OpDef::ArgDef& message : messages) {
    FunctionArgument& argument = arguments.emplace_back();
    argument.name = std::move(*message.mutable_name());
    argument.dtype = read_dtype(message.type(), MessagePlace(place, "argument", argument.name));
    argument.type_attribute = std::move(*message.mutable_type_attr());
    argument.number_attribute = std::move(*message.mutable_number_attr());
    argument.type_list_attribute = std::move(*message.mutable_type_list_attr());
  }
  return arguments;
}

Pairs take_pairs(google::protobuf::RepeatedPtrField<proto::StringEntry>& messages) {
  Pairs pairs;
  for (proto::StringEntry& message : messages) pairs.emplace_back(std::move(*message.mutable_key()), std::move(*message.mutable_value()));
  return pairs;
}

FunctionDef take_function(proto::FunctionDef& message, const MessagePlace& graph) {
  FunctionDef function;
  proto::OpDef& signature = *message.mutable_signature();
  function.name = std::move(*signature.mutable_name());
  const MessagePlace place(graph, "function", function.name);
  function.is_stateful = signature.is_stateful();
  function.arguments = take_arguments(*signature.mutable_input_arg(), place);
  function.results = take_arguments(*signature.mutable_output_arg(), place);
  for (auto& entry : *message.mutable_arg_attr()) {
    if (entry.key() >= function.arguments.size()) {
      place.fail("There are attributes of an argument that the function does not have.", fmt::format("one of {}", function.arguments.size()), std::to_string(entry.key()));
    }
    FunctionArgument& argument = function.arguments[entry.key()];
    const MessagePlace here(place, "argument", argument.name);
    for (Attribute& attribute : take_attributes(*entry.mutable_value()->mutable_attr(), here)) argument.attributes.push_back(std::move(attribute));
  }
  take_nodes(*message.mutable_node_def(), function.nodes, place);
  function.returns = take_pairs(*message.mutable_ret());
  function.control_returns = take_pairs(*message.mutable_control_ret());
  function.attributes = take_attributes(*message.mutable_attr(), place);
  return function;
}

}  // namespace

GraphDef take_graph(proto::GraphDef& message, const MessagePlace& place) {
  GraphDef graph;
  take_nodes(*message.mutable_node(), graph.nodes, place);
  proto::FunctionDefLibrary& library = *message.mutable_library();
  graph.functions.reserve(static_cast<std::size_t>(library.function_size()));
  for (proto::FunctionDef& function : *library.mutable_function()) graph.functions.push_back(take_function(function, place));
  for (proto::GradientDef& gradient : *library.mutable_gradient()) {
    graph.gradients.emplace_back(std::move(*gradient.mutable_function_name()), std::move(*gradient.mutable_gradient_func()));
  }
  for (proto::RegisteredGradient& gradient : *library.mutable_registered_gradients()) {
    graph.registered_gradients.emplace_back(std::move(*gradient.mutable_gradient_func()), std::move(*gradient.mutable_registered_op_type()));
  }
  graph.producer = message.versions().producer();
  graph.min_consumer = message.versions().min_consumer();
  return graph;
}

const AttributeValue* NodeDef::find(std::string_view attribute) const noexcept {
  const auto found = std::find_if(attributes.begin(), attributes.end(), [&](const Attribute& each) { return each.name == attribute; });
  return found == attributes.end() ? nullptr : &found->value;
}

const FunctionDef* GraphDef::find_function(std::string_view name) const noexcept {
  const auto found = std::find_if(functions.begin(), functions.end(), [&](const FunctionDef& each) { return each.name == name; });
  return found == functions.end() ? nullptr : &*found;
}

GraphDef parse_graph_def(std::span<const std::byte> bytes, const std::string& file) {
  const MessagePlace place(file);
  // Both a SavedModel and its fingerprint begin with a number, which a graph never does.
  if (!bytes.empty() && bytes[0] == std::byte{0x08}) {
    throw FormatError(file, "", {.what = "This is no graph, but another message of TensorFlow's.",
                                 .expected = "a GraphDef (a frozen graph, .pb)",
                                 .fix = "a SavedModel is read by its folder, in which the file must be called saved_model.pb"});
  }
  proto::GraphDef message;
  if (!parse_message(bytes, message)) fail_message(bytes, place, "a GraphDef (a frozen graph, .pb)");
  return take_graph(message, place);
}

GraphDef read_graph_def(const std::string& file) { return parse_graph_def(base::MappedFile::open(file)->bytes(), file); }

}  // namespace namesake::formats
