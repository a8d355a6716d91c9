// trace_models FOLDER FILE...: of each model FOLDER/<name>.pb, a GraphDef with the model's function `serve_<name>` (and those it calls) in its
// library and the frozen model as its nodes, and FOLDER/<name>.npz: the captured variables v0, ..., and for 1, 2 and 5 rows inputs
// and what the model computes of them (x0_5, ..., y0_5, ...). On standard output one line a model: name, inputs, outputs,
// variables. --training in the place of files: the training of one model; --calls: a graph that
// calls another; without files the models that are made here: custom layers, dtype policies, masks, models in models.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <namesake/formats/graph_def.h>
#include <namesake/formats/npz.h>
#include <namesake/namesake.h>
#include <namesake/saving/saved_model/function_def.h>
#include <namesake/saving/saved_model/trace_model.h>

namespace nk = namesake;
using nk::Tensor;
using nk::Tensors;

namespace {

// Floating numbers around 0, whole ones below 5, words.
Tensor numbers(const nk::Shape& shape, nk::DType dtype, double step) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.count(); ++i) {
    const double wave = std::sin(step * static_cast<double>(i) + 0.3);
    values.push_back(static_cast<float>(nk::is_floating(dtype) ? wave : std::floor(2.5 + 2.49 * wave)));
  }
  return nk::cast(Tensor::of(std::span<const float>(values), shape), dtype);
}

// What the npz and NumPy hold.
Tensor plain(const Tensor& tensor) {
  return tensor.dtype() == nk::DType::kBFloat16 || tensor.dtype() == nk::DType::kFloat16 ? nk::cast(tensor, nk::DType::kFloat32) : tensor;
}

void trace(const std::filesystem::path& folder, const std::string& name, const nk::Model& model) {
  const nk::graph::Graph graph = nk::saving::trace_model(model);
  nk::saving::TracedFunction traced = nk::saving::to_function_def(graph, "serve_" + name);  // TensorFlow keeps a function by its name
  const bool loops = std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const nk::graph::Node& node) { return !node.functions.empty(); });
  nk::formats::GraphDef def = loops ? nk::formats::GraphDef() : nk::saving::to_graph_def(graph);  // a frozen graph of ours has no functions
  def.functions.push_back(traced.function);
  for (nk::formats::FunctionDef& called : traced.called) def.functions.push_back(std::move(called));
  std::ofstream(folder / (name + ".pb"), std::ios::binary) << nk::formats::to_bytes(def);

  std::vector<nk::formats::NamedTensor> arrays;
  for (const nk::Variable& variable : traced.captured) arrays.push_back({"v" + std::to_string(arrays.size()), plain(variable.value())});
  for (const std::int64_t rows : {1, 2, 5}) {
    Tensors inputs;
    for (const std::size_t input : graph.inputs) {
      const auto& [dtype, open] = graph.nodes[input].outputs[0];
      nk::Shape shape = open;
      for (int axis = 0; axis < shape.rank(); ++axis) {
        if (shape[axis] < 0) shape.set(axis, axis == 0 ? rows : rows + 3 + axis);
      }
      inputs.push_back(numbers(shape, dtype, 0.7 + 0.1 * static_cast<double>(inputs.size())));
      arrays.push_back({"x" + std::to_string(inputs.size() - 1) + "_" + std::to_string(rows), plain(inputs.back())});
    }
    const Tensors outputs = inputs.size() == 1 && model.model().outputs_form() == nk::Feed::Form::kOne ? Tensors{model(inputs[0])} : model(inputs);
    for (std::size_t i = 0; i < outputs.size(); ++i) arrays.push_back({"y" + std::to_string(i) + "_" + std::to_string(rows), plain(outputs[i])});
  }
  nk::formats::write_npz((folder / (name + ".npz")).string(), arrays);
  std::printf("%s %zu %zu %zu\n", name.c_str(), graph.inputs.size(), graph.results.size(), traced.captured.size());
}

// FOLDER/training.pb has the function of a training step's forward pass; the npz the variables before it (v0, ...) and behind it
// (w0, ...), the input x0_5 and the output y0_5.
void trace_training(const std::filesystem::path& folder) {
  const nk::Sequential model({nk::Dense({.units = 6, .input_shape = {4}}), nk::Dropout({.rate = 0.4, .seed = 1}), nk::Reshape({.target_shape = {3, 2}}),
                              nk::SpatialDropout1D({.rate = 0.3, .seed = 2}), nk::BatchNormalization(), nk::GaussianNoise({.stddev = 0.1, .seed = 3}),
                              nk::GaussianDropout({.rate = 0.2, .seed = 4}), nk::AlphaDropout({.rate = 0.2, .seed = 5})},
                             {.name = "training"});
  const nk::saving::TracedFunction traced = nk::saving::to_function_def(nk::saving::trace_model(model, true), "serve_training");
  nk::formats::GraphDef def;
  def.functions.push_back(traced.function);
  std::ofstream(folder / "training.pb", std::ios::binary) << nk::formats::to_bytes(def);
  std::vector<nk::formats::NamedTensor> arrays;
  for (const nk::Variable& variable : traced.captured) arrays.push_back({"v" + std::to_string(arrays.size()), variable.value().copy()});
  arrays.push_back({"x0_5", numbers({5, 4}, nk::DType::kFloat32, 0.7)});
  arrays.push_back({"y0_5", model(arrays.back().tensor, {.training = true})});
  for (std::size_t i = 0; i < traced.captured.size(); ++i) arrays.push_back({"w" + std::to_string(i), traced.captured[i].value()});
  nk::formats::write_npz((folder / "training.npz").string(), arrays);
  std::printf("training 1 1 %zu\n", traced.captured.size());
}

