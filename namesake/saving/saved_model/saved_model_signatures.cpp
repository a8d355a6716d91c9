#include "namesake/saving/saved_model/saved_model_signatures.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <unordered_map>
#include <unordered_set>

#include "namesake/base/error.h"
#include "namesake/naming/natural_order.h"

namespace namesake::saving {
namespace {

using formats::MetaGraph;
using formats::NodeDef;
using formats::StructuredValue;

constexpr int kDeepestStructure = 32;

std::string tags_text(const MetaGraph& graph) { return graph.tags.empty() ? "(no tags)" : fmt::format("{}", fmt::join(graph.tags, ",")); }

template <class Pairs>
std::vector<const StructuredValue*> by_key(const Pairs& fields) {  // TensorFlow takes dictionaries in the order of their keys
  std::vector<std::pair<std::string_view, const StructuredValue*>> sorted;
  for (const auto& [key, value] : fields) sorted.emplace_back(key, &value);
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<const StructuredValue*> values;
  for (const auto& [key, value] : sorted) values.push_back(value);
  return values;
}

// The tensors in a structure, in the order in which a function takes or gives them; false if there are others than plain ones.
bool flatten(const StructuredValue& value, std::string key, std::vector<GraphEnd>& ends, int depth = 0) {
  if (depth > kDeepestStructure || std::holds_alternative<StructuredValue::Other>(value.kind)) return false;
  if (const auto* spec = std::get_if<StructuredValue::TensorSpec>(&value.kind)) {
    ends.push_back({key.empty() ? spec->name : key, "", spec->dtype, spec->shape});
    return true;
  }
  const auto all = [&](const std::vector<StructuredValue>& values) {
    return std::all_of(values.begin(), values.end(), [&](const StructuredValue& one) { return flatten(one, "", ends, depth + 1); });
  };
  if (const auto* list = std::get_if<StructuredValue::List>(&value.kind)) return all(list->values);
  if (const auto* tuple = std::get_if<StructuredValue::Tuple>(&value.kind)) return all(tuple->values);
  if (const auto* named = std::get_if<StructuredValue::NamedTuple>(&value.kind)) {
    for (const auto& [field, inner] : named->fields) {
      if (!flatten(inner, field, ends, depth + 1)) return false;
    }
    return true;
  }
  if (const auto* dict = std::get_if<StructuredValue::Dict>(&value.kind)) {
    for (const StructuredValue* field : by_key(dict->fields)) {
      const auto at = std::find_if(dict->fields.begin(), dict->fields.end(), [&](const auto& entry) { return &entry.value == field; });
      if (!flatten(*field, at->name, ends, depth + 1)) return false;
    }
  }
  return true;
}

bool says_true(const StructuredValue& value, int depth = 0) {
  if (depth > kDeepestStructure) return false;
  if (const auto* flag = std::get_if<bool>(&value.kind)) return *flag;
  const auto any = [&](const auto& values) { return std::any_of(values.begin(), values.end(), [&](const StructuredValue& one) { return says_true(one, depth + 1); }); };
  if (const auto* tuple = std::get_if<StructuredValue::Tuple>(&value.kind)) return any(tuple->values);
  if (const auto* list = std::get_if<StructuredValue::List>(&value.kind)) return any(list->values);
  if (const auto* dict = std::get_if<StructuredValue::Dict>(&value.kind)) {
    return std::any_of(dict->fields.begin(), dict->fields.end(), [&](const auto& field) { return says_true(field.value, depth + 1); });
  }
  return false;
}

void name_ends(std::vector<GraphEnd>& ends, std::string_view base) {
  std::unordered_set<std::string> taken;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    if (ends[i].name.empty()) ends[i].name = fmt::format("{}_{}", base, i);
    while (!taken.insert(ends[i].name).second) ends[i].name = fmt::format("{}_{}", ends[i].name, i);
  }
}

// One way to call a function object: of several the first that is not told to train.
using Functions = std::unordered_map<std::string_view, const formats::ConcreteFunction*>;
bool endpoint_of(const Functions& functions, const formats::FunctionObject& object, FileSignature& signature) {
  for (const std::string& name : object.concrete_functions) {
    const auto found_at = functions.find(name);
    if (found_at == functions.end() || says_true(found_at->second->input_signature)) continue;
    const formats::ConcreteFunction* function = found_at->second;
    FileSignature found{signature.name, {}, {}, name, function->bound_inputs};
    if (!flatten(function->input_signature, "", found.inputs) || !flatten(function->output_signature, "", found.outputs) || found.outputs.empty()) continue;
    for (GraphEnd& end : found.outputs) {
      if (!std::holds_alternative<StructuredValue::Dict>(function->output_signature.kind)) end.name.clear();
    }
    name_ends(found.inputs, "input");
    name_ends(found.outputs, "output");
    signature = std::move(found);
    return true;
  }
  return false;
}

std::vector<GraphEnd> ends_of(const std::vector<formats::SignatureTensor>& tensors) {
  std::vector<GraphEnd> ends;
  for (const formats::SignatureTensor& tensor : tensors) ends.push_back({tensor.key, tensor.tensor, tensor.dtype, tensor.shape});
  std::stable_sort(ends.begin(), ends.end(), [](const GraphEnd& a, const GraphEnd& b) { return naming::natural_less(a.name, b.name); });
  return ends;
}

// A signature is a map: who exported `model([user, movie])` finds movie before user there. The functions of the object know the order in
// which the model takes them; if all that take inputs of these names agree on it, it is the signature's.
void order_inputs(FileSignature& signature, const std::vector<FileSignature>& endpoints) {
  std::vector<GraphEnd>& inputs = signature.inputs;  // by name
  const auto before = [](const GraphEnd& a, const GraphEnd& b) { return naming::natural_less(a.name, b.name); };
  const auto same_name = [](const GraphEnd& a, const GraphEnd& b) { return a.name == b.name; };
  const FileSignature* agreed = nullptr;
  for (const FileSignature& endpoint : endpoints) {
    std::vector<GraphEnd> sorted = endpoint.inputs;
    std::sort(sorted.begin(), sorted.end(), before);
    if (!std::equal(sorted.begin(), sorted.end(), inputs.begin(), inputs.end(), same_name)) continue;
    if (agreed != nullptr && !std::equal(agreed->inputs.begin(), agreed->inputs.end(), endpoint.inputs.begin(), endpoint.inputs.end(), same_name)) return;
    agreed = &endpoint;
  }
  if (agreed == nullptr) return;
  std::vector<GraphEnd> ordered;
  for (const GraphEnd& end : agreed->inputs) ordered.push_back(*std::lower_bound(inputs.begin(), inputs.end(), end, before));
  inputs = std::move(ordered);
}

template <class T>
const T* one(const NodeDef& node, std::string_view name) {
  const formats::AttributeValue* value = node.find(name);
  return value == nullptr ? nullptr : value->one<T>();
}

bool is_placeholder(const NodeDef& node) { return node.op == "Placeholder" || node.op == "PlaceholderV2" || node.op == "PlaceholderWithDefault"; }

using Nodes = std::unordered_map<std::string_view, const NodeDef*>;
GraphEnd end_of(const Nodes& nodes, const std::string& file, const std::string& tensor, bool input) {
  const std::string name = tensor.substr(0, tensor.find(':'));
  const auto found = nodes.find(name);
  if (found == nodes.end()) {
    throw InvalidArgument({.subject = file, .what = fmt::format("{}: The graph has no node \"{}\".", file, name), .expected = "the name of a node, such as \"x\" or \"x:0\""});
  }
  const NodeDef* node = found->second;
  GraphEnd end{name, tensor.find(':') == std::string::npos ? tensor + ":0" : tensor, DType::kInvalid, {}};
  if (!input) return end;
  for (const std::string_view attribute : {"dtype", "T", "DstT"}) {
    if (const auto* dtype = one<DType>(*node, attribute); dtype != nullptr && end.dtype == DType::kInvalid) end.dtype = *dtype;
  }
  if (const auto* shape = one<Shape>(*node, "shape")) end.shape = *shape;
  if (end.dtype == DType::kInvalid) throw InvalidArgument({.subject = file, .what = fmt::format("{}: The node \"{}\" does not say its dtype: it cannot be an input.", file, name)});
  return end;
}

}  // namespace

