// predict_graph MODEL X.npz [MODEL X.npz]...: for each output of each model one line with its numbers. The arrays of an NPZ are the inputs, in order.
// predict_graph --weights MODEL WEIGHTS X.npz: the same of the model's architecture with the weights of another file.
#include <cstdio>
#include <cstring>
#include <exception>

#include <namesake/formats/npz.h>
#include <namesake/namesake.h>

namespace nk = namesake;

namespace {

void print_prediction(const nk::Model& model, const char* npz) {
  nk::Tensors inputs;
  for (const auto& array : nk::formats::read_npz(npz)) inputs.push_back(array.tensor);
  for (const nk::Tensor& output : model(inputs)) {
    const nk::Tensor numbers = nk::cast(output, nk::DType::kFloat64);
    for (const double value : numbers.data<double>()) std::printf("%.17g ", value);
    std::printf("\n");
  }
}

}  // namespace

int main(int count, char** words) {
  int i = 1;
  try {
    if (count == 5 && std::strcmp(words[1], "--weights") == 0) {
      const nk::Model model = nk::load_architecture(words[2]);
      static_cast<void>(model.load_weights(words[3]));
      print_prediction(model, words[4]);
      return 0;
    }
    for (; i + 1 < count; i += 2) print_prediction(nk::load_model(words[i]), words[i + 1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n%s\n", words[i], error.what());
    return 2;
  }
  return 0;
}
