#include "namesake/saving/saved_model/op_node.h"

#include <fmt/format.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/ops/records.h"

namespace namesake::saving {
namespace {

using formats::Attribute;
using formats::attribute;
using ops::AttrKind;

// The word at `place` of "NHWC,NCHW".
std::string word_at(std::string_view words, std::int64_t place) {
  for (; place > 0; --place) {
    const std::size_t comma = words.find(',');
    if (comma == std::string_view::npos) return {};
    words.remove_prefix(comma + 1);
  }
  return std::string(words.substr(0, words.find(',')));
}

Attribute attribute_of(const ops::AttrDef& def, const ops::Attrs& attrs, std::size_t place) {
  switch (def.kind) {
    case AttrKind::kBool:
      return attribute(def.name, attrs.boolean(place));
    case AttrKind::kInt:
      return attribute(def.name, attrs.integer(place));
    case AttrKind::kFloat:
      return attribute(def.name, static_cast<float>(attrs.real(place)));
    case AttrKind::kType:
      return attribute(def.name, attrs.type(place));
    case AttrKind::kInts: {
      std::vector<std::int64_t> values;
      for (int i = 0; i < attrs.list_size(place); ++i) values.push_back(attrs.list_item(place, i));
      return formats::list_attribute(def.name, std::move(values));
    }
    case AttrKind::kWord:
      return attribute(def.name, word_at(def.words, attrs.integer(place)));
    case AttrKind::kText:
      return attribute(def.name, std::string(attrs.text(place)));
  }
  return {};
}

bool has(const std::vector<Attribute>& attributes, std::string_view name) {
  return std::any_of(attributes.begin(), attributes.end(), [&](const Attribute& a) { return a.name == name; });
}

}  // namespace

bool is_left_out(const graph::Node& node) { return node.op == &ops::kCheckInRange; }

formats::NodeDef op_node(const graph::Graph& graph, const graph::Node& node) {
  const ops::OpRecord& op = *node.op;
  if (ops::find_op(op.name) != &op) {
    throw Unsupported({.subject = node.name,
                       .what = fmt::format("The op {} of \"{}\" is none of TensorFlow's, so that no graph can hold it.", op.name, node.name),
                       .fix = "compute it by other ops in the layer's call()"});
  }
  formats::NodeDef def{.name = node.name, .op = std::string(op.name), .device = {}, .inputs = {}, .attributes = {}};
  for (std::size_t i = 0; i < op.attrs.size(); ++i) def.attributes.push_back(attribute_of(op.attrs[i], node.attrs, i));
  for (const ops::TypeAttr& type : op.types) {
    const graph::Value& input = node.inputs[op.input_at(type.input, node.inputs.size())];
    def.attributes.push_back(attribute(type.name, graph.nodes[input.node].outputs[static_cast<std::size_t>(input.output)].dtype));
  }
  if (op.list_input >= 0 && !has(def.attributes, "N")) {
    def.attributes.push_back(attribute("N", static_cast<std::int64_t>(node.inputs.size() - op.input_names.size() + 1)));
  }
  return def;
}

std::string output_place(const graph::Node& node, int output) {
  if (node.op->list_output >= 0) return fmt::format("{}:{}", node.op->output_names[0], output);
  return fmt::format("{}:0", node.op->output_names[static_cast<std::size_t>(output)]);
}

}  // namespace namesake::saving
