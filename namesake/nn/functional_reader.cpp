// Reading a functional model's config: the layers are made first, then their calls, as soon as the tensors that they take are there.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <unordered_map>

#include "namesake/base/error.h"
#include "namesake/nn/carried_masks.h"
#include "namesake/nn/foreign_names.h"
#include "namesake/nn/functional_config.h"
#include "namesake/nn/keras_ops.h"
#include "namesake/nn/layer_of.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/registry.h"
#include "namesake/nn/serialization.h"
#include "namesake/tensor/tensor_json.h"

namespace namesake::nn {
namespace {

// Where a tensor comes from: output `output` of call `call` of layer `layer`.
struct Origin {
  std::string layer;
  std::int64_t call = 0, output = 0;
};

// One call as the config has it: what is needed, and how to make it.
struct PendingCall {
  JsonView node;
  std::vector<JsonView> needs;  // tensors among the arguments
};

struct PendingLayer {
  JsonView entry;
  std::shared_ptr<LayerBase> layer;  // undefined for an op until it is called
  std::vector<PendingCall> calls;
  std::vector<Tensors> made;         // outputs of the calls made so far
  bool is_op = false;
};

bool is_tensor(const JsonValue& value) {
  const JsonValue* class_name = value.is_object() ? value.find("class_name") : nullptr;
  return class_name != nullptr && class_name->is_string() && class_name->as_string() == "__keras_tensor__";
}

// Keras 2's ["dense", 0, 0, {...}].
bool is_old_reference(const JsonValue& value) {
  return value.is_array() && value.items().size() >= 3 && value.items().size() <= 4 && value.items()[0].is_string() && value.items()[1].is_int();
}

Origin origin_of(const JsonView& reference) {
  const JsonView history = is_tensor(reference.value()) ? reference.at("config").at("keras_history") : reference;
  return {history.at(0).as_string(), history.at(1).as_int(), history.at(2).as_int()};
}

void find_tensors(const JsonView& value, std::vector<JsonView>& found) {
  if (is_tensor(value.value()) || is_old_reference(value.value())) {
    found.push_back(value);
  } else if (value.value().is_array()) {
    for (const JsonView& item : value.items()) find_tensors(item, found);
  } else if (value.value().is_object()) {
    for (const JsonMember& member : value.as_object()) find_tensors(value.at(member.key), found);
  }
}

// Tensors (or masks) by name: {"image": ..., "text": ...}.
bool is_by_name(const JsonView& json) { return json.value().is_object() && !json.value().has("class_name"); }

// Their values as Keras flattens them: by sorted names.
std::vector<JsonView> values_by_name(const JsonView& json) {
  std::vector<std::string> names;
  for (const JsonMember& member : json.as_object()) names.push_back(member.key);
  std::sort(names.begin(), names.end());
  std::vector<JsonView> values;
  for (const std::string& name : names) values.push_back(json.at(name));
  return values;
}

class Reader {
 public:
  explicit Reader(const JsonView& config) : config_(config) {}

  void make_layers() {
    for (const JsonView& entry : config_.at("layers").items()) {
      const JsonValue* name = entry.value().find("name");
      const std::string key = name != nullptr && name->is_string() ? name->as_string() : entry.at("config").at("name").as_string();
      if (!by_name_.emplace(key, layers_.size()).second) {
        entry.fail(fmt::format("Two layers of one model are called \"{}\".", key), "names that differ");
      }
      layers_.push_back(pending(entry));
    }
  }

  // As Keras does: layer after layer, each call as soon as its inputs are there, until none is left.
  void make_calls() {
    for (bool progress = true; progress;) {
      progress = false;
      for (PendingLayer& layer : layers_) {
        while (layer.made.size() < layer.calls.size() && ready(layer.calls[layer.made.size()])) {
          make_call(layer, layer.calls[layer.made.size()]);
          progress = true;
        }
      }
    }
    for (const PendingLayer& layer : layers_) {
      if (layer.made.size() == layer.calls.size()) continue;
      layer.entry.fail(fmt::format("The call {} of this layer cannot be made: what it needs is missing, or needs the call itself.", layer.made.size()),
                       "inbound_nodes that lead back to the inputs");
    }
  }

