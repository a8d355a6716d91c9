// Two models in a loop, nothing named. Every name is found by itself: dense, dense_1, then dense_2, dense_3.
#include <fmt/format.h>
#include <namesake/namesake.h>

namespace nk = namesake;

nk::Sequential build_model() {
  return nk::Sequential({nk::Dense({.units = 128, .activation = "relu", .input_shape = {10}}),
                         nk::Dense({.units = 10, .activation = "softmax"})});
}

int main() {
  nk::Tensor x_train = nk::stateless_random_normal({100, 10}, nk::random_seed(1, 2));
  nk::Tensor y_train = nk::one_hot(nk::stateless_random_randint({100}, nk::random_seed(3, 4), 0, 10), 10);
  nk::CategoricalCrossentropy loss_fn;

  for (int i = 0; i < 2; ++i) {
    nk::Sequential model = build_model();
    nk::Adam optimizer({.learning_rate = 0.01});

    nk::GradientTape tape;
    nk::Tensor loss = loss_fn(y_train, model(x_train));
    optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()));

    for (const auto& [path, weight] : model.named_weights()) fmt::print("{} {}\n", path, to_string(weight.shape()));
    model.save(fmt::format("model_{}", i));
  }
}
