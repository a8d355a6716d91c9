// The bound: the training step of inputs-128-10 written by hand on oneDNN's sgemm and plain loops, with no framework at
// all. What a framework needs beyond this time is its own. It does a little less than the textbook program: labels are
// class numbers, not one-hot rows, and nothing is checked or clipped. Small work runs on one thread, as a woken second
// one costs more than it brings; an epoch is timed with one thread and with all, and the quicker counts.
#include <dlfcn.h>
#include <dnnl.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <span>
#include <thread>

#include "benchmarks/mlp/cases.h"
#include "benchmarks/mlp/data.h"

namespace mlp {
namespace {

// Threads of oneDNN's matrix products, through whichever OpenMP it was built with; without one there is nothing to set.
void use_threads(int count) {
  using Set = void (*)(int);
  static const auto set = reinterpret_cast<Set>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
  if (set != nullptr) set(count);
}

// c = a b, row after row; `m n k` as BLAS counts them; a letter 'T' for an operand that is stored transposed.
void product(char a_order, char b_order, int m, int n, int k, const float* a, const float* b, float* c) {
  const int a_width = a_order == 'N' ? k : m;
  const int b_width = b_order == 'N' ? n : k;
  if (dnnl_sgemm(a_order, b_order, m, n, k, 1.0f, a, a_width, b, b_width, 0.0f, c, n) != dnnl_success) std::abort();
}

// Weights, gradients or moments of one network, in one block: kernel1, bias1, kernel2, bias2.
class Parameters {
 public:
  explicit Parameters(int inputs)
      : split_(inputs * kHidden), values_(split_ + kHidden + kHidden * kClasses + kClasses) {}

  float* kernel1() { return values_.data(); }
  float* bias1() { return kernel1() + split_; }
  float* kernel2() { return bias1() + kHidden; }
  float* bias2() { return kernel2() + kHidden * kClasses; }
  std::span<float> all() { return values_; }

 private:
  int split_;
  std::vector<float> values_;
};

class Network {
 public:
  Network(int inputs, int batch, float learning_rate)
      : inputs_(inputs),
        learning_rate_(learning_rate),
        weights_(inputs),
        gradients_(inputs),
        m_(inputs),
        v_(inputs),
        hidden_(batch * kHidden),
        hidden_gradient_(batch * kHidden),
        outputs_(batch * kClasses) {
    const Weights first = make_weights(inputs);
    std::copy(first.kernel1.begin(), first.kernel1.end(), weights_.kernel1());
    std::copy(first.kernel2.begin(), first.kernel2.end(), weights_.kernel2());
  }

  /// One forward pass; leaves the probabilities in outputs_.
  void forward(const float* x, int rows) {
    product('N', 'N', rows, kHidden, inputs_, x, weights_.kernel1(), hidden_.data());
    const float* bias1 = weights_.bias1();
    for (int r = 0; r < rows; ++r) {
      float* h = &hidden_[r * kHidden];
      for (int j = 0; j < kHidden; ++j) h[j] = std::max(0.0f, h[j] + bias1[j]);
    }
    product('N', 'N', rows, kClasses, kHidden, hidden_.data(), weights_.kernel2(), outputs_.data());
    for (int r = 0; r < rows; ++r) softmax(&outputs_[r * kClasses]);
  }

  /// Mean cross-entropy of the last forward pass.
  float loss(const int* labels, int rows) const {
    float sum = 0;
    for (int r = 0; r < rows; ++r) sum -= std::log(outputs_[r * kClasses + labels[r]] + 1e-9f);
    return sum / rows;
  }

  /// One step of training; returns the loss before it.
  float step(const float* x, const int* labels, int rows) {
    forward(x, rows);
    const float before = loss(labels, rows);
    backward(x, labels, rows);
    adam();
    return before;
  }

 private:
  void softmax(float* q) {
    const float* bias2 = weights_.bias2();
    float greatest = -1e9f;
    for (int j = 0; j < kClasses; ++j) {
      q[j] += bias2[j];
      greatest = std::max(greatest, q[j]);
    }
    float sum = 0;
    for (int j = 0; j < kClasses; ++j) {
      q[j] = std::exp(q[j] - greatest);
      sum += q[j];
    }
    for (int j = 0; j < kClasses; ++j) q[j] /= sum;
  }