  Feed ends(const JsonView& json) {
    const JsonValue& value = json.value();
    if (is_old_reference(value)) return end(json);
    if (value.is_array()) {
      Tensors tensors;
      for (const JsonView& item : json.items()) tensors.push_back(end(item));
      return Feed(std::move(tensors));
    }
    std::vector<std::string> names;
    Tensors tensors;
    for (const JsonMember& member : json.as_object()) {
      names.push_back(member.key);
      tensors.push_back(end(json.at(member.key)));
    }
    return Feed::named(std::move(names), std::move(tensors));
  }

 private:
  PendingLayer pending(const JsonView& entry) {
    PendingLayer layer{entry, nullptr, {}, {}, is_op_entry(entry.value())};
    if (!layer.is_op) layer.layer = deserialize_layer(entry).ptr();
    const JsonValue* nodes = entry.value().find("inbound_nodes");
    if (nodes == nullptr) entry.fail("A layer of a functional model has no inbound_nodes.", "a list of calls");
    for (const JsonView& node : entry.at("inbound_nodes").items()) {
      PendingCall call{node, {}};
      find_tensors(node, call.needs);
      layer.calls.push_back(std::move(call));
    }
    if (auto* input = dynamic_cast<InputLayerBody*>(layer.layer.get())) {
      layer.calls.clear();
      layer.made.push_back({input->output()});
      layer.calls.push_back({entry, {}});
    }
    return layer;
  }

  const PendingLayer& layer_called(const std::string& name, const JsonView& reference) const {
    const auto layer = by_name_.find(name);
    if (layer == by_name_.end()) reference.fail(fmt::format("No layer of this model is called \"{}\".", name), "a layer's name");
    return layers_[layer->second];
  }

  // The tensor, or null if its call was not made yet.
  const Tensor* find(const JsonView& reference) const {
    const Origin origin = origin_of(reference);
    return output(layer_called(origin.layer, reference), origin.call, origin, reference);
  }

  static const Tensor* output(const PendingLayer& layer, std::int64_t call, const Origin& origin, const JsonView& reference) {
    if (call < 0 || call >= static_cast<std::int64_t>(layer.calls.size())) {
      reference.fail(fmt::format("The layer \"{}\" has no call {}.", origin.layer, origin.call), fmt::format("a number below {}", layer.calls.size()));
    }
    if (call >= static_cast<std::int64_t>(layer.made.size())) return nullptr;
    const Tensors& outputs = layer.made[static_cast<std::size_t>(call)];
    if (origin.output < 0 || origin.output >= static_cast<std::int64_t>(outputs.size())) {
      reference.fail(fmt::format("The call {} of \"{}\" has no output {}.", origin.call, origin.layer, origin.output),
                     fmt::format("a number below {}", outputs.size()));
    }
    return &outputs[static_cast<std::size_t>(origin.output)];
  }

  // One of the model's ends: there a functional model counts its own graph as a first call.
  Tensor end(const JsonView& reference) const {
    const Origin origin = origin_of(reference);
    const PendingLayer& found = layer_called(origin.layer, reference);
    const bool model = dynamic_cast<const FunctionalBody*>(found.layer.get()) != nullptr;
    const std::int64_t call = model && origin.call > 0 ? origin.call - 1 : origin.call;
    return *output(found, call, origin, reference);
  }

  bool ready(const PendingCall& call) const {
    return std::all_of(call.needs.begin(), call.needs.end(), [&](const JsonView& need) { return find(need) != nullptr; });
  }