const MetaGraph& choose_meta_graph(const formats::SavedModelFile& file, const std::vector<std::string>& tags) {
  std::vector<const MetaGraph*> fitting;
  const auto matches = [&](const MetaGraph& graph, const std::vector<std::string>& wanted) {
    return std::unordered_set<std::string>(graph.tags.begin(), graph.tags.end()) == std::unordered_set<std::string>(wanted.begin(), wanted.end());
  };
  for (const MetaGraph& graph : file.meta_graphs) {
    if (tags.empty() ? file.meta_graphs.size() == 1 || matches(graph, {"serve"}) : matches(graph, tags)) fitting.push_back(&graph);
  }
  if (fitting.size() == 1) return *fitting[0];
  if (file.meta_graphs.empty()) {
    throw FormatError(file.directory, "saved_model.pb", {.what = "There is no graph in the file.", .expected = "a meta graph", .received = "none", .fix = "copy the whole directory again"});
  }
  std::string known;
  for (const MetaGraph& graph : file.meta_graphs) known += (known.empty() ? "" : "; ") + tags_text(graph);
  if (!fitting.empty()) throw FormatError(file.directory, "saved_model.pb", {.what = "Two meta graphs have the same tags: it cannot be said which one is meant.", .received = known});
  throw InvalidArgument({.subject = file.directory,
                         .what = tags.empty() ? fmt::format("{} has several meta graphs, and none is tagged \"serve\" alone.", file.directory)
                                              : fmt::format("{} has no meta graph tagged \"{}\".", file.directory, fmt::join(tags, ",")),
                         .expected = known,
                         .fix = "say which: SavedModel(path, {.tags = {\"...\"}})"});
}

