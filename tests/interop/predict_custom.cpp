// predict_custom MODEL X.npy: what a model with the layer class CustomDense predicts, a row a line. The command knows no such
// class: only a program that registers it opens the file, as with Keras.
#include <cstdio>
#include <exception>

#include <namesake/namesake.h>

namespace nk = namesake;

class CustomDenseLayer : public nk::LayerBase {
 public:
  static constexpr std::string_view kClassName = "CustomDense";
  struct Options {
    std::int64_t units = 1;
    std::string name = "";
  };
  static void config(Options& options, nk::ConfigFields& fields) { fields("units", options.units); }
  explicit CustomDenseLayer(const Options& options) : units_(options.units) {}
  void build(const nk::Shape& input) override {
    w_ = add_weight({.name = "weight", .shape = {input.back(), units_}, .initializer = "random_normal"});
    b_ = add_weight({.name = "bias", .shape = {units_}, .initializer = "zeros"});
  }
  nk::Tensor call(const nk::Tensor& x, nk::CallContext&) override { return nk::matmul(x, w_) + b_; }

 private:
  std::int64_t units_;
  nk::Variable w_, b_;
};
using CustomDense = nk::LayerOf<CustomDenseLayer>;

int main(int count, char** words) {
  if (count != 3) {
    std::fputs("usage: predict_custom MODEL X.npy\n", stderr);
    return 2;
  }
  try {
    nk::register_layer<CustomDense>();
    const nk::Tensor y = nk::load_model(words[1]).predict(nk::load_inputs(words[2]), {.verbose = nk::Verbose::kSilent});
    const std::int64_t columns = y.shape().back();
    for (std::int64_t i = 0; i < y.size(); ++i) {
      std::printf("%.9g%c", static_cast<double>(y.data<float>()[static_cast<std::size_t>(i)]), (i + 1) % columns == 0 ? '\n' : ' ');
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
