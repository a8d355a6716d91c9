#include "namesake/saving/saved_model/saved_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>

#include "namesake/base/error.h"
#include "namesake/formats/saved_model.h"
#include "namesake/formats/tensor_bundle.h"
#include "namesake/graph/run.h"
#include "namesake/nn/graph_model.h"
#include "namesake/nn/weights_to_come.h"
#include "namesake/ops/recorder.h"
#include "namesake/saving/saved_model/graph_import.h"
#include "namesake/saving/saved_model/saved_model_signatures.h"
#include "namesake/saving/saved_model/saved_model_name.h"
#include "namesake/saving/saved_model/saved_model_variables.h"

namespace namesake {
namespace {

using saving::FileVariable;
using saving::GraphEnd;

constexpr std::string_view kUsualSignature = "serving_default";

// What stands in a file beside the model's own variables: Keras 3 gives a layer's source of seeds no part of the model's name.
bool is_seed(const FileVariable& variable) { return variable.name.ends_with("seed_generator_state"); }

// The part that all variables' names begin with: what Keras 3 puts before them is the model's own name (`sequential/dense/kernel`).
std::string model_name_in(const std::vector<FileVariable>& variables) {
  std::string name;
  for (const FileVariable& variable : variables) {
    if (is_seed(variable)) continue;
    const std::size_t slash = variable.name.find('/');
    if (slash == std::string::npos || variable.name.find('/', slash + 1) == std::string::npos) return {};
    if (name.empty()) name = variable.name.substr(0, slash);
    if (variable.name.compare(0, slash, name) != 0 || slash != name.size()) return {};
  }
  return name;
}

std::string names_of(const std::vector<SignatureInfo>& signatures) {
  std::string text;
  for (const SignatureInfo& signature : signatures) text += (text.empty() ? "" : ", ") + signature.name;
  return text;
}

std::string text_of(const std::vector<SignatureSpec>& specs) {
  std::string text;
  for (const SignatureSpec& spec : specs) text += fmt::format("{}{}: {} {}", text.empty() ? "" : ", ", spec.name, to_string(spec.dtype), to_string(spec.shape));
  return text;
}

}  // namespace

struct SavedModel::Body {
  std::filesystem::path path;
  SavedModelOptions options;
  Site site;
  formats::SavedModelFile file;
  const formats::MetaGraph* graph = nullptr;
  std::optional<formats::ModelFile> bundle;
  std::vector<saving::FileSignature> found;
  std::vector<SignatureInfo> signatures, endpoints;

  std::mutex mutex;  // of what follows: made when it is needed
  std::optional<saving::FileVariables> file_variables;
  std::shared_ptr<nn::GraphModelBody> root;
  std::vector<Variable> variables;  // as file_variables has them
  std::optional<saving::GraphImport> import;
  std::map<std::string, graph::Runner, std::less<>> runners;

