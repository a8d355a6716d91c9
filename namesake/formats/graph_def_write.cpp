// Writing graphs: plain data into messages. Maps are written sorted by key, so that equal graphs give equal bytes.
#include <namesake_proto/graph_def.pb.h>

#include <algorithm>

#include "namesake/formats/graph_messages.h"

namespace namesake::formats {
namespace {

using Attributes = google::protobuf::RepeatedPtrField<proto::AttrEntry>;

void put_attributes(const std::vector<Attribute>& attributes, Attributes& messages);

void put_reference(const FunctionReference& reference, proto::NameAttrList& message) {
  message.set_name(reference.name);
  put_attributes(reference.attributes, *message.mutable_attr());
}

/// Puts one value into an AttrValue.
struct PutOne {
  proto::AttrValue& message;
  void operator()(const std::string& value) const { message.set_s(value); }
  void operator()(std::int64_t value) const { message.set_i(value); }
  void operator()(float value) const { message.set_f(value); }
  void operator()(bool value) const { message.set_b(value); }
  void operator()(DType value) const { message.set_type(static_cast<std::int32_t>(value)); }
  void operator()(const Shape& value) const { put_shape(value, *message.mutable_shape()); }
  void operator()(const TensorValue& value) const { put_tensor(value, *message.mutable_tensor()); }
  void operator()(const FunctionReference& value) const { put_reference(value, *message.mutable_func()); }
  void operator()(const UnreadableValue&) const {}  // written as it was read, by put_value
};

/// Adds one value to a list.
struct AddOne {
  proto::AttrValue::List& list;
  void operator()(const std::string& value) const { list.add_s(value); }
  void operator()(std::int64_t value) const { list.add_i(value); }
  void operator()(float value) const { list.add_f(value); }
  void operator()(bool value) const { list.add_b(value); }
  void operator()(DType value) const { list.add_type(static_cast<std::int32_t>(value)); }
  void operator()(const Shape& value) const { put_shape(value, *list.add_shape()); }
  void operator()(const TensorValue& value) const { put_tensor(value, *list.add_tensor()); }
  void operator()(const FunctionReference& value) const { put_reference(value, *list.add_func()); }
  void operator()(const UnreadableValue&) const {}
};

template <class Put>
struct PutEach {
  Put put;
  void operator()(std::monostate) const {}
  void operator()(const std::vector<bool>& values) const {
    for (const bool value : values) put(value);
  }
  template <class T>
  void operator()(const std::vector<T>& values) const {
    for (const T& value : values) put(value);
  }
};

void put_value(const AttributeValue& value, proto::AttrValue& message) {
  if (const auto* kept = value.one<UnreadableValue>()) {
    static_cast<void>(parse_message(std::as_bytes(std::span(kept->message)), message));
    return;
  }
  if (!value.placeholder.empty()) {
    message.set_placeholder(value.placeholder);
  } else if (value.list) {
    std::visit(PutEach<AddOne>{{*message.mutable_list()}}, value.values);
  } else {
    std::visit(PutEach<PutOne>{{message}}, value.values);
  }
}

// By name; those of one name in their order.
void put_attributes(const std::vector<Attribute>& attributes, Attributes& messages) {
  std::vector<const Attribute*> sorted;
  sorted.reserve(attributes.size());
  for (const Attribute& attribute : attributes) sorted.push_back(&attribute);
  std::stable_sort(sorted.begin(), sorted.end(), [](const Attribute* a, const Attribute* b) { return a->name < b->name; });
  for (const Attribute* attribute : sorted) {
    proto::AttrEntry* message = messages.Add();
    message->set_key(attribute->name);
    put_value(attribute->value, *message->mutable_value());
  }
}

void put_node(const NodeDef& node, proto::NodeDef& message) {
  message.set_name(node.name);
  message.set_op(node.op);
  message.set_device(node.device);
  for (const std::string& input : node.inputs) message.add_input(input);
  put_attributes(node.attributes, *message.mutable_attr());
}

void put_argument(const FunctionArgument& argument, proto::OpDef::ArgDef& message) {
  message.set_name(argument.name);
  message.set_type(static_cast<std::int32_t>(argument.dtype));
  message.set_type_attr(argument.type_attribute);
  message.set_number_attr(argument.number_attribute);
  message.set_type_list_attr(argument.type_list_attribute);
}

void put_pairs(std::vector<std::pair<std::string, std::string>> pairs, google::protobuf::RepeatedPtrField<proto::StringEntry>& messages) {
  std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [key, value] : pairs) {
    proto::StringEntry* message = messages.Add();
    message->set_key(std::move(key));
    message->set_value(std::move(value));
  }
}

void put_function(const FunctionDef& function, proto::FunctionDef& message) {
  proto::OpDef& signature = *message.mutable_signature();
  signature.set_name(function.name);
  signature.set_is_stateful(function.is_stateful);
  for (const FunctionArgument& argument : function.arguments) put_argument(argument, *signature.add_input_arg());
  for (const FunctionArgument& result : function.results) put_argument(result, *signature.add_output_arg());
  for (std::size_t i = 0; i < function.arguments.size(); ++i) {
    if (function.arguments[i].attributes.empty()) continue;
    auto* entry = message.add_arg_attr();
    entry->set_key(static_cast<std::uint32_t>(i));
    put_attributes(function.arguments[i].attributes, *entry->mutable_value()->mutable_attr());
  }
  for (const NodeDef& node : function.nodes) put_node(node, *message.add_node_def());
  put_pairs(function.returns, *message.mutable_ret());
  put_pairs(function.control_returns, *message.mutable_control_ret());
  for (const proto::StringEntry& entry : message.control_ret()) signature.add_control_output(entry.key());
  put_attributes(function.attributes, *message.mutable_attr());
}

}  // namespace

void put_graph(const GraphDef& graph, proto::GraphDef& message) {
  for (const NodeDef& node : graph.nodes) put_node(node, *message.add_node());
  proto::FunctionDefLibrary& library = *message.mutable_library();
  for (const FunctionDef& function : graph.functions) put_function(function, *library.add_function());
  for (const auto& [function, gradient] : graph.gradients) {
    proto::GradientDef* entry = library.add_gradient();
    entry->set_function_name(function);
    entry->set_gradient_func(gradient);
  }
  for (const auto& [function, type] : graph.registered_gradients) {
    proto::RegisteredGradient* entry = library.add_registered_gradients();
    entry->set_gradient_func(function);
    entry->set_registered_op_type(type);
  }
  message.mutable_versions()->set_producer(static_cast<std::int32_t>(graph.producer));
  message.mutable_versions()->set_min_consumer(static_cast<std::int32_t>(graph.min_consumer));
}

std::string to_bytes(const GraphDef& graph) {
  proto::GraphDef message;
  put_graph(graph, message);
  return message_bytes(message, "the graph");
}

}  // namespace namesake::formats