std::vector<FileSignature> signatures_of(const MetaGraph& graph) {
  std::vector<FileSignature> found;
  for (const formats::Signature& signature : graph.signatures) {
    const bool calls = std::any_of(signature.outputs.begin(), signature.outputs.end(), [](const formats::SignatureTensor& tensor) { return tensor.dtype != DType::kInvalid; });
    if (calls) found.push_back({signature.key, ends_of(signature.inputs), ends_of(signature.outputs), {}, {}});
  }
  if (graph.objects && !graph.objects->nodes.empty()) {
    std::vector<FileSignature> endpoints;
    Functions functions;
    for (const formats::ConcreteFunction& function : graph.objects->functions) functions.emplace(function.name, &function);
    for (const formats::ObjectEdge& edge : graph.objects->nodes[0].children) {
      if (edge.node >= graph.objects->nodes.size()) continue;
      const auto* object = std::get_if<formats::FunctionObject>(&graph.objects->nodes[edge.node].kind);
      FileSignature endpoint{edge.name, {}, {}, {}, {}};
      if (object != nullptr && endpoint_of(functions, *object, endpoint)) endpoints.push_back(std::move(endpoint));
    }
    for (FileSignature& signature : found) order_inputs(signature, endpoints);
    found.insert(found.end(), std::make_move_iterator(endpoints.begin()), std::make_move_iterator(endpoints.end()));
  }
  std::stable_sort(found.begin(), found.end(), [](const FileSignature& a, const FileSignature& b) { return a.name < b.name; });
  return found;
}

std::vector<FileSignature> signature_of_frozen(const formats::GraphDef& graph, const std::string& file, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  FileSignature signature{"serving_default", {}, {}, {}, {}};
  std::unordered_set<std::string> used;
  for (const NodeDef& node : graph.nodes) {
    for (std::string_view input : node.inputs) {
      if (input.starts_with("^")) input.remove_prefix(1);
      used.emplace(input.substr(0, input.find(':')));
    }
  }
  std::vector<std::string> ins = inputs, outs = outputs;
  Nodes nodes;
  for (const NodeDef& node : graph.nodes) nodes.emplace(node.name, &node);
  for (const NodeDef& node : graph.nodes) {
    if (inputs.empty() && is_placeholder(node) && node.op != "PlaceholderWithDefault") ins.push_back(node.name);
    const bool gives = node.op != "NoOp" && node.op != "Assert" && node.op != "Const" && !is_placeholder(node);
    if (outputs.empty() && gives && !used.contains(node.name)) outs.push_back(node.name);
  }
  for (const std::string& input : ins) signature.inputs.push_back(end_of(nodes, file, input, true));
  for (const std::string& output : outs) signature.outputs.push_back(end_of(nodes, file, output, false));
  if (signature.outputs.empty()) throw FormatError(file, "", {.what = "The graph gives nothing: each of its nodes is used by another.", .fix = "say its outputs: SavedModel(path, {.outputs = {\"...\"}})"});
  return {std::move(signature)};
}

}  // namespace namesake::saving
