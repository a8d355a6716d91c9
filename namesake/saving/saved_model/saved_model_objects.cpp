#include "namesake/saving/saved_model/saved_model_objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>

#include "namesake/base/error.h"
#include "namesake/saving/checkpoint/checkpoint_objects.h"
#include "namesake/saving/keras_layout.h"

namespace namesake::saving {
namespace {

using formats::SavedObject;
using formats::StructuredValue;
using Node = CheckpointObjects::Node;

const std::set<std::string> kReserved = {"__call__", "assets", "captured_variables", "initializer", "keras_api", "serve", "signatures", "trainable_variables", "variables"};

void check_attributes(const Model& model) {
  const auto refuse = [&](const std::string& name, Site site, std::string_view what) {
    throw NameCollision({.subject = name,
                         .what = fmt::format("A SavedModel has something of its own that is called \"{}\": no {} of the model \"{}\" can be.", name, what, model.name()),
                         .places = {{"here", site, {}, {}}},
                         .fix = "give it another name, or save another format: model.save(\"model.keras\")"});
  };
  for (const ChildLayer& child : model.ptr()->children()) {
    if (kReserved.contains(child.attribute)) refuse(child.attribute, child.layer->site(), "attribute");
  }
  for (const Variable& weight : model.ptr()->own_weights()) {
    if (kReserved.contains(weight.name())) refuse(weight.name(), weight.site(), "weight");
  }
}

// TensorFlow names variables and nodes after it: [A-Za-z0-9.][A-Za-z0-9_.\-/>]*. With a colon it would refuse to save the variable again.
void check_variable(const SavedVariable& saved) {
  const auto alphanumeric = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'; };
  const auto legal = [&](char c) { return alphanumeric(c) || c == '_' || c == '-' || c == '/' || c == '>'; };
  if (!saved.name.empty() && (alphanumeric(saved.name[0]) || saved.name[0] == '_') && std::all_of(saved.name.begin(), saved.name.end(), legal)) return;
  throw InvalidName({.subject = saved.name,
                     .what = fmt::format("A SavedModel cannot hold a variable that is called \"{}\".", saved.name),
                     .expected = "letters, digits and _ . - > in each part of the name",
                     .places = {{"here", saved.variable.site(), {}, {}}},
                     .fix = "rename the variable, or save another format: model.save(\"model.keras\")"});
}

StructuredValue value(StructuredValue::Kind kind) { return {std::move(kind)}; }
StructuredValue tuple(std::vector<StructuredValue> values) { return value(StructuredValue::Tuple{std::move(values)}); }
StructuredValue spec(const SavedTensor& tensor) { return value(StructuredValue::TensorSpec{tensor.key, tensor.shape, tensor.dtype}); }

StructuredValue dict(const std::vector<SavedTensor>& tensors) {
  StructuredValue::Dict fields;
  for (const SavedTensor& tensor : tensors) fields.fields.push_back({tensor.key, spec(tensor)});
  return value(std::move(fields));
}

// As Python gives them to the function, or gets them.
StructuredValue in_form(const std::vector<SavedTensor>& tensors, Feed::Form form) {
  if (form == Feed::Form::kNamed) return dict(tensors);
  if (form == Feed::Form::kOne && tensors.size() == 1) return spec(tensors[0]);
  StructuredValue::List list;
  for (const SavedTensor& tensor : tensors) list.values.push_back(spec(tensor));
  return value(std::move(list));
}

// f(inputs)
StructuredValue fullargspec() {
  StructuredValue::NamedTuple spec{"FullArgSpec", {}};
  spec.fields.push_back({"args", value(StructuredValue::List{{value(std::string("inputs"))}})});
  for (const char* key : {"varargs", "varkw", "defaults"}) spec.fields.push_back({key, value(StructuredValue::None{})});
  spec.fields.push_back({"kwonlyargs", value(StructuredValue::List{})});
  spec.fields.push_back({"kwonlydefaults", value(StructuredValue::None{})});
  spec.fields.push_back({"annotations", value(StructuredValue::Dict{})});
  return value(std::move(spec));
}

formats::UserObject user_object(std::string identifier) {
  formats::UserObject object;
  object.identifier = std::move(identifier);
  return object;
}

// Builds both graphs: one of objects, and what each object is in a SavedModel.
class Builder {
 public:
  Builder(const Model& model, const SavedFunctions& functions) : objects_(kReserved), model_(model), functions_(functions) {}

  void add_model() {
    objects_.add("", model_, false);
    for (const NamedWeight& weight : model_.named_weights()) names_.emplace(weight.variable.id(), weight.path);
  }

  // Variables that only a function knows.
  void add_captured() {
    std::vector<Variable> others;
    for (const SavedFunction& function : functions_.functions) {
      for (const Variable& variable : function.traced.captured) {
        if (names_.emplace(variable.id(), variable.name()).second) others.push_back(variable);
      }
    }
    if (!others.empty()) add_list("captured_variables", others, "_generic_user_object");  // Keras 2 would take a list's for the model's weights
  }

  void settle_keys() { objects_.settle_keys(); }

  void add_list(const std::string& name, const std::vector<Variable>& variables, const char* identifier = "trackable_list_wrapper") {
    const Node list = objects_.add_node();
    kinds_[list] = user_object(identifier);
    for (std::size_t i = 0; i < variables.size(); ++i) {
      objects_.link(list, fmt::format("{}", i), objects_.variable(variables[i], names_.at(variables[i].id())));
    }
    objects_.link(0, name, list);
  }

