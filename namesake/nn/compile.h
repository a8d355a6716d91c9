// What compile() takes and keeps: losses, their weights and metrics as one for all, a list in the order of the model's
// outputs, or by output name, as Keras takes them.
//   model.compile({.optimizer = Adam(), .loss = "mse", .metrics = {"mae"}});
//   model.compile({.optimizer = Adam(), .loss = {{"age", "mse"}, {"kind", "sparse_categorical_crossentropy"}},
//                  .loss_weights = {{"age", 0.2}, {"kind", 1.0}}, .metrics = {{"kind", {"accuracy", "top_k_categorical_accuracy"}}}});
// settle_outputs turns them into one row for each output, with the names that Keras gives the numbers.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "namesake/base/export.h"
#include "namesake/base/json.h"
#include "namesake/base/site.h"
#include "namesake/nn/losses.h"
#include "namesake/nn/metrics.h"
#include "namesake/optim/optimizers.h"

namespace namesake {

/// Something for a model's outputs: nothing, one for all, a list in the outputs' order, or by output name.
template <class T>
class PerOutput {
 public:
  enum class Form { kNone, kOne, kList, kNamed };
  struct Entry {
    template <class U>
      requires(std::convertible_to<U &&, T> && !std::same_as<std::remove_cvref_t<U>, Entry>)
    Entry(U&& for_output) : value(std::forward<U>(for_output)) {}  // NOLINT(google-explicit-constructor)
    Entry(std::string_view output, T for_output) : name(output), value(std::move(for_output)) {}

    std::string name;  // of the output; "" in a list
    T value;
  };

  PerOutput() = default;
  template <class U>
    requires(std::convertible_to<U &&, T> && !std::same_as<std::remove_cvref_t<U>, PerOutput>)
  PerOutput(U&& for_all) : form_(Form::kOne) {  // NOLINT(google-explicit-constructor)
    entries_.emplace_back(std::forward<U>(for_all));
  }
  PerOutput(std::initializer_list<Entry> entries) : PerOutput(std::vector<Entry>(entries)) {}
  /// A list, or by name if the entries have names.
  explicit PerOutput(std::vector<Entry> entries) : entries_(std::move(entries)) {
    if (entries_.empty()) return;
    form_ = entries_[0].name.empty() ? Form::kList : Form::kNamed;
  }

  [[nodiscard]] Form form() const noexcept { return form_; }
  [[nodiscard]] bool empty() const noexcept { return form_ == Form::kNone; }
  [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  Form form_ = Form::kNone;
  std::vector<Entry> entries_;
};

/// The metrics of one output: one, or several.
class NAMESAKE_API MetricList {
 public:
  MetricList() = default;
  MetricList(Metric metric) : metrics_{std::move(metric)}, single_(true) {}  // NOLINT(google-explicit-constructor)
  MetricList(std::string_view word) : MetricList(Metric(word)) {}            // NOLINT(google-explicit-constructor)
  MetricList(const char* word) : MetricList(Metric(word)) {}                 // NOLINT(google-explicit-constructor)
  MetricList(const std::string& word) : MetricList(Metric(word)) {}          // NOLINT(google-explicit-constructor)
  MetricList(std::vector<Metric> metrics) : metrics_(std::move(metrics)) {}  // NOLINT(google-explicit-constructor)
  MetricList(std::initializer_list<Metric> metrics) : metrics_(metrics) {}

  [[nodiscard]] const std::vector<Metric>& metrics() const noexcept { return metrics_; }
  /// True if it was one metric, no list.
  [[nodiscard]] bool is_single() const noexcept { return single_; }

 private:
  std::vector<Metric> metrics_;
  bool single_ = false;
};

/// For an output without a loss: Loss().
using Losses = PerOutput<Loss>;
using LossWeights = PerOutput<double>;
/// Of a model with one output, all entries are its own. Of a model with several, a list has an entry for each output:
/// `{MetricList{"accuracy", "mse"}, "mae"}`.
using Metrics = PerOutput<MetricList>;

struct CompileOptions {
  Optimizer optimizer = {};
  Losses loss = {};
  LossWeights loss_weights = {};
  Metrics metrics = {};           // without sample weights, as in Keras
  Metrics weighted_metrics = {};  // with sample and class weights
  bool auto_scale_loss = true;  // under mixed_float16 the optimizer becomes a LossScaleOptimizer
  // Kept for the file; they change nothing here.
  bool run_eagerly = false;
  std::int64_t steps_per_execution = 1;
  bool jit_compile = false;
};

/// What compile() set.
using CompileState = CompileOptions;

/// One output's part of what compile() set.
struct CompiledOutput {
  std::string name;     // "" in a model of one output
  Loss loss;            // undefined: none
  double weight = 1.0;  // of the loss
  std::vector<Metric> metrics;
  std::vector<Metric> weighted_metrics;
};

/// All outputs, with the names of their numbers in the logs.
struct CompiledOutputs {
  std::vector<CompiledOutput> outputs;
  /// Of each loss, in order, if there are several ("out_a_loss"); else empty: then there is only "loss".
  std::vector<std::string> loss_names;
  /// Of the metrics of each output, then of the weighted ones of each output: "accuracy", "out_a_accuracy".
  std::vector<std::string> metric_names;
};

namespace nn {

enum class RepeatedNames {
  kRefuse,  // NameCollision
  kSuffix,  // accuracy_1, as Keras does without a word: for what files say
};

/// Fits losses, weights and metrics to the outputs. `model` is named in errors. Throws InvalidArgument if they do not go with
/// these outputs; NameCollision if two numbers of the logs would have one name, or two outputs have.
[[nodiscard]] NAMESAKE_API CompiledOutputs settle_outputs(const CompileState& state, std::span<const std::string> output_names,
                                                          std::string_view model, RepeatedNames repeated = RepeatedNames::kRefuse,
                                                          Site site = {});

/// Keras's compile_config, both ways. Throws what the deserialize functions of optimizers, losses and metrics throw; FormatError.
[[nodiscard]] NAMESAKE_API JsonValue compile_config(const CompileState& state);
/// `view`: the object "compile_config". Nothing if it has no optimizer.
[[nodiscard]] NAMESAKE_API std::optional<CompileOptions> compile_options(const JsonView& view);

}  // namespace nn
}  // namespace namesake
