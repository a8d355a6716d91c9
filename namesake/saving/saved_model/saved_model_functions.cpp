#include "namesake/saving/saved_model/saved_model_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "namesake/base/error.h"
#include "namesake/graph/tracer.h"
#include "namesake/naming/unique_names.h"
#include "namesake/nn/functional.h"
#include "namesake/ops/recorder.h"
#include "namesake/saving/saved_model/graph_names.h"
#include "namesake/saving/saved_model/trace_model.h"

namespace namesake::saving {
namespace {

constexpr std::string_view kDefault = "serving_default";

bool is_identifier(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Names that users give: of signatures, and of what those take and give.
void check_name(const std::string& name, std::string_view what, const SaveSignature& signature) {
  const bool reserved = name.starts_with("__saved_model");
  if (is_identifier(name) && !reserved) return;
  throw InvalidName({.subject = name,
                     .what = fmt::format("\"{}\" cannot be the name of {}.", name, what),
                     .expected = reserved ? "a name that TensorFlow does not keep for itself" : "letters, digits and _, as a Python identifier",
                     .places = {{"here", signature.site(), fmt::format("the signature \"{}\"", signature.name()), {}}},
                     .fix = reserved ? "" : fmt::format("call it \"{}\"", signature_keys({name}).at(0))});
}

void check_distinct(const std::vector<std::string>& names, std::string_view what, const SaveSignature& signature) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    check_name(names[i], what, signature);
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) == names.begin() + static_cast<std::ptrdiff_t>(i)) continue;
    throw NameCollision({.subject = names[i],
                         .what = fmt::format("Two of the names of {} are \"{}\".", what, names[i]),
                         .places = {{"here", signature.site(), fmt::format("the signature \"{}\"", signature.name()), {}}},
                         .fix = "give each its own name"});
  }
}

std::vector<SavedTensor> tensors_of(const graph::Graph& graph, bool results) {
  std::vector<SavedTensor> tensors;
  const auto add = [&](const std::string& key, const ops::OutputSpec& spec) { tensors.push_back({key, spec.dtype, spec.shape}); };
  if (results) {
    for (std::size_t i = 0; i < graph.results.size(); ++i) {
      const graph::Value& value = graph.results[i];
      add(graph.result_names[i], graph.nodes[value.node].outputs[static_cast<std::size_t>(value.output)]);
    }
  } else {
    for (const std::size_t input : graph.inputs) add(graph.nodes[input].name, graph.nodes[input].outputs[0]);
  }
  return tensors;
}

SavedFunction function_of(const graph::Graph& graph, std::string name) {
  SavedFunction function;
  function.traced = to_function_def(graph, std::move(name));
  function.inputs = tensors_of(graph, false);
  function.outputs = tensors_of(graph, true);
  if (function.inputs.size() > 1) function.inputs_form = Feed::Form::kList;
  if (function.outputs.size() > 1) function.outputs_form = Feed::Form::kList;
  return function;
}

SavedFunction function_of_model(const Model& model, std::string name) {
  SavedFunction function = function_of(trace_model(model), std::move(name));
  function.outputs_form = model.model().outputs_form();
  if (const auto* body = dynamic_cast<const nn::FunctionalBody*>(&model.model())) function.inputs_form = body->inputs_form();
  return function;
}

std::vector<TensorSpec> specs_of(const Layer& layer) {
  std::vector<TensorSpec> specs;
  const std::vector<Shape>& shapes = layer.ptr()->built_shapes();
  for (const Shape& shape : shapes) {
    Shape open = shape;
    if (open.rank() > 0) open.set(0, Shape::kOpen);
    specs.push_back({shapes.size() == 1 ? "inputs" : fmt::format("inputs_{}", specs.size()), open, layer.ptr()->compute_dtype()});
  }
  return specs;
}

graph::Graph trace(const SaveSignature& signature, const std::vector<TensorSpec>& specs) {
  const ops::StopRecording unseen;
  graph::Tracer tracer(signature.name());
  Tensors inputs;
  for (const TensorSpec& spec : specs) inputs.push_back(tracer.input(spec.name, spec.dtype, spec.shape));
  const Layer& layer = signature.layer();
  const Feed feed = signature.function() ? signature.function()(inputs) : inputs.size() == 1 ? Feed(layer(inputs[0])) : Feed(layer(inputs));
  std::vector<std::string> names = feed.names();
  for (std::size_t i = names.size(); i < feed.size(); ++i) names.push_back(fmt::format("output_{}", i));
  check_distinct(names, "what a signature gives", signature);
  std::vector<std::pair<std::string, Tensor>> results;
  for (std::size_t i = 0; i < feed.size(); ++i) results.emplace_back(names[i], feed[i]);
  return tracer.finish(results);
}

void refuse(const SaveSignature& signature, std::string what, std::string fix) {
  throw InvalidArgument({.subject = signature.name(), .what = std::move(what), .places = {{"here", signature.site(), {}, {}}}, .fix = std::move(fix)});
}