  void add_functions() {
    const formats::FunctionDef& def = functions_.functions[0].traced.function;
    const Node call = objects_.add_node();
    kinds_[call] = formats::FunctionObject{{def.name}, fullargspec(), false, {}};
    for (const char* name : {"__call__", "serve"}) objects_.link(0, name, call);
    const Node map = objects_.add_node();
    kinds_[map] = user_object("signature_map");
    for (const SavedSignature& signature : functions_.signatures) {
      const Node node = objects_.add_node();
      formats::BareFunctionObject bare{signature.wrapper.name, {}, signature.inputs.size() == 1 ? 1 : 0};
      for (const SavedTensor& input : signature.inputs) bare.argument_keywords.push_back(input.key);
      kinds_[node] = std::move(bare);
      objects_.link(map, signature.key, node);
    }
    objects_.link(0, "signatures", map);
  }

  SavedModelContent finish(bool with_optimizer) && {
    SavedModelContent content;
    number_nodes();
    for (const Node node : order_) content.objects.nodes.push_back(object(node, content));
    for (const SavedVariable& variable : content.variables) check_variable(variable);
    const SavedFunction& call = functions_.functions[0];
    content.objects.functions.push_back({call.traced.function.name, bound(call.traced.captured), tuple({tuple({in_form(call.inputs, call.inputs_form)}), value(StructuredValue::Dict{})}),
                                         in_form(call.outputs, call.outputs_form)});
    for (const SavedSignature& signature : functions_.signatures) {
      content.objects.functions.push_back({signature.wrapper.name, bound(signature.captured), tuple({tuple({}), dict(signature.inputs)}), dict(signature.outputs)});
    }
    note_layers(*model_.ptr(), content);
    const std::string graph = formats::to_bytes(objects_.graph());
    const bool stateful = with_optimizer && model_.is_compiled();
    if (stateful) {
      build_optimizer(model_);
      objects_.add("optimizer", model_.optimizer(), model_.trainable_variables());
    }
    content.tensors = std::move(objects_).tensors();
    if (stateful) hide_optimizer(graph, content.tensors);
    return content;
  }

 private:
  // Those that are reached without the edges that are there for others, breadth first.
  void number_nodes() {
    numbers_[0] = 0;
    order_.push_back(0);
    for (std::size_t next = 0; next < order_.size(); ++next) {
      const Node node = order_[next];
      for (const formats::ObjectEdge& edge : objects_.graph().nodes[node].children) {
        if (!objects_.is_alias(node, edge.name) && numbers_.emplace(edge.node, order_.size()).second) order_.push_back(edge.node);
      }
    }
  }

  SavedObject object(Node node, SavedModelContent& content) const {
    SavedObject object;
    for (const formats::ObjectEdge& edge : objects_.graph().nodes[node].children) {
      if (!objects_.is_alias(node, edge.name)) object.children.push_back({edge.name, numbers_.at(edge.node)});
    }
    if (const Variable* variable = objects_.variable_at(node)) {
      const formats::ObjectValue& stored = objects_.graph().nodes[node].values.at(0);
      object.kind = formats::VariableObject{variable->dtype(), variable->shape(), variable->trainable(), stored.full_name, 0, 0};
      content.variables.push_back({*variable, stored.full_name, stored.key});
      content.nodes[variable->id()] = numbers_.at(node);
    } else if (const auto kind = kinds_.find(node); kind != kinds_.end()) {
      object.kind = kind->second;
    } else {
      object.kind = user_object("_generic_user_object");
    }
    return object;
  }

  // TensorFlow warns of each value that stands in the graph and that no object of the SavedModel takes: the optimizer's stand in a graph of ours.
  static void hide_optimizer(const std::string& without, std::vector<formats::BundleTensor>& tensors) {
    const auto graph = std::find_if(tensors.begin(), tensors.end(), [](const formats::BundleTensor& tensor) { return tensor.key == formats::kObjectGraphKey; });
    graph->key = formats::kWholeObjectGraphKey;
    tensors.push_back({std::string(formats::kObjectGraphKey), DType::kString, Shape::scalar(), {}, {without}});
  }

  [[nodiscard]] std::vector<std::size_t> bound(const std::vector<Variable>& captured) const {
    std::vector<std::size_t> nodes;
    for (const Variable& variable : captured) nodes.push_back(numbers_.at(objects_.find(variable.id()).value()));
    return nodes;
  }

  void note_layers(const LayerBase& layer, SavedModelContent& content) const {
    const auto node = objects_.find(&layer);
    if (node && numbers_.contains(*node)) content.nodes[&layer] = numbers_.at(*node);
    for (const ChildLayer& child : layer.children()) note_layers(*child.layer, content);
  }

  CheckpointObjects objects_;
  const Model& model_;
  const SavedFunctions& functions_;
  std::unordered_map<const void*, std::string> names_;  // of variables
  std::map<Node, SavedObject::Kind> kinds_;
  std::map<Node, std::size_t> numbers_;                 // in the SavedModel
  std::vector<Node> order_;
};

}  // namespace

SavedModelContent saved_model_objects(const Model& model, const SavedFunctions& functions, bool with_optimizer) {
  check_attributes(model);
  Builder builder(model, functions);
  builder.add_model();
  builder.add_captured();
  builder.settle_keys();  // before the lists, which lead to every variable: keys say layers
  builder.add_list("variables", model.weights());
  builder.add_list("trainable_variables", model.trainable_variables());
  builder.add_functions();
  return std::move(builder).finish(with_optimizer);
}

}  // namespace namesake::saving
