// saved_models FOLDER [FILE...]: of each model a SavedModel FOLDER/<name>, and FOLDER/<name>.npz: for 3 rows the inputs x0, ..., and what the model
// makes of them, y0, .... On standard output a line of JSON for each: name, keys of inputs and outputs, weights ("path": trainable), the save
// report. Without files the models that are made here.
#include <cmath>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <namesake/formats/npz.h>
#include <namesake/formats/saved_model.h>
#include <namesake/namesake.h>

namespace nk = namesake;
using nk::JsonValue;
using nk::Tensor;
using nk::Tensors;

namespace {

struct Made {
  nk::Model model;
  nk::SaveOptions options = {};
};

Tensor numbers(const nk::Shape& shape, nk::DType dtype, double step) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.count(); ++i) {
    const double wave = std::sin(step * static_cast<double>(i) + 0.3);
    values.push_back(static_cast<float>(nk::is_floating(dtype) ? wave : std::floor(2.5 + 2.49 * wave)));
  }
  return nk::cast(Tensor::of(std::span<const float>(values), shape), dtype);
}

Tensor plain(const Tensor& tensor) { return tensor.dtype() == nk::DType::kBFloat16 || tensor.dtype() == nk::DType::kFloat16 ? nk::cast(tensor, nk::DType::kFloat32) : tensor; }

class CustomDenseLayer : public nk::LayerBase {
 public:
  static constexpr std::string_view kClassName = "CustomDense";
  struct Options {
    std::int64_t units = 1;
    nk::Shape input_shape = {};
    std::string name = "";
  };
  static void config(Options& options, nk::ConfigFields& fields) { fields("units", options.units); }
  explicit CustomDenseLayer(Options options) : options_(std::move(options)) {}
  void build(const nk::Shape& input) override {
    weight_ = add_weight({.name = "weight", .shape = {input.back(), options_.units}, .initializer = "random_normal"});
    bias_ = add_weight({.name = "bias", .shape = {options_.units}, .initializer = "zeros"});
  }
  Tensor call(const Tensor& x, nk::CallContext&) override { return nk::matmul(x, weight_) + bias_; }

 private:
  Options options_;
  nk::Variable weight_, bias_;
};
using CustomDense = nk::LayerOf<CustomDenseLayer>;

class TowersModel : public nk::ModelBase {
 public:
  static constexpr std::string_view kClassName = "Towers";
  struct Options {
    std::int64_t units = 3;
    std::string name = "";
  };
  static void config(Options& options, nk::ConfigFields& fields) { fields("units", options.units); }
  explicit TowersModel(const Options& options)
      : left_(add_layer("left", nk::Dense({.units = options.units, .activation = "tanh", .name = "left"}))),
        right_(add_layer("right", nk::Sequential({nk::Dense({.units = options.units, .name = "first"}), nk::Dense({.units = options.units})}, {.name = "right"}))) {}
  Tensor call(const Tensor& x, nk::CallContext&) override { return left_(x) * right_(x); }

 private:
  nk::Dense left_;
  nk::Sequential right_;
};
using Towers = nk::ModelOf<TowersModel>;

// h = tanh(x_t + h recurrent) for each step of x (batch, steps, features), however many there are: the last h.
class RecurrenceLayer : public nk::LayerBase {
 public:
  static constexpr std::string_view kClassName = "Recurrence";
  struct Options {
    nk::Shape input_shape = {};
    std::string name = "";
  };
  static void config(Options&, nk::ConfigFields&) {}
  explicit RecurrenceLayer(const Options&) {}
  void build(const nk::Shape& input) override { recurrent_ = add_weight({.name = "recurrent", .shape = {input.back(), input.back()}, .initializer = "orthogonal"}); }
  Tensor call(const Tensor& x, nk::CallContext&) override {
    const Tensor steps = nk::take_one(nk::shape_of(x), 0, 1);
    const Tensor halved = recurrent_ * 0.5;
    const auto goes_on = [&](const Tensors& v) { return nk::less(v[0], steps); };
    const auto step = [&](const Tensors& v) {
      return Tensors{v[0] + 1, nk::tanh(nk::take(x, v[0], 1) + nk::matmul(v[1], recurrent_) + nk::matmul(v[1], halved))};
    };
    return nk::while_loop(goes_on, step, {Tensor(0), nk::zeros_like(nk::take_one(x, 1, 0))})[1];
  }

 private:
  nk::Variable recurrent_;
};
using Recurrence = nk::LayerOf<RecurrenceLayer>;

Made textbook() {
  const nk::NameScope scope("model_0");
  return {nk::Sequential({nk::Dense({.units = 6, .activation = "relu", .input_shape = {5}, .name = "dense_1"}), nk::Dense({.units = 3, .activation = "softmax", .name = "dense_2"})})};
}

