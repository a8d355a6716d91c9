#include "namesake/view/graph_inventory.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <queue>

#include "namesake/base/error.h"
#include "namesake/base/mapped_file.h"
#include "namesake/formats/saved_model.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/naming/path.h"
#include "namesake/view/checkpoint_inventory.h"

namespace namesake::view {
namespace {

namespace fs = std::filesystem;

std::string dtype_text(DType dtype) {
  const auto number = static_cast<int>(dtype);
  if (number > 100) return dtype_text(static_cast<DType>(number - 100)) + "_ref";  // of TensorFlow 1's variables
  return dtype == DType::kInvalid || to_string(dtype) != "invalid" ? std::string(to_string(dtype)) : fmt::format("dtype {}", number);
}

std::uint64_t size_of_file(const fs::path& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file, error);
  return error ? 0 : size;
}

std::uint64_t bytes_of(DType dtype, const Shape& shape) {
  const auto count = shape.elements();
  const auto most = static_cast<std::int64_t>(std::uint64_t{1} << 58U);  // what a damaged file claims may be more
  return count && *count < most ? static_cast<std::uint64_t>(*count) * size_of(dtype) : 0;
}

std::vector<TensorRow> rows_of(const std::vector<formats::SignatureTensor>& tensors) {
  std::vector<TensorRow> rows;
  for (const formats::SignatureTensor& each : tensors) rows.push_back({each.key, dtype_text(each.dtype), each.shape, each.tensor});
  return rows;
}

TensorRow row_of(const formats::FunctionArgument& argument) {
  std::string type = !argument.type_list_attribute.empty() ? argument.type_list_attribute + "..."
                     : !argument.type_attribute.empty()    ? argument.type_attribute
                                                           : dtype_text(argument.dtype);
  if (!argument.number_attribute.empty()) type += " x " + argument.number_attribute;
  return {argument.name, std::move(type), {}, {}};
}

FunctionRow row_of(const formats::FunctionDef& function) {
  FunctionRow row{function.name, {}, {}, function.nodes.size()};
  for (const formats::FunctionArgument& argument : function.arguments) row.arguments.push_back(row_of(argument));
  for (const formats::FunctionArgument& result : function.results) row.results.push_back(row_of(result));
  return row;
}

std::vector<std::pair<std::string, std::size_t>> ops_of(const formats::GraphDef& graph) {
  std::map<std::string_view, std::size_t> counts;
  for (const formats::NodeDef& node : graph.nodes) ++counts[node.op];
  for (const formats::FunctionDef& function : graph.functions) {
    for (const formats::NodeDef& node : function.nodes) ++counts[node.op];
  }
  std::vector<std::pair<std::string, std::size_t>> ops(counts.begin(), counts.end());
  std::stable_sort(ops.begin(), ops.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return ops;
}

void add_unreadable(std::vector<std::string>& rows, const std::string& place, const std::vector<formats::Attribute>& attributes) {
  for (const formats::Attribute& each : attributes) {
    if (const auto reason = why_unreadable(each.value); !reason.empty()) rows.push_back(fmt::format("{}, attribute {}: {}", place, each.name, reason));
    const auto* functions = std::get_if<std::vector<formats::FunctionReference>>(&each.value.values);
    if (functions == nullptr) continue;
    for (const formats::FunctionReference& function : *functions) add_unreadable(rows, fmt::format("{}, attribute {}", place, each.name), function.attributes);
  }
}

/// Values that are in the file but have no form here.
std::vector<std::string> unreadable_of(const formats::MetaGraph& meta) {
  std::vector<std::string> rows;
  for (const formats::NodeDef& node : meta.graph.nodes) add_unreadable(rows, fmt::format("node \"{}\"", node.name), node.attributes);
  for (const formats::FunctionDef& function : meta.graph.functions) {
    const std::string place = fmt::format("function \"{}\"", function.name);
    add_unreadable(rows, place, function.attributes);
    for (const formats::FunctionArgument& argument : function.arguments) add_unreadable(rows, fmt::format("{}, argument \"{}\"", place, argument.name), argument.attributes);
    for (const formats::NodeDef& node : function.nodes) add_unreadable(rows, fmt::format("{}, node \"{}\"", place, node.name), node.attributes);
  }
  for (const formats::Signature& signature : meta.signatures) {
    for (const auto* tensors : {&signature.inputs, &signature.outputs}) {
      for (const formats::SignatureTensor& tensor : *tensors) {
        if (!tensor.unreadable.empty()) rows.push_back(fmt::format("signature \"{}\", {}: {}", signature.key, tensor.key, tensor.unreadable));
      }
    }
  }
  return rows;
}

/// What Keras 2 says that an object is: `Dense "hidden"`.
std::string text_of(const JsonValue& metadata, std::string_view key) {
  const JsonValue* value = metadata.find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

struct Describe {
  ObjectRow& row;
  void operator()(std::monostate) const { row.kind = "object"; }
  void operator()(const formats::UserObject& user) const {
    row.kind = "user object";
    if (user.identifier != "_generic_user_object") row.note = user.identifier;
  }
  void operator()(const formats::AssetObject&) const { row.kind = "asset"; }
  void operator()(const formats::FunctionObject& function) const {
    row.kind = "function";
    row.note = fmt::format("{}", fmt::join(function.concrete_functions, ", "));
  }
  void operator()(const formats::VariableObject& variable) const {
    row.kind = "variable";
    row.note = fmt::format("{} {} {}{}", variable.name, to_string(variable.shape), dtype_text(variable.dtype), variable.trainable ? "" : ", not trainable");
  }
  void operator()(const formats::BareFunctionObject& function) const {
    row.kind = "concrete function";
    row.note = function.concrete_function;
  }
  void operator()(const formats::ConstantObject& constant) const {
    row.kind = "constant";
    row.note = constant.operation;
  }
  void operator()(const formats::ResourceObject& resource) const {
    row.kind = "resource";
    row.note = resource.device;
  }
  void operator()(const formats::CapturedTensorObject& captured) const {
    row.kind = "captured tensor";
    row.note = captured.name;
  }
};

std::vector<ObjectRow> objects_of(const formats::SavedModelObjects& objects, const std::vector<formats::KerasMetadata>& keras) {
  std::vector<ObjectRow> rows;
  for (const formats::SavedObject& object : objects.nodes) {
    ObjectRow& row = rows.emplace_back();
    std::visit(Describe{row}, object.kind);
    for (const formats::ObjectEdge& edge : object.children) row.children.emplace_back(edge.name, edge.node);
  }
  for (const formats::KerasMetadata& each : keras) {
    if (each.node >= rows.size()) continue;
    rows[each.node].note = fmt::format("{} \"{}\"", text_of(each.metadata, "class_name"), text_of(each.metadata, "name"));
  }
  return rows;
}

MetaGraphRow row_of(const formats::MetaGraph& meta, const std::vector<formats::KerasMetadata>& keras) {
  MetaGraphRow row;
  row.tags = meta.tags;
  row.tensorflow_version = meta.tensorflow_version;
  row.nodes = meta.graph.nodes.size();
  for (const formats::Signature& each : meta.signatures) row.signatures.push_back({each.key, each.method_name, rows_of(each.inputs), rows_of(each.outputs)});
  for (const formats::FunctionDef& function : meta.graph.functions) row.functions.push_back(row_of(function));
  row.ops = ops_of(meta.graph);
  row.unreadable = unreadable_of(meta);
  if (meta.objects) row.objects = objects_of(*meta.objects, keras);
  return row;
}

/// The key of each object's value in the bundle, and the shortest path that leads to the object from the root: both graphs are walked
/// side by side, edge by edge, as TensorFlow restores.
struct Found {
  std::string path, key;
};
std::vector<Found> find_objects(const formats::SavedModelObjects& objects, const formats::ObjectGraph& stored) {
  std::vector<Found> found(objects.nodes.size());
  std::vector<bool> seen(objects.nodes.size());
  std::queue<std::pair<std::size_t, std::optional<std::size_t>>> next;  // in the SavedModel; in the bundle, if it has it
  if (objects.nodes.empty()) return found;
  next.emplace(0, stored.nodes.empty() ? std::nullopt : std::optional<std::size_t>(0));
  seen[0] = true;
  for (; !next.empty(); next.pop()) {
    const std::size_t at = next.front().first;
    const formats::ObjectNode* node = next.front().second ? &stored.nodes[*next.front().second] : nullptr;
    if (node != nullptr) {
      for (const formats::ObjectValue& value : node->values) {
        if (value.name == formats::kVariableValue) found[at].key = value.key;
      }
    }
    for (const formats::ObjectEdge& edge : objects.nodes[at].children) {
      if (seen[edge.node]) continue;
      seen[edge.node] = true;
      const std::string path = naming::join_path(found[at].path, edge.name);
      if (path.size() < 4096) found[edge.node].path = path;  // a chain of objects may be long
      next.emplace(edge.node, node != nullptr ? node->child(edge.name) : std::nullopt);
    }
  }
  return found;
}

/// The objects that are variables: in the order of the root's list `variables`, if it has one, then the others.
std::vector<std::size_t> variables_of(const formats::SavedModelObjects& objects) {
  std::vector<std::size_t> order;
  std::vector<bool> seen(objects.nodes.size());
  const auto add = [&](std::size_t object) {
    if (!seen[object] && std::holds_alternative<formats::VariableObject>(objects.nodes[object].kind)) order.push_back(object);
    seen[object] = true;
  };
  for (const formats::ObjectEdge& edge : objects.nodes[0].children) {
    if (edge.name != "variables") continue;
    for (const formats::ObjectEdge& variable : objects.nodes[edge.node].children) add(variable.node);
  }
  for (std::size_t i = 0; i < objects.nodes.size(); ++i) add(i);
  return order;
}

void add_variables(Inventory& inventory, const formats::SavedModelObjects& objects, const formats::ModelFile* bundle) {
  formats::ObjectGraph stored;
  if (bundle != nullptr) {
    if (auto graph = formats::read_object_graph(*bundle)) stored = std::move(*graph);
  }
  const std::vector<Found> found = find_objects(objects, stored);
  for (const std::size_t i : variables_of(objects)) {
    const auto* variable = std::get_if<formats::VariableObject>(&objects.nodes[i].kind);
    WeightRow row{variable->name.empty() ? found[i].path : variable->name, variable->shape, variable->dtype, bytes_of(variable->dtype, variable->shape), found[i].key, {}};
    if (bundle == nullptr || bundle->find_weight(found[i].key) == nullptr) row.unsupported = "its value is not stored";
    if (!variable->unreadable.empty()) row.unsupported = variable->unreadable;
    if (!is_optimizer_state(found[i].path)) {
      inventory.weights.push_back(std::move(row));
    } else {
      if (!row.path.starts_with("optimizer/")) row.path = naming::join_path("optimizer", row.path);
      inventory.optimizer.push_back(std::move(row));
    }
  }
}

/// Variables of TensorFlow 1: nodes of the main graph, whose names are the bundle's keys.
void add_variables(Inventory& inventory, const formats::GraphDef& graph, const formats::ModelFile* bundle) {
  for (const formats::NodeDef& node : graph.nodes) {
    if (node.op != "VarHandleOp" && node.op != "VariableV2" && node.op != "Variable") continue;
    const auto* dtype = node.find("dtype");
    const auto* shape = node.find("shape");
    WeightRow row{node.name, {}, DType::kInvalid, 0, node.name, {}};
    if (dtype != nullptr && dtype->one<DType>() != nullptr) row.dtype = *dtype->one<DType>();
    if (shape != nullptr && shape->one<Shape>() != nullptr) row.shape = *shape->one<Shape>();
    row.bytes = bytes_of(row.dtype, row.shape);
    if (bundle != nullptr && bundle->find_weight(node.name) == nullptr) row.unsupported = "its value is not stored";
    inventory.weights.push_back(std::move(row));
  }
}

/// What a frozen graph has for variables: its constants of real numbers, but for single ones.
void add_constants(Inventory& inventory, const formats::GraphDef& graph) {
  for (const formats::NodeDef& node : graph.nodes) {
    const auto* value = node.op == "Const" ? node.find("value") : nullptr;
    if (value != nullptr && !why_unreadable(*value).empty()) {
      inventory.weights.push_back({node.name, {}, DType::kInvalid, 0, node.name, std::string(why_unreadable(*value))});
      continue;
    }
    const auto* tensor = value != nullptr ? value->one<formats::TensorValue>() : nullptr;
    if (tensor == nullptr || !is_floating(tensor->dtype) || tensor->shape.rank() < 1) continue;
    inventory.weights.push_back({node.name, tensor->shape, tensor->dtype, bytes_of(tensor->dtype, tensor->shape), node.name, {}});
  }
}

/// The layers that Keras 2 describes: `root.layer-1.layer-0` is a layer of the layer `root.layer-1`.
void add_layers(Inventory& inventory, const std::vector<formats::KerasMetadata>& keras) {
  std::map<std::string, std::string> paths;  // of the layers that have been seen
  for (const formats::KerasMetadata& each : keras) {
    const std::string name = text_of(each.metadata, "name"), class_name = text_of(each.metadata, "class_name");
    if (each.path == "root") {
      inventory.name = name;
      inventory.class_name = class_name;
    } else if (each.identifier.starts_with("_tf_keras_") && each.identifier != "_tf_keras_metric") {
      std::string owner = each.path;
      do {
        const std::size_t dot = owner.rfind('.');
        owner.resize(dot == std::string::npos ? 0 : dot);
      } while (!owner.empty() && !paths.contains(owner));
      const std::string path = naming::join_path(owner.empty() ? "" : paths.at(owner), name);
      paths.emplace(each.path, path);
      inventory.layers.push_back({name, class_name, path});
    }
  }
}

/// Layers of a model that was made in a scope: their weights say so, `model_0/dense_1/kernel`, their names do not.
void put_into_scope(Inventory& inventory) {
  const std::string scope = inventory.name + "/";
  const bool inside = !inventory.weights.empty() && std::all_of(inventory.weights.begin(), inventory.weights.end(), [&](const WeightRow& row) { return row.path.starts_with(scope); });
  const bool layer_of_that_name = std::any_of(inventory.layers.begin(), inventory.layers.end(), [&](const LayerRow& row) { return row.path == inventory.name; });
  if (!inside || layer_of_that_name) return;
  for (LayerRow& row : inventory.layers) row.path = scope + row.path;
}

GraphInventory of_saved_model(const std::string& path, const std::string& directory) {
  const formats::SavedModelFile content = formats::read_saved_model(directory);
  GraphInventory found;
  found.inventory.file = path;
  found.inventory.format = "saved_model";
  found.bytes = size_of_file(fs::path(directory) / "saved_model.pb");
  add_layers(found.inventory, content.keras);
  const std::string prefix = formats::variables_prefix(directory);
  std::optional<formats::ModelFile> bundle;
  if (formats::is_bundle(prefix)) bundle = formats::read_tensor_bundle(prefix);
  bool first = true;
  for (const formats::MetaGraph& meta : content.meta_graphs) {
    found.meta_graphs.push_back(row_of(meta, content.keras));
    if (!first) continue;  // meta graphs share their variables
    first = false;
    const formats::ModelFile* stored = bundle ? &*bundle : nullptr;
    if (meta.objects && !meta.objects->nodes.empty()) {
      add_variables(found.inventory, *meta.objects, stored);
    } else {
      add_variables(found.inventory, meta.graph, stored);
    }
  }
  put_into_scope(found.inventory);
  if (!bundle) found.values_missing = found.inventory.weights.size() + found.inventory.optimizer.size();
  found.fingerprint = formats::check_fingerprint(directory);
  return found;
}

GraphInventory of_graph(const std::string& path) {
  const auto file = base::MappedFile::open(path);
  formats::MetaGraph meta;
  meta.graph = formats::parse_graph_def(file->bytes(), path);
  if (meta.graph.nodes.empty() && meta.graph.functions.empty()) {
    throw FormatError(path, "", {.what = "There is no graph in the file.",
                                 .expected = "a frozen graph (GraphDef), or the saved_model.pb of a SavedModel",
                                 .received = "a message without nodes",
                                 .fix = "if it lies beside a saved_model.pb, inspect that, or its folder"});
  }
  GraphInventory found;
  found.inventory.file = path;
  found.inventory.format = "graph_def";
  found.bytes = file->bytes().size();
  found.meta_graphs.push_back(row_of(meta, {}));
  add_constants(found.inventory, meta.graph);
  return found;
}

GraphInventory of_meta_graph(const std::string& path) {
  const formats::MetaGraph meta = formats::read_meta_graph(path);
  GraphInventory found;
  found.inventory.file = path;
  found.inventory.format = "meta_graph";
  found.bytes = size_of_file(path);
  found.meta_graphs.push_back(row_of(meta, {}));
  add_variables(found.inventory, meta.graph, nullptr);
  return found;
}

}  // namespace

std::optional<GraphInventory> open_graph_file(const std::string& path) {
  const fs::path file(path);
  std::error_code error;
  if (fs::is_directory(file, error)) {
    const bool meant = formats::is_saved_model(path) || fs::exists(file / "saved_model.cpb", error) || fs::exists(file / "saved_model.pbtxt", error);
    return meant ? std::optional(of_saved_model(path, path)) : std::nullopt;
  }
  if (!fs::exists(file, error)) return std::nullopt;
  if (file.filename() == "saved_model.pb") return of_saved_model(path, file.has_parent_path() ? file.parent_path().string() : ".");
  if (file.extension() == ".pb") return of_graph(path);
  if (file.extension() == ".meta") return of_meta_graph(path);
  return std::nullopt;
}

}  // namespace namesake::view
