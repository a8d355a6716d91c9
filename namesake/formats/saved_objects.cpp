// The objects of a SavedModel (SavedObjectGraph) between messages and plain data.
#include <fmt/format.h>
#include <namesake_proto/saved_objects.pb.h>

#include <algorithm>
#include <type_traits>

#include "namesake/formats/saved_object_messages.h"

namespace namesake::formats {
namespace {

using Message = proto::SavedObject;

class ObjectReader {
 public:
  ObjectReader(proto::SavedObjectGraph& message, const MessagePlace& place) : message_(message), place_(place, "objects", "") {}

  SavedModelObjects read() {
    SavedModelObjects objects;
    objects.nodes.reserve(static_cast<std::size_t>(message_.nodes_size()));
    for (Message& object : *message_.mutable_nodes()) {
      const MessagePlace here(place_, "object", objects.nodes.size());
      objects.nodes.push_back(take(object, here));
    }
    for (auto& entry : *message_.mutable_concrete_functions()) objects.functions.push_back(take(entry));
    return objects;
  }

 private:
  std::size_t node(std::int32_t id, const MessagePlace& place) const {
    if (id < 0 || id >= message_.nodes_size()) {
      place.fail("An object leads to one that the file does not have.", fmt::format("one of {}", message_.nodes_size()), fmt::format("object {}", id));
    }
    return static_cast<std::size_t>(id);
  }

  SavedObject take(Message& message, const MessagePlace& place) const {
    SavedObject object;
    for (auto& edge : *message.mutable_children()) object.children.push_back({std::move(*edge.mutable_local_name()), node(edge.node_id(), place)});
    for (auto& edge : *message.mutable_dependencies()) object.dependencies.push_back({std::move(*edge.mutable_local_name()), node(edge.node_id(), place)});
    for (auto& slot : *message.mutable_slot_variables()) {
      object.slots.push_back({node(slot.original_variable_node_id(), place), std::move(*slot.mutable_slot_name()), node(slot.slot_variable_node_id(), place)});
    }
    object.kind = take_kind(message, place);
    object.registered_name = std::move(*message.mutable_registered_name());
    for (auto& entry : *message.mutable_saveable_objects()) {
      object.saveables.push_back({std::move(*entry.mutable_key()), node(entry.value().save_function(), place), node(entry.value().restore_function(), place)});
    }
    object.registered_saver = std::move(*message.mutable_registered_saver());
    return object;
  }

  static SavedObject::Kind take_kind(Message& message, const MessagePlace& place) {
    switch (message.kind_case()) {
      case Message::kUserObject: return take_user(*message.mutable_user_object());
      case Message::kAsset: return AssetObject{message.asset().asset_file_def_index()};
      case Message::kFunction: return take_function(*message.mutable_function(), place);
      case Message::kVariable: return take_variable(*message.mutable_variable(), place);
      case Message::kBareConcreteFunction: return take_bare(*message.mutable_bare_concrete_function());
      case Message::kConstant: return ConstantObject{std::move(*message.mutable_constant()->mutable_operation())};
      case Message::kResource: return ResourceObject{std::move(*message.mutable_resource()->mutable_device())};
      case Message::kCapturedTensor: {
        auto& captured = *message.mutable_captured_tensor();
        return CapturedTensorObject{std::move(*captured.mutable_name()), std::move(*captured.mutable_concrete_function())};
      }
      case Message::KIND_NOT_SET: break;
    }
    return std::monostate{};
  }

  static UserObject take_user(Message::User& message) {
    UserObject user;
    user.identifier = std::move(*message.mutable_identifier());
    user.producer = message.version().producer();
    user.min_consumer = message.version().min_consumer();
    user.metadata = std::move(*message.mutable_metadata());
    return user;
  }

  static FunctionObject take_function(Message::Function& message, const MessagePlace& place) {
    FunctionObject function;
    for (std::string& name : *message.mutable_concrete_functions()) function.concrete_functions.push_back(std::move(name));
    proto::FunctionSpec& spec = *message.mutable_function_spec();
    function.fullargspec = take_structure(*spec.mutable_fullargspec(), place);
    function.is_method = spec.is_method();
    function.input_signature = take_structure(*spec.mutable_input_signature(), place);
    return function;
  }

  static VariableObject take_variable(Message::Variable& message, const MessagePlace& place) {
    VariableObject variable;
    variable.name = std::move(*message.mutable_name());
    const MessagePlace here(place, "variable", variable.name);
    variable.dtype = read_dtype(message.dtype(), here);
    variable.unreadable = why_unreadable(message.shape());
    if (variable.unreadable.empty()) variable.shape = read_shape(message.shape(), here);
    variable.trainable = message.trainable();
    variable.synchronization = message.synchronization();
    variable.aggregation = message.aggregation();
    return variable;
  }

  static BareFunctionObject take_bare(Message::BareConcreteFunction& message) {
    BareFunctionObject function;
    function.concrete_function = std::move(*message.mutable_concrete_function_name());
    for (std::string& keyword : *message.mutable_argument_keywords()) function.argument_keywords.push_back(std::move(keyword));
    function.allowed_positional_arguments = message.allowed_positional_arguments();
    return function;
  }

  ConcreteFunction take(proto::SavedObjectGraph::ConcreteFunctionEntry& entry) const {
    ConcreteFunction function;
    function.name = std::move(*entry.mutable_key());
    const MessagePlace here(place_, "function", function.name);
    proto::SavedConcreteFunction& message = *entry.mutable_value();
    for (const std::int32_t id : message.bound_inputs()) function.bound_inputs.push_back(node(id, here));
    function.input_signature = take_structure(*message.mutable_canonicalized_input_signature(), here);
    function.output_signature = take_structure(*message.mutable_output_signature(), here);
    return function;
  }