Made implicit() { return {nk::Sequential({nk::Dense({.units = 4, .activation = "relu", .input_shape = {5}}), nk::Dropout({.rate = 0.5}), nk::Dense({.units = 3})})}; }

Made custom() {
  const nk::NameScope scope("model_0");
  return {nk::Sequential({CustomDense({.units = 4, .input_shape = {5}, .name = "custom_dense_1"}), nk::Dense({.units = 3, .activation = "softmax", .name = "dense_2"})})};
}

Made towers() {
  const Towers model({.units = 3, .name = "towers"});
  model.build({-1, 4});
  return {model};
}

Made trained() {
  const nk::Sequential model({nk::Dense({.units = 4, .activation = "tanh", .input_shape = {5}, .name = "a"}), nk::BatchNormalization({.name = "norm"}),
                              nk::Dense({.units = 4, .name = "frozen"}), nk::Dense({.units = 1, .kernel_regularizer = nk::L2{0.01}, .name = "out"})},
                             {.name = "trained"});
  model.layers()[2].set_trainable(false);
  model.compile({.optimizer = nk::Adam({.learning_rate = 0.01}), .loss = "mse", .metrics = {"mae"}});
  static_cast<void>(model.fit(numbers({12, 5}, nk::DType::kFloat32, 0.4), numbers({12, 1}, nk::DType::kFloat32, 0.9), {.epochs = 2, .verbose = nk::Verbose::kSilent}));
  return {model};
}

// Two inputs and two outputs, in a list; a layer used twice.
Made branches() {
  const Tensor left = nk::Input({.shape = {4}, .name = "left"}), right = nk::Input({.shape = {4}, .name = "Right"});
  const nk::Dense shared({.units = 3, .name = "shared"});
  const Tensor sum = nk::Add({.name = "sum"})({shared(left), shared(right)});
  return {nk::Model({right, left}, {nk::Dense({.units = 2, .name = "big"})(sum), nk::Dense({.units = 1, .name = "a"})(sum)}, {.name = "branches"})};
}

Made by_name() {
  const Tensor z = nk::Input({.shape = {4}, .name = "z"}), a = nk::Input({.shape = {3}, .name = "a"});
  const Tensor joined = nk::Concatenate({.name = "join"})({z, a});
  return {nk::Model({{"z", z}, {"a", a}}, {{"second", nk::Dense({.units = 2, .name = "two"})(joined)}, {"first", nk::Dense({.units = 1, .name = "one"})(joined)}}, {.name = "by_name"})};
}

// Models in models, each called twice: Keras 2 and 3 count such calls each in its own way.
Made nested() {
  const Tensor a = nk::Input({.shape = {4}, .name = "a"});
  const nk::Model inner(a, nk::Dense({.units = 4, .activation = "tanh", .name = "d"})(a), {.name = "inner"});
  const nk::Sequential row({nk::Dense({.units = 4, .activation = "relu", .name = "d"}), nk::Sequential({nk::Dense({.units = 4, .name = "deep"})}, {.name = "in_row"})}, {.name = "row"});
  const Tensor x = nk::Input({.shape = {4}, .name = "x"}), y = nk::Input({.shape = {4}, .name = "y"});
  const Tensor once = inner(row(x)), twice = row(inner(y));
  const Tensor out = nk::Concatenate({.name = "join"})({once, twice});
  return {nk::Model({x, y}, {nk::Dense({.units = 2, .name = "head"})(out), inner(once)}, {.name = "nested"})};
}

Made row_of_models() {
  const Tensor a = nk::Input({.shape = {4}, .name = "a"});
  const nk::Model inner(a, nk::Dense({.units = 3, .activation = "tanh", .name = "d"})(a), {.name = "inner"});
  return {nk::Sequential({nk::Dense({.units = 4, .input_shape = {4}, .name = "d"}), inner, nk::Sequential({nk::Dense({.units = 2, .name = "d"})}, {.name = "last"})}, {.name = "row_of_models"})};
}

Made pictures() {
  return {nk::Sequential({nk::Input({.shape = {8, 8, 2}, .name = "image"}), nk::Rescaling({.scale = {0.5}}), nk::Conv2D({.filters = 3, .kernel_size = 3, .activation = "relu", .name = "conv"}),
                          nk::BatchNormalization(), nk::DepthwiseConv2D({.kernel_size = 2, .name = "depth"}), nk::MaxPooling2D(), nk::Flatten(),
                          nk::LayerNormalization({.name = "norm"}), nk::Dense({.units = 2, .name = "out"})},
                         {.name = "pictures"})};
}

