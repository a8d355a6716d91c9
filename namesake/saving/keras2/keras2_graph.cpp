// Functional models of Keras 2 in Keras 3's words. A call of a layer was a list of tensors, with the other arguments beside each:
//   [["dense", 0, 0, {"training": true}]]      [["a", 0, 0, {}], ["b", 0, 0, {}]]      ["tf.math.multiply", 0, 0, {"y": 2}]
// and a model inside a model counted its own graph as its first call, so that others began at 1.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "namesake/saving/keras2/keras2_parts.h"

namespace namesake::saving::keras2 {
namespace {

constexpr std::string_view kConstant = "_CONSTANT_VALUE";

bool is_reference(const JsonValue& value) {
  if (!value.is_array() || value.items().size() < 3 || value.items().size() > 4) return false;
  return value.items()[0].is_string() && value.items()[1].is_int() && (value.items()[0].as_string() == kConstant || value.items()[2].is_int());
}

class Graph {
 public:
  explicit Graph(const JsonView& config) : config_(config) {
    for (const JsonView& entry : config.at("layers").items()) members_.emplace(layer_name(entry.value()), member(entry));
    for (const JsonView& entry : config.at("layers").items()) {
      if (const auto nodes = entry.find("inbound_nodes")) look_at(nodes->value());
    }
    look_at(config.at("output_layers").value());
    for (auto& [name, member] : members_) {
      if (!member.is_model || member.least > member.most) continue;
      if (member.least == 0) member.first = 0;
      if (member.most >= member.calls) member.first = 1;
      member.doubled = member.doubled && member.is_functional && !member.even;
    }
  }

  JsonValue entry(const JsonView& entry) const {
    const std::string class_name = entry.at("class_name").as_string();
    const std::vector<JsonView> nodes = entry.at("inbound_nodes").items();
    if (is_op_class(class_name)) {
      if (nodes.size() != 1) entry.at("inbound_nodes").fail("An op is called more than once, or not at all.", "one call", std::to_string(nodes.size()));
      return keras3_operation(entry, first_argument(nodes[0], true), keywords(nodes[0]));
    }
    JsonValue result = keras3_object(entry);
    result.set("name", layer_name(entry.value()));
    JsonValue calls = JsonValue::array();
    const std::size_t step = members_.at(layer_name(entry.value())).doubled ? 2 : 1;
    for (std::size_t i = 0; i < nodes.size(); i += step) calls.push_back(call(class_name, entry.at("config").value(), nodes[i]));
    result.set("inbound_nodes", std::move(calls));
    return result;
  }

  // Where the model begins or ends. There Keras 3 counts a functional model's own graph too, but not a Sequential's.
  JsonValue ends(const JsonView& json, bool outermost = true) const {
    if (is_reference(json.value())) {
      const Member* member = find(json);
      const std::int64_t call = number(member, json) + (member != nullptr && member->is_functional ? 1 : 0);
      return JsonValue::array({json.at(0).value(), call, json.at(2).value()});
    }
    if (json->is_object()) {
      JsonValue object = JsonValue::object();
      for (const JsonMember& member : json.as_object()) object.add(member.key, ends(json.at(member.key), false));
      return object;
    }
    const std::vector<JsonView> items = json.items();
    if (outermost && items.size() == 1) return ends(items[0], false);
    JsonValue list = JsonValue::array();
    for (const JsonView& item : items) list.push_back(ends(item, false));
    return list;
  }

 private:
  struct Member {
    bool is_model = false, is_functional = false;
    bool doubled = false;  // each call stands there twice, as the common words have it (keras2_common.cpp)
    bool even = false;     // a call goes by an even number
    std::int64_t calls = 0, first = 0;  // the number that its first call goes by
    std::int64_t least = INT64_MAX, most = INT64_MIN;
  };

  static Member member(const JsonView& entry) {
    Member member;
    const JsonView config = entry.at("config");
    const JsonValue* layers = config->is_array() ? &config.value() : config->find("layers");
    member.is_model = layers != nullptr && layers->is_array();
    member.is_functional = member.is_model && config->has("output_layers");
    if (const JsonValue* nodes = entry->find("inbound_nodes"); nodes != nullptr && nodes->is_array()) {
      const JsonArray& calls = nodes->items();
      member.calls = static_cast<std::int64_t>(calls.size());
      member.doubled = !calls.empty() && calls.size() % 2 == 0;
      for (std::size_t i = 0; member.doubled && i < calls.size(); i += 2) member.doubled = calls[i] == calls[i + 1];
    }
    if (member.is_functional) {
      member.first = 1;
    } else if (member.is_model && !layers->items().empty()) {  // a Sequential has a graph if it was given a shape
      const JsonValue& first = layers->items().front();
      const JsonValue* inner = first.find("config");
      member.first = inner != nullptr && (inner->has("batch_input_shape") || inner->has("batch_shape") || inner->has("layers")) ? 1 : 0;
    }
    return member;
  }