  void open();
  void make_variables();
  void check_stored(const FileVariable& variable) const;
  [[nodiscard]] Variable variable_of(std::size_t place) const;
  [[nodiscard]] saving::GraphImport::Captured captured(std::size_t object);
  [[nodiscard]] std::shared_ptr<const graph::Graph> import_graph(const saving::FileSignature& signature);
  [[nodiscard]] const graph::Runner& runner(std::string_view name);
  [[nodiscard]] const saving::FileSignature& find(std::string_view name) const;
};

void SavedModel::Body::open() {
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  if (is_file && path.filename() == "saved_model.pb") path = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  if (is_file && path.filename() != "saved_model.pb" && std::filesystem::is_regular_file(path, error)) {
    file.directory = path.string();
    file.meta_graphs.emplace_back().graph = formats::read_graph_def(path.string());
    graph = &file.meta_graphs[0];
    found = saving::signature_of_frozen(graph->graph, file.directory, options.inputs, options.outputs);
  } else {
    file = formats::read_saved_model(path.string());
    graph = &saving::choose_meta_graph(file, options.tags);
    const std::string prefix = formats::variables_prefix(path.string());
    if (formats::is_bundle(prefix)) bundle = formats::read_tensor_bundle(prefix);
    found = saving::signatures_of(*graph);
  }
  for (const saving::FileSignature& signature : found) {
    SignatureInfo info{signature.name, {}, {}};
    for (const GraphEnd& end : signature.inputs) info.inputs.push_back({end.name, end.dtype, end.shape});
    for (const GraphEnd& end : signature.outputs) info.outputs.push_back({end.name, end.dtype, end.shape});
    (signature.function.empty() ? signatures : endpoints).push_back(std::move(info));
  }
}

void SavedModel::Body::check_stored(const FileVariable& variable) const {
  const formats::WeightEntry& entry = *variable.value;
  if (entry.dtype == variable.dtype && variable.shape.compatible_with(entry.shape)) return;  // the variable's shape may be open
  throw FormatError(formats::variables_prefix(path.string()), entry.path,
                    {.what = fmt::format("The stored value of \"{}\" is not of the variable's dtype and shape.", variable.name),
                     .expected = fmt::format("{} {}", to_string(variable.dtype), to_string(variable.shape)),
                     .received = fmt::format("{} {}", to_string(entry.dtype), to_string(entry.shape))});
}

void SavedModel::Body::make_variables() {
  if (root != nullptr) return;
  const ops::StopRecording quiet;
  file_variables.emplace(*graph, file.directory, bundle ? &*bundle : nullptr);
  const std::vector<FileVariable>& list = file_variables->list();
  std::uint64_t stored = 0;
  for (const FileVariable& variable : list) {
    if (variable.value != nullptr) stored += static_cast<std::uint64_t>(variable.value->shape.elements().value_or(0));
  }
  const std::string first = model_name_in(list);
  const std::string name = first.empty() ? saving::model_name_of(file, *graph, list) : first;
  const auto path_of = [&](const std::string& full) { return !first.empty() && full.starts_with(first + "/") ? full.substr(first.size() + 1) : full; };
  std::vector<nn::GraphWeight> weights;
  std::vector<const FileVariable*> sources;
  for (const FileVariable& variable : list) {
    const bool holds_numbers = variable.value != nullptr && size_of(variable.dtype) > 0 && variable.value->unsupported.empty();
    if (!holds_numbers || !variable.value->shape.fully_known()) continue;
    check_stored(variable);
    weights.push_back({path_of(variable.name), variable.value->shape, variable.dtype, variable.trainable});
    sources.push_back(&variable);
  }
  auto made = nn::make_graph_model(naming::is_legal(name, naming::NameKind::kModel) ? name : "", site);
  const nn::WeightsToCome to_come(file.directory, stored, true);
  const std::vector<Variable> held = made->add_weights(weights);
  std::vector<Variable> all(list.size());
  for (std::size_t i = 0; i < held.size(); ++i) {
    const formats::WeightEntry& entry = *sources[i]->value;
    Tensor value = Tensor::empty(entry.dtype, entry.shape);
    entry.read_into({value.raw(), static_cast<std::size_t>(entry.byte_size)});
    held[i].assign(value);
    all[static_cast<std::size_t>(sources[i] - list.data())] = held[i];
  }
  variables = std::move(all);
  root = std::move(made);
}

Variable SavedModel::Body::variable_of(std::size_t place) const {
  if (variables[place].defined()) return variables[place];
  const FileVariable& variable = file_variables->list()[place];
  throw FormatError(formats::variables_prefix(path.string()), "", {.what = fmt::format("The variable \"{}\" has no value here that can be read.", variable.name),
                                                                   .expected = "numbers for each variable that is used",
                                                                   .received = variable.value == nullptr                ? "nothing"
                                                                               : !variable.value->unsupported.empty() ? variable.value->unsupported
                                                                                                                      : std::string(to_string(variable.dtype)),
                                                                   .fix = "copy the whole directory, variables/ too"});
}

saving::GraphImport::Captured SavedModel::Body::captured(std::size_t object) {
  if (const auto place = file_variables->of_object(object)) return variable_of(*place);
  const auto& nodes = graph->objects->nodes;
  if (const auto* constant = object < nodes.size() ? std::get_if<formats::ConstantObject>(&nodes[object].kind) : nullptr) {
    for (const formats::NodeDef& node : graph->graph.nodes) {
      const formats::AttributeValue* value = node.name == constant->operation ? node.find("value") : nullptr;
      if (value != nullptr && value->one<formats::TensorValue>() != nullptr) return value->one<formats::TensorValue>()->to_tensor();
      if (value != nullptr && !why_unreadable(*value).empty()) {
        throw Unsupported({.subject = path.string(),
                           .what = fmt::format("{}: node \"{}\": The attribute value is not read here.", path.string(), node.name),
                           .received = std::string(why_unreadable(*value))});
      }
    }
  }
  throw Unsupported({.subject = path.string(),
                     .what = fmt::format("{}: A function uses object {}, which is no variable: tables and other resources are not read here.", path.string(), object)});
}

std::shared_ptr<const graph::Graph> SavedModel::Body::import_graph(const saving::FileSignature& signature) {
  make_variables();
  if (!import) {
    import.emplace(graph->graph, file.directory, [this](const formats::NodeDef& node) {
      if (const auto place = file_variables->of_node(node.name)) return variable_of(*place);
      throw FormatError(file.directory, fmt::format("node \"{}\"", node.name),
                        {.what = fmt::format("It cannot be said which of the stored variables \"{}\" is.", node.name), .fix = bundle ? "" : "the directory has no variables: copy the whole of it"});
    });
  }
  if (signature.function.empty()) return import->import_ends(signature.name, signature.inputs, signature.outputs);
  std::vector<saving::GraphImport::Captured> values;
  for (const std::size_t object : signature.captured) values.push_back(captured(object));
  auto made = std::make_shared<graph::Graph>(*import->import_function(signature.function, signature.inputs, values));
  made->name = signature.name;
  for (std::size_t i = 0; i < made->result_names.size() && i < signature.outputs.size(); ++i) made->result_names[i] = signature.outputs[i].name;
  return made;
}

const saving::FileSignature& SavedModel::Body::find(std::string_view name) const {
  for (const bool of_object : {false, true}) {
    for (const saving::FileSignature& signature : found) {
      if (signature.name == name && signature.function.empty() != of_object) return signature;
    }
  }
  std::vector<SignatureInfo> known = signatures;  // an endpoint of a signature's name is never meant by it
  for (const SignatureInfo& endpoint : endpoints) {
    if (std::none_of(known.begin(), known.end(), [&](const SignatureInfo& info) { return info.name == endpoint.name; })) known.push_back(endpoint);
  }
  const std::vector<SignatureInfo>& only = signatures.empty() ? endpoints : signatures;
  if (name == kUsualSignature && only.size() == 1) return find(only[0].name);
  throw InvalidArgument({.subject = path.string(),
                         .what = fmt::format("{} has no signature \"{}\".", path.string(), name),
                         .expected = known.empty() ? "a SavedModel with signatures" : fmt::format("one of {}", names_of(known)),
                         .fix = known.empty() ? "" : fmt::format("say which: run(inputs, \"{0}\"), load_model(file, {{.signature = \"{0}\"}}); of the command --signature {0}", known[0].name)});
}

const graph::Runner& SavedModel::Body::runner(std::string_view name) {
  const std::lock_guard lock(mutex);
  if (const auto known = runners.find(name); known != runners.end()) return known->second;
  return runners.emplace(std::string(name), graph::Runner(import_graph(find(name)))).first->second;
}

SavedModel::SavedModel(const std::filesystem::path& path, const SavedModelOptions& options, Site site) : body_(std::make_shared<Body>()) {
  body_->path = path;
  body_->options = options;
  body_->site = site;
  body_->open();
}

std::vector<SignatureInfo> SavedModel::signatures() const { return body_->signatures; }
std::vector<SignatureInfo> SavedModel::endpoints() const { return body_->endpoints; }

SignatureInfo SavedModel::signature(std::string_view name) const {
  const saving::FileSignature& found = body_->find(name);
  const auto& list = found.function.empty() ? body_->signatures : body_->endpoints;
  return *std::find_if(list.begin(), list.end(), [&](const SignatureInfo& info) { return info.name == found.name; });
}

Feed SavedModel::run(const Feed& inputs, std::string_view name) const {
  const SignatureInfo info = signature(name);
  Tensors ordered;
  const auto refuse = [&](std::string what, std::string received) {
    throw InvalidArgument({.subject = std::string(name), .what = std::move(what), .expected = fmt::format("{} ({})", info.inputs.size(), text_of(info.inputs)), .received = std::move(received)});
  };
  if (inputs.form() == Feed::Form::kNamed) {
    for (const SignatureSpec& spec : info.inputs) {
      const Tensor* given = inputs.find(spec.name);
      if (given == nullptr) refuse(fmt::format("The signature \"{}\" lacks its input \"{}\".", name, spec.name), fmt::format("{}", fmt::join(inputs.names(), ", ")));
      ordered.push_back(*given);
    }
    for (const std::string& given : inputs.names()) {
      if (std::none_of(info.inputs.begin(), info.inputs.end(), [&](const SignatureSpec& spec) { return spec.name == given; })) {
        refuse(fmt::format("The signature \"{}\" has no input \"{}\".", name, given), given);
      }
    }
  } else {
    if (inputs.size() != info.inputs.size()) refuse(fmt::format("The signature \"{}\" is given another number of inputs than it takes.", name), std::to_string(inputs.size()));
    ordered = inputs.tensors();
  }
  const graph::Runner& runner = body_->runner(name);
  return Feed::named(runner.graph().result_names, runner(ordered));
}

std::vector<NamedWeight> SavedModel::variables() const {
  const std::lock_guard lock(body_->mutex);
  body_->make_variables();
  return Model(body_->root).named_weights();
}

std::vector<Variable> SavedModel::trainable_variables() const {
  std::vector<Variable> trainable;
  for (const NamedWeight& weight : variables()) {
    if (weight.variable.trainable()) trainable.push_back(weight.variable);
  }
  return trainable;
}

Model SavedModel::model(std::string_view name) const {
  Body own;
  own.path = body_->path;
  own.options = body_->options;
  own.site = body_->site;
  own.open();
  const auto graph = own.import_graph(own.find(name));
  own.root->set_graph(graph);
  return Model(own.root);
}

}  // namespace namesake
