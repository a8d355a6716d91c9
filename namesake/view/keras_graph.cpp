#include "namesake/view/keras_graph.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "namesake/nn/keras_ops.h"

namespace namesake::view {
namespace {

const JsonValue* member(const JsonValue& object, std::string_view key) { return object.is_object() ? object.find(key) : nullptr; }

std::string text(const JsonValue& object, std::string_view key) {
  const JsonValue* value = member(object, key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

std::span<const JsonValue> list(const JsonValue& object, std::string_view key) {
  const JsonValue* value = member(object, key);
  return value != nullptr && value->is_array() ? value->items() : std::span<const JsonValue>{};
}

/// Where a tensor comes from, as the config says it: [layer, call, output].
struct Reference {
  std::string layer;
  std::int64_t call = 0;
  bool old = false;  // Keras 2's
};

bool is_reference(const JsonValue& value) {
  if (!value.is_array()) return false;
  const auto items = value.items();
  return items.size() >= 3 && items.size() <= 4 && items[0].is_string() && items[1].is_int();
}

/// The references in `value` in the order in which Keras flattens it: objects by sorted keys.
void find_references(const JsonValue& value, std::vector<Reference>& found) {
  if (is_reference(value)) {
    found.push_back({value.items()[0].as_string(), value.items()[1].as_int(), true});
    if (value.items().size() == 4) find_references(value.items()[3], found);
  } else if (value.is_array()) {
    for (const JsonValue& item : value.items()) find_references(item, found);
  } else if (text(value, "class_name") == "__keras_tensor__") {
    const JsonValue* config = member(value, "config");
    const JsonValue* history = config != nullptr ? member(*config, "keras_history") : nullptr;
    if (history != nullptr && is_reference(*history)) found.push_back({history->items()[0].as_string(), history->items()[1].as_int(), false});
  } else if (value.is_object()) {
    std::vector<const JsonMember*> members;
    for (const JsonMember& item : value.members()) members.push_back(&item);
    std::stable_sort(members.begin(), members.end(), [](const JsonMember* a, const JsonMember* b) { return a->key < b->key; });
    for (const JsonMember* item : members) find_references(item->value, found);
  }
}

struct Call {
  std::size_t layer = 0;
  std::vector<std::size_t> inputs;  // calls
  std::int64_t depth = 0;
  enum class State { kNew, kOpen, kDone } state = State::kNew;
};

class Graph {
 public:
  /// Whether the calls can be followed.
  [[nodiscard]] bool read(const JsonValue& config) {
    for (const JsonValue& entry : list(config, "layers")) {
      const JsonValue* own = member(entry, "config");
      std::string name = text(entry, "name");
      if (name.empty() && own != nullptr) name = text(*own, "name");
      if (!by_name_.emplace(name, layers_.size()).second) return false;
      layers_.push_back({&entry, own != nullptr && is_functional_config(*own), {}, kNever, 0});
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const std::size_t count = std::max<std::size_t>(1, list(*layers_[i].entry, "inbound_nodes").size());  // an input is called by nobody
      for (std::size_t call = 0; call < count; ++call) {
        layers_[i].calls.push_back(calls_.size());
        calls_.push_back({i, {}});
      }
    }
    for (Layer& layer : layers_) {
      const auto nodes = list(*layer.entry, "inbound_nodes");
      for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!calls_of(nodes[i], false, calls_[layer.calls[i]].inputs)) return false;
      }
    }
    const JsonValue *first = member(config, "input_layers"), *last = member(config, "output_layers");
    return first != nullptr && last != nullptr && calls_of(*first, true, inputs_) && calls_of(*last, true, outputs_) && !outputs_.empty();
  }

  /// Whether there is no loop.
  [[nodiscard]] bool walk() {
    for (const std::size_t output : outputs_) {
      if (!visit(output)) return false;
    }
    for (std::size_t i = done_.size(); i-- > 0;) {
      Call& call = calls_[done_[i]];
      Layer& layer = layers_[call.layer];
      call.depth = layer.depth = std::max(call.depth, layer.depth);
      for (const std::size_t input : call.inputs) calls_[input].depth = std::max(calls_[input].depth, call.depth + 1);
    }
    return true;
  }

  [[nodiscard]] std::vector<std::size_t> order() const {
    std::vector<std::size_t> order;
    const auto add = [&](std::size_t layer) {
      if (std::find(order.begin(), order.end(), layer) == order.end()) order.push_back(layer);
    };
    for (const std::size_t input : inputs_) {
      if (layers_[calls_[input].layer].met == kNever) add(calls_[input].layer);  // what nothing uses comes first among the last
    }
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      if (layers_[i].met != kNever) order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return layers_[a].depth != layers_[b].depth ? layers_[a].depth > layers_[b].depth : layers_[a].met < layers_[b].met;
    });
    return order;
  }

