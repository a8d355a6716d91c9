#include "namesake/view/summary.h"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/nn/sequential.h"
#include "namesake/ops/recorder.h"
#include "namesake/view/text_table.h"

namespace namesake {
namespace {

constexpr int kSmallestWidth = 40;

/// `1,234,567`.
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > 0; i -= 3) digits.insert(static_cast<std::size_t>(i), ",");
  return digits;
}

/// `5.54 KB`.
std::string readable_size(double bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {"B", "KB", "MB", "GB", "TB", "PB"};
  std::size_t unit = 0;
  while (bytes >= 1024 && unit + 1 < kUnits.size()) {
    bytes /= 1024;
    ++unit;
  }
  return fmt::format("{:.2f} {}", bytes, kUnits[unit]);
}

struct Count {
  std::int64_t numbers = 0;
  double bytes = 0;

  Count& operator+=(const Count& other) {
    numbers += other.numbers;
    bytes += other.bytes;
    return *this;
  }
};

Count count_of(std::span<const Variable> variables) {
  Count count;
  for (const Variable& variable : variables) {
    const std::int64_t numbers = variable.shape().count();
    count += {numbers, static_cast<double>(numbers) * static_cast<double>(size_of(variable.dtype()))};
  }
  return count;
}

std::string count_line(std::string_view what, const Count& count) {
  return fmt::format(" {} params: {} ({})\n", what, grouped(count.numbers), readable_size(count.bytes));
}

/// The output of a built layer, by running it on shapes alone; "?" if it will not.
std::string output_shape_by_running(const Layer& layer) {
  if (!layer.built() || layer.ptr()->built_shapes().empty()) return "?";
  const ops::StopRecording quiet;
  try {
    Tensors inputs;
    for (const Shape& shape : layer.ptr()->built_shapes()) {
      if (!shape.known_rank()) return "?";
      inputs.push_back(Tensor::symbolic(layer.ptr()->compute_dtype(), shape, nullptr));
    }
    std::string text;
    const Tensors outputs = layer(inputs);
    for (const Tensor& output : outputs) text += (text.empty() ? "" : ", ") + to_string(output.shape());
    return outputs.size() == 1 ? text : "[" + text + "]";
  } catch (const Error&) {  // a user's layer that wants more than shapes
    return "?";
  }
}

std::vector<std::string> output_shapes(const Model& model) {
  std::vector<std::string> texts;
  if (const auto* sequential = dynamic_cast<const nn::SequentialBody*>(model.ptr().get())) {
    for (const Shape& shape : sequential->output_shapes()) texts.push_back(to_string(shape));
    texts.resize(sequential->children().size(), "?");
    return texts;
  }
  for (const Layer& layer : model.layers()) texts.push_back(output_shape_by_running(layer));
  return texts;
}

/// Keras's widths: the columns end at 45, 80 and 100 % of the width, less the borders.
std::vector<view::TextColumn> columns_for(int width) {
  const int first = width * 45 / 100, second = width * 80 / 100;
  return {{"Layer (type)", first - 1, false}, {"Output Shape", second - first - 2, false}, {"Param #", width - second - 1, true}};
}

}  // namespace

std::string summary(const Model& model, const SummaryOptions& options) {
  if (options.width < kSmallestWidth) {
    throw InvalidArgument({.what = "A summary needs more room.",
                           .expected = fmt::format("a width of at least {} columns", kSmallestWidth),
                           .received = std::to_string(options.width)});
  }
  view::TextTable table(columns_for(options.width), options.ascii);
  const std::vector<std::string> shapes = output_shapes(model);
  const std::vector<Layer> layers = model.layers();
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = layers[i];
    if (layer.class_name() == "InputLayer") continue;  // Keras counts a Sequential's input as none of its layers
    table.add({fmt::format("{} ({})", layer.name(), layer.class_name()), shapes[i],
               layer.built() ? grouped(layer.count_params()) : "0 (unbuilt)"});
  }

  const Count trainable = count_of(model.trainable_variables());
  const Count frozen = count_of(model.non_trainable_variables());
  Count total = trainable;
  total += frozen;
  std::string lines = count_line("Trainable", trainable) + count_line("Non-trainable", frozen);
  if (model.is_compiled() && model.optimizer().built()) {
    const Count optimizer = count_of(model.optimizer().variables());
    total += optimizer;
    lines += count_line("Optimizer", optimizer);
  }
  return fmt::format("Model: \"{}\"\n{}{}{}", model.name(), table.text(), count_line("Total", total), lines);
}

std::string Model::summary() const { return namesake::summary(*this); }

}  // namespace namesake
