#include "namesake/nn/model.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/optim/optimizers/loss_scale.h"

namespace namesake {

std::vector<double> History::operator[](std::string_view name) const {
  std::vector<double> values;
  for (const Logs& logs : epochs) {
    for (const auto& [key, value] : logs) {
      if (key == name) values.push_back(value);
    }
  }
  return values;
}

void ModelBase::set_compiled(CompileState state, nn::RepeatedNames repeated, Site site) {
  std::optional<CompiledOutputs> settled;
  if (knows_outputs()) settled = nn::settle_outputs(state, output_names(), name(), repeated, site);
  compiled_ = std::move(state);
  settled_ = std::move(settled);
  repeated_ = repeated;
}

const CompiledOutputs& ModelBase::compiled_outputs(std::size_t outputs) {
  if (!settled_) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < outputs; ++i) names.push_back(outputs == 1 ? name() : fmt::format("output_{}", i));
    settled_ = nn::settle_outputs(*compiled_, names, name(), repeated_);
  }
  return *settled_;
}

void Model::compile(CompileOptions options, Site site) const {
  if (!options.optimizer.defined()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("compile(): \"{}\" got no optimizer.", name()),
                           .expected = "an optimizer",
                           .places = {{"here", site, {}, {}}},
                           .fix = "model.compile({.optimizer = Adam(), .loss = \"categorical_crossentropy\"})"});
  }
  // Gradients in float16 would vanish: Keras scales the loss by itself too.
  if (options.auto_scale_loss && body_->dtype_policy() == "mixed_float16" && options.optimizer.class_name() != "LossScaleOptimizer") {
    options.optimizer = LossScaleOptimizer(options.optimizer);
  }
  model().set_compiled(std::move(options), nn::RepeatedNames::kRefuse, site);
}

const CompileState& Model::compiled(std::string_view caller) const {
  const CompileState* state = model().compiled();
  if (state == nullptr) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("{}: the model \"{}\" was not compiled.", caller, name()),
                           .places = {{"model", body_->site(), body_->describe(), {}}},
                           .fix = "call model.compile({.optimizer = ..., .loss = ...}) first"});
  }
  return *state;
}

}  // namespace namesake
