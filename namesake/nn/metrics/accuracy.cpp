#include "namesake/nn/metrics/accuracy.h"

#include <fmt/format.h>

#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/by_shapes.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/nn/metrics/values.h"

namespace namesake {
namespace nn {
namespace {

struct AccuracySpec {
  using Options = metrics::AccuracyOptions;
  static constexpr std::string_view kClassName = "Accuracy", kName = "accuracy";
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) { return equal_values(y_true, y_pred); }
};
struct BinaryAccuracySpec {
  using Options = metrics::BinaryAccuracyOptions;
  static constexpr std::string_view kClassName = "BinaryAccuracy", kName = "binary_accuracy";
  static void config(Options& o, ConfigFields& f) { f("threshold", o.threshold); }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return binary_matches(y_true, y_pred, o.threshold);
  }
};
struct CategoricalAccuracySpec {
  using Options = metrics::CategoricalAccuracyOptions;
  static constexpr std::string_view kClassName = "CategoricalAccuracy", kName = "categorical_accuracy";
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) { return categorical_matches(y_true, y_pred); }
};
struct SparseCategoricalAccuracySpec {
  using Options = metrics::SparseCategoricalAccuracyOptions;
  static constexpr std::string_view kClassName = "SparseCategoricalAccuracy", kName = "sparse_categorical_accuracy";
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return sparse_categorical_matches(y_true, y_pred);
  }
};

void check_k(std::int64_t k) {
  if (k >= 1) return;
  throw InvalidArgument({.subject = "k", .what = "k lies outside its range.", .expected = "1 or more", .received = fmt::format("{}", k)});
}

struct TopKSpec {
  using Options = metrics::TopKCategoricalAccuracyOptions;
  static constexpr std::string_view kClassName = "TopKCategoricalAccuracy", kName = "top_k_categorical_accuracy";
  static void config(Options& o, ConfigFields& f) { f("k", o.k); }
  static void check(const Options& o) { check_k(o.k); }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return top_k_matches(y_true, y_pred, o.k, true);
  }
};
struct SparseTopKSpec {
  using Options = metrics::SparseTopKCategoricalAccuracyOptions;
  static constexpr std::string_view kClassName = "SparseTopKCategoricalAccuracy", kName = "sparse_top_k_categorical_accuracy";
  static void config(Options& o, ConfigFields& f) {
    f("k", o.k);
    if (f.reading() || o.from_sorted_ids) f("from_sorted_ids", o.from_sorted_ids);
  }
  static void check(const Options& o) { check_k(o.k); }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return o.from_sorted_ids ? sorted_ids_matches(y_true, y_pred, o.k) : top_k_matches(y_true, y_pred, o.k, false);
  }
};

Tensor values_by_shapes(TargetKind kind, const Tensor& y_true, const Tensor& y_pred) {
  switch (kind) {
    case TargetKind::kBinary: return binary_matches(y_true, y_pred, 0.5);
    case TargetKind::kSparse: return sparse_categorical_matches(y_true, y_pred);
    default: return categorical_matches(y_true, y_pred);
  }
}

/// The word "accuracy": of a kind that is known, or settled by the shapes of the first update.
class AccuracyByShapes final : public MeanMetric {
 public:
  explicit AccuracyByShapes(std::string name) : MeanMetric("Accuracy", std::move(name), "") { set_name(this->name(), false); }
  AccuracyByShapes(std::string_view class_name, std::string name, TargetKind kind)
      : MeanMetric(std::string(class_name), std::move(name), ""), kind_(kind) {
    set_name(this->name(), false);
  }

 private:
  Tensor each(const Tensor& y_true, const Tensor& y_pred) override {
    if (!kind_) kind_ = kind_by_shapes(y_true.shape(), y_pred.shape());
    return values_by_shapes(*kind_, y_true, y_pred);
  }
  std::optional<TargetKind> kind_;
};

}  // namespace

std::shared_ptr<MetricBase> accuracy_by_shapes(std::string name) { return std::make_shared<AccuracyByShapes>(std::move(name)); }

std::span<const MetricEntry> accuracy_metrics() {
  static constexpr auto kEntries = std::to_array<MetricEntry>(
      {metric_entry<MeanOf<AccuracySpec>>(), metric_entry<MeanOf<BinaryAccuracySpec>>(), metric_entry<MeanOf<CategoricalAccuracySpec>>(),
       metric_entry<MeanOf<SparseCategoricalAccuracySpec>>(), metric_entry<MeanOf<TopKSpec>>(), metric_entry<MeanOf<SparseTopKSpec>>()});
  return kEntries;
}

}  // namespace nn

std::string_view accuracy_class(const Shape& y_true, const Shape& y_pred) {
  switch (nn::kind_by_shapes(y_true, y_pred)) {
    case nn::TargetKind::kBinary: return "BinaryAccuracy";
    case nn::TargetKind::kSparse: return "SparseCategoricalAccuracy";
    default: return "CategoricalAccuracy";
  }
}

Metric resolve_accuracy(std::string_view word, const Shape& y_true, const Shape& y_pred) {
  Metric metric(word);
  metric.body_ = std::make_shared<nn::AccuracyByShapes>(accuracy_class(y_true, y_pred), std::string(word), nn::kind_by_shapes(y_true, y_pred));
  return metric;
}

namespace metrics {

using Body = std::shared_ptr<MetricBase>;
Body make_metric(AccuracyOptions o) { return nn::mean_of<nn::AccuracySpec>(std::move(o)); }
Body make_metric(BinaryAccuracyOptions o) { return nn::mean_of<nn::BinaryAccuracySpec>(std::move(o)); }
Body make_metric(CategoricalAccuracyOptions o) { return nn::mean_of<nn::CategoricalAccuracySpec>(std::move(o)); }
Body make_metric(SparseCategoricalAccuracyOptions o) { return nn::mean_of<nn::SparseCategoricalAccuracySpec>(std::move(o)); }
Body make_metric(TopKCategoricalAccuracyOptions o) { return nn::mean_of<nn::TopKSpec>(std::move(o)); }
Body make_metric(SparseTopKCategoricalAccuracyOptions o) { return nn::mean_of<nn::SparseTopKSpec>(std::move(o)); }

}  // namespace metrics
}  // namespace namesake
