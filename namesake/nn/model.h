// Models: a layer that can be compiled, trained, saved and shown. `Model` is the handle, `ModelBase` the body.
// fit, evaluate and predict are defined in module train, save in module saving, summary in module view: nn knows no files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/nn/layer.h"
#include "namesake/nn/losses.h"
#include "namesake/nn/metrics.h"
#include "namesake/optim/optimizers.h"
#include "namesake/tensor/feed.h"

namespace namesake {

struct ModelOptions {
  std::string name = "";
  bool trainable = true;
};

struct CompileOptions {
  Optimizer optimizer = {};
  Loss loss = {};
  std::vector<Metric> metrics = {};
};

/// Numbers by name, in order: ("loss", 0.31), ("accuracy", 0.91).
using Logs = std::vector<std::pair<std::string, double>>;

/// What fit() gives: the logs of each epoch.
struct History {
  std::vector<Logs> epochs;
  /// The number called `name` of each epoch; empty if there is none.
  [[nodiscard]] NAMESAKE_API std::vector<double> operator[](std::string_view name) const;
};

enum class Verbose {
  kAuto,    // a progress bar on a terminal, nothing elsewhere
  kSilent,
  kBar,
  kLines,   // one line an epoch
};

class Model;

/// What a caller may see of a running fit.
struct EpochInfo {
  std::int64_t epoch = 0;   // from 0
  std::int64_t epochs = 0;
  const Logs* logs = nullptr;
};

struct FitOptions {
  std::int64_t batch_size = 32;
  std::int64_t epochs = 1;
  Verbose verbose = Verbose::kAuto;
  double validation_split = 0.0;  // the last rows, before shuffling
  std::optional<std::pair<Tensor, Tensor>> validation_data = std::nullopt;
  bool shuffle = true;
  Tensor sample_weight = {};
  std::function<void(const EpochInfo&)> on_epoch_end = nullptr;
};

struct EvaluateOptions {
  std::int64_t batch_size = 32;
  Verbose verbose = Verbose::kAuto;
  Tensor sample_weight = {};
};

struct PredictOptions {
  std::int64_t batch_size = 32;
  Verbose verbose = Verbose::kAuto;
};

struct SaveOptions {
  bool include_optimizer = true;
};

/// What a save did: the file, and what a reader will see otherwise than here.
struct SaveReport {
  std::filesystem::path file;
  std::vector<std::string> notes;
};

/// What compile() set.
struct CompileState {
  Optimizer optimizer;
  Loss loss;
  std::vector<Metric> metrics;
};

class NAMESAKE_API ModelBase : public LayerBase {
 public:
  [[nodiscard]] bool is_model() const noexcept override { return true; }
  [[nodiscard]] const CompileState* compiled() const noexcept { return compiled_ ? &*compiled_ : nullptr; }
  void set_compiled(CompileState state) { compiled_ = std::move(state); }
  /// The shape of the input that the model was built for, with -1 for the batch axis; unknown rank before.
  [[nodiscard]] virtual Shape input_shape() const { return built_shapes().empty() ? Shape() : built_shapes()[0]; }
  /// What inputs and outputs are called where they go by name, in order. A model that is no graph has one of each, of its own name.
  [[nodiscard]] virtual std::vector<std::string> input_names() const { return {name()}; }
  [[nodiscard]] virtual std::vector<std::string> output_names() const { return {name()}; }
  /// How the outputs were given: one, a list, or by name.
  [[nodiscard]] virtual Feed::Form outputs_form() const { return Feed::Form::kOne; }
  /// The symbolic tensors it begins and ends with; empty if it is no graph.
  [[nodiscard]] virtual Tensors inputs() const { return {}; }
  [[nodiscard]] virtual Tensors outputs() const { return {}; }

 protected:
  ModelBase() { set_takes_mask(true); }

 private:
  std::optional<CompileState> compiled_;
};

class NAMESAKE_API Model : public Layer {
 public:
  /// No model.
  Model() = default;
  explicit Model(std::shared_ptr<ModelBase> body) : Layer(std::move(body)) {}
  /// A functional model: what leads from `inputs` to `outputs`, symbolic tensors; see functional.h. Throws InvalidArgument if outputs
  /// depend on something else, NameCollision if two layers have one name.
  Model(const Feed& inputs, const Feed& outputs, const ModelOptions& options = {}, Site site = Site::current());

  /// Throws InvalidArgument without an optimizer or a loss; NameCollision for two metrics of one name.
  void compile(CompileOptions options, Site site = Site::current()) const;
  [[nodiscard]] const Optimizer& optimizer() const { return compiled("optimizer()").optimizer; }
  [[nodiscard]] bool is_compiled() const { return model().compiled() != nullptr; }

  /// Trains on rows of x (batch axis first) and y. Throws InvalidArgument if not compiled; ShapeMismatch.
  History fit(const Tensor& x, const Tensor& y, const FitOptions& options = {}) const;
  /// Loss and metrics over all rows.
  [[nodiscard]] Logs evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options = {}) const;
  /// The model's output for all rows, computed in batches, as inference.
  [[nodiscard]] Tensor predict(const Tensor& x, const PredictOptions& options = {}) const;
  /// One step on one batch; the loss (and metrics) of that batch, before the step.
  Logs train_on_batch(const Tensor& x, const Tensor& y, const Tensor& sample_weight = {}) const;

  /// Saves all or nothing; the format goes by the extension (`.keras`). Throws Unsupported, IoError, NameCollision.
  SaveReport save(const std::filesystem::path& file, const SaveOptions& options = {}) const;
  /// The table that Keras prints, in UTF-8 boxes.
  [[nodiscard]] std::string summary() const;

  [[nodiscard]] ModelBase& model() const { return static_cast<ModelBase&>(*body_); }
  /// Throws InvalidArgument, naming `caller`, if the model was not compiled.
  [[nodiscard]] const CompileState& compiled(std::string_view caller) const;
};

}  // namespace namesake
