// save_compiled FOLDER: for every optimizer and loss a small model, trained a little and saved as FOLDER/<case>.keras. On standard
// output one line a case: its name, optimizer iterations, and the losses of the five steps that would come next.
// test_compiled.py makes the same numbers to train on.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <namesake/namesake.h>

namespace nk = namesake;

namespace {

constexpr std::int64_t kRows = 12, kColumns = 6, kClasses = 4;

nk::Tensor wave(std::int64_t rows, std::int64_t columns, double row_step, double column_step) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) {
      values.push_back(static_cast<float>(std::sin(row_step * static_cast<double>(i) + column_step * static_cast<double>(j))));
    }
  }
  return nk::Tensor::of<float>(values, {rows, columns});
}

std::int64_t class_of(std::int64_t row) { return (row * 7 + 3) % kClasses; }

nk::Tensor classes() {
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < kRows; ++i) values.push_back(static_cast<std::int32_t>(class_of(i)));
  return nk::Tensor::of<std::int32_t>(values, {kRows});
}

nk::Tensor one_hot() {
  std::vector<float> values(static_cast<std::size_t>(kRows * kClasses), 0.0F);
  for (std::int64_t i = 0; i < kRows; ++i) values[static_cast<std::size_t>(i * kClasses + class_of(i))] = 1.0F;
  return nk::Tensor::of<float>(values, {kRows, kClasses});
}

nk::Tensor zeros_and_ones() {
  std::vector<float> values;
  for (std::int64_t i = 0; i < kRows * kClasses; ++i) values.push_back(i % 3 == 0 ? 1.0F : 0.0F);
  return nk::Tensor::of<float>(values, {kRows, kClasses});
}

struct LossCase {
  std::string name, activation;
  nk::Loss loss;
  nk::Metric metric;
  nk::Tensor y;
};

std::vector<LossCase> loss_cases() {
  return {
      {"categorical", "softmax", nk::CategoricalCrossentropy(), "accuracy", one_hot()},
      {"categorical_word", "softmax", "categorical_crossentropy", "categorical_accuracy", one_hot()},
      {"categorical_smoothed", "linear", nk::CategoricalCrossentropy({.from_logits = true, .label_smoothing = 0.1}), "accuracy",
       one_hot()},
      {"sparse", "softmax", "sparse_categorical_crossentropy", "sparse_categorical_accuracy", classes()},
      {"sparse_logits", "linear", nk::SparseCategoricalCrossentropy({.from_logits = true}), "accuracy", classes()},
      {"binary", "sigmoid", "binary_crossentropy", "binary_accuracy", zeros_and_ones()},
      {"binary_logits", "linear", nk::BinaryCrossentropy({.from_logits = true, .reduction = "sum"}), "binary_accuracy",
       zeros_and_ones()},
      {"mse", "tanh", "mse", "mean_absolute_error", wave(kRows, kClasses, 0.3, 0.9)},
      {"mse_object", "linear", nk::MeanSquaredError(), "mse", wave(kRows, kClasses, 0.3, 0.9)},
      {"mae", "linear", nk::MeanAbsoluteError(), "mean_squared_error", wave(kRows, kClasses, 0.3, 0.9)},
  };
}

// A new one for each model: an optimizer belongs to the variables it was built with.
std::vector<std::pair<std::string, nk::Optimizer>> optimizer_cases() {
  return {
      {"sgd", nk::SGD()},
      {"sgd_word", "sgd"},
      {"momentum", nk::SGD({.learning_rate = 0.05, .momentum = 0.9, .clipnorm = 0.5})},
      {"nesterov", nk::SGD({.learning_rate = 0.05, .momentum = 0.8, .nesterov = true, .weight_decay = 0.01})},
      {"clipvalue", nk::SGD({.learning_rate = 0.2, .clipvalue = 0.1, .name = "own_name"})},
      {"adam", "adam"},
      {"adam_fast", nk::Adam({.learning_rate = 0.02, .beta_1 = 0.8, .beta_2 = 0.98, .epsilon = 1e-5})},
      {"amsgrad", nk::Adam({.learning_rate = 0.02, .amsgrad = true, .weight_decay = 0.01, .global_clipnorm = 0.5})},
  };
}

void save_case(const std::filesystem::path& folder, const std::string& name, const LossCase& of, const nk::Optimizer& optimizer) {
  nk::Sequential model({nk::Dense({.units = 5, .activation = "relu", .input_shape = {kColumns}, .name = "hidden"}),
                        nk::Dense({.units = kClasses, .activation = of.activation, .name = "last"})},
                       {.name = "compiled"});
  model.compile({.optimizer = optimizer, .loss = of.loss, .metrics = {of.metric}});
  const nk::Tensor x = wave(kRows, kColumns, 0.7, 1.3);
  model.fit(x, of.y, {.batch_size = 5, .epochs = 2, .verbose = nk::Verbose::kSilent});
  model.save(folder / (name + ".keras"));
  std::printf("%s %lld", name.c_str(), static_cast<long long>(model.optimizer().iterations()));
  for (int i = 0; i < 5; ++i) {
    for (const auto& [word, value] : model.train_on_batch(x, of.y)) {
      if (word == "loss") std::printf(" %.9g", value);
    }
  }
  std::printf("\n");
}

void save_all(const std::filesystem::path& folder) {
  const std::size_t count = optimizer_cases().size();
  for (std::size_t i = 0; i < count; ++i) {
    for (const LossCase& of : loss_cases()) {
      const auto [word, optimizer] = optimizer_cases().at(i);
      save_case(folder, word + "-" + of.name, of, optimizer);
    }
  }
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: save_compiled FOLDER\n", stderr);
    return 2;
  }
  try {
    save_all(words[1]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
  return 0;
}
