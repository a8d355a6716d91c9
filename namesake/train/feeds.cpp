#include "namesake/train/feeds.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "namesake/base/error.h"
#include "namesake/ops/create.h"

namespace namesake::train {
namespace {

std::string quoted(const std::vector<std::string>& names) { return fmt::format("\"{}\"", fmt::join(names, "\", \"")); }

std::string given_text(const Feed& feed) {
  if (!feed.names().empty()) return quoted(feed.names());
  std::vector<std::string> shapes;
  for (const Tensor& tensor : feed.tensors()) shapes.push_back(tensor.defined() ? to_string(tensor.shape()) : "none");
  return shapes.empty() ? "nothing" : fmt::format("{} tensor{}: {}", shapes.size(), shapes.size() == 1 ? "" : "s", fmt::join(shapes, ", "));
}

/// How messages say what `feed` is for.
struct Role {
  std::string_view argument;  // "x"
  std::string_view kind;      // "input"
};

[[noreturn]] void refuse(const Role& role, const Feed& feed, const FeedNames& names, const std::vector<std::string>& known, std::string what) {
  throw InvalidArgument({.subject = std::string(role.argument),
                         .what = std::move(what),
                         .expected = fmt::format("{} of \"{}\": {}", known.size() == 1 ? fmt::format("the {}", role.kind) : fmt::format("the {}s", role.kind),
                                                 names.model, quoted(known)),
                         .received = given_text(feed)});
}

/// By name: each in its place, undefined where it was left out.
Tensors by_name(const Role& role, const Feed& feed, const FeedNames& names, const std::vector<std::string>& known) {
  for (const std::string& name : feed.names()) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    refuse(role, feed, names, known, fmt::format("{}: the model \"{}\" has no {} called \"{}\".", role.argument, names.model, role.kind, name));
  }
  Tensors ordered(known.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (const Tensor* tensor = feed.find(known[i])) ordered[i] = *tensor;
  }
  return ordered;
}

constexpr Role kInputs{"x", "input"}, kTargets{"y", "output"}, kWeights{"sample_weight", "output"};

/// A model takes a last axis of size 1 more or less than it was built for.
bool fits(const Shape& given, const Shape& wanted) {
  if (!wanted.known_rank() || wanted.compatible_with(given)) return true;
  if (given.rank() == wanted.rank() + 1 && given.back() == 1) return wanted.compatible_with(Shape(given.sizes().first(given.sizes().size() - 1)));
  if (given.rank() + 1 != wanted.rank() || wanted.back() != 1) return false;
  return Shape(wanted.sizes().first(wanted.sizes().size() - 1)).compatible_with(given);
}

std::int64_t rows_of(const Tensor& tensor, std::string_view what) {
  if (!tensor.is_symbolic() && tensor.rank() >= 1) return tensor.shape()[0];
  throw ShapeMismatch({.subject = std::string(what),
                       .what = fmt::format("{} has no rows.", what),
                       .expected = "numbers with a batch axis first",
                       .received = to_string(tensor)});
}

std::string part_name(const Role& role, const std::vector<std::string>& known, std::size_t i) {
  return known.size() > 1 && i < known.size() ? fmt::format("{} \"{}\"", role.argument, known[i]) : std::string(role.argument);
}

}  // namespace

FeedNames FeedNames::of(const Model& model) {
  FeedNames names{model.name(), model.model().knows_outputs(), model.model().input_names(), model.model().output_names(), {}};
  for (const Tensor& input : model.model().inputs()) names.input_shapes.push_back(input.shape());
  if (names.input_shapes.empty()) names.input_shapes.push_back(model.model().input_shape());
  names.input_shapes.resize(names.inputs.size());
  return names;
}

Tensors inputs_in_order(const Feed& x, const FeedNames& names) {
  Tensors ordered;
  if (x.form() == Feed::Form::kNamed) {
    ordered = by_name(kInputs, x, names, names.inputs);
  } else {
    ordered = x.tensors();
    if (!names.known && !ordered.empty()) return ordered;
    if (ordered.size() != names.inputs.size()) {
      refuse(kInputs, x, names, names.inputs,
             fmt::format("x: the model \"{}\" has {} input{}.", names.model, names.inputs.size(), names.inputs.size() == 1 ? "" : "s"));
    }
  }
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    if (!ordered[i].defined()) {
      refuse(kInputs, x, names, names.inputs, fmt::format("x: nothing is fed to the input \"{}\" of \"{}\".", names.inputs[i], names.model));
    }
    if (!fits(ordered[i].shape(), names.input_shapes[i])) {
      throw ShapeMismatch({.subject = names.inputs[i],
                           .what = fmt::format("x does not fit the input \"{}\" of the model \"{}\".", names.inputs[i], names.model),
                           .expected = to_string(names.input_shapes[i]),
                           .received = fmt::format("{} {}", to_string(ordered[i].shape()), to_string(ordered[i].dtype()))});
    }
  }
  return ordered;
}