  // Which numbers the calls go by.
  void look_at(const JsonValue& value) {
    if (is_reference(value)) {
      if (const auto found = members_.find(value.items()[0].as_string()); found != members_.end()) {
        found->second.least = std::min(found->second.least, value.items()[1].as_int());
        found->second.most = std::max(found->second.most, value.items()[1].as_int());
        found->second.even = found->second.even || value.items()[1].as_int() % 2 == 0;
      }
    }
    if (value.is_array()) {
      for (const JsonValue& item : value.items()) look_at(item);
    } else if (value.is_object()) {
      for (const JsonMember& item : value.members()) look_at(item.value);
    }
  }

  const Member* find(const JsonView& reference) const {
    const auto found = members_.find(reference.at(0).as_string());
    return found == members_.end() ? nullptr : &found->second;
  }

  // The call that a reference is to, counted from 0.
  static std::int64_t number(const Member* member, const JsonView& reference) {
    const std::int64_t said = reference.at(1).as_int();
    return member == nullptr ? said : member->doubled ? (said - 1) / 2 : said - member->first;
  }

  JsonValue tensor(const JsonView& reference) const {
    const Member* member = find(reference);
    if (member == nullptr) {
      if (reference.at(0).as_string() == kConstant) return reference.at(2).value();
      reference.fail(fmt::format("No layer of this model is called \"{}\".", reference.at(0).as_string()), "a layer's name");
    }
    return JsonValue::object({{"class_name", "__keras_tensor__"},
                              {"config", JsonValue::object({{"keras_history", JsonValue::array({reference.at(0).value(), number(member, reference), reference.at(2).value()})}})}});
  }

  // One tensor, a list, or tensors by name. A list of one is that one, but for an op, which was called with the list.
  JsonValue first_argument(const JsonView& node, bool exact) const {
    if (is_reference(node.value())) return tensor(node);
    if (node->is_object()) {
      JsonValue object = JsonValue::object();
      for (const JsonMember& member : node.as_object()) object.add(member.key, first_argument(node.at(member.key), exact));
      return object;
    }
    const std::vector<JsonView> items = node.items();
    if (!exact && items.size() == 1) return first_argument(items[0], exact);
    JsonValue list = JsonValue::array();
    for (const JsonView& item : items) list.push_back(first_argument(item, exact));
    return list;
  }

  // Each tensor of the first argument has them beside it.
  JsonValue keywords(const JsonView& node) const {
    if (is_reference(node.value())) return node.as_array().size() == 4 && node.at(3)->is_object() ? keyword(node.at(3)) : JsonValue::object();
    JsonValue found = JsonValue::object();
    if (node->is_object()) {
      for (const JsonMember& member : node.as_object()) {
        if (found.members().empty()) found = keywords(node.at(member.key));
      }
    } else if (node->is_array()) {
      for (const JsonView& item : node.items()) {
        if (found.members().empty()) found = keywords(item);
      }
    }
    return found;
  }

  JsonValue keyword(const JsonView& value) const {
    if (is_reference(value.value()) && find(value) != nullptr) return tensor(value);
    if (value->is_array()) {
      JsonValue list = JsonValue::array();
      for (const JsonView& item : value.items()) list.push_back(keyword(item));
      return list;
    }
    if (!value->is_object()) return value.value();
    JsonValue object = JsonValue::object();
    for (const JsonMember& member : value.as_object()) object.add(member.key, keyword(value.at(member.key)));
    return object;
  }

  JsonValue call(std::string_view class_name, const JsonValue& config, const JsonView& node) const {
    JsonValue first = first_argument(node, false), given = keywords(node), kwargs = JsonValue::object();
    for (JsonMember& member : given.members()) {
      if (!member.value.is_null()) kwargs.add(member.key, std::move(member.value));
    }
    if (const JsonValue* causal = config.find("causal"); among(class_name, "Attention AdditiveAttention") && causal != nullptr && *causal == JsonValue(true)) {
      kwargs.set("use_causal_mask", true);  // an option of the layer before Keras 2.10
    }
    if (among(class_name, kTakeStates) && first.is_array() && first.items().size() > 1) {
      JsonArray& inputs = first.items();
      JsonValue states(JsonArray(inputs.begin() + 1, inputs.end()));
      kwargs.add("initial_state", std::move(states));
      JsonValue sequence = inputs.front();
      first = std::move(sequence);
    }
    return JsonValue::object({{"args", JsonValue::array({std::move(first)})}, {"kwargs", std::move(kwargs)}});
  }

  JsonView config_;
  std::unordered_map<std::string, Member> members_;
};

}  // namespace

JsonValue keras3_functional(const JsonView& config) {
  const Graph graph(config);
  JsonValue result = JsonValue::object();
  for (const JsonMember& member : config.as_object()) {
    const JsonView value = config.at(member.key);
    if (member.key == "layers") {
      JsonValue layers = JsonValue::array();
      for (const JsonView& entry : value.items()) layers.push_back(graph.entry(entry));
      result.add("layers", std::move(layers));
    } else if (among(member.key, "input_layers output_layers")) {
      result.add(member.key, graph.ends(value));
    } else {
      result.add(member.key, member.value);
    }
  }
  return result;
}

}  // namespace namesake::saving::keras2