  void make_call(PendingLayer& layer, const PendingCall& call) {
    if (layer.is_op) {
      layer.made.push_back(call_op(layer, call));
    } else if (call.node.value().is_array()) {
      layer.made.push_back(call_old(layer, call));
    } else {
      layer.made.push_back(call_layer(layer, call.node));
    }
  }

  Tensor argument(const JsonView& json) const { return is_tensor(json.value()) ? *find(json) : constant_from_json(json); }

  // Keras 2: [["dense", 0, 0, {}], ...], keywords beside the first.
  Tensors call_old(const PendingLayer& layer, const PendingCall& call) {
    LayerCall::Made made{layer.layer, {}, {}, {}};
    for (const JsonView& need : call.needs) made.inputs.push_back(*find(need));
    CallArguments given;
    given.positional = made.inputs.size();
    for (const JsonView& need : call.needs) {
      if (need.as_array().size() == 4) read_keywords(need.at(3), given, made);
    }
    if (given.positional > 1) made.form = LayerCall::Form::kList;
    return invoke(made, std::move(given));
  }

  Tensors call_layer(const PendingLayer& layer, const JsonView& node) {
    LayerCall::Made made{layer.layer, {}, {}, {}};
    const JsonView args = node.at("args");
    const std::span<const std::string_view> takes = layer.layer->call_parameters();
    CallArguments given;
    const std::vector<JsonView> items = args.items();
    for (std::size_t i = 0; i < items.size(); ++i) {
      const JsonView& item = items[i];
      if (i > 0 && i < takes.size() && (!is_tensor(item.value()) || !given.named.empty())) {
        read_argument(std::string(takes[i]), item, given, made);
      } else if (item.value().is_array()) {
        made.form = LayerCall::Form::kList;
        for (const JsonView& inner : item.items()) made.inputs.push_back(argument(inner));
      } else if (is_by_name(item)) {
        made.form = LayerCall::Form::kList;
        for (const JsonView& inner : values_by_name(item)) made.inputs.push_back(argument(inner));
      } else if (!item.value().is_null()) {
        made.inputs.push_back(argument(item));
      }
      if (given.named.empty()) given.positional = made.inputs.size();
    }
    if (items.empty()) given.positional = 0;
    if (given.positional != 1 && made.form == LayerCall::Form::kOne) made.form = LayerCall::Form::kArguments;
    read_keywords(node.at("kwargs"), given, made);
    if (made.inputs.empty()) args.fail("A layer is called with nothing.", "a tensor, or a list of tensors");
    return invoke(made, std::move(given));
  }

  // An argument that is neither `training` nor `mask`: a tensor, a list of them, or a value.
  void read_argument(std::string name, const JsonView& json, CallArguments& given, LayerCall::Made& made) const {
    if (json.value().is_null()) return;
    std::vector<JsonView> tensors;
    find_tensors(json, tensors);
    if (tensors.empty()) {
      given.values.add(name, json.value());
      return;
    }
    CallArguments::Named named{std::move(name), made.inputs.size(), 1, json.value().is_array()};
    if (named.list) {
      named.count = json.items().size();
      for (const JsonView& item : json.items()) made.inputs.push_back(argument(item));
    } else {
      made.inputs.push_back(argument(json));
    }
    given.named.push_back(std::move(named));
  }

  void read_keywords(const JsonView& kwargs, CallArguments& given, LayerCall::Made& made) const {
    const std::span<const std::string_view> takes = made.layer->call_parameters();
    for (const JsonMember& member : kwargs.as_object()) {
      const JsonView value = kwargs.at(member.key);
      if (member.value.is_null()) continue;
      if (member.key == "training") {
        made.options.training = member.value.is_bool() ? value.as_bool() : value.as_int() != 0;
      } else if (member.key == "mask") {
        const bool several = value.value().is_array() || is_by_name(value);
        for (const JsonView& mask : !several ? std::vector{value} : is_by_name(value) ? values_by_name(value) : value.items()) {
          made.masks.push_back(mask.value().is_null() ? Tensor() : argument(mask));
        }
      } else if (std::find(takes.begin(), takes.end(), member.key) != takes.end()) {
        read_argument(member.key, value, given, made);
      } else {
        value.fail(fmt::format("A layer is called with the argument \"{}\", which {} does not take here.", member.key, made.layer->class_name()),
                   takes.empty() ? "training, mask" : fmt::format("training, mask, {}", fmt::join(takes, ", ")));
      }
    }
    if (!made.masks.empty()) made.masks.resize(made.inputs.size());
  }

