#include "namesake/saving/saved_model/trace_model.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/graph/tracer.h"
#include "namesake/naming/scope.h"
#include "namesake/nn/functional.h"
#include "namesake/nn/layers/input.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/recorder.h"
#include "namesake/saving/saved_model/graph_names.h"

namespace namesake::saving {
namespace {

struct Argument {
  std::string name;
  DType dtype = DType::kFloat32;
  Shape shape;
};

Shape with_open_batch(Shape shape) {
  if (shape.rank() > 0) shape.set(0, Shape::kOpen);
  return shape;
}

[[noreturn]] void refuse_unbuilt(const Model& model) {
  throw InvalidArgument({.subject = model.name(),
                         .what = fmt::format("The model \"{}\" has no graph yet: it was never built.", model.name()),
                         .expected = "a model that knows its input shapes",
                         .places = {{"model", model.ptr()->site(), model.ptr()->describe(), {}}},
                         .fix = "call it on a batch, or model.build(shape), or give its first layer an input_shape"});
}

// As Keras: an input layer's own name, or `dense_1_input` of the first layer.
Argument sequential_argument(const LayerBase& model) {
  const LayerBase& first = *model.children().at(0).layer;
  const Shape shape = with_open_batch(model.built_shapes().at(0));
  if (const auto* input = dynamic_cast<const nn::InputLayerBody*>(&first)) return {first.name(), input->dtype(), input->batch_shape()};
  if (const auto* inner = dynamic_cast<const nn::SequentialBody*>(&first); inner != nullptr && !inner->children().empty()) {
    Argument argument = sequential_argument(first);
    argument.shape = shape;
    return argument;
  }
  return {first.name() + "_input", first.variable_dtype(), shape};
}

std::vector<Argument> arguments_of(const Model& model) {
  const ModelBase& body = model.model();
  const std::vector<Shape>& shapes = body.built_shapes();
  if (!body.built() || shapes.empty()) refuse_unbuilt(model);
  if (dynamic_cast<const nn::SequentialBody*>(&body) != nullptr) return {sequential_argument(body)};
  std::vector<Argument> arguments;
  const std::vector<std::string> names = body.input_names();
  const Tensors inputs = body.inputs();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    if (i < inputs.size()) {
      arguments.push_back({names.at(i), inputs[i].dtype(), inputs[i].shape()});
    } else {
      arguments.push_back({shapes.size() == 1 ? "inputs" : fmt::format("inputs_{}", i), body.variable_dtype(), with_open_batch(shapes[i])});
    }
  }
  return arguments;
}

std::vector<std::string> names_of(const std::vector<Argument>& arguments) {
  std::vector<std::string> names;
  for (const Argument& argument : arguments) names.push_back(argument.name);
  return names;
}

std::vector<std::string> result_names(const ModelBase& body, std::size_t count) {
  if (dynamic_cast<const nn::SequentialBody*>(&body) != nullptr) return {body.children().back().layer->name()};
  std::vector<std::string> names = body.output_names();
  if (names.size() == count && (count == 1 ? body.knows_outputs() : true)) return names;
  names.clear();
  for (std::size_t i = 0; i < count; ++i) names.push_back(fmt::format("output_{}", i));
  return names;
}

// What the nodes of a model that was made in a scope begin with is the scope, as its weights' paths do.
std::string root_of(const Model& model) {
  const std::string scope = model.ptr()->scope()->path();
  return scope.empty() ? model.name() : scope;
}

}  // namespace

std::vector<std::string> signature_notes(const Model& model, std::size_t outputs) {
  std::vector<std::string> notes;
  const auto add = [&](const char* what, const std::vector<std::string>& names) {
    const std::vector<std::string> keys = signature_keys(names);
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (keys[i] != signature_keys({names[i]})[0]) notes.push_back(fmt::format("the {} \"{}\" goes by \"{}\" in signatures, which allow letters, digits and _: another one has the nearer word", what, names[i], keys[i]));
    }
  };
  add("input", names_of(arguments_of(model)));
  add("output", result_names(model.model(), outputs));
  return notes;
}

graph::Graph trace_model(const Model& model, bool training) {
  const std::vector<Argument> arguments = arguments_of(model);
  std::vector<std::string> names = signature_keys(names_of(arguments));
  const ops::StopRecording unseen;
  graph::Tracer tracer(model.name(), {.root = root_of(model)});
  Tensors inputs;
  for (std::size_t i = 0; i < arguments.size(); ++i) inputs.push_back(tracer.input(names[i], arguments[i].dtype, arguments[i].shape));
  const CallOptions options{.training = training};
  const Tensors outputs = inputs.size() == 1 && model.model().outputs_form() == Feed::Form::kOne ? Tensors{model(inputs[0], options)} : model(inputs, options);
  names = signature_keys(result_names(model.model(), outputs.size()));
  std::vector<std::pair<std::string, Tensor>> results;
  for (std::size_t i = 0; i < outputs.size(); ++i) results.emplace_back(names[i], outputs[i]);
  return tracer.finish(results);
}

}  // namespace namesake::saving
