// predict_graph MODEL X.npz [MODEL X.npz]...: for each output of each model one line with its numbers. The arrays of an NPZ are the inputs, in order.
#include <cstdio>
#include <exception>

#include <namesake/formats/npz.h>
#include <namesake/namesake.h>

namespace nk = namesake;

int main(int count, char** words) {
  for (int i = 1; i + 1 < count; i += 2) {
    try {
      const nk::Model model = nk::load_model(words[i]);
      nk::Tensors inputs;
      for (const auto& array : nk::formats::read_npz(words[i + 1])) inputs.push_back(array.tensor);
      for (const nk::Tensor& output : model(inputs)) {
        const nk::Tensor numbers = nk::cast(output, nk::DType::kFloat64);
        for (const double value : numbers.data<double>()) std::printf("%.17g ", value);
        std::printf("\n");
      }
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s\n%s\n", words[i], error.what());
      return 2;
    }
  }
  return 0;
}