  proto::SavedObjectGraph& message_;
  MessagePlace place_;
};

struct PutKind {
  Message& message;

  void operator()(std::monostate) const {}
  void operator()(const UserObject& user) const {
    auto& out = *message.mutable_user_object();
    out.set_identifier(user.identifier);
    out.mutable_version()->set_producer(static_cast<std::int32_t>(user.producer));
    out.mutable_version()->set_min_consumer(static_cast<std::int32_t>(user.min_consumer));
    out.set_metadata(user.metadata);
  }
  void operator()(const AssetObject& asset) const { message.mutable_asset()->set_asset_file_def_index(static_cast<std::int32_t>(asset.index)); }
  void operator()(const FunctionObject& function) const {
    auto& out = *message.mutable_function();
    for (const std::string& name : function.concrete_functions) out.add_concrete_functions(name);
    if (std::holds_alternative<StructuredValue::None>(function.fullargspec.kind)) return;
    put_structure(function.fullargspec, *out.mutable_function_spec()->mutable_fullargspec());
    out.mutable_function_spec()->set_is_method(function.is_method);
    put_structure(function.input_signature, *out.mutable_function_spec()->mutable_input_signature());
  }
  void operator()(const VariableObject& variable) const {
    auto& out = *message.mutable_variable();
    out.set_dtype(static_cast<std::int32_t>(variable.dtype));
    put_shape(variable.shape, *out.mutable_shape());
    out.set_trainable(variable.trainable);
    out.set_name(variable.name);
    out.set_synchronization(static_cast<std::int32_t>(variable.synchronization));
    out.set_aggregation(static_cast<std::int32_t>(variable.aggregation));
  }
  void operator()(const BareFunctionObject& function) const {
    auto& out = *message.mutable_bare_concrete_function();
    out.set_concrete_function_name(function.concrete_function);
    for (const std::string& keyword : function.argument_keywords) out.add_argument_keywords(keyword);
    out.set_allowed_positional_arguments(function.allowed_positional_arguments);
  }
  void operator()(const ConstantObject& constant) const { message.mutable_constant()->set_operation(constant.operation); }
  void operator()(const ResourceObject& resource) const { message.mutable_resource()->set_device(resource.device); }
  void operator()(const CapturedTensorObject& captured) const {
    message.mutable_captured_tensor()->set_name(captured.name);
    message.mutable_captured_tensor()->set_concrete_function(captured.concrete_function);
  }
};

void put_edges(const std::vector<ObjectEdge>& edges, google::protobuf::RepeatedPtrField<proto::ObjectGraph::Edge>& messages) {
  for (const ObjectEdge& edge : edges) {
    auto* message = messages.Add();
    message->set_local_name(edge.name);
    message->set_node_id(static_cast<std::int32_t>(edge.node));
  }
}

void put_object(const SavedObject& object, Message& message) {
  put_edges(object.children, *message.mutable_children());
  put_edges(object.dependencies, *message.mutable_dependencies());
  for (const ObjectSlot& slot : object.slots) {
    auto* out = message.add_slot_variables();
    out->set_original_variable_node_id(static_cast<std::int32_t>(slot.variable));
    out->set_slot_name(slot.name);
    out->set_slot_variable_node_id(static_cast<std::int32_t>(slot.state));
  }
  std::visit(PutKind{message}, object.kind);
  message.set_registered_name(object.registered_name);
  message.set_registered_saver(object.registered_saver);
  std::vector<ObjectSaveable> saveables = object.saveables;
  std::stable_sort(saveables.begin(), saveables.end(), [](const ObjectSaveable& a, const ObjectSaveable& b) { return a.name < b.name; });
  for (const ObjectSaveable& saveable : saveables) {
    auto* entry = message.add_saveable_objects();
    entry->set_key(saveable.name);
    entry->mutable_value()->set_save_function(static_cast<std::int32_t>(saveable.save_function));
    entry->mutable_value()->set_restore_function(static_cast<std::int32_t>(saveable.restore_function));
  }
}

void put_function(const ConcreteFunction& function, proto::SavedObjectGraph::ConcreteFunctionEntry& entry) {
  entry.set_key(function.name);
  proto::SavedConcreteFunction& message = *entry.mutable_value();
  for (const std::size_t node : function.bound_inputs) message.add_bound_inputs(static_cast<std::int32_t>(node));
  put_structure(function.input_signature, *message.mutable_canonicalized_input_signature());
  put_structure(function.output_signature, *message.mutable_output_signature());
}

}  // namespace

SavedModelObjects take_objects(proto::SavedObjectGraph& message, const MessagePlace& place) { return ObjectReader(message, place).read(); }

void put_objects(const SavedModelObjects& objects, proto::SavedObjectGraph& message) {
  for (const SavedObject& object : objects.nodes) put_object(object, *message.add_nodes());
  std::vector<const ConcreteFunction*> sorted;
  for (const ConcreteFunction& function : objects.functions) sorted.push_back(&function);
  std::stable_sort(sorted.begin(), sorted.end(), [](const ConcreteFunction* a, const ConcreteFunction* b) { return a->name < b->name; });
  for (const ConcreteFunction* function : sorted) put_function(*function, *message.add_concrete_functions());
}

}  // namespace namesake::formats
