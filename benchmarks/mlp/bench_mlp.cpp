// The work of this benchmark by Namesake, written as its users would write it: a tape step, fit(), and a model called
// on a row.
//   bench_mlp --json [--case NAME]         seconds and losses, see cases.h
//   bench_mlp --count-allocations          blocks asked of the heap by one step, once the loop is steady
#include <namesake/namesake.h>

#include <cmath>

#include "benchmarks/shared/allocations.h"
#include "benchmarks/mlp/cases.h"
#include "benchmarks/mlp/data.h"

namespace nk = namesake;

namespace mlp {
namespace {

nk::Tensor tensor(const std::vector<float>& values, const nk::Shape& shape) {
  return nk::Tensor::of(std::span<const float>(values), shape);
}

nk::Sequential make_model(int inputs) {
  nk::Sequential model({nk::Dense({.units = kHidden, .activation = "relu", .input_shape = {inputs}}),
                        nk::Dense({.units = kClasses, .activation = "softmax"})});
  const Weights first = make_weights(inputs);
  const nk::Tensors values = {tensor(first.kernel1, {inputs, kHidden}), tensor(first.bias1, {kHidden}),
                              tensor(first.kernel2, {kHidden, kClasses}), tensor(first.bias2, {kClasses})};
  model.set_weights(values);
  return model;
}

struct Tensors {
  explicit Tensors(const Data& data)
      : x(tensor(data.x, {data.rows, data.inputs})),
        labels(nk::Tensor::of(std::span<const int>(data.labels), {data.rows})) {}
  nk::Tensor x, labels;
};

// A step of the textbook program, and what it works on.
struct TapeLoop {
  Data data = make_data(kSmallBatch, kSmallInputs);
  nk::Tensor x = tensor(data.x, {kSmallBatch, kSmallInputs});
  nk::Tensor y = tensor(one_hot(data.labels), {kSmallBatch, kClasses});
  nk::Sequential model = make_model(kSmallInputs);
  nk::CategoricalCrossentropy loss_fn;
  nk::Adam optimizer = nk::Adam({.learning_rate = 0.01});

  float step() {
    nk::GradientTape tape;
    const nk::Tensor loss = loss_fn(y, model(x, {.training = true}));
    optimizer.apply_gradients(tape.gradient(loss, model.trainable_variables()));
    return loss.item<float>();
  }
};

// A compiled model, and its epochs over all rows in order.
struct FitLoop {
  FitLoop(nk::Tensor rows, nk::Tensor classes, int batch_size) : x(rows), labels(classes), batch(batch_size) {
    model.compile({.optimizer = nk::Adam({.learning_rate = 0.001}), .loss = "sparse_categorical_crossentropy"});
  }

  /// The mean loss.
  double epoch() {
    const nk::FitOptions options = {.batch_size = batch, .verbose = nk::Verbose::kSilent, .shuffle = false};
    return model.fit(x, labels, options)["loss"].back();
  }
  /// The loss of the first batch.
  double first_loss() {
    const nk::EvaluateOptions options = {.batch_size = batch, .verbose = nk::Verbose::kSilent};
    return model.evaluate(x.rows(0, batch), labels.rows(0, batch), options)[0].second;
  }

  nk::Tensor x, labels;
  int batch;
  nk::Sequential model = make_model(kInputs);
};

Result eager_step(const Arguments& arguments) {
  TapeLoop loop;
  const double first = loop.step();
  double last = first;
  for (int i = 1; i < kCheckedSteps; ++i) last = loop.step();
  return {"eager_step", least_of_blocks(arguments, [&] { loop.step(); }), first, last};
}

Result fit(const Arguments& arguments, const char* name, const Tensors& all, int batch) {
  FitLoop loop(all.x, all.labels, batch);
  const double first = loop.first_loss();
  double mean = 0;
  const double once = seconds_of([&] { mean = loop.epoch(); });
  return {name, least_of_epochs(arguments, once, [&] { loop.epoch(); }), first, mean};
}

Result forward_1(const Arguments& arguments, const Tensors& all) {
  const nk::Sequential model = make_model(kInputs);
  double first = 0, sum = 0;
  for (int r = 0; r < kForwardRows; ++r) {
    const nk::Tensor probabilities = model(all.x.rows(r, r + 1));
    sum -= std::log(probabilities.data<float>()[all.labels.data<int>()[r]]);
    if (r == 0) first = sum;
  }
  const nk::Tensor row = all.x.rows(0, 1);
  const double seconds = least_of_blocks(arguments, [&] { static_cast<void>(model(row)); });
  return {"forward_1", seconds, first, sum / kForwardRows};
}

constexpr int kCountedSteps = 50;

// What 2n steps ask for, less what n steps ask for: so the costs of one call of `steps` fall out.
template <class Steps>
void print_allocations(const Arguments& arguments, const char* name, Steps&& steps) {
  if (!arguments.wants(name)) return;
  steps(kCountedSteps);
  count_allocations_from_now();
  steps(kCountedSteps);
  const Allocations once = allocations();
  steps(2 * kCountedSteps);
  const Allocations both = allocations();
  const auto per_step = [](std::int64_t n, std::int64_t three_n) {
    return static_cast<double>(three_n - 2 * n) / kCountedSteps;
  };
  const char* format = arguments.json ? "{\"case\": \"%s\", \"allocations_per_step\": %g, \"in_onednn_per_step\": %g}\n"
                                      : "%-14s %g allocations a step, and %g in oneDNN\n";
  std::printf(format, name, per_step(once.own, both.own), per_step(once.in_onednn, both.in_onednn));
}

void count_fit(const Arguments& arguments, const char* name, const Tensors& all, int batch) {
  print_allocations(arguments, name, [&, loop = FitLoop(all.x, all.labels, batch)](int steps) mutable {
    loop.x = all.x.rows(0, steps * batch);
    loop.labels = all.labels.rows(0, steps * batch);
    loop.epoch();
  });
}

void count_allocations(const Arguments& arguments) {
  print_allocations(arguments, "eager_step", [loop = TapeLoop()](int steps) mutable {
    for (int i = 0; i < steps; ++i) loop.step();
  });
  const Tensors all(make_data(2 * kCountedSteps * 256, kInputs));
  count_fit(arguments, "fit_batch_32", all, 32);
  count_fit(arguments, "fit_batch_256", all, 256);
  print_allocations(arguments, "forward_1", [model = make_model(kInputs), row = all.x.rows(0, 1)](int steps) {
    for (int i = 0; i < steps; ++i) static_cast<void>(model(row));
  });
}

void run_all(const Arguments& arguments) {
  if (arguments.wants("eager_step")) print(arguments, eager_step(arguments));
  const Tensors all(make_data(rows(arguments), kInputs));
  if (arguments.wants("fit_batch_32")) print(arguments, fit(arguments, "fit_batch_32", all, 32));
  if (arguments.wants("fit_batch_256")) print(arguments, fit(arguments, "fit_batch_256", all, 256));
  if (arguments.wants("forward_1")) print(arguments, forward_1(arguments, all));
}

}  // namespace
}  // namespace mlp

int main(int argc, char** argv) {
  mlp::Arguments arguments;
  if (!mlp::parse(argc, argv, arguments)) return 2;
  try {
    arguments.count_allocations ? mlp::count_allocations(arguments) : mlp::run_all(arguments);
  } catch (const nk::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