  void backward(const float* x, const int* labels, int rows) {
    float* bias1 = gradients_.bias1();
    float* bias2 = gradients_.bias2();
    std::fill_n(bias1, kHidden, 0.0f);
    std::fill_n(bias2, kClasses, 0.0f);
    for (int r = 0; r < rows; ++r) {  // outputs_ becomes the gradient of the logits
      float* q = &outputs_[r * kClasses];
      for (int j = 0; j < kClasses; ++j) {
        q[j] = (q[j] - static_cast<float>(j == labels[r])) / static_cast<float>(rows);
        bias2[j] += q[j];
      }
    }
    product('T', 'N', kHidden, kClasses, rows, hidden_.data(), outputs_.data(), gradients_.kernel2());
    product('N', 'T', rows, kHidden, kClasses, outputs_.data(), weights_.kernel2(), hidden_gradient_.data());
    for (int r = 0; r < rows; ++r) {
      const float* h = &hidden_[r * kHidden];
      float* d = &hidden_gradient_[r * kHidden];
      for (int j = 0; j < kHidden; ++j) {
        d[j] = h[j] > 0 ? d[j] : 0;
        bias1[j] += d[j];
      }
    }
    product('T', 'N', inputs_, kHidden, rows, x, hidden_gradient_.data(), gradients_.kernel1());
  }

  // Keras's Adam: the corrections of both moments are folded into the rate, epsilon stands outside the root.
  void adam() {
    ++steps_;
    const double correction = std::sqrt(1 - std::pow(0.999, steps_)) / (1 - std::pow(0.9, steps_));
    const float rate = static_cast<float>(learning_rate_ * correction);
    float* __restrict w = weights_.all().data();
    const float* __restrict g = gradients_.all().data();
    float* __restrict m = m_.all().data();
    float* __restrict v = v_.all().data();
    const std::size_t count = weights_.all().size();
    for (std::size_t i = 0; i < count; ++i) {
      m[i] += (g[i] - m[i]) * 0.1f;
      v[i] += (g[i] * g[i] - v[i]) * 0.001f;
      w[i] -= rate * m[i] / (std::sqrt(v[i]) + 1e-7f);
    }
  }

  int inputs_;
  float learning_rate_;
  int steps_ = 0;
  Parameters weights_, gradients_, m_, v_;
  std::vector<float> hidden_, hidden_gradient_, outputs_;
};

Result eager_step(const Arguments& arguments) {
  use_threads(1);
  const Data data = make_data(kSmallBatch, kSmallInputs);
  Network network(kSmallInputs, kSmallBatch, 0.01f);
  const auto step = [&] { return network.step(data.x.data(), data.labels.data(), data.rows); };
  const double first = step();
  double last = first;
  for (int i = 1; i < kCheckedSteps; ++i) last = step();
  return {"eager_step", least_of_blocks(arguments, step), first, last};
}

// One pass over all rows in order; returns the mean loss.
double epoch(Network& network, const Data& data, int batch) {
  double sum = 0;
  for (int row = 0; row < data.rows; row += batch) {
    const int rows = std::min(batch, data.rows - row);
    sum += rows * network.step(&data.x[static_cast<std::size_t>(row) * data.inputs], &data.labels[row], rows);
  }
  return sum / data.rows;
}

Result fit(const Arguments& arguments, const char* name, const Data& data, int batch) {
  double seconds = 1e9, first = 0, mean = 0;
  for (const int threads : {1, static_cast<int>(std::thread::hardware_concurrency())}) {
    use_threads(threads);
    Network network(data.inputs, batch, 0.001f);
    network.forward(data.x.data(), batch);
    first = network.loss(data.labels.data(), batch);
    const double once = seconds_of([&] { mean = epoch(network, data, batch); });
    seconds = std::min(seconds, least_of_epochs(arguments, once, [&] { epoch(network, data, batch); }));
  }
  return {name, seconds, first, mean};
}

Result forward_1(const Arguments& arguments, const Data& data) {
  use_threads(1);
  Network network(data.inputs, 1, 0.001f);
  double first = 0, sum = 0;
  for (int r = 0; r < kForwardRows; ++r) {
    network.forward(&data.x[static_cast<std::size_t>(r) * data.inputs], 1);
    sum += network.loss(&data.labels[r], 1);
    if (r == 0) first = sum;
  }
  const double seconds = least_of_blocks(arguments, [&] { network.forward(data.x.data(), 1); });
  return {"forward_1", seconds, first, sum / kForwardRows};
}

}  // namespace
}  // namespace mlp

int main(int argc, char** argv) {
  mlp::Arguments arguments;
  if (!mlp::parse(argc, argv, arguments)) return 2;
  if (arguments.wants("eager_step")) print(arguments, mlp::eager_step(arguments));
  const mlp::Data data = mlp::make_data(mlp::rows(arguments), mlp::kInputs);
  if (arguments.wants("fit_batch_32")) print(arguments, mlp::fit(arguments, "fit_batch_32", data, 32));
  if (arguments.wants("fit_batch_256")) print(arguments, mlp::fit(arguments, "fit_batch_256", data, 256));
  if (arguments.wants("forward_1")) print(arguments, mlp::forward_1(arguments, data));
}