  // A mask that the call was told comes along with its tensor. Keras 3 writes also those that would have come along anyway.
  static Tensors invoke(LayerCall::Made& made, CallArguments given) {
    Tensors inputs = made.inputs;
    for (std::size_t i = 0; i < made.masks.size(); ++i) {
      if (!made.masks[i].defined() || inputs[i].mask().id() == made.masks[i].id()) continue;
      if (inputs[i].has_mask() && same_computation(inputs[i].mask(), made.masks[i])) continue;
      inputs[i] = Tensor::symbolic(inputs[i].dtype(), inputs[i].shape(), base::RefPtr<Producer>::share(inputs[i].producer()), inputs[i].output_index());
      inputs[i].set_mask(made.masks[i]);
    }
    const auto* model = dynamic_cast<const ModelBase*>(made.layer.get());
    const bool several = model != nullptr && model->outputs_form() != Feed::Form::kOne;  // of one input
    const bool plain = made.layer->call_parameters().empty();
    if (!plain || made.form == LayerCall::Form::kArguments) {
      given.list = made.form == LayerCall::Form::kList;
      made.options.arguments = std::make_shared<const CallArguments>(std::move(given));
    }
    if (made.form == LayerCall::Form::kOne && plain && !several) return {made.layer->invoke(inputs[0], made.options, Site{})};
    return made.layer->invoke_many(inputs, made.options, Site{});
  }

  Tensors call_op(PendingLayer& layer, const PendingCall& call) {
    if (layer.layer) layer.entry.fail("An operation is called twice.", "one call for each operation");
    Tensors inputs;
    JsonValue args = placed(call.node.at("args"), inputs), kwargs = placed(call.node.at("kwargs"), inputs);
    OpCall op = read_op(layer.entry, std::move(args), std::move(kwargs));
    layer.layer = make_op_layer(std::move(op), layer.entry.at("config").at("name").as_string(), Site{});
    return layer.layer->invoke_many(inputs, {}, Site{});
  }

  // The value with each tensor taken out into `inputs`, and its place left behind.
  JsonValue placed(const JsonView& json, Tensors& inputs) const {
    if (is_tensor(json.value())) {
      inputs.push_back(*find(json));
      return tensor_place(inputs.size() - 1);
    }
    if (json.value().is_array()) {
      JsonValue list = JsonValue::array();
      for (const JsonView& item : json.items()) list.push_back(placed(item, inputs));
      return list;
    }
    if (json.value().is_object()) {
      JsonValue object = JsonValue::object();
      for (const JsonMember& member : json.as_object()) object.add(member.key, placed(json.at(member.key), inputs));
      return object;
    }
    return json.value();
  }

  JsonView config_;
  std::vector<PendingLayer> layers_;
  std::unordered_map<std::string, std::size_t> by_name_;
};

}  // namespace

Layer functional_from_config(const JsonView& config) {
  const ForeignNames foreign;
  ModelOptions options;
  if (const auto name = config.find("name")) options.name = name->as_string();
  if (const auto trainable = config.find("trainable")) options.trainable = trainable->as_bool();
  Reader reader(config);
  reader.make_layers();
  reader.make_calls();
  return Model(reader.ends(config.at("input_layers")), reader.ends(config.at("output_layers")), options, Site{});
}

}  // namespace namesake::nn