Made words() {
  const Tensor text = nk::Input({.shape = {4}, .dtype = "int32", .name = "text"});
  const Tensor x = nk::GlobalAveragePooling1D({.name = "mean"})(nk::Embedding({.input_dim = 5, .output_dim = 3, .mask_zero = true, .name = "table"})(text));
  return {nk::Model(text, nk::Dense({.units = 2, .name = "output"})(x), {.name = "words"})};
}

// Scopes inside a model; names that Keras's models have for something else.
Made scoped() {
  const Tensor x = nk::Input({.shape = {4}, .name = "input"});
  const auto in_scope = [](const char* name) {
    const nk::NameScope scope(name);
    return nk::Dense({.units = 4, .name = "d"});
  };
  const nk::Dense a = in_scope("a"), b = in_scope("b");
  const Tensor y = nk::Add({.name = "layers"})({a(x), b(x)});
  return {nk::Model(x, nk::Dense({.units = 2, .name = "output"})(nk::Dense({.units = 3, .name = "variables"})(y)), {.name = "scoped"})};
}

// Operations between the layers: no words of Keras 2's.
Made operations() {
  const Tensor x = nk::Input({.shape = {4}, .name = "x"});
  return {nk::Model(x, nk::Dense({.units = 2, .name = "out"})(nk::relu(x) * 2 + x), {.name = "operations"})};
}

Made without_weights() { return {nk::Sequential({nk::Rescaling({.scale = {2.0}, .input_shape = {4}, .name = "scale"}), nk::Activation({.activation = "tanh", .name = "act"})}, {.name = "without_weights"})}; }

Made with_signatures() {
  Made made = textbook();
  const nk::Model model = made.model;
  const nk::Variable scale(Tensor(2.0F), {.name = "scale"});
  made.options.signatures = {{"scaled", [=](const Tensors& x) { return model(x[0]) * scale; }, {{.name = "x", .shape = {-1, 5}}}},
                             {"two",
                              [](const Tensors& x) {
                                return nk::Feed({{"sum", x[0] + x[1]}, {"difference", x[0] - x[1]}});
                              },
                              {{.name = "b", .shape = {-1, 2}}, {.name = "a", .shape = {-1, 2}}}},
                             {"hidden", model.layers()[0]}};
  return made;
}

// Loops over an open axis; a signature with a loop in a loop.
Made loops() {
  const nk::Model model = nk::Sequential({Recurrence({.input_shape = {-1, 4}, .name = "rounds"}), nk::Dense({.units = 2, .name = "out"})}, {.name = "loops"});
  const auto triangle = [](const Tensors& x) {  // 1 + (1 + 2) + (1 + 2 + 3) + ..., n sums
    const auto rows = nk::while_loop(
        [&](const Tensors& v) { return nk::less(v[0], x[0]); },
        [](const Tensors& v) {
          const Tensor row = v[0] + 1;
          return Tensors{row, nk::while_loop([&](const Tensors& w) { return nk::less(w[0], row); }, [](const Tensors& w) { return Tensors{w[0] + 1, w[1] + w[0] + 1}; }, {Tensor(0), v[1]})[1]};
        },
        {Tensor(0), Tensor(0)});
    return nk::Feed(rows[1]);
  };
  return {model, {.signatures = {{"triangle", triangle, {{.name = "n", .shape = nk::Shape::scalar(), .dtype = nk::DType::kInt32}}}}}};
}

// Words and sequences of any length.
Made recurrent() {
  const Tensor text = nk::Input({.shape = {-1}, .dtype = "int32", .name = "text"});
  const Tensor x = nk::LSTM({.units = 4, .return_sequences = true, .name = "lstm"})(nk::Embedding({.input_dim = 6, .output_dim = 3, .mask_zero = true, .name = "table"})(text));
  return {nk::Model(text, nk::Dense({.units = 2, .name = "out"})(nk::GRU({.units = 3, .name = "gru"})(x)), {.name = "recurrent"})};
}
// Tensors as arguments: states, value and key.
Made attending() {
  const Tensor x = nk::Input({.shape = {-1, 4}, .name = "x"}), y = nk::Input({.shape = {-1, 4}, .name = "y"});
  const Tensor first = nk::MultiHeadAttention({.num_heads = 2, .key_dim = 3, .name = "heads"})(x, y);
  const Tensor second = nk::Attention({.name = "attention"})({first, y});
  return {nk::Model({x, y}, nk::Dense({.units = 2, .name = "out"})(nk::GRU({.units = 3, .name = "gru"})(second)), {.name = "attending"})};
}
Made recurrent_row() {
  return {nk::Sequential({nk::Input({.shape = {-1, 3}, .name = "steps"}), nk::GRU({.units = 4, .return_sequences = true, .go_backwards = true, .reset_after = false}),
                          nk::LSTM({.units = 2, .use_bias = false}), nk::Dense({.units = 2})},
                         {.name = "recurrent_row"})};
}

