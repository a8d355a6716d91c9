// run_graph run DIR X.npz OUT.npz [DIR X.npz OUT.npz]...: what the signature "serving_default" of each gives for the arrays of the NPZ, by names
//     (inputs named by position, x0, x1, where the signature has other names).
// run_graph gradients DIR X.npz OUT.npz ...: also, for the sum of the squares of all outputs, the gradient of each trainable variable: "d:PATH";
//     and what the others hold then: "v:PATH".
// run_graph train DIR X.npz OUT.npz ...: the same after one step of SGD (0.01) on the model of the graph, as load_model gives it.
// run_graph resave DIR OUT ...: load_model and save.
// run_graph inside DIR X.npz OUT.npz ...: the model of the graph inside a functional model that doubles its outputs: "shape:NAME" as it is known before it
//     runs (-1: open), then what it gives, "NAME"; and saved beside OUT.npz as OUT.npz_model.
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <namesake/formats/npz.h>
#include <namesake/namesake.h>

namespace nk = namesake;

namespace {

nk::Feed inputs_of(const nk::SignatureInfo& signature, const std::string& npz) {
  std::vector<std::string> names;
  nk::Tensors tensors;
  for (const auto& array : nk::formats::read_npz(npz)) {
    const std::size_t i = tensors.size();
    const bool by_position = array.name == "x" + std::to_string(i) && i < signature.inputs.size();
    names.push_back(by_position ? signature.inputs[i].name : array.name);
    tensors.push_back(array.tensor);
  }
  return nk::Feed::named(names, std::move(tensors));
}

nk::Tensor sum_of_squares(const nk::Tensors& outputs) {
  nk::Tensor sum = nk::Tensor(0.0f);
  for (const nk::Tensor& output : outputs) {
    if (nk::is_floating(output.dtype())) sum = sum + nk::sum(nk::square(nk::cast(output, nk::DType::kFloat32)));
  }
  return sum;
}

void run(const std::string& what, const std::string& folder, const std::string& x, const std::string& out) {
  const nk::SavedModel loaded(folder);
  const nk::Feed inputs = inputs_of(loaded.signature("serving_default"), x);
  std::vector<nk::formats::NamedTensor> arrays;
  if (what == "train") {
    const nk::Model model = loaded.model();
    nk::Tensors ordered;
    for (const nk::SignatureSpec& spec : loaded.signature("serving_default").inputs) ordered.push_back(*inputs.find(spec.name));
    {
      nk::GradientTape tape;
      const nk::Tensor loss = sum_of_squares(model(ordered));
      nk::SGD({.learning_rate = 0.01}).apply_gradients(tape.gradient(loss, model.trainable_variables()));
    }
    const nk::Tensors outputs = model(ordered);
    for (std::size_t i = 0; i < outputs.size(); ++i) arrays.push_back({model.model().output_names()[i], outputs[i]});
    return nk::formats::write_npz(out, arrays);
  }
  nk::GradientTape tape;
  const nk::Feed outputs = loaded.run(inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) arrays.push_back({outputs.names()[i], outputs[i]});
  if (what == "gradients") {
    std::vector<nk::Variable> variables;
    std::vector<std::string> paths;
    for (const nk::NamedWeight& weight : loaded.variables()) {
      if (!weight.variable.trainable()) {
        arrays.push_back({"v:" + weight.path, weight.variable.value()});
        continue;
      }
      variables.push_back(weight.variable);
      paths.push_back(weight.path);
    }
    const nk::Gradients gradients = tape.gradient(sum_of_squares(outputs.tensors()), variables);
    for (std::size_t i = 0; i < paths.size(); ++i) {
      if (gradients[i].defined()) arrays.push_back({"d:" + paths[i], gradients[i]});
    }
  }
  nk::formats::write_npz(out, arrays);
}

void run_inside(const std::string& folder, const std::string& x, const std::string& out) {
  const nk::Model inner = nk::load_model(folder);
  nk::Tensors given, symbols;
  for (const auto& array : nk::formats::read_npz(x)) given.push_back(array.tensor);
  for (const nk::Tensor& input : inner.model().inputs()) {
    const nk::Shape shape(input.shape().sizes().subspan(1));
    symbols.push_back(nk::Input({.shape = shape, .dtype = std::string(nk::to_string(input.dtype()))}));
  }
  nk::Tensors doubled;
  std::vector<nk::formats::NamedTensor> arrays;
  const std::vector<std::string> names = inner.model().output_names();
  for (const nk::Tensor& output : inner(symbols)) {
    const nk::Shape shape = output.shape();
    arrays.push_back({"shape:" + names[doubled.size()], nk::Tensor::of(shape.sizes(), {shape.rank()})});
    doubled.push_back(output * 2.0f);
  }
  const nk::Model model = nk::Model(symbols, doubled);
  const nk::Tensors found = model(given);
  for (std::size_t i = 0; i < found.size(); ++i) arrays.push_back({names[i], found[i]});
  model.save(out + "_model");
  nk::formats::write_npz(out, arrays);
}

}  // namespace

int main(int count, char** words) {
  const std::string what = count > 1 ? words[1] : "";
  const int step = what == "resave" ? 2 : 3;
  int failed = 0;
  for (int i = 2; i + step <= count; i += step) {
    try {
      if (what == "resave") nk::load_model(words[i]).save(words[i + 1]);
      else if (what == "inside") run_inside(words[i], words[i + 1], words[i + 2]);
      else run(what, words[i], words[i + 1], words[i + 2]);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "%s: %s\n", words[i], error.what());
      ++failed;
    }
  }
  return failed == 0 ? 0 : 2;
}