 private:
  static constexpr std::int64_t kNever = -1;

  struct Layer {
    const JsonValue* entry;
    bool functional;
    std::vector<std::size_t> calls;
    std::int64_t met;    // its place in the walk from the outputs
    std::int64_t depth;  // its longest way to an output
  };

  /// The calls whose tensors stand in `value`. At the ends of a model, and everywhere in Keras 2, a functional model counts its own graph
  /// as a first call.
  [[nodiscard]] bool calls_of(const JsonValue& value, bool ends, std::vector<std::size_t>& found) const {
    std::vector<Reference> references;
    find_references(value, references);
    for (const Reference& reference : references) {
      const auto layer = by_name_.find(reference.layer);
      if (layer == by_name_.end()) return false;
      const auto& calls = layers_[layer->second].calls;
      const bool counts_own = layers_[layer->second].functional && (ends || reference.old) && reference.call > 0;
      const std::int64_t call = reference.call - (counts_own ? 1 : 0);
      if (call < 0 || call >= static_cast<std::int64_t>(calls.size())) return false;
      found.push_back(calls[static_cast<std::size_t>(call)]);
    }
    return true;
  }

  [[nodiscard]] bool visit(std::size_t output) {
    std::vector<std::pair<std::size_t, std::size_t>> stack;  // a call, and its next input
    const auto enter = [&](std::size_t call) {
      if (calls_[call].state != Call::State::kNew) return calls_[call].state == Call::State::kDone;
      calls_[call].state = Call::State::kOpen;
      Layer& layer = layers_[calls_[call].layer];
      if (layer.met == kNever) layer.met = met_++;
      stack.emplace_back(call, 0);
      return true;
    };
    if (!enter(output)) return false;
    while (!stack.empty()) {
      Call& call = calls_[stack.back().first];
      if (stack.back().second < call.inputs.size()) {
        if (!enter(call.inputs[stack.back().second++])) return false;
        continue;
      }
      call.state = Call::State::kDone;
      done_.push_back(stack.back().first);
      stack.pop_back();
    }
    return true;
  }

  std::vector<Layer> layers_;
  std::map<std::string, std::size_t, std::less<>> by_name_;
  std::vector<Call> calls_;
  std::vector<std::size_t> inputs_, outputs_;  // calls
  std::vector<std::size_t> done_;              // calls, each after what it takes
  std::int64_t met_ = 0;
};

}  // namespace

bool is_functional_config(const JsonValue& config) { return member(config, "input_layers") != nullptr && member(config, "output_layers") != nullptr; }

std::vector<std::size_t> keras_layer_order(const JsonValue& config) {
  const auto layers = list(config, "layers");
  std::vector<std::size_t> order;
  Graph graph;
  if (graph.read(config) && graph.walk()) {
    order = graph.order();
  } else {
    for (std::size_t i = 0; i < layers.size(); ++i) order.push_back(i);
  }
  std::erase_if(order, [&](std::size_t i) { return nn::is_op_module(text(layers[i], "module")); });
  return order;
}

}  // namespace namesake::view