Tensors targets_in_order(const Feed& y, const FeedNames& names, const std::vector<bool>& has_loss) {
  if (!y.defined()) return {};
  if (y.form() == Feed::Form::kNamed) return by_name(kTargets, y, names, names.outputs);
  if (y.size() == names.outputs.size() || !names.known) return y.tensors();
  const auto wanted = static_cast<std::size_t>(std::count(has_loss.begin(), has_loss.end(), true));
  if (has_loss.size() != names.outputs.size() || y.size() != wanted) {
    refuse(kTargets, y, names, names.outputs,
           fmt::format("y: the model \"{}\" has {} output{}.", names.model, names.outputs.size(), names.outputs.size() == 1 ? "" : "s"));
  }
  Tensors ordered(names.outputs.size());
  for (std::size_t i = 0, from = 0; i < ordered.size(); ++i) {
    if (has_loss[i]) ordered[i] = y[from++];
  }
  return ordered;
}

Tensors weights_in_order(const Feed& sample_weight, const FeedNames& names) {
  if (!sample_weight.defined()) return {};
  if (sample_weight.form() == Feed::Form::kNamed) return by_name(kWeights, sample_weight, names, names.outputs);
  if (sample_weight.size() == names.outputs.size() || !names.known) return sample_weight.tensors();
  if (sample_weight.form() != Feed::Form::kOne) {
    refuse(kWeights, sample_weight, names, names.outputs, "sample_weight: there are other than one weight tensor for each output.");
  }
  const Tensor& weight = sample_weight[0];
  if (weight.rank() == 1 || (weight.rank() == 2 && weight.shape()[1] == 1)) return Tensors(names.outputs.size(), weight);
  throw ShapeMismatch({.subject = "sample_weight",
                       .what = fmt::format("One weight tensor for several outputs of \"{}\" has one weight a row.", names.model),
                       .expected = "(rows,)",
                       .received = to_string(weight.shape()),
                       .fix = fmt::format("give one for each output: {}", quoted(names.outputs))});
}

std::int64_t check_rows(const StepBatch& data, const FeedNames& names) {
  const std::string first = part_name(kInputs, names.inputs, 0);
  const std::int64_t rows = rows_of(data.x[0], first);
  const auto check = [&](const Role& role, const std::vector<std::string>& known, const Tensors& tensors) {
    for (std::size_t i = 0; i < tensors.size(); ++i) {
      if (!tensors[i].defined()) continue;
      const std::string part = part_name(role, known, i);
      if (rows_of(tensors[i], part) == rows) continue;
      throw ShapeMismatch({.subject = part,
                           .what = fmt::format("{} and {} have unequal numbers of rows.", first, part),
                           .expected = fmt::format("{} rows, as {} {} has", rows, first, to_string(data.x[0].shape())),
                           .received = fmt::format("{} {}", part, to_string(tensors[i].shape()))});
    }
  };
  check(kInputs, names.inputs, data.x);
  check(kTargets, names.outputs, data.y);
  check(kWeights, names.outputs, data.sample_weight);
  if (rows > 0) return rows;
  throw InvalidArgument({.subject = first, .what = "There are no rows.", .received = to_string(data.x[0].shape())});
}

StepBatch step_batch(const Feed& x, const Feed& y, const Feed& sample_weight, const FeedNames& names, const std::vector<bool>& has_loss) {
  StepBatch batch{inputs_in_order(x, names), targets_in_order(y, names, has_loss), weights_in_order(sample_weight, names), 0};
  batch.rows = check_rows(batch, names);
  return batch;
}

Tensor class_weights(const Tensor& y, const std::map<std::int64_t, double>& weights) {
  const std::int64_t rows = y.shape()[0];
  const Tensor numbers = cast(y, DType::kFloat64);
  const auto values = numbers.data<double>();
  const std::size_t classes = y.rank() > 1 ? static_cast<std::size_t>(std::max<std::int64_t>(1, y.shape().back())) : 1;
  if (y.rank() > 2 || static_cast<std::int64_t>(values.size() / classes) != rows) {
    throw ShapeMismatch({.subject = "class_weight",
                         .what = "Class weights need one class a row.",
                         .expected = "class numbers (rows,) or (rows, 1), or one-hot rows (rows, classes)",
                         .received = to_string(y.shape())});
  }
  Tensor out = Tensor::empty(DType::kFloat32, {rows});
  for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(row * classes);
    const double number = classes > 1 ? static_cast<double>(std::max_element(begin, begin + static_cast<std::ptrdiff_t>(classes)) - begin)
                                      : std::nearbyint(*begin);
    const auto found = weights.find(static_cast<std::int64_t>(number));
    out.raw_as<float>()[row] = found == weights.end() ? 1.0F : static_cast<float>(found->second);
  }
  return out;
}

void apply_class_weights(StepBatch& batch, const std::map<std::int64_t, double>& weights, const FeedNames& names) {
  if (weights.empty()) return;
  if (!batch.sample_weight.empty()) {
    throw InvalidArgument({.subject = "class_weight",
                           .what = "There are class weights and sample weights at once.",
                           .expected = "one of class_weight and sample_weight",
                           .fix = "multiply the class weights into the sample weights"});
  }
  if (batch.y.size() != 1) {
    throw InvalidArgument({.subject = "class_weight",
                           .what = fmt::format("Class weights need a model with one output and its targets: \"{}\" has {}.", names.model, batch.y.size()),
                           .expected = "one output",
                           .received = quoted(names.outputs),
                           .fix = "give sample_weight, one for each output"});
  }
  batch.sample_weight = {class_weights(batch.y[0], weights)};
}

}  // namespace namesake::train
