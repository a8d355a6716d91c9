// random_graphs FOLDER COUNT: random functional graphs of same-shaped layers, saved as FOLDER/<n>.keras. On standard output, for each: one line
// with the names of its layers in order (nested ones as inner/dense), then one line a model output with its numbers for inputs that
// test_functional.py makes again.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <namesake/namesake.h>

namespace nk = namesake;

namespace {

const std::vector<std::string> kWords = {"encoder", "decoder", "block", "head", "q", "k", "value", "a", "b", "dense", "dense_1", "dense_2", "dense_10"};

class Graphs {
 public:
  Graphs(unsigned seed, std::int64_t width) : random_(seed), width_(width), free_(kWords) {}

  nk::Model model(int depth) {
    const std::size_t count = depth > 0 ? 1 : 1 + below(3);
    nk::Tensors inputs, tensors;
    for (std::size_t i = 0; i < count; ++i) inputs.push_back(nk::Input({.shape = {width_}}));
    const bool unused = count > 1 && chance(30);
    for (std::size_t i = 0; i + (unused ? 1 : 0) < count; ++i) tensors.push_back(inputs[i]);
    const std::size_t first = tensors.size(), steps = 2 + below(depth > 0 ? 2 : 8);
    for (std::size_t i = 0; i < steps; ++i) tensors.push_back(step(tensors, depth));
    nk::Tensors outputs = {tensors.back()};
    for (std::size_t more = depth > 0 ? 0 : below(3); more > 0; --more) outputs.push_back(tensors[first + below(steps)]);
    if (inputs.size() == 1 && outputs.size() == 1) return nk::Model(inputs[0], outputs[0]);
    return nk::Model(inputs, outputs);
  }

  void draw_weights(const nk::Model& model) {
    std::normal_distribution<float> normal(0.0F, 0.6F);
    nk::Tensors values;
    for (const nk::Variable& weight : model.weights()) {
      std::vector<float> numbers(static_cast<std::size_t>(weight.shape().count()));
      for (float& number : numbers) number = normal(random_);
      values.push_back(nk::Tensor::of<float>(numbers, weight.shape()));
    }
    model.set_weights(values);
  }

 private:
  std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }
  bool chance(int percent) { return below(100) < static_cast<std::size_t>(percent); }

  std::string name() {
    if (free_.empty() || chance(50)) return "";
    const std::size_t i = below(free_.size());
    std::string word = free_[i];
    free_.erase(free_.begin() + static_cast<std::ptrdiff_t>(i));
    return word;
  }

  nk::Tensor step(const nk::Tensors& tensors, int depth) {
    const auto any = [&] { return tensors[below(tensors.size())]; };
    if (!shared_.empty() && chance(30)) return shared_[below(shared_.size())](any());
    if (tensors.size() > 1 && chance(35)) {
      const nk::Tensors picked = {any(), any()};
      if (chance(40)) return nk::Dense({.units = width_})(nk::Concatenate()(picked));
      return nk::Add({.name = name()})(picked);
    }
    shared_.push_back(layer(depth));
    return shared_.back()(any());
  }

  nk::Layer layer(int depth) {
    const std::size_t kind = below(10);
    if (kind < 6 || depth > 1) return nk::Dense({.units = width_, .activation = chance(50) ? "relu" : "tanh", .name = name()});
    if (kind < 8) return nk::Sequential({nk::Dense({.units = width_}), nk::Dense({.units = width_, .activation = "tanh"})});
    return Graphs(static_cast<unsigned>(random_()), width_).model(depth + 1);
  }

  std::mt19937 random_;
  std::int64_t width_;
  std::vector<std::string> free_;
  std::vector<nk::Layer> shared_;
};

void print_names(const nk::Layer& model, const std::string& prefix) {
  for (const nk::Layer& layer : model.layers()) {
    std::printf("%s%s ", prefix.c_str(), layer.name().c_str());
    if (layer.ptr()->is_model()) print_names(layer, prefix + layer.name() + "/");
  }
}

nk::Tensor wave(std::int64_t columns, std::size_t input) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < 2 * columns; ++i) values.push_back(static_cast<float>(std::sin(0.7 * static_cast<double>(i) + static_cast<double>(input))));
  return nk::Tensor::of<float>(values, {2, columns});
}

void one(const std::filesystem::path& folder, unsigned seed) {
  nk::reset_names();
  const std::int64_t width = 2 + seed % 3;
  Graphs graphs(seed, width);
  const nk::Model model = graphs.model(0);
  graphs.draw_weights(model);
  model.save(folder / (std::to_string(seed) + ".keras"));
  print_names(model, "");
  std::printf("\n");
  nk::Tensors inputs;
  for (std::size_t i = 0; i < model.model().inputs().size(); ++i) inputs.push_back(wave(width, i));
  for (const nk::Tensor& output : model(inputs)) {
    for (const float value : output.data<float>()) std::printf("%.9g ", static_cast<double>(value));
    std::printf("\n");
  }
}

}  // namespace

int main(int count, char** words) {
  try {
    const int models = count == 3 ? std::atoi(words[2]) : 0;
    for (int seed = 0; seed < models; ++seed) one(words[1], static_cast<unsigned>(seed));
    return models > 0 ? 0 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
