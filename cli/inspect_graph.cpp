// namesake inspect of a SavedModel, a frozen graph or a meta graph.
#include <fmt/format.h>

#include "cli/inspect_rows.h"
#include "cli/output.h"
#include "namesake/view/name_tree.h"

namespace namesake::cli {
namespace {

JsonValue tensors_json(const std::vector<view::TensorRow>& tensors, bool of_signature) {
  JsonValue rows = JsonValue::array();
  for (const view::TensorRow& tensor : tensors) {
    JsonValue row = JsonValue::object({{"name", tensor.name}, {"dtype", tensor.dtype}});
    if (of_signature) {
      row.add("shape", tensor.shape.known_rank() ? shape_json(tensor.shape) : JsonValue());
      row.add("tensor", tensor.tensor);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

JsonValue names_json(const std::vector<std::string>& names) {
  JsonValue list = JsonValue::array();
  for (const std::string& name : names) list.push_back(name);
  return list;
}

/// Rows of all meta graphs; with several of them each row says its number.
struct Rows {
  JsonValue signatures = JsonValue::array(), functions = JsonValue::array(), ops = JsonValue::array(), objects = JsonValue::array();
};

void add_rows(Rows& rows, const view::MetaGraphRow& meta, std::optional<std::size_t> number) {
  const auto add = [&](JsonValue& list, JsonValue row) {
    if (number) row.add("meta_graph", *number);
    list.push_back(std::move(row));
  };
  for (const view::SignatureRow& each : meta.signatures) {
    add(rows.signatures, JsonValue::object({{"name", each.name}, {"inputs", tensors_json(each.inputs, true)}, {"outputs", tensors_json(each.outputs, true)}, {"method", each.method}}));
  }
  for (const view::FunctionRow& each : meta.functions) {
    add(rows.functions, JsonValue::object({{"name", each.name}, {"arguments", tensors_json(each.arguments, false)}, {"results", tensors_json(each.results, false)}, {"nodes", each.nodes}}));
  }
  for (const auto& [op, count] : meta.ops) add(rows.ops, JsonValue::object({{"op", op}, {"nodes", count}}));
  for (const view::ObjectRow& each : meta.objects) {
    JsonValue children = JsonValue::array();
    for (const auto& [name, node] : each.children) children.push_back(JsonValue::object({{"name", name}, {"object", node}}));
    add(rows.objects, JsonValue::object({{"kind", each.kind}, {"note", each.note}, {"children", std::move(children)}}));
  }
}

JsonValue json_of(const view::GraphInventory& graph) {
  const view::Inventory& inventory = graph.inventory;
  Rows rows;
  JsonValue parts = JsonValue::array();
  for (std::size_t i = 0; i < graph.meta_graphs.size(); ++i) {
    const view::MetaGraphRow& meta = graph.meta_graphs[i];
    add_rows(rows, meta, graph.meta_graphs.size() > 1 ? std::optional(i) : std::nullopt);
    parts.push_back(JsonValue::object({{"tags", names_json(meta.tags)}, {"tensorflow_version", meta.tensorflow_version}, {"nodes", meta.nodes}}));
  }
  return JsonValue::object({{"file", inventory.file},
                            {"format", inventory.format},
                            {"bytes", graph.bytes},
                            {"metadata", JsonValue::object({{"meta_graphs", std::move(parts)}})},
                            {"weights", weights_json(inventory.weights)},
                            {"layers", layers_json(inventory.layers)},
                            {"optimizer", weights_json(inventory.optimizer)},
                            {"attributes", JsonValue::array()},
                            {"signatures", std::move(rows.signatures)},
                            {"functions", std::move(rows.functions)},
                            {"ops", std::move(rows.ops)},
                            {"objects", std::move(rows.objects)}});
}

std::string signature_text(const view::SignatureRow& signature) {
  std::string text = fmt::format("signature {}\n", signature.name);
  const auto add = [&text](std::string_view what, const std::vector<view::TensorRow>& tensors) {
    for (const view::TensorRow& tensor : tensors) {
      const std::string type = tensor.dtype == "invalid" ? "no value" : fmt::format("{} {}", to_string(tensor.shape), tensor.dtype);  // an op to be run
      text += fmt::format("    {} {} {}  {}\n", what, tensor.name, type, tensor.tensor);
    }
  };
  add("input ", signature.inputs);
  add("output", signature.outputs);
  return text;
}

std::string arguments_text(const std::vector<view::TensorRow>& arguments) {
  std::string text;
  for (const view::TensorRow& each : arguments) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", each.name, each.dtype);
  return text;
}

std::string graph_text(const view::MetaGraphRow& meta, const InspectOptions& options) {
  const auto nodes = [](std::size_t count) { return fmt::format("{} {}", count, count == 1 ? "node" : "nodes"); };
  std::string text = "graph: " + nodes(meta.nodes);
  if (!meta.tags.empty()) text += fmt::format(", tags {}", fmt::join(meta.tags, " "));
  if (!meta.tensorflow_version.empty()) text += fmt::format(", TensorFlow {}", meta.tensorflow_version);
  text += "\n";
  for (const view::SignatureRow& signature : meta.signatures) text += signature_text(signature);
  for (const view::FunctionRow& function : meta.functions) {
    text += fmt::format("function {}({}) -> ({}): {}\n", function.name, arguments_text(function.arguments), arguments_text(function.results), nodes(function.nodes));
  }
  std::string ops;
  for (const auto& [op, count] : meta.ops) ops += fmt::format("{}{} {}", ops.empty() ? "" : ", ", op, count);
  if (!ops.empty()) text += fmt::format("ops: {}\n", ops);
  if (!meta.objects.empty()) text += "objects\n" + view::object_tree(meta.objects, options.ascii);
  return text;
}

}  // namespace

void inspect_graph(const view::GraphInventory& graph, const InspectOptions& options) {
  if (options.json) return print_json(json_of(graph));
  const view::Inventory& inventory = graph.inventory;
  std::string text = view::name_tree(inventory, heading(inventory), {.ascii = options.ascii, .optimizer = true});
  text += totals_text(inventory);
  for (const view::MetaGraphRow& meta : graph.meta_graphs) text += graph_text(meta, options);
  if (options.attributes) text += fmt::format("file of {}\n", size_text(graph.bytes));
  print(text);
}

}  // namespace namesake::cli
