// The compile settings as Keras writes them into its files.
#include "namesake/base/error.h"
#include "namesake/nn/compile.h"

namespace namesake::nn {
namespace {

/// null, one value, a list, or an object by output name.
template <class T, class Write>
JsonValue write(const PerOutput<T>& given, Write write_one) {
  using Form = typename PerOutput<T>::Form;
  JsonValue value;
  switch (given.form()) {
    case Form::kNone: break;
    case Form::kOne: return write_one(given.entries()[0].value);
    case Form::kList:
      for (const auto& entry : given.entries()) value.push_back(write_one(entry.value));
      break;
    case Form::kNamed:
      value = JsonValue::object();
      for (const auto& entry : given.entries()) value.add(entry.name, write_one(entry.value));
      break;
  }
  return value;
}

JsonValue write_metrics(const Metrics& given) {
  JsonValue value = write(given, [](const MetricList& list) {
    if (list.is_single()) return list.metrics()[0].serialize();
    JsonValue array = JsonValue::array();
    for (const Metric& metric : list.metrics()) array.push_back(metric.serialize());
    return array;
  });
  if (given.form() != Metrics::Form::kOne || value.is_array()) return value;
  return JsonValue::array({std::move(value)});  // Keras takes lists and dicts only
}

/// A list, or a tuple as Keras writes one; nothing for another value.
std::optional<std::vector<JsonView>> sequence(const JsonView& view) {
  if (view->is_array()) return view.items();
  const JsonValue* kind = view->find("class_name");
  if (kind != nullptr && *kind == JsonValue("__tuple__")) return view.at("items").items();
  return std::nullopt;
}

/// Keras objects have a class_name or a registered one; what else is an object is a dict by output name.
bool is_by_name(const JsonView& view) { return view->is_object() && !view->has("class_name"); }

/// `read_one(view)` gives a T; null is for a null.
template <class T, class Read>
PerOutput<T> read(const JsonView& view, Read read_one) {
  using Entry = typename PerOutput<T>::Entry;
  if (view->is_null()) return {};
  std::vector<Entry> entries;
  if (const auto items = sequence(view)) {
    for (const JsonView& item : *items) entries.emplace_back(read_one(item));
    return PerOutput<T>(std::move(entries));
  }
  if (!is_by_name(view)) return PerOutput<T>(read_one(view));
  for (const JsonMember& member : view.as_object()) entries.emplace_back(member.key, read_one(view.at(member.key)));
  return PerOutput<T>(std::move(entries));
}

Loss read_loss(const JsonView& view) { return view->is_null() ? Loss() : Loss::deserialize(view.value()); }

/// Keras 2 nests them once more than needed.
void read_flat(const JsonView& view, std::vector<Metric>& out) {
  if (view->is_null()) return;
  if (const auto items = sequence(view)) {
    for (const JsonView& item : *items) read_flat(item, out);
  } else {
    out.push_back(Metric::deserialize(view.value()));
  }
}

MetricList read_metric_list(const JsonView& view) {
  if (!view->is_null() && !sequence(view)) return Metric::deserialize(view.value());
  std::vector<Metric> metrics;
  read_flat(view, metrics);
  return metrics;
}

}  // namespace

JsonValue compile_config(const CompileState& state) {
  const auto number = [](double weight) { return JsonValue(weight); };
  return JsonValue::object({{"optimizer", state.optimizer.serialize()},
                            {"loss", write(state.loss, [](const Loss& loss) { return loss.defined() ? loss.serialize() : JsonValue(); })},
                            {"loss_weights", write(state.loss_weights, number)},
                            {"metrics", write_metrics(state.metrics)},
                            {"weighted_metrics", write_metrics(state.weighted_metrics)},
                            {"run_eagerly", state.run_eagerly},
                            {"steps_per_execution", state.steps_per_execution},
                            {"jit_compile", state.jit_compile}});
}

std::optional<CompileOptions> compile_options(const JsonView& view) {
  const auto optimizer = view.find("optimizer");
  if (!optimizer) return std::nullopt;
  CompileOptions options{.optimizer = Optimizer::deserialize(optimizer->value())};
  if (const auto loss = view.find("loss")) options.loss = read<Loss>(*loss, read_loss);
  if (const auto weights = view.find("loss_weights")) {
    options.loss_weights = read<double>(*weights, [](const JsonView& weight) { return weight.as_double(); });
  }
  if (const auto metrics = view.find("metrics")) options.metrics = read<MetricList>(*metrics, read_metric_list);
  if (const auto metrics = view.find("weighted_metrics")) options.weighted_metrics = read<MetricList>(*metrics, read_metric_list);
  if (const auto eager = view.find("run_eagerly"); eager && (*eager)->is_bool()) options.run_eagerly = eager->as_bool();
  if (const auto steps = view.find("steps_per_execution"); steps && (*steps)->is_int()) options.steps_per_execution = steps->as_int();
  if (const auto jit = view.find("jit_compile"); jit && (*jit)->is_bool()) options.jit_compile = jit->as_bool();
  return options;
}

}  // namespace namesake::nn