// The same for FOLDER/calls.pb: a graph that calls the graph of a model twice, with what the first call gave.
void trace_calls(const std::filesystem::path& folder) {
  const nk::Sequential model({nk::Dense({.units = 4, .activation = "tanh", .input_shape = {4}, .name = "inner"})}, {.name = "called"});
  const auto inner = std::make_shared<const nk::graph::Graph>(nk::saving::trace_model(model));
  nk::graph::Graph outer{.name = "outer", .nodes = {}, .inputs = {0}, .results = {{2, 0}}, .result_names = {"y"}};
  for (const char* name : {"x", "first", "second"}) {
    nk::graph::Node node;
    node.name = name;
    node.outputs = {{nk::DType::kFloat32, {-1, 4}}};
    node.kind = outer.nodes.empty() ? nk::graph::Node::Kind::kInput : nk::graph::Node::Kind::kCall;
    if (!outer.nodes.empty()) {
      node.functions = {inner};
      node.inputs = {{outer.nodes.size() - 1, 0}};
    }
    outer.nodes.push_back(std::move(node));
  }
  const nk::saving::TracedFunction traced = nk::saving::to_function_def(outer, "serve_calls");
  nk::formats::GraphDef def;
  def.functions = traced.called;
  def.functions.push_back(traced.function);
  std::ofstream(folder / "calls.pb", std::ios::binary) << nk::formats::to_bytes(def);
  const Tensor x = numbers({5, 4}, nk::DType::kFloat32, 0.7);
  nk::formats::write_npz((folder / "calls.npz").string(),
                         std::vector<nk::formats::NamedTensor>{{"v0", model.weights().at(0).value()}, {"v1", model.weights().at(1).value()}, {"x0_5", x}, {"y0_5", model(model(x))}});
  std::printf("calls 1 1 %zu\n", traced.captured.size());
}

// A layer as programs write them: a weight, one that is used through exp() alone, a constant, a layer inside.
class ScaledLayer : public nk::LayerBase {
 public:
  static constexpr std::string_view kClassName = "Scaled";
  struct Options {
    std::int64_t units = 1;
    std::string dtype = "";
    std::string name = "";
  };
  explicit ScaledLayer(Options options) : options_(std::move(options)) {
    inner_ = add_layer("inner", nk::Dense({.units = options_.units, .activation = "tanh", .name = "inner"}));
  }
  void build(const nk::Shape& input) override {
    scale_ = add_weight({.name = "log_scale", .shape = {options_.units}, .initializer = nk::RandomNormal{.seed = 1}});
    shift_ = add_weight({.name = "shift", .shape = {input.back(), options_.units}, .initializer = nk::RandomNormal{.seed = 2}});
  }
  Tensor call(const Tensor& x, nk::CallContext&) override {
    const Tensor scale = nk::exp(scale_) + Tensor::of<float>({0.25F}, {1});
    return inner_(x) * nk::cast(scale, x.dtype()) + nk::matmul(x, shift_) * 0.5F;
  }

 private:
  Options options_;
  nk::Variable scale_, shift_;
  nk::Dense inner_{nk::DenseOptions{.units = 1}};
};
using Scaled = nk::LayerOf<ScaledLayer>;

nk::Model nested() {
  const Tensor a = nk::Input({.shape = {4}, .name = "a"}), b = nk::Input({.shape = {3}, .name = "b"});
  const nk::Dense shared({.units = 3, .name = "shared"});
  const nk::Model inner({a, b}, nk::Concatenate({.name = "join"})({shared(a), b}), {.name = "inner"});
  const nk::Sequential head({nk::Dense({.units = 5, .activation = "relu", .name = "first"}), nk::BatchNormalization()}, {.name = "head"});
  const Tensor x = nk::Input({.shape = {4}, .name = "x"}), y = nk::Input({.shape = {3}, .name = "y"});
  const Tensor both = inner({x, y}).at(0);
  return nk::Model({x, y}, {head(both), shared(x) * 2 + y}, {.name = "outer"});
}

nk::Model masked() {
  const Tensor words = nk::Input({.shape = {4}, .dtype = "int32", .name = "words"});
  Tensor x = nk::Embedding({.input_dim = 5, .output_dim = 3, .mask_zero = true})(words);
  x = nk::GlobalAveragePooling1D()(nk::LayerNormalization()(x));
  return nk::Model(words, nk::Dense({.units = 2})(x), {.name = "masked"});
}

