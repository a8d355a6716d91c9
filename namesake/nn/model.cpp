#include "namesake/nn/model.h"

#include <fmt/format.h>

#include "namesake/base/error.h"
#include "namesake/naming/unique_names.h"

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

void Model::compile(CompileOptions options, Site site) const {
  if (!options.optimizer.defined() || !options.loss.defined()) {
    throw InvalidArgument({.subject = name(),
                           .what = fmt::format("compile(): \"{}\" got no {}.", name(), options.loss.defined() ? "optimizer" : "loss"),
                           .expected = "an optimizer and a loss",
                           .places = {{"here", site, {}, {}}},
                           .fix = "model.compile({.optimizer = Adam(), .loss = \"categorical_crossentropy\"})"});
  }
  naming::UniqueNames metric_names(naming::NameKind::kMetric);
  for (const Metric& metric : options.metrics) metric_names.claim(metric.name(), site);
  model().set_compiled({std::move(options.optimizer), std::move(options.loss), std::move(options.metrics)});
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
