#include "namesake/nn/compile.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "namesake/base/error.h"
#include "namesake/naming/unique_names.h"

namespace namesake::nn {
namespace {

using OutputNames = std::span<const std::string>;

std::string outputs_text(OutputNames names) { return fmt::format("\"{}\"", fmt::join(names, "\", \"")); }

/// What a compile argument is matched to: the outputs of a model.
struct Target {
  std::string_view argument;  // "loss"
  std::string_view model;
  OutputNames names;
  Site site;

  [[noreturn]] void refuse(std::string what, std::string expected, std::string received, std::string fix = "") const {
    throw InvalidArgument({.subject = std::string(argument),
                           .what = std::move(what),
                           .expected = std::move(expected),
                           .received = std::move(received),
                           .places = {{"here", site, {}, {}}},
                           .fix = std::move(fix)});
  }
  [[nodiscard]] std::size_t index_of(const std::string& name) const {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    refuse(fmt::format("compile(): {} names an output that the model \"{}\" does not have.", argument, model),
           fmt::format("one of {}", outputs_text(names)), fmt::format("\"{}\"", name));
  }
};

/// One entry for each output, null where there is none.
template <class T>
std::vector<const T*> by_output(const PerOutput<T>& given, const Target& target) {
  std::vector<const T*> found(target.names.size(), nullptr);
  using Form = typename PerOutput<T>::Form;
  switch (given.form()) {
    case Form::kNone: break;
    case Form::kOne: std::fill(found.begin(), found.end(), &given.entries()[0].value); break;
    case Form::kList:
      if (given.entries().size() != found.size()) {
        target.refuse(fmt::format("compile(): the list of {} does not fit the outputs of \"{}\".", target.argument, target.model),
                      fmt::format("{} entries, for {}", found.size(), outputs_text(target.names)),
                      fmt::format("{}", given.entries().size()),
                      fmt::format("give one for each output, or say which by name: .{} = {{{{\"{}\", ...}}}}", target.argument, target.names[0]));
      }
      for (std::size_t i = 0; i < found.size(); ++i) found[i] = &given.entries()[i].value;
      break;
    case Form::kNamed:
      for (const auto& entry : given.entries()) {
        const T*& slot = found[target.index_of(entry.name)];
        if (slot != nullptr) {
          target.refuse(fmt::format("compile(): {} names the output \"{}\" twice.", target.argument, entry.name), "each output once", entry.name);
        }
        slot = &entry.value;
      }
      break;
  }
  return found;
}

void settle_losses(const CompileState& state, const Target& target, std::vector<CompiledOutput>& outputs) {
  const auto losses = by_output(state.loss, target);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (losses[i] != nullptr) {
      outputs[i].loss = *losses[i];
    } else if (!state.loss.empty()) {
      target.refuse(fmt::format("compile(): loss says nothing of the output \"{}\" of \"{}\".", target.names[i], target.model),
                    fmt::format("a loss for each of {}", outputs_text(target.names)), "losses for some of them",
                    fmt::format("if it shall have no loss, say so: {{\"{}\", Loss()}}", target.names[i]));
    }
  }
  Target weights_target = target;
  weights_target.argument = "loss_weights";
  if (outputs.size() > 1 && state.loss_weights.form() == LossWeights::Form::kOne) {
    weights_target.refuse(fmt::format("compile(): one loss weight cannot be shared out over the outputs of \"{}\".", target.model),
                          fmt::format("a list for {}, or weights by name", outputs_text(target.names)), "one number");
  }
  const auto weights = by_output(state.loss_weights, weights_target);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (weights[i] != nullptr) outputs[i].weight = *weights[i];
  }
}

std::vector<std::vector<Metric>> settle_metrics(const Metrics& given, const Target& target) {
  std::vector<std::vector<Metric>> lists(target.names.size());
  if (given.form() == Metrics::Form::kNamed) {
    const auto found = by_output(given, target);
    for (std::size_t i = 0; i < lists.size(); ++i) {
      if (found[i] != nullptr) lists[i] = found[i]->metrics();
    }
    return lists;
  }
  // A list of metrics that came as one value is the list of entries.
  std::vector<Metrics::Entry> entries;
  for (const auto& entry : given.entries()) {
    if (given.form() == Metrics::Form::kOne) {
      for (const Metric& metric : entry.value.metrics()) entries.emplace_back(metric);
    } else {
      entries.push_back(entry);
    }
  }
  if (lists.size() == 1) {
    for (const auto& entry : entries) lists[0].insert(lists[0].end(), entry.value.metrics().begin(), entry.value.metrics().end());
    return lists;
  }
  const Metrics as_list(std::move(entries));
  const auto found = by_output(as_list, target);
  for (std::size_t i = 0; i < lists.size(); ++i) {
    if (found[i] != nullptr) lists[i] = found[i]->metrics();
  }
  return lists;
}

void name_numbers(CompiledOutputs& settled, RepeatedNames repeated, Site site) {
  std::vector<std::string> losses{"loss"};
  const auto count = std::count_if(settled.outputs.begin(), settled.outputs.end(), [](const auto& o) { return o.loss.defined(); });
  for (const CompiledOutput& output : settled.outputs) {
    if (count > 1 && output.loss.defined()) settled.loss_names.push_back(output.name + "_loss");
  }
  losses.insert(losses.end(), settled.loss_names.begin(), settled.loss_names.end());
  std::vector<MetricPlace> places;
  const bool one = settled.outputs.size() == 1;
  for (const bool weighted : {false, true}) {
    for (const CompiledOutput& output : settled.outputs) {
      for (const Metric& metric : weighted ? output.weighted_metrics : output.metrics) places.push_back({metric, one ? "" : output.name, weighted});
    }
  }
  settled.metric_names = metric_keys(places, losses, site, repeated == RepeatedNames::kRefuse);
}

}  // namespace

CompiledOutputs settle_outputs(const CompileState& state, OutputNames output_names, std::string_view model, RepeatedNames repeated, Site site) {
  CompiledOutputs settled;
  naming::UniqueNames different(naming::NameKind::kOutput);
  for (const std::string& name : output_names) {
    if (different.known(name)) different.claim(name, site);  // throws
    (void)different.take(name, site);
    settled.outputs.push_back({name, {}, 1.0, {}, {}});
  }
  const Target target{"loss", model, output_names, site};
  settle_losses(state, target, settled.outputs);
  auto metrics = settle_metrics(state.metrics, {"metrics", model, output_names, site});
  auto weighted = settle_metrics(state.weighted_metrics, {"weighted_metrics", model, output_names, site});
  for (std::size_t i = 0; i < settled.outputs.size(); ++i) {
    settled.outputs[i].metrics = std::move(metrics[i]);
    settled.outputs[i].weighted_metrics = std::move(weighted[i]);
  }
  name_numbers(settled, repeated, site);
  return settled;
}

}  // namespace namesake::nn
