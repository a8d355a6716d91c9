// Writing a functional model's config; functional_reader.cpp has the other direction.
#include "namesake/nn/functional_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "namesake/base/error.h"
#include "namesake/nn/op_layer.h"
#include "namesake/nn/serialization.h"
#include "namesake/tensor/config_fields.h"
#include "namesake/tensor/tensor_json.h"

namespace namesake::nn {
namespace {

class Writer {
 public:
  explicit Writer(const FunctionalBody& model) : model_(model), graph_(model.graph()) { number_calls(); }

  JsonValue layers() const {
    JsonValue list = JsonValue::array();
    for (const std::shared_ptr<LayerBase>& layer : graph_.layers) {
      const std::string name = name_in_config(model_, *layer);
      JsonValue entry = serialize_layer(*layer, name);
      entry.add("name", name);
      JsonValue calls = JsonValue::array();
      for (const std::size_t node : calls_.at(layer.get())) {
        if (!graph_.nodes[node].is_input) calls.push_back(call(graph_.nodes[node]));
      }
      entry.add("inbound_nodes", std::move(calls));
      list.push_back(std::move(entry));
    }
    return list;
  }

  // [layer, call, output]; a functional model counts its own graph as a first call of it.
  JsonValue end(const NodeOutput& output) const {
    const LayerBase& layer = *graph_.nodes[output.node].layer;
    const std::int64_t own = dynamic_cast<const FunctionalBody*>(&layer) != nullptr ? 1 : 0;
    return JsonValue::array({name_in_config(model_, layer), number_[output.node] + own, output.output});
  }

 private:
  // A layer's calls are counted in the order they were made.
  void number_calls() {
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) calls_[graph_.nodes[i].layer.get()].push_back(i);
    number_.resize(graph_.nodes.size());
    for (auto& [layer, nodes] : calls_) {
      std::sort(nodes.begin(), nodes.end(), [&](std::size_t a, std::size_t b) { return graph_.nodes[a].serial < graph_.nodes[b].serial; });
      for (std::size_t i = 0; i < nodes.size(); ++i) number_[nodes[i]] = static_cast<std::int64_t>(i);
    }
  }

  JsonValue tensor(const GraphNode::Input& input) const {
    if (input.constant.defined()) return constant_to_json(input.constant);
    const GraphNode& source = graph_.nodes[input.source.node];
    const Tensor& symbol = source.symbols[static_cast<std::size_t>(input.source.output)];
    return JsonValue::object({{"class_name", "__keras_tensor__"},
                              {"config", JsonValue::object({{"shape", shape_to_json(symbol.shape())},
                                                            {"dtype", to_string(symbol.dtype())},
                                                            {"keras_history", JsonValue::array({name_in_config(model_, *source.layer), number_[input.source.node],
                                                                                                input.source.output})}})}});
  }

  JsonValue call(const GraphNode& node) const {
    if (const auto* op = dynamic_cast<const OpLayerBody*>(node.layer.get())) {
      return JsonValue::object({{"args", filled(op->operation().args, node)}, {"kwargs", filled(op->operation().kwargs, node)}});
    }
    JsonValue args = JsonValue::array();
    const auto* model = dynamic_cast<const FunctionalBody*>(node.layer.get());
    if (model != nullptr && model->inputs_form() == Feed::Form::kNamed) {
      JsonValue by_name = JsonValue::object();
      const std::vector<std::string> names = model->input_names();
      for (std::size_t i = 0; i < names.size(); ++i) by_name.add(names[i], tensor(node.inputs[i]));
      args.push_back(std::move(by_name));
    } else {
      JsonValue list = JsonValue::array();
      const CallArguments* given = node.options.arguments.get();
      for (std::size_t i = 0; i < (given != nullptr ? given->positional : node.inputs.size()); ++i) list.push_back(tensor(node.inputs[i]));
      const bool takes_one = model != nullptr && model->inputs_form() == Feed::Form::kOne;  // several outputs may be why it was given a list
      if (node.form == LayerCall::Form::kList && !takes_one) {
        args.push_back(std::move(list));
      } else {
        args = std::move(list);
      }
    }
    JsonValue kwargs = JsonValue::object();
    if (node.options.training) kwargs.add("training", *node.options.training);
    if (!node.masks.empty()) kwargs.add("mask", masks(node));
    if (node.options.arguments) add_arguments(*node.options.arguments, node, kwargs);
    return JsonValue::object({{"args", std::move(args)}, {"kwargs", std::move(kwargs)}});
  }

  // Of the inputs by position.
  JsonValue masks(const GraphNode& node) const {
    if (node.form == LayerCall::Form::kOne) return node.masks[0] ? tensor(*node.masks[0]) : JsonValue();
    JsonValue list = JsonValue::array();
    const std::size_t count = node.options.arguments ? node.options.arguments->positional : node.masks.size();
    for (std::size_t i = 0; i < count; ++i) list.push_back(node.masks[i] ? tensor(*node.masks[i]) : JsonValue());
    return list;
  }

  void add_arguments(const CallArguments& given, const GraphNode& node, JsonValue& kwargs) const {
    for (const CallArguments::Named& argument : given.named) {
      JsonValue list = JsonValue::array();
      for (std::size_t i = 0; i < argument.count; ++i) list.push_back(tensor(node.inputs[argument.first + i]));
      kwargs.add(argument.name, argument.list ? std::move(list) : std::move(list.items()[0]));
    }
    for (const JsonMember& member : given.values.members()) kwargs.add(member.key, member.value);
  }

  // The arguments of an op, tensors in their places.
  JsonValue filled(const JsonValue& value, const GraphNode& node) const {
    if (const auto place = place_of(value)) return tensor(node.inputs.at(*place));
    if (value.is_array()) {
      JsonValue list = JsonValue::array();
      for (const JsonValue& item : value.items()) list.push_back(filled(item, node));
      return list;
    }
    if (value.is_object()) {
      JsonValue object = JsonValue::object();
      for (const JsonMember& member : value.members()) object.add(member.key, filled(member.value, node));
      return object;
    }
    return value;
  }

  const FunctionalBody& model_;
  const ModelGraph& graph_;
  std::unordered_map<const LayerBase*, std::vector<std::size_t>> calls_;
  std::vector<std::int64_t> number_;  // of each node among its layer's
};

// One flat, several as a list, or by name, as they were given.
JsonValue ends(std::vector<JsonValue> ends, Feed::Form form, const std::vector<std::string>& names) {
  if (form == Feed::Form::kOne) return std::move(ends[0]);
  if (form == Feed::Form::kList) return JsonValue(JsonArray(ends.begin(), ends.end()));
  JsonValue object = JsonValue::object();
  for (std::size_t i = 0; i < names.size(); ++i) object.add(names[i], std::move(ends[i]));
  return object;
}

}  // namespace

JsonValue functional_config(const FunctionalBody& model, std::string_view name) {
  const Writer writer(model);
  JsonValue config = JsonValue::object({{"name", name}, {"trainable", model.trainable()}});
  config.add("layers", writer.layers());
  std::vector<JsonValue> first, last;
  for (const std::size_t node : model.graph().inputs) first.push_back(writer.end({node, 0}));
  for (const NodeOutput& output : model.graph().outputs) last.push_back(writer.end(output));
  config.add("input_layers", ends(std::move(first), model.inputs_form(), model.input_names()));
  config.add("output_layers", ends(std::move(last), model.outputs_form(), model.output_names()));
  return config;
}

}  // namespace namesake::nn
