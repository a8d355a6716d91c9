// Builds a model, saves it, loads it, and compares what the two predict.
#include <cstdio>
#include <exception>

#include <namesake/namesake.h>

namespace nk = namesake;

int main() {
  try {
    const nk::Sequential model({nk::Dense({.units = 4, .activation = "relu", .input_shape = {3}, .name = "hidden"}),
                                nk::Dense({.units = 2, .activation = "softmax", .name = "probs"})},
                               {.name = "consumer"});
    model.save("consumer.keras");
    const nk::Tensor x = nk::Tensor::of<float>({1, 2, 3, -1, 0, 4}, {2, 3});
    const nk::Tensor before = model.predict(x, {.verbose = nk::Verbose::kSilent});
    const nk::Tensor after = nk::load_model("consumer.keras").predict(x, {.verbose = nk::Verbose::kSilent});
    if (before.to_vector<float>() != after.to_vector<float>()) {
      std::puts("the loaded model predicts something else");
      return 1;
    }
  } catch (const std::exception& error) {
    std::printf("%s\n", error.what());
    return 1;
  }
  std::puts("equal predictions");
  return 0;
}
