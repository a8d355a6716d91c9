// Models: a layer that can be compiled, trained, saved and shown. `Model` is the handle, `ModelBase` the body.
// fit, evaluate and predict are defined in module train, save in module saving, summary in module view: nn knows no files.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "namesake/nn/compile.h"
#include "namesake/nn/layer.h"
#include "namesake/nn/training.h"
#include "namesake/nn/weight_files.h"
#include "namesake/tensor/feed.h"

namespace namesake {

struct ModelOptions {
  std::string name = "";
  bool trainable = true;
};

class NAMESAKE_API ModelBase : public LayerBase {
 public:
  [[nodiscard]] bool is_model() const noexcept override { return true; }
  [[nodiscard]] const CompileState* compiled() const noexcept { return compiled_ ? &*compiled_ : nullptr; }
  /// `repeated`: what to do about two metrics of one name.
  void set_compiled(CompileState state, nn::RepeatedNames repeated, Site site);
  /// Losses and metrics of each output, with their names in the logs. A model that does not know its outputs' names before
  /// it is called is asked with the number of its outputs. The model must be compiled.
  [[nodiscard]] const CompiledOutputs& compiled_outputs(std::size_t outputs = 1);
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
  /// Whether output_names() has all outputs before the model was ever called.
  [[nodiscard]] virtual bool knows_outputs() const { return !outputs().empty(); }

 protected:
  ModelBase() { set_takes_mask(true); }

 private:
  std::optional<CompileState> compiled_;
  std::optional<CompiledOutputs> settled_;
  nn::RepeatedNames repeated_ = nn::RepeatedNames::kRefuse;
};

class NAMESAKE_API Model : public Layer {
 public:
  /// No model.
  Model() = default;
  explicit Model(std::shared_ptr<ModelBase> body) : Layer(std::move(body)) {}
  /// A functional model: what leads from `inputs` to `outputs`, symbolic tensors; see functional.h. Throws InvalidArgument if outputs
  /// depend on something else, NameCollision if two layers have one name.
  Model(const Feed& inputs, const Feed& outputs, const ModelOptions& options = {}, Site site = Site::current());

  /// The symbolic tensors that a functional model begins and ends with, and those that one of its layers gave (by the layer's name, or path
  /// below the model), to build other models of: Model(base.inputs()[0], Dense({.units = 3})(base.output_of("pool"))). Throws
  /// InvalidArgument if the model is no graph, or no layer of it is called so.
  [[nodiscard]] Tensors inputs() const { return model().inputs(); }
  [[nodiscard]] Tensors outputs() const { return model().outputs(); }
  [[nodiscard]] Tensor output_of(std::string_view layer, std::size_t call = 0) const;

  /// Throws InvalidArgument without an optimizer, or for settings that do not go with the model's outputs; NameCollision for
  /// two metrics of one name. Without a loss, training minimizes what layers add (add_loss).
  void compile(CompileOptions options, Site site = Site::current()) const;
  [[nodiscard]] const Optimizer& optimizer() const { return compiled("optimizer()").optimizer; }
  [[nodiscard]] bool is_compiled() const { return model().compiled() != nullptr; }

  /// Trains on rows of x (batch axis first) and y, or on the batches of a source. Throws InvalidArgument if not compiled, or
  /// for inputs and outputs that the model does not have; ShapeMismatch.
  History fit(const Feed& x, const Feed& y, const FitOptions& options = {}) const;
  History fit(const TrainingData& data, const FitOptions& options = {}) const;
  /// Loss and metrics over all rows, sorted by name.
  [[nodiscard]] Logs evaluate(const Feed& x, const Feed& y, const EvaluateOptions& options = {}) const;
  [[nodiscard]] Logs evaluate(const TrainingData& data, const EvaluateOptions& options = {}) const;
  /// The model's output for all rows, computed in batches, as inference. Throws InvalidArgument for several outputs.
  [[nodiscard]] Tensor predict(const Feed& x, const PredictOptions& options = {}) const;
  /// All outputs, by their names where the model knows them.
  [[nodiscard]] Feed predict_many(const Feed& x, const PredictOptions& options = {}) const;
  /// The same for what TrainingData is made of: a source, a function or a range of batches. Their targets are not looked at.
  template <class Data>
    requires(std::convertible_to<const Data&, TrainingData> && !std::convertible_to<const Data&, Feed>)
  [[nodiscard]] Feed predict_many(const Data& data, const PredictOptions& options = {}) const {
    return predict_batches(TrainingData(data), options);
  }
  /// One step on one batch; the loss (and metrics) of that batch, before the step.
  Logs train_on_batch(const Feed& x, const Feed& y, const TrainOnBatchOptions& options = {}) const;
  /// Loss and metrics of one batch.
  [[nodiscard]] Logs test_on_batch(const Feed& x, const Feed& y, const Feed& sample_weight = {}) const;
  /// The model's outputs for one batch, as inference.
  [[nodiscard]] Feed predict_on_batch(const Feed& x) const;

  /// The model without its weights, as Keras 3's model.to_json() gives it: Keras's model_from_json, model_from_json() and load_architecture()
  /// read it. Throws Unsupported for operations that Keras has not.
  [[nodiscard]] std::string to_json() const;

  /// Saves all or nothing; the format goes by the extension (`.keras`, `.h5`); a name without one is that of a SavedModel directory. Throws
  /// Unsupported, IoError, NameCollision, InvalidName; InvalidArgument for a folder that is there and no SavedModel.
  SaveReport save(const std::filesystem::path& file, const SaveOptions& options = {}) const;
  /// Saves the weights alone, with the optimizer's state: `.weights.h5`, or a TensorFlow checkpoint if the name has no ending of another
  /// format ("model_0", "training/cp.ckpt": the prefix of its files); without it: `.h5`, a legacy file.
  SaveReport save_weights(const std::filesystem::path& file, const SaveWeightsOptions& options = {}) const;
  /// Fills the weights from a file: `.weights.h5`, `.h5`, `.keras`, a checkpoint (its prefix). Nothing has changed if it throws: IoError, FormatError (with file
  /// and inner place), ShapeMismatch, Unsupported.
  LoadReport load_weights(const std::filesystem::path& file, const LoadWeightsOptions& options = {}) const;
  /// The table that Keras prints, in UTF-8 boxes.
  [[nodiscard]] std::string summary() const;

  /// predict_many with what it makes of its argument.
  [[nodiscard]] Feed predict_batches(const TrainingData& data, const PredictOptions& options) const;
  [[nodiscard]] ModelBase& model() const { return static_cast<ModelBase&>(*body_); }
  /// Throws InvalidArgument, naming `caller`, if the model was not compiled.
  [[nodiscard]] const CompileState& compiled(std::string_view caller) const;
};

}  // namespace namesake
