// A layer of one's own, in two models in a loop: model_0/custom_dense_1/weight, then model_1/custom_dense_1/weight.
#include <fmt/format.h>
#include <namesake/namesake.h>

namespace nk = namesake;

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
  nk::Tensor call(const nk::Tensor& x, nk::CallContext&) override { return nk::matmul(x, weight_) + bias_; }

 private:
  Options options_;
  nk::Variable weight_, bias_;
};
using CustomDense = nk::LayerOf<CustomDenseLayer>;

nk::Sequential build_model(std::string_view name) {
  nk::NameScope scope(name);
  return nk::Sequential({CustomDense({.units = 128, .input_shape = {10}, .name = "custom_dense_1"}),
                         nk::Dense({.units = 10, .activation = "softmax", .name = "dense_2"})});
}

int main() {
  nk::register_layer<CustomDense>();  // so that a saved one loads again
  nk::Tensor x_train = nk::stateless_random_normal({100, 10}, nk::random_seed(1, 2));
  nk::Tensor y_train = nk::one_hot(nk::stateless_random_randint({100}, nk::random_seed(3, 4), 0, 10), 10);
  nk::CategoricalCrossentropy loss_fn;

  for (int i = 0; i < 2; ++i) {
    nk::Sequential model = build_model(fmt::format("model_{}", i));
    nk::Adam optimizer({.learning_rate = 0.01});

    nk::GradientTape tape;
    nk::Tensor loss = loss_fn(y_train, model(x_train));
    optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()));

    for (const auto& [path, weight] : model.named_weights()) fmt::print("{} {}\n", path, to_string(weight.shape()));
    model.save(fmt::format("model_{}", i));
  }
}