nk::Model averaged() {
  const Tensor a = nk::Input({.shape = {3, 2}, .name = "a"}), b = nk::Input({.shape = {3, 2}, .name = "b"});
  const nk::Masking masking({.mask_value = 0.5});
  return nk::Model({a, b}, nk::GlobalAveragePooling1D()(nk::Average()({masking(a), nk::BatchNormalization()(masking(b))})), {.name = "averaged"});
}

nk::Model of_policy(const std::string& policy) {
  nk::set_dtype_policy(policy);
  const nk::Sequential model({nk::Input({.shape = {5, 4, 2}, .dtype = policy == "float64" ? "float64" : "float32", .name = "image"}),
                              nk::Conv2D({.filters = 3, .kernel_size = {2, 2}, .activation = "relu"}), nk::BatchNormalization(), nk::MaxPooling2D({.pool_size = {2, 2}}),
                              nk::Flatten(), nk::Dropout({.rate = 0.5}), nk::LayerNormalization(), Scaled({.units = 2})},
                             {.name = "policy_" + policy});
  nk::set_dtype_policy("float32");
  return model;
}

nk::Model scoped() {
  const nk::NameScope scope("model_0");
  return nk::Sequential({nk::Dense({.units = 3, .input_shape = {4}, .name = "dense_1"}), Scaled({.units = 2, .name = "scaled"}), nk::Dense({.units = 2, .name = "dense_1.b"})});
}

// Sequences and images of any size.
nk::Model sequences() {
  const Tensor words = nk::Input({.shape = {-1}, .dtype = "int32", .name = "words"}), x = nk::Input({.shape = {-1, 3}, .name = "x"});
  const Tensor steps = nk::Concatenate()({nk::Embedding({.input_dim = 5, .output_dim = 3, .mask_zero = true})(words), x});
  Tensor y = nk::Dense({.units = 4, .activation = "gelu"})(steps);
  y = nk::Conv1D({.filters = 4, .kernel_size = 2, .padding = "causal"})(nk::SpatialDropout1D({.rate = 0.5})(y));
  y = nk::MaxPooling1D({.pool_size = 2})(nk::PReLU({.shared_axes = {1}})(nk::ZeroPadding1D({.padding = {1, 1}})(y)));
  y = nk::UpSampling1D({.size = 2})(nk::BatchNormalization()(y));
  return nk::Model({words, x}, {nk::GlobalAveragePooling1D()(y), nk::RMSNormalization()(nk::Cropping1D({.cropping = {1, 0}})(y))}, {.name = "sequences"});
}

nk::Model images() {
  const Tensor image = nk::Input({.shape = {-1, -1, 2}, .name = "image"});
  Tensor y = nk::Conv2D({.filters = 4, .kernel_size = {2, 3}, .padding = "same", .activation = "relu"})(image);
  y = nk::Conv2DTranspose({.filters = 2, .kernel_size = {3, 2}, .strides = {2, 1}})(nk::DepthwiseConv2D({.kernel_size = {2, 2}})(y));
  y = nk::SeparableConv2D({.filters = 4, .kernel_size = {2, 2}})(nk::UpSampling2D({.size = {2, 2}, .interpolation = "bilinear"})(y));
  y = nk::AveragePooling2D({.pool_size = {2, 2}, .padding = "same"})(nk::UnitNormalization()(nk::LayerNormalization()(y)));
  return nk::Model(image, {nk::GlobalMaxPooling2D()(y), nk::EinsumDense({.equation = "...x,xy->...y", .output_shape = {3}})(y)}, {.name = "images"});
}

using Makers = std::vector<std::pair<std::string, std::function<nk::Model()>>>;
Makers made_here() {
  return {{"nested", nested},
          {"masked", masked},
          {"averaged", averaged},
          {"scoped", scoped},
          {"sequences", sequences},
          {"images", images},
          {"float64", [] { return of_policy("float64"); }},
          {"mixed_bfloat16", [] { return of_policy("mixed_bfloat16"); }},
          {"mixed_float16", [] { return of_policy("mixed_float16"); }},
          {"float32", [] { return of_policy("float32"); }}};
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fputs("usage: trace_models FOLDER FILE...\n", stderr);
    return 2;
  }
  Makers makers;
  for (int i = 2; i < count; ++i) {
    const std::filesystem::path file = words[i];
    makers.emplace_back(file.stem().string(), [file] { return nk::load_model(file); });
  }
  int failed = 0;
  if (std::string_view(words[count - 1]) == "--training") {
    trace_training(words[1]);
    return 0;
  }
  if (std::string_view(words[count - 1]) == "--calls") {
    trace_calls(words[1]);
    return 0;
  }
  if (makers.empty()) makers = made_here();
  for (const auto& [name, make] : makers) {
    try {
      nk::reset_names();
      trace(words[1], name, make());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", name.c_str(), error.what());
      failed = 1;
    }
  }
  return failed;
}
