#include "namesake/formats/object_graph.h"

#include <fmt/format.h>
#include <namesake_proto/tensor_bundle.pb.h>

#include <algorithm>
#include <limits>

#include "namesake/base/error.h"

namespace namesake::formats {
namespace {

class Reader {
 public:
  Reader(const ModelFile& file, const proto::ObjectGraph& message) : file_(file), message_(message) {}

  ObjectGraph read() const {
    ObjectGraph graph;
    graph.nodes.reserve(static_cast<std::size_t>(message_.nodes_size()));
    for (const auto& stored : message_.nodes()) {
      ObjectNode& node = graph.nodes.emplace_back();
      for (const auto& edge : stored.children()) node.children.push_back({edge.local_name(), checked(edge.node_id())});
      for (const auto& value : stored.attributes()) node.values.push_back({value.name(), value.full_name(), value.checkpoint_key()});
      for (const auto& slot : stored.slot_variables()) {
        node.slots.push_back({checked(slot.original_variable_node_id()), slot.slot_name(), checked(slot.slot_variable_node_id())});
      }
    }
    return graph;
  }

 private:
  std::size_t checked(std::int32_t node) const {
    if (node >= 0 && node < message_.nodes_size()) return static_cast<std::size_t>(node);
    throw FormatError(file_.file, std::string(kObjectGraphKey), {.what = "The object graph leads to an object that it does not have.",
                                                                 .expected = fmt::format("one of {}", message_.nodes_size()),
                                                                 .received = fmt::format("object {}", node)});
  }

  const ModelFile& file_;
  const proto::ObjectGraph& message_;
};

}  // namespace

std::optional<std::size_t> ObjectNode::child(std::string_view name) const noexcept {
  const auto found = std::find_if(children.begin(), children.end(), [&](const ObjectEdge& edge) { return edge.name == name; });
  return found == children.end() ? std::nullopt : std::optional(found->node);
}

std::optional<ObjectGraph> read_object_graph(const ModelFile& file) {
  const WeightEntry* whole = file.find_weight(kWholeObjectGraphKey);
  const WeightEntry* entry = whole != nullptr ? whole : file.find_weight(kObjectGraphKey);
  if (entry == nullptr) return std::nullopt;
  const auto refuse = [&](std::string expected) {
    throw FormatError(file.file, std::string(kObjectGraphKey), {.what = "The object graph of the checkpoint is damaged.", .expected = std::move(expected)});
  };
  if (entry->dtype != DType::kString || entry->shape != Shape::scalar()) refuse("one string");
  const std::string bytes = entry->source->read_strings().at(0);
  proto::ObjectGraph message;
  const bool parsed = bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) && message.ParseFromString(bytes);
  if (!parsed || message.nodes_size() == 0) refuse("a TrackableObjectGraph with a root");
  return Reader(file, message).read();
}

std::string to_bytes(const ObjectGraph& graph) {
  proto::ObjectGraph message;
  for (const ObjectNode& node : graph.nodes) {
    proto::ObjectGraph::Node* stored = message.add_nodes();
    for (const ObjectEdge& edge : node.children) {
      auto* added = stored->add_children();
      added->set_node_id(static_cast<std::int32_t>(edge.node));
      added->set_local_name(edge.name);
    }
    for (const ObjectValue& value : node.values) {
      auto* added = stored->add_attributes();
      added->set_name(value.name);
      added->set_full_name(value.full_name);
      added->set_checkpoint_key(value.key);
    }
    for (const ObjectSlot& slot : node.slots) {
      auto* added = stored->add_slot_variables();
      added->set_original_variable_node_id(static_cast<std::int32_t>(slot.variable));
      added->set_slot_name(slot.name);
      added->set_slot_variable_node_id(static_cast<std::int32_t>(slot.state));
    }
  }
  return message.SerializeAsString();
}

}  // namespace namesake::formats
