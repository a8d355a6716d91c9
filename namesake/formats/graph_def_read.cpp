// Reading graphs: messages into plain data, every entry in file order. A graph is taken apart node by node, and a node has a name and an
// op: so no file takes more than some twenty times its size.
#include <fmt/format.h>
#include <namesake_proto/graph_def.pb.h>

#include <algorithm>
#include <utility>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/container/wire_field.h"
#include "namesake/formats/graph_messages.h"

namespace namesake::formats {
namespace {

using Attributes = google::protobuf::RepeatedPtrField<proto::AttrEntry>;
constexpr std::size_t kLeastNode = 8;  // bytes of the smallest node: a name and an op of one letter

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

template <class Messages>
std::string first_reason(const Messages& messages) {
  for (const auto& message : messages) {
    if (std::string reason = why_unreadable(message); !reason.empty()) return reason;
  }
  return "";
}

// Functions' own attributes are looked at when they are taken.
std::string reason_of(const proto::AttrValue& message) {
  switch (message.value_case()) {
    case proto::AttrValue::kShape: return why_unreadable(message.shape());
    case proto::AttrValue::kTensor: return why_unreadable(message.tensor());
    case proto::AttrValue::kList: {
      const std::string reason = first_reason(message.list().shape());
      return reason.empty() ? first_reason(message.list().tensor()) : reason;
    }
    default: return "";
  }
}

std::vector<Attribute> take_attributes(Attributes& messages, const MessagePlace& place) {
  std::vector<Attribute> attributes;
  attributes.reserve(static_cast<std::size_t>(messages.size()));
  for (proto::AttrEntry& message : messages) {
    if (message.key().empty()) place.fail("An attribute has no name.");
    Attribute& attribute = attributes.emplace_back();
    attribute.name = std::move(*message.mutable_key());
    const MessagePlace here(place, "attribute", attribute.name);
    if (std::string reason = reason_of(message.value()); !reason.empty()) {
      attribute.value = one(UnreadableValue{std::move(reason), message_bytes(message.value(), "a value")});
    } else {
      attribute.value = take_value(*message.mutable_value(), here);
    }
  }
  return attributes;
}

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

template <class Each>
void each_field(std::string_view message, const MessagePlace& place, Each each) {
  while (!message.empty()) {
    const auto field = take_wire(message);
    if (!field) place.fail("The message is damaged.");
    each(*field);
  }
}

bool is_part(const WireField& field, std::uint32_t number) { return field.number == number && field.kind == 2; }

// Room for the parts of this number, of which a sound one takes `least` bytes.
std::size_t room_for(std::string_view message, std::uint32_t number, std::size_t least, const MessagePlace& place) {
  std::size_t count = 0;
  const std::size_t most = message.size() / least;
  each_field(message, place, [&](const WireField& field) { count += is_part(field, number) ? 1 : 0; });
  return std::min(count, most);
}

// Node by node, each in the same message: those of a whole graph would take more memory than the graph.
class NodeReader {
 public:
  NodeReader(std::vector<NodeDef>& nodes, const MessagePlace& place) : nodes_(nodes), place_(place) {}

  void read(std::string_view bytes) {
    const MessagePlace numbered(place_, "node", nodes_.size());
    if (!parse_message(bytes_of(bytes), message_)) numbered.fail("The node is damaged.", "a NodeDef");
    if (message_.name().empty() || message_.op().empty()) numbered.fail("The node has no name, or no op.", "both, as in every graph of TensorFlow's");
    NodeDef& node = nodes_.emplace_back();
    node.name = std::move(*message_.mutable_name());
    node.op = std::move(*message_.mutable_op());
    node.device = std::move(*message_.mutable_device());
    node.inputs.reserve(static_cast<std::size_t>(message_.input_size()));
    for (std::string& input : *message_.mutable_input()) node.inputs.push_back(std::move(input));
    const MessagePlace here(place_, "node", node.name);
    node.attributes = take_attributes(*message_.mutable_attr(), here);
  }

 private:
  std::vector<NodeDef>& nodes_;
  const MessagePlace& place_;
  proto::NodeDef message_;
};

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

FunctionDef take_function(std::string_view bytes, const MessagePlace& graph, std::size_t number) {
  constexpr std::uint32_t kNode = 3;
  const MessagePlace numbered(graph, "function", number);
  FunctionDef function;
  std::string others;  // the nodes are taken when the function's name is known
  each_field(bytes, numbered, [&](const WireField& field) {
    if (!is_part(field, kNode)) others += field.whole;
  });
  proto::FunctionDef message;
  if (!parse_message(bytes_of(others), message)) numbered.fail("The function is damaged.", "a FunctionDef");
  if (message.signature().name().empty()) numbered.fail("The function has no name.");
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
  function.nodes.reserve(room_for(bytes, kNode, kLeastNode, place));
  NodeReader reader(function.nodes, place);
  each_field(bytes, place, [&](const WireField& field) {
    if (is_part(field, kNode)) reader.read(field.content);
  });
  function.returns = take_pairs(*message.mutable_ret());
  function.control_returns = take_pairs(*message.mutable_control_ret());
  function.attributes = take_attributes(*message.mutable_attr(), place);
  return function;
}

void take_library(std::string_view bytes, GraphDef& graph, const MessagePlace& place) {
  constexpr std::uint32_t kFunction = 1;
  constexpr std::size_t kLeastFunction = 7;  // bytes of one with a name of one letter
  std::string others;
  if (graph.functions.empty()) graph.functions.reserve(room_for(bytes, kFunction, kLeastFunction, place));  // later ones grow it by themselves
  each_field(bytes, place, [&](const WireField& field) {
    if (is_part(field, kFunction)) {
      graph.functions.push_back(take_function(field.content, place, graph.functions.size()));
    } else {
      others += field.whole;
    }
  });
  proto::FunctionDefLibrary library;
  if (!parse_message(bytes_of(others), library)) place.fail("The library of functions is damaged.", "a FunctionDefLibrary");
  for (proto::GradientDef& gradient : *library.mutable_gradient()) {
    graph.gradients.emplace_back(std::move(*gradient.mutable_function_name()), std::move(*gradient.mutable_gradient_func()));
  }
  for (proto::RegisteredGradient& gradient : *library.mutable_registered_gradients()) {
    graph.registered_gradients.emplace_back(std::move(*gradient.mutable_gradient_func()), std::move(*gradient.mutable_registered_op_type()));
  }
}

}  // namespace

GraphDef take_graph(std::span<const std::byte> bytes, const MessagePlace& place) {
  constexpr std::uint32_t kNode = 1, kLibrary = 2;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  GraphDef graph;
  std::string others;
  graph.nodes.reserve(room_for(text, kNode, kLeastNode, place));
  NodeReader reader(graph.nodes, place);
  each_field(text, place, [&](const WireField& field) {
    if (is_part(field, kNode)) {
      reader.read(field.content);
    } else if (is_part(field, kLibrary)) {
      take_library(field.content, graph, place);
    } else {
      others += field.whole;
    }
  });
  proto::GraphDef message;
  if (!parse_message(bytes_of(others), message)) place.fail("The graph is damaged.", "a GraphDef");
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
  if (!is_message(bytes)) fail_message(bytes, place, "a GraphDef (a frozen graph, .pb)");
  return take_graph(bytes, place);
}

GraphDef read_graph_def(const std::string& file) { return parse_graph_def(base::MappedFile::open(file)->bytes(), file); }

}  // namespace namesake::formats
