// The same work in libtorch's C++ API, as its users write it: nn::Linear, eager autograd, optim::Adam (epsilon set to
// Keras's), cross-entropy on logits with class numbers, which is its own quickest form. Small work runs on one thread,
// an epoch on one and on all, and the quicker counts, as in the bound.
#include <torch/torch.h>

#include <algorithm>
#include <thread>

#include "benchmarks/mlp/cases.h"
#include "benchmarks/mlp/data.h"

namespace mlp {
namespace {

// A view of (fan_in, fan_out) or (n) numbers that live elsewhere.
torch::Tensor view(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat32);
}

struct NetworkImpl : torch::nn::Module {
  explicit NetworkImpl(int inputs)
      : hidden(register_module("hidden", torch::nn::Linear(inputs, kHidden))),
        outputs(register_module("outputs", torch::nn::Linear(kHidden, kClasses))) {
    const torch::NoGradGuard no_gradients;
    const Weights first = make_weights(inputs);
    hidden->weight.copy_(view(first.kernel1, {inputs, kHidden}).t());
    hidden->bias.zero_();
    outputs->weight.copy_(view(first.kernel2, {kHidden, kClasses}).t());
    outputs->bias.zero_();
  }

  torch::Tensor logits(const torch::Tensor& x) { return outputs(torch::relu(hidden(x))); }
  torch::Tensor forward(const torch::Tensor& x) { return torch::softmax(logits(x), 1); }

  torch::nn::Linear hidden, outputs;
};
TORCH_MODULE(Network);

torch::optim::AdamOptions adam(double learning_rate) { return torch::optim::AdamOptions(learning_rate).eps(1e-7); }

torch::Tensor loss_of(Network& network, const torch::Tensor& x, const torch::Tensor& labels) {
  return torch::nn::functional::cross_entropy(network->logits(x), labels);
}

float step(Network& network, torch::optim::Adam& optimizer, const torch::Tensor& x, const torch::Tensor& labels) {
  optimizer.zero_grad();
  const torch::Tensor loss = loss_of(network, x, labels);
  loss.backward();
  optimizer.step();
  return loss.item<float>();
}

struct Tensors {
  explicit Tensors(const Data& data)
      : x(view(data.x, {data.rows, data.inputs})), labels(torch::tensor(data.labels).to(torch::kInt64)) {}
  torch::Tensor x, labels;
};

Result eager_step(const Arguments& arguments) {
  torch::set_num_threads(1);
  const Data data = make_data(kSmallBatch, kSmallInputs);
  const Tensors all(data);
  Network network(kSmallInputs);
  torch::optim::Adam optimizer(network->parameters(), adam(0.01));
  const auto one = [&] { return step(network, optimizer, all.x, all.labels); };
  const double first = one();
  double last = first;
  for (int i = 1; i < kCheckedSteps; ++i) last = one();
  return {"eager_step", least_of_blocks(arguments, one), first, last};
}

double epoch(Network& network, torch::optim::Adam& optimizer, const Tensors& all, int batch) {
  double sum = 0;
  const std::int64_t count = all.x.size(0);
  for (std::int64_t row = 0; row < count; row += batch) {
    const std::int64_t rows = std::min<std::int64_t>(batch, count - row);
    sum += static_cast<double>(rows) *
           step(network, optimizer, all.x.narrow(0, row, rows), all.labels.narrow(0, row, rows));
  }
  return sum / static_cast<double>(count);
}

Result fit(const Arguments& arguments, const char* name, const Tensors& all, int batch) {
  double seconds = 1e9, first = 0, mean = 0;
  for (const int threads : {1, static_cast<int>(std::thread::hardware_concurrency())}) {
    torch::set_num_threads(threads);
    Network network(kInputs);
    torch::optim::Adam optimizer(network->parameters(), adam(0.001));
    first = loss_of(network, all.x.narrow(0, 0, batch), all.labels.narrow(0, 0, batch)).item<float>();
    const double once = seconds_of([&] { mean = epoch(network, optimizer, all, batch); });
    seconds = std::min(seconds, least_of_epochs(arguments, once, [&] { epoch(network, optimizer, all, batch); }));
  }
  return {name, seconds, first, mean};
}

Result forward_1(const Arguments& arguments, const Tensors& all) {
  torch::set_num_threads(1);
  const c10::InferenceMode inference;
  Network network(kInputs);
  double first = 0, sum = 0;
  for (int r = 0; r < kForwardRows; ++r) {
    const torch::Tensor probabilities = network->forward(all.x.narrow(0, r, 1));
    sum -= std::log(probabilities[0][all.labels[r].item<std::int64_t>()].item<float>());
    if (r == 0) first = sum;
  }
  const torch::Tensor row = all.x.narrow(0, 0, 1);
  const double seconds = least_of_blocks(arguments, [&] { network->forward(row); });
  return {"forward_1", seconds, first, sum / kForwardRows};
}

}  // namespace
}  // namespace mlp

int main(int argc, char** argv) {
  mlp::Arguments arguments;
  if (!mlp::parse(argc, argv, arguments)) return 2;
  if (arguments.wants("eager_step")) print(arguments, mlp::eager_step(arguments));
  const mlp::Data data = mlp::make_data(mlp::rows(arguments), mlp::kInputs);
  const mlp::Tensors all(data);
  if (arguments.wants("fit_batch_32")) print(arguments, mlp::fit(arguments, "fit_batch_32", all, 32));
  if (arguments.wants("fit_batch_256")) print(arguments, mlp::fit(arguments, "fit_batch_256", all, 256));
  if (arguments.wants("forward_1")) print(arguments, mlp::forward_1(arguments, all));
}