// Layers around layers, of any number of steps.
Made wrapped() {
  const Tensor text = nk::Input({.shape = {-1}, .dtype = "int32", .name = "text"});
  const Tensor x = nk::Bidirectional({.layer = nk::LSTM({.units = 3, .return_sequences = true}), .name = "ways"})(
      nk::Embedding({.input_dim = 6, .output_dim = 3, .name = "table"})(text));
  const Tensor y = nk::TimeDistributed({.layer = nk::Dense({.units = 4, .activation = "tanh", .name = "step"}), .name = "steps"})(x);
  return {nk::Model(text, nk::Bidirectional({.layer = nk::GRU({.units = 2}), .merge_mode = "sum", .name = "ends"})(y), {.name = "wrapped"})};
}

using Makers = std::vector<std::pair<std::string, std::function<Made()>>>;

Makers made_here() {
  return {{"textbook", textbook}, {"implicit", implicit},           {"custom", custom},     {"towers", towers}, {"trained", trained}, {"branches", branches},
          {"by_name", by_name},   {"nested", nested},               {"pictures", pictures}, {"words", words},   {"scoped", scoped},   {"row_of_models", row_of_models},
          {"operations", operations}, {"without_weights", without_weights}, {"with_signatures", with_signatures}, {"loops", loops}, {"recurrent", recurrent}, {"attending", attending}, {"recurrent_row", recurrent_row}, {"wrapped", wrapped}};
}

JsonValue list_of(const std::vector<std::string>& words) {
  JsonValue list = JsonValue::array();
  for (const std::string& word : words) list.push_back(word);
  return list;
}

void save(const std::filesystem::path& folder, const std::string& name, const Made& made) {
  const nk::SaveReport report = made.model.save(folder / name, made.options);
  const nk::formats::MetaGraph meta = nk::formats::read_saved_model((folder / name).string()).meta_graphs.at(0);
  const nk::formats::Signature& signature = *meta.find_signature("serving_default");
  // The model takes its inputs in another order than a signature has them.
  std::vector<std::string> input_keys = made.model.model().input_names(), output_keys = made.model.model().output_names();
  if (signature.inputs.size() == 1) input_keys = {signature.inputs[0].key};
  if (signature.outputs.size() == 1) output_keys = {signature.outputs[0].key};
  std::vector<nk::formats::NamedTensor> arrays;
  Tensors inputs;
  for (const std::string& key : input_keys) {
    for (const nk::formats::SignatureTensor& input : signature.inputs) {
      if (input.key != key) continue;
      nk::Shape shape = input.shape;
      shape.set(0, 3);
      for (int axis = 1; axis < shape.rank(); ++axis) {
        if (shape[axis] < 0) shape.set(axis, 5);
      }
      inputs.push_back(numbers(shape, input.dtype, 0.7 + 0.1 * static_cast<double>(inputs.size())));
      arrays.push_back({"x" + std::to_string(inputs.size() - 1), plain(inputs.back())});
    }
  }
  const Tensors outputs = inputs.size() == 1 && signature.outputs.size() == 1 ? Tensors{made.model(inputs[0])} : made.model(inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) arrays.push_back({"y" + std::to_string(i), plain(outputs[i])});
  nk::formats::write_npz((folder / (name + ".npz")).string(), arrays);
  JsonValue weights = JsonValue::object();
  for (const nk::NamedWeight& weight : made.model.named_weights()) weights.add(weight.path, weight.variable.trainable());
  std::printf("%s\n", nk::to_json(JsonValue::object({{"name", name}, {"inputs", list_of(input_keys)}, {"outputs", list_of(output_keys)}, {"weights", std::move(weights)},
                                                     {"opened_by", list_of(report.opened_by)}, {"report", list_of(report.lines())}})).c_str());
}

}  // namespace

int main(int count, char** words) {
  if (count < 2) {
    std::fputs("usage: saved_models FOLDER [FILE...]\n", stderr);
    return 2;
  }
  nk::register_layer<CustomDense>();
  nk::register_layer<Towers>();
  nk::register_layer<Recurrence>();
  Makers makers;
  for (int i = 2; i < count; ++i) {
    const std::filesystem::path file = words[i];
    makers.emplace_back(file.stem().string(), [file] { return Made{nk::load_model(file)}; });
  }
  if (makers.empty()) makers = made_here();
  int failed = 0;
  for (const auto& [name, make] : makers) {
    try {
      nk::reset_names();
      nk::set_random_seed(1);
      save(words[1], name, make());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", name.c_str(), error.what());
      failed = 1;
    }
  }
  return failed;
}
