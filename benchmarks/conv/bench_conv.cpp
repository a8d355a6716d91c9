// The work of this benchmark by Namesake, written as its users would write it.
//   bench_conv --json [--case NAME]         seconds and losses, see cases.h
//   bench_conv --count-allocations          blocks asked of the heap by one step, once the loop is steady
#include <namesake/namesake.h>

#include <cmath>

#include "benchmarks/conv/cases.h"
#include "benchmarks/shared/allocations.h"

namespace nk = namesake;

namespace conv {
namespace {

nk::Tensor tensor(const std::vector<float>& values, const nk::Shape& shape) {
  return nk::Tensor::of(std::span<const float>(values), shape);
}

nk::Sequential make_model() {
  nk::Sequential model({nk::Conv2D({.filters = kFilters1, .kernel_size = 3, .activation = "relu", .input_shape = {kSide, kSide, 1}}),
                        nk::MaxPooling2D(),
                        nk::Conv2D({.filters = kFilters2, .kernel_size = 3, .activation = "relu"}),
                        nk::MaxPooling2D(),
                        nk::Flatten(),
                        nk::Dense({.units = kClasses, .activation = "softmax"})});
  const Weights first = make_weights();
  const nk::Tensors values = {tensor(first.kernel1, {3, 3, 1, kFilters1}),         nk::zeros({kFilters1}),
                              tensor(first.kernel2, {3, 3, kFilters1, kFilters2}), nk::zeros({kFilters2}),
                              tensor(first.kernel3, {kFlat, kClasses}),            nk::zeros({kClasses})};
  model.set_weights(values);
  return model;
}

struct Tensors {
  explicit Tensors(const Data& data)
      : x(tensor(data.x, {data.rows, kSide, kSide, 1})), labels(nk::Tensor::of(std::span<const int>(data.labels), {data.rows})) {}
  nk::Tensor x, labels;
};

// A compiled model, and its epochs over all rows in order.
struct FitLoop {
  FitLoop(nk::Tensor images, nk::Tensor classes, int batch_size) : x(images), labels(classes), batch(batch_size) {
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
  nk::Sequential model = make_model();
};

Result fit(const Arguments& arguments, const char* name, const Tensors& all, int batch) {
  FitLoop loop(all.x, all.labels, batch);
  const double first = loop.first_loss();
  double mean = 0;
  const double once = seconds_of([&] { mean = loop.epoch(); });
  return {name, least_of_epochs(arguments, once, [&] { loop.epoch(); }), first, mean};
}

Result predict(const Arguments& arguments, const char* name, const Tensors& all, int batch) {
  nk::Sequential model = make_model();
  nk::Tensor probabilities;
  const auto predict_all = [&] {
    probabilities = model.predict(all.x, {.batch_size = batch, .verbose = nk::Verbose::kSilent});
  };
  const double once = seconds_of(predict_all);
  double first = 0, sum = 0;
  const auto classes = all.labels.data<int>();
  for (std::size_t r = 0; r < classes.size(); ++r) {
    sum -= std::log(static_cast<double>(probabilities.data<float>()[r * kClasses + static_cast<std::size_t>(classes[r])]));
    if (r == 0) first = sum;
  }
  return {name, least_of_epochs(arguments, once, predict_all), first, sum / static_cast<double>(classes.size())};
}

constexpr int kCountedSteps = 50;

// What 2n steps ask for, less what n steps ask for: so the costs of one call of fit fall out.
void count_allocations(const Arguments& arguments, const char* name, const Tensors& all, int batch) {
  if (!arguments.wants(name)) return;
  FitLoop loop(all.x, all.labels, batch);
  const auto steps = [&](int count) {
    loop.x = all.x.rows(0, count * batch);
    loop.labels = all.labels.rows(0, count * batch);
    loop.epoch();
  };
  steps(2 * kCountedSteps);
  count_allocations_from_now();
  steps(kCountedSteps);
  const Allocations once = allocations();
  steps(2 * kCountedSteps);
  const Allocations both = allocations();
  const auto per_step = [](std::int64_t n, std::int64_t three_n) { return static_cast<double>(three_n - 2 * n) / kCountedSteps; };
  const char* format = arguments.json ? "{\"case\": \"%s\", \"allocations_per_step\": %g, \"in_onednn_per_step\": %g}\n"
                                      : "%-18s %g allocations a step, and %g in oneDNN\n";
  std::printf(format, name, per_step(once.own, both.own), per_step(once.in_onednn, both.in_onednn));
}

void run_all(const Arguments& arguments) {
  const Tensors all(make_images(arguments.count_allocations ? 2 * kCountedSteps * 128 : rows(arguments)));
  const struct {
    const char *fit, *predict;
    int batch;
  } cases[] = {{"fit_batch_32", "predict_batch_32", 32}, {"fit_batch_128", "predict_batch_128", 128}};
  for (const auto& c : cases) {
    if (arguments.count_allocations) {
      count_allocations(arguments, c.fit, all, c.batch);
      continue;
    }
    if (arguments.wants(c.fit)) print(arguments, fit(arguments, c.fit, all, c.batch));
    if (arguments.wants(c.predict)) print(arguments, predict(arguments, c.predict, all, c.batch));
  }
}

}  // namespace
}  // namespace conv

int main(int argc, char** argv) {
  conv::Arguments arguments;
  if (!conv::parse(argc, argv, arguments)) return 2;
  try {
    conv::run_all(arguments);
  } catch (const nk::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
