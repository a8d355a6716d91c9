// namesake inspect of a SavedModel, a frozen graph or a meta graph.
#include <fmt/format.h>

#include <algorithm>

#include "cli/inspect_rows.h"
#include "cli/output.h"
#include "namesake/base/error.h"
#include "namesake/view/name_tree.h"

namespace namesake::cli {
namespace {

constexpr std::string_view kInitSignature = "__saved_model_init_op";  // TensorFlow runs it once, before all others

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

/// Hashes are strings: numbers of 64 bits are more than most readers of JSON keep.
JsonValue fingerprint_json(const formats::FingerprintReport& report) {
  JsonValue json = JsonValue::object();
  if (report.stored) {
    const formats::Fingerprint& stored = *report.stored;
    json = JsonValue::object({{"saved_model_checksum", std::to_string(stored.saved_model_checksum)},
                              {"graph_def_program_hash", std::to_string(stored.graph_def_program_hash)},
                              {"signature_def_hash", std::to_string(stored.signature_def_hash)},
                              {"saved_object_graph_hash", std::to_string(stored.saved_object_graph_hash)},
                              {"checkpoint_hash", std::to_string(stored.checkpoint_hash)},
                              {"uuid", stored.uuid}});
  }
  json.add("findings", names_json(report.findings));
  return json;
}

JsonValue json_of(const view::GraphInventory& graph) {
  const view::Inventory& inventory = graph.inventory;
  Rows rows;
  JsonValue parts = JsonValue::array();
  for (std::size_t i = 0; i < graph.meta_graphs.size(); ++i) {
    const view::MetaGraphRow& meta = graph.meta_graphs[i];
    add_rows(rows, meta, graph.meta_graphs.size() > 1 ? std::optional(i) : std::nullopt);
    JsonValue part = JsonValue::object({{"tags", names_json(meta.tags)}, {"tensorflow_version", meta.tensorflow_version}, {"nodes", meta.nodes}});
    if (!meta.unreadable.empty()) part.add("unreadable", names_json(meta.unreadable));
    parts.push_back(std::move(part));
  }
  JsonValue json = JsonValue::object({{"file", inventory.file},
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
  if (graph.fingerprint) json.add("fingerprint", fingerprint_json(*graph.fingerprint));
  return json;
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

/// `string, 8 resource`: how many of each dtype.
std::string counts_text(const std::vector<view::TensorRow>& tensors) {
  std::vector<std::pair<std::string, std::size_t>> counts;
  for (const view::TensorRow& each : tensors) {
    const auto found = std::find_if(counts.begin(), counts.end(), [&](const auto& count) { return count.first == each.dtype; });
    if (found == counts.end()) counts.emplace_back(each.dtype, 1);
    else ++found->second;
  }
  std::string text;
  for (const auto& [dtype, count] : counts) text += fmt::format("{}{}{}", text.empty() ? "" : ", ", count == 1 ? "" : fmt::format("{} ", count), dtype);
  return text;
}

std::string nodes_text(std::size_t count) { return fmt::format("{} {}", count, count == 1 ? "node" : "nodes"); }

/// Whole; where that would be wider than `columns` with the arguments counted, and with the end of a long name only. 0 columns are any number.
std::string function_text(const view::FunctionRow& function, std::size_t columns) {
  std::string line = fmt::format("function {}({}) -> ({}): {}", function.name, arguments_text(function.arguments), arguments_text(function.results), nodes_text(function.nodes));
  if (columns == 0 || line.size() <= columns) return line;
  constexpr std::string_view kWord = "function ", kCut = "...";
  constexpr std::size_t kLeast = 12;  // of a name, however narrow
  const std::string end = fmt::format("({}) -> ({}): {}", counts_text(function.arguments), counts_text(function.results), nodes_text(function.nodes));
  const std::size_t taken = kWord.size() + end.size();
  if (taken + function.name.size() <= columns) return fmt::format("{}{}{}", kWord, function.name, end);
  const std::size_t room = std::max(columns - std::min(columns, taken + kCut.size()), kLeast);
  return fmt::format("{}{}{}{}", kWord, kCut, function.name.substr(function.name.size() - std::min(room, function.name.size())), end);
}

/// `ops: MatMul 3, Relu 2`, over several lines if there are columns to keep.
std::string ops_text(const view::MetaGraphRow& meta, std::size_t columns) {
  constexpr std::string_view kIndent = "    ";
  std::string text = "ops:";
  std::size_t line = text.size();
  for (std::size_t i = 0; i < meta.ops.size(); ++i) {
    const std::string op = fmt::format(" {} {}{}", meta.ops[i].first, meta.ops[i].second, i + 1 < meta.ops.size() ? "," : "");
    if (columns > 0 && line + op.size() > columns) {
      text += fmt::format("\n{}", kIndent);
      line = kIndent.size();
    }
    text += op;
    line += op.size();
  }
  return text + "\n";
}

std::string graph_text(const view::MetaGraphRow& meta, const InspectOptions& options) {
  const std::size_t columns = options.all ? 0 : static_cast<std::size_t>(std::max(0, options.width.value_or(terminal_columns())));
  std::string text = "graph: " + nodes_text(meta.nodes);
  if (!meta.tags.empty()) text += fmt::format(", tags {}", fmt::join(meta.tags, " "));
  if (!meta.tensorflow_version.empty()) text += fmt::format(", TensorFlow {}", meta.tensorflow_version);
  text += "\n";
  for (const view::SignatureRow& signature : meta.signatures) {
    if (options.all || signature.name != kInitSignature) text += signature_text(signature);
  }
  for (const view::FunctionRow& function : meta.functions) text += function_text(function, columns) + "\n";
  if (!meta.ops.empty()) text += ops_text(meta, columns);
  for (const std::string& value : meta.unreadable) text += fmt::format("not readable: {}\n", value);
  if (!meta.objects.empty()) text += "objects\n" + view::object_tree(meta.objects, options.ascii);
  return text;
}

/// `fingerprint: 1/2/3/4` as tf.saved_model.experimental.Fingerprint.singleprint() has it, and what is wrong.
std::string fingerprint_text(const formats::FingerprintReport& report) {
  std::string text;
  if (report.stored) {
    const formats::Fingerprint& stored = *report.stored;
    text = fmt::format("fingerprint: {}/{}/{}/{}, saved_model.pb {}\n", stored.graph_def_program_hash, stored.signature_def_hash, stored.saved_object_graph_hash,
                       stored.checkpoint_hash, stored.saved_model_checksum);
  }
  for (const std::string& finding : report.findings) text += fmt::format("fingerprint: {}\n", finding);
  return text;
}

/// The listing is out; but the folder is not whole.
void refuse_missing(const view::GraphInventory& graph) {
  if (graph.values_missing == 0) return;
  throw FormatError(graph.inventory.file, "", {.what = "The values of its variables are missing.",
                                               .expected = fmt::format("variables/variables.index beside saved_model.pb, for {} {}", graph.values_missing, graph.values_missing == 1 ? "variable" : "variables"),
                                               .received = "no such file",
                                               .fix = "copy the whole folder that the model was saved in, with variables/"});
}

}  // namespace

void inspect_graph(const view::GraphInventory& graph, const InspectOptions& options) {
  if (options.json) {
    print_json(json_of(graph));
    return refuse_missing(graph);
  }
  const view::Inventory& inventory = graph.inventory;
  std::string text = view::name_tree(inventory, heading(inventory), {.ascii = options.ascii, .optimizer = true});
  text += totals_text(inventory);
  for (const view::MetaGraphRow& meta : graph.meta_graphs) text += graph_text(meta, options);
  if (graph.fingerprint) text += fingerprint_text(*graph.fingerprint);
  if (options.attributes) text += fmt::format("file of {}\n", size_text(graph.bytes));
  print(text);
  refuse_missing(graph);
}

}  // namespace namesake::cli
