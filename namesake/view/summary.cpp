#include "namesake/view/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "namesake/base/error.h"
#include "namesake/nn/graph_model.h"
#include "namesake/view/graph_rows.h"
#include "namesake/view/summary_graph.h"
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

/// The columns of the table, and how wide it is.
class Columns {
 public:
  Columns(const SummaryOptions& options, bool connected) {
    headers_ = {{"Layer (type)"}, {"Output Shape"}, {"Param #", 0, view::Align::kRight}};
    ends_ = {0.45, 0.80, 1.0};
    int widest = 88;
    if (connected) {
      headers_.push_back({"Connected to"});
      ends_ = {0.3, 0.56, 0.74, 1.0};
      widest = 108;
    }
    if (options.show_trainable) {
      headers_.push_back({"Trainable", 0, view::Align::kCenter});
      for (double& end : ends_) end *= 0.90;
      ends_.push_back(1.0);
      widest += 12;
    }
    width_ = options.width.value_or(std::min(widest, options.columns - 4));
  }

  [[nodiscard]] int width() const noexcept { return width_; }
  /// With Keras's widths: parts of the whole, less the borders, which take one more of the last column but one.
  [[nodiscard]] std::vector<view::TextColumn> table() const {
    std::vector<view::TextColumn> columns = headers_;
    int begin = 0;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const int end = static_cast<int>(ends_[i] * width_);
      columns[i].width = end - begin - (i + 2 == columns.size() ? 2 : 1);
      begin = end;
    }
    return columns;
  }

 private:
  std::vector<view::TextColumn> headers_;
  std::vector<double> ends_;
  int width_ = 0;
};

/// Fills the table row by row.
class Rows {
 public:
  Rows(const Model& model, const SummaryOptions& options) : model_(model), graph_(model), options_(options) {}

  [[nodiscard]] bool connected() const { return !graph_.sequential_like(); }
  void fill(view::TextTable& table) const {
    if (const auto* body = dynamic_cast<const nn::GraphModelBody*>(model_.ptr().get())) return add_graph(*body, table);
    for (const Layer& layer : graph_.rows()) add(layer, 0, table);
  }

 private:
  void add_graph(const nn::GraphModelBody& body, view::TextTable& table) const {
    for (const view::GraphRow& row : view::graph_rows(body)) {
      std::vector<std::string> cells = {fmt::format("{} ({})", row.name, row.type), row.shape, grouped(row.params)};
      if (options_.show_trainable) cells.emplace_back(!row.trainable ? "-" : *row.trainable ? "Y" : "N");
      table.add(std::move(cells));
    }
  }
  void add(const Layer& layer, int level, view::TextTable& table) const {
    std::string name;
    if (level > 0) name = std::string(static_cast<std::size_t>(3 * level), ' ') + (options_.ascii ? "+ " : "\u2514 ");
    std::vector<std::string> cells = {fmt::format("{}{} ({})", name, layer.name(), layer.class_name()), graph_.output_shape(layer),
                                      layer.built() ? grouped(layer.count_params()) : "0 (unbuilt)"};
    if (connected()) cells.push_back(graph_.connections(layer));
    if (options_.show_trainable) cells.emplace_back(layer.weights().empty() ? "-" : layer.trainable() ? "Y" : "N");
    table.add(std::move(cells));
    if (!options_.expand_nested) return;
    for (const Layer& below : view::SummaryGraph::layers_of(layer)) add(below, level + 1, table);
  }

  const Model& model_;
  view::SummaryGraph graph_;
  const SummaryOptions& options_;
};

/// What the table is of, if not of layers.
std::string graph_note(const Model& model) {
  const auto* body = dynamic_cast<const nn::GraphModelBody*>(model.ptr().get());
  return body == nullptr ? "" : fmt::format(" (runs the graph of \"{}\")", body->graph().name);
}

}  // namespace

std::string summary(const Model& model, const SummaryOptions& options) {
  const Rows rows(model, options);
  const Columns columns(options, rows.connected());
  if (columns.width() < kSmallestWidth) {
    throw InvalidArgument({.what = "A summary needs more room.",
                           .expected = fmt::format("a width of at least {} columns", kSmallestWidth),
                           .received = std::to_string(columns.width())});
  }
  view::TextTable table(columns.table(), options.ascii);
  rows.fill(table);

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
  return fmt::format("Model: \"{}\"{}\n{}{}{}", model.name(), graph_note(model), table.text(), count_line("Total", total), lines);
}

std::string Model::summary() const { return namesake::summary(*this); }

}  // namespace namesake
