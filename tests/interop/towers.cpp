// towers save FILE | towers predict FILE X.npy: a subclassed model, as test_subclassed.py has it in Python: saved here, or loaded and asked.
// towers blocks FILE FILE_FOR_KERAS2 ...: a Sequential with a layer of the user's own in it, as each of these files; what Python is to be told.
#include <cstdio>
#include <cstring>
#include <exception>

#include <namesake/namesake.h>

namespace nk = namesake;

class BlockLayer : public nk::LayerBase {
 public:
  static constexpr std::string_view kClassName = "Block";
  struct Options {
    std::int64_t units = 2;
    std::string name = "";
  };
  static void config(Options& o, nk::ConfigFields& f) { f("units", o.units); }
  explicit BlockLayer(const Options& o)
      : up_(add_layer("up", nk::Dense({.units = o.units, .activation = "tanh"}))), down_(add_layer("down", nk::Dense({.units = o.units}))) {}
  void build(const nk::Shape&) override { gain_ = add_weight({.name = "gain", .shape = nk::Shape::scalar(), .initializer = "ones"}); }
  nk::Tensor call(const nk::Tensor& x, nk::CallContext&) override { return nk::multiply(down_(up_(x)), gain_); }

 private:
  nk::Dense up_, down_;
  nk::Variable gain_;
};
using Block = nk::LayerOf<BlockLayer>;

class TowersModel : public nk::ModelBase {
 public:
  static constexpr std::string_view kClassName = "Towers";
  struct Options {
    std::int64_t units = 3;
    std::string name = "";
  };
  static void config(Options& o, nk::ConfigFields& f) { f("units", o.units); }
  explicit TowersModel(const Options& o)
      : right_(add_layer("right", Block({.units = o.units}))), left_(add_layer("left", Block({.units = o.units}))), drop_(add_layer("drop", nk::Dropout({.rate = 0.5}))) {}
  nk::Tensor call(const nk::Tensor& x, nk::CallContext&) override { return drop_(nk::subtract(left_(x), right_(x))); }

 private:
  Block right_, left_;
  nk::Dropout drop_;
};
using Towers = nk::ModelOf<TowersModel>;

void save_blocks(int count, char** words) {
  const nk::Sequential model({nk::Input({.shape = {4}}), Block({.units = 3, .name = "block"}), nk::Dense({.units = 2, .name = "last"})}, {.name = "blocks"});
  model.compile({.optimizer = nk::Adam(), .loss = "mse"});
  const nk::Tensor x = nk::Tensor::of<float>({1, 2, 3, 4}, {1, 4});
  static_cast<void>(model.train_on_batch(x, nk::Tensor::of<float>({1, 2}, {1, 2})));
  for (int i = 2; i < count; ++i) {
    for (const std::string& line : model.save(words[i], {.keras2 = i % 2 == 1}).python) std::fprintf(stderr, "%s\n", line.c_str());
  }
  const nk::Tensor y = model(x);
  for (const float value : y.data<float>()) std::printf("%.9g ", static_cast<double>(value));
}

int main(int count, char** words) {
  try {
    nk::register_layer<Block>();
    nk::register_layer<Towers>();
    if (count == 3 && std::strcmp(words[1], "save") == 0) {
      const Towers model({.units = 3, .name = "towers"});
      model.compile({.optimizer = nk::Adam(), .loss = "mse"});
      const nk::Tensor x = nk::Tensor::of<float>({1, 2, 3, 4}, {1, 4});
      static_cast<void>(model.train_on_batch(x, nk::Tensor::of<float>({1, 2, 3}, {1, 3})));
      model.save(words[2]);
      const nk::Tensor y = model(x);
      for (const float value : y.data<float>()) std::printf("%.9g ", static_cast<double>(value));
      return 0;
    }
    if (count > 2 && std::strcmp(words[1], "blocks") == 0) {
      save_blocks(count, words);
      return 0;
    }
    if (count != 4) return 2;
    const nk::Tensor y = nk::load_model(words[2]).predict(nk::load_inputs(words[3]), {.verbose = nk::Verbose::kSilent});
    for (const float value : y.data<float>()) std::printf("%.9g ", static_cast<double>(value));
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