SavedFunction function_of_signature(const SaveSignature& signature, std::string name) {
  if (const auto model = std::dynamic_pointer_cast<ModelBase>(signature.layer().ptr())) return function_of_model(Model(model), std::move(name));
  const bool of_layer = static_cast<bool>(signature.layer());
  if (!of_layer && !signature.function()) refuse(signature, fmt::format("The signature \"{}\" has neither a function nor a layer.", signature.name()), "");
  const std::vector<TensorSpec> specs = of_layer ? specs_of(signature.layer()) : signature.inputs();
  if (specs.empty()) {
    refuse(signature, fmt::format("Nobody said what the signature \"{}\" takes.", signature.name()),
           of_layer ? "build the layer before, or call it" : "give the shapes of its inputs: {{.name = \"x\", .shape = {-1, 10}}}");
  }
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  check_distinct(names, "what a signature takes", signature);
  return function_of(trace(signature, specs), std::move(name));
}

// The order of `tensors` sorted by key.
std::vector<std::size_t> sorted(const std::vector<SavedTensor>& tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return tensors[a].key < tensors[b].key; });
  return order;
}

// As arguments of functions are called: in small letters.
std::string argument_word(std::string key) {
  for (char& c : key) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return key[0] == '_' ? "arg" + key : key;
}

formats::FunctionArgument argument(std::string name, DType dtype) {
  formats::FunctionArgument made;
  made.name = std::move(name);
  made.dtype = dtype;
  return made;
}

SavedSignature signature_of(const SavedFunction& function, std::string key, std::string name) {
  SavedSignature signature;
  signature.key = std::move(key);
  signature.captured = function.traced.captured;
  formats::FunctionDef& wrapper = signature.wrapper;
  wrapper.name = std::move(name);
  wrapper.is_stateful = true;
  naming::UniqueNames names;
  std::vector<std::string> passed(function.inputs.size());
  formats::NodeDef call{"StatefulPartitionedCall", "StatefulPartitionedCall", {}, {}, {}};
  std::vector<DType> given, results;
  for (const std::size_t i : sorted(function.inputs)) {
    signature.inputs.push_back(function.inputs[i]);
    passed[i] = names.take(argument_word(function.inputs[i].key));
    wrapper.arguments.push_back(argument(passed[i], function.inputs[i].dtype));
    wrapper.arguments.back().attributes = {formats::attribute("_user_specified_name", function.inputs[i].key)};
  }
  for (const SavedTensor& input : function.inputs) given.push_back(input.dtype);
  for (std::size_t i = 0; i < signature.captured.size(); ++i) {
    passed.push_back(names.take("resource"));
    wrapper.arguments.push_back(argument(passed.back(), DType::kResource));
    given.push_back(DType::kResource);
  }
  for (const std::size_t i : sorted(function.outputs)) {
    signature.outputs.push_back(function.outputs[i]);
    const std::string result = names.take(argument_word(function.outputs[i].key));
    wrapper.results.push_back(argument(result, function.outputs[i].dtype));
    wrapper.returns.emplace_back(result, fmt::format("{}:output:{}", call.name, i));
  }
  for (const SavedTensor& output : function.outputs) results.push_back(output.dtype);
  call.inputs = std::move(passed);
  call.attributes = {formats::list_attribute("Tin", std::move(given)), formats::list_attribute("Tout", std::move(results)),
                     formats::attribute("f", formats::FunctionReference{function.traced.function.name, {}})};
  wrapper.nodes.push_back(std::move(call));
  return signature;
}

void rename_calls(formats::FunctionDef& function, const std::string& from, const std::string& to) {
  for (formats::NodeDef& node : function.nodes) {
    for (formats::Attribute& attribute : node.attributes) {
      auto* references = std::get_if<std::vector<formats::FunctionReference>>(&attribute.value.values);
      if (references == nullptr) continue;
      for (formats::FunctionReference& reference : *references) {
        if (reference.name == from) reference.name = to;
      }
    }
  }
}

}  // namespace

void settle_called(TracedFunction& traced, naming::UniqueNames& names) {
  for (formats::FunctionDef& called : traced.called) {
    const std::string old = called.name;
    called.name = names.take(old);
    if (called.name == old) continue;
    rename_calls(traced.function, old, called.name);
    for (formats::FunctionDef& caller : traced.called) rename_calls(caller, old, called.name);
  }
}

SavedFunctions saved_functions(const Model& model, const SaveOptions& options) {
  SavedFunctions all;
  std::size_t count = 0;
  const auto name = [&](std::string_view word) { return fmt::format("__inference_{}_{}", word, count++); };
  std::vector<std::string> keys;
  for (const SaveSignature& signature : options.signatures) {
    keys.push_back(signature.name());
    check_distinct(keys, "a signature", signature);
  }
  all.functions.push_back(function_of_model(model, name("call")));
  if (std::find(keys.begin(), keys.end(), kDefault) == keys.end()) {
    all.signatures.push_back(signature_of(all.functions[0], std::string(kDefault), name("signature_wrapper")));
  }
  for (const SaveSignature& signature : options.signatures) {
    all.functions.push_back(function_of_signature(signature, name(signature.name())));
    all.signatures.push_back(signature_of(all.functions.back(), signature.name(), name("signature_wrapper")));
  }
  naming::UniqueNames names;
  for (const SavedFunction& function : all.functions) static_cast<void>(names.take(function.traced.function.name));
  for (const SavedSignature& signature : all.signatures) static_cast<void>(names.take(signature.wrapper.name));
  for (SavedFunction& function : all.functions) settle_called(function.traced, names);
  return all;
}

}  // namespace namesake::saving
