// The same work in libtorch's C++ API: nn::Conv2d, eager autograd, optim::Adam (epsilon set to Keras's), cross-entropy on logits
// with class numbers. Every case runs with images in both of libtorch's memory formats, on one thread and on all, and the
// quickest counts.
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <thread>

#include "benchmarks/conv/cases.h"

namespace conv {
namespace {

// A copy of numbers in Keras's layout.
torch::Tensor copy(const std::vector<float>& values, std::vector<std::int64_t> shape) {
  return torch::from_blob(const_cast<float*>(values.data()), shape, torch::kFloat32).clone();
}

struct NetworkImpl : torch::nn::Module {
  explicit NetworkImpl(torch::MemoryFormat format)
      : conv1(register_module("conv1", torch::nn::Conv2d(1, kFilters1, 3))),
        conv2(register_module("conv2", torch::nn::Conv2d(kFilters1, kFilters2, 3))),
        dense(register_module("dense", torch::nn::Linear(kFlat, kClasses))) {
    const torch::NoGradGuard no_gradients;
    const Weights first = make_weights();
    conv1->weight.copy_(copy(first.kernel1, {3, 3, 1, kFilters1}).permute({3, 2, 0, 1}));
    conv2->weight.copy_(copy(first.kernel2, {3, 3, kFilters1, kFilters2}).permute({3, 2, 0, 1}));
    // Keras flattens (height, width, channels), libtorch (channels, height, width).
    dense->weight.copy_(copy(first.kernel3, {5, 5, kFilters2, kClasses}).permute({3, 2, 0, 1}).reshape({kClasses, kFlat}));
    for (torch::Tensor* bias : {&conv1->bias, &conv2->bias, &dense->bias}) bias->zero_();
    for (torch::Tensor* weight : {&conv1->weight, &conv2->weight}) weight->set_data(weight->contiguous(format));
  }

  torch::Tensor logits(torch::Tensor x) {
    x = torch::max_pool2d(torch::relu(conv1(x)), 2);
    x = torch::max_pool2d(torch::relu(conv2(x)), 2);
    return dense(x.flatten(1));
  }

  torch::nn::Conv2d conv1, conv2;
  torch::nn::Linear dense;
};
TORCH_MODULE(Network);

struct Tensors {
  explicit Tensors(const Data& data)
      : x(copy(data.x, {data.rows, 1, kSide, kSide})), labels(torch::tensor(data.labels).to(torch::kInt64)) {}
  torch::Tensor x, labels;
};

/// The images of a batch.
struct Batch {
  torch::Tensor x, labels;
};
Batch batch_of(const Tensors& all, torch::MemoryFormat format, std::int64_t row, int batch) {
  const std::int64_t rows = std::min<std::int64_t>(batch, all.x.size(0) - row);
  return {all.x.narrow(0, row, rows).contiguous(format), all.labels.narrow(0, row, rows)};
}

torch::Tensor loss_of(Network& network, const Batch& b) {
  return torch::nn::functional::cross_entropy(network->logits(b.x), b.labels);
}

double epoch(Network& network, torch::optim::Adam& optimizer, const Tensors& all, torch::MemoryFormat format, int batch) {
  double sum = 0;
  for (std::int64_t row = 0; row < all.x.size(0); row += batch) {
    const Batch b = batch_of(all, format, row, batch);
    optimizer.zero_grad();
    const torch::Tensor loss = loss_of(network, b);
    loss.backward();
    optimizer.step();
    sum += static_cast<double>(b.x.size(0)) * loss.item<float>();
  }
  return sum / static_cast<double>(all.x.size(0));
}

// Calls work(memory format) with each number of threads, and gives the quickest result.
Result quickest(const std::function<Result(torch::MemoryFormat)>& work) {
  Result best{nullptr, 1e9, 0, 0};
  for (const int threads : {1, static_cast<int>(std::thread::hardware_concurrency())}) {
    torch::set_num_threads(threads);
    for (const torch::MemoryFormat format : {torch::MemoryFormat::Contiguous, torch::MemoryFormat::ChannelsLast}) {
      const Result result = work(format);
      if (result.seconds < best.seconds) best = result;
    }
  }
  return best;
}

Result fit(const Arguments& arguments, const char* name, const Tensors& all, int batch) {
  return quickest([&](torch::MemoryFormat format) -> Result {
    Network network(format);
    torch::optim::Adam optimizer(network->parameters(), torch::optim::AdamOptions(0.001).eps(1e-7));
    const double first = loss_of(network, batch_of(all, format, 0, batch)).item<float>();
    double mean = 0;
    const double once = seconds_of([&] { mean = epoch(network, optimizer, all, format, batch); });
    return {name, least_of_epochs(arguments, once, [&] { epoch(network, optimizer, all, format, batch); }), first, mean};
  });
}

Result predict(const Arguments& arguments, const char* name, const Tensors& all, int batch) {
  return quickest([&](torch::MemoryFormat format) -> Result {
    const c10::InferenceMode inference;
    Network network(format);
    torch::Tensor probabilities = torch::empty({all.x.size(0), kClasses});
    const auto predict_all = [&] {
      for (std::int64_t row = 0; row < all.x.size(0); row += batch) {
        const Batch b = batch_of(all, format, row, batch);
        probabilities.narrow(0, row, b.x.size(0)).copy_(torch::softmax(network->logits(b.x), 1));
      }
    };
    const double once = seconds_of(predict_all);
    const torch::Tensor losses = -probabilities.to(torch::kFloat64).gather(1, all.labels.unsqueeze(1)).log();
    return {name, least_of_epochs(arguments, once, predict_all), losses[0][0].item<double>(), losses.mean().item<double>()};
  });
}

}  // namespace
}  // namespace conv

int main(int argc, char** argv) {
  conv::Arguments arguments;
  if (!conv::parse(argc, argv, arguments)) return 2;
  const conv::Tensors all(conv::make_images(conv::rows(arguments)));
  if (arguments.wants("fit_batch_32")) print(arguments, conv::fit(arguments, "fit_batch_32", all, 32));
  if (arguments.wants("fit_batch_128")) print(arguments, conv::fit(arguments, "fit_batch_128", all, 128));
  if (arguments.wants("predict_batch_32")) print(arguments, conv::predict(arguments, "predict_batch_32", all, 32));
  if (arguments.wants("predict_batch_128")) print(arguments, conv::predict(arguments, "predict_batch_128", all, 128));
}
