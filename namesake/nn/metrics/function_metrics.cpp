// The metrics that are means of functions of labels and predictions.
#include <fmt/format.h>

#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/losses/crossentropy_functions.h"
#include "namesake/nn/losses/functions.h"
#include "namesake/nn/metrics/correlation.h"
#include "namesake/nn/metrics/hinge.h"
#include "namesake/nn/metrics/mean_metric.h"
#include "namesake/nn/metrics/probabilistic.h"
#include "namesake/nn/metrics/regression.h"
#include "namesake/ops/create.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/statistics.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace nn {
namespace {

/// Keras writes the default label smoothing of its metrics as an integer.
void smoothing_config(double& smoothing, ConfigFields& f) {
  if (!f.reading() && smoothing == 0) f.always("label_smoothing", 0);
  else f("label_smoothing", smoothing);
}

Tensor pearson_correlation(const Tensor& y_true, const Tensor& y_pred, int axis) {
  const Tensor a = y_true - mean(y_true, axis, true), b = y_pred - mean(y_pred, axis, true);
  return mean(a / standard_deviation(a, axis, true) * (b / standard_deviation(b, axis, true)), axis);
}

/// As Keras has it: both factors of the covariance are taken from the mean of the predictions.
Tensor concordance_correlation(const Tensor& y_true, const Tensor& y_pred, int axis) {
  const Tensor true_mean = mean(y_true, axis, true), mean_of_pred = mean(y_pred, axis, true);
  const Tensor covariance = (y_true - mean_of_pred) * (y_pred - mean_of_pred);
  const Tensor spread = variance(y_true, axis, true) + variance(y_pred, axis, true) + square(true_mean - mean_of_pred);
  return mean(covariance * 2.0 / (spread + 1e-7), axis);
}

struct MeanSquaredErrorSpec {
  using Options = metrics::MeanSquaredErrorOptions;
  static constexpr std::string_view kClassName = "MeanSquaredError", kName = "mean_squared_error";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return mean_squared_error(y_true, y_pred);
  }
};
struct MeanAbsoluteErrorSpec {
  using Options = metrics::MeanAbsoluteErrorOptions;
  static constexpr std::string_view kClassName = "MeanAbsoluteError", kName = "mean_absolute_error";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return mean_absolute_error(y_true, y_pred);
  }
};
struct MeanAbsolutePercentageErrorSpec {
  using Options = metrics::MeanAbsolutePercentageErrorOptions;
  static constexpr std::string_view kClassName = "MeanAbsolutePercentageError", kName = "mean_absolute_percentage_error";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return mean_absolute_percentage_error(y_true, y_pred);
  }
};
struct MeanSquaredLogarithmicErrorSpec {
  using Options = metrics::MeanSquaredLogarithmicErrorOptions;
  static constexpr std::string_view kClassName = "MeanSquaredLogarithmicError", kName = "mean_squared_logarithmic_error";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return mean_squared_logarithmic_error(y_true, y_pred);
  }
};
struct LogCoshErrorSpec {
  using Options = metrics::LogCoshErrorOptions;
  static constexpr std::string_view kClassName = "LogCoshError", kName = "logcosh";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return log_cosh(y_true, y_pred);
  }
};
struct HingeSpec {
  using Options = metrics::HingeOptions;
  static constexpr std::string_view kClassName = "Hinge", kName = "hinge";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return hinge(y_true, y_pred);
  }
};
struct SquaredHingeSpec {
  using Options = metrics::SquaredHingeOptions;
  static constexpr std::string_view kClassName = "SquaredHinge", kName = "squared_hinge";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return squared_hinge(y_true, y_pred);
  }
};
struct CategoricalHingeSpec {
  using Options = metrics::CategoricalHingeOptions;
  static constexpr std::string_view kClassName = "CategoricalHinge", kName = "categorical_hinge";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return categorical_hinge(y_true, y_pred);
  }
};
struct KLDivergenceSpec {
  using Options = metrics::KLDivergenceOptions;
  static constexpr std::string_view kClassName = "KLDivergence", kName = "kl_divergence";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return kl_divergence(y_true, y_pred);
  }
};
struct PoissonSpec {
  using Options = metrics::PoissonOptions;
  static constexpr std::string_view kClassName = "Poisson", kName = "poisson";
  static constexpr bool kOfNumbers = true;
  static Tensor values(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return poisson(y_true, y_pred);
  }
};
struct CosineSimilaritySpec {
  using Options = metrics::CosineSimilarityOptions;
  static constexpr std::string_view kClassName = "CosineSimilarity", kName = "cosine_similarity";
  static constexpr bool kOfNumbers = true;
  static void config(Options& o, ConfigFields& f) {
    if (f.reading() || o.axis != -1) f("axis", o.axis);  // Keras forgets it
  }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return cosine_similarity(y_true, y_pred, o.axis);
  }
};
struct PearsonCorrelationSpec {
  using Options = metrics::PearsonCorrelationOptions;
  static constexpr std::string_view kClassName = "PearsonCorrelation", kName = "pearson_correlation";
  static constexpr bool kOfNumbers = true;
  static void config(Options& o, ConfigFields& f) {
    f("axis", o.axis);
  }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return pearson_correlation(y_true, y_pred, static_cast<int>(o.axis));
  }
};
struct ConcordanceCorrelationSpec {
  using Options = metrics::ConcordanceCorrelationOptions;
  static constexpr std::string_view kClassName = "ConcordanceCorrelation", kName = "concordance_correlation";
  static constexpr bool kOfNumbers = true;
  static void config(Options& o, ConfigFields& f) {
    f("axis", o.axis);
  }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return concordance_correlation(y_true, y_pred, static_cast<int>(o.axis));
  }
};
struct BinaryCrossentropySpec {
  using Options = metrics::BinaryCrossentropyOptions;
  static constexpr std::string_view kClassName = "BinaryCrossentropy", kName = "binary_crossentropy";
  static constexpr bool kOfNumbers = true;
  static void config(Options& o, ConfigFields& f) {
    f("from_logits", o.from_logits);
    smoothing_config(o.label_smoothing, f);
  }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return binary_crossentropy(y_true, y_pred, {o.from_logits, o.label_smoothing, -1});
  }
};
struct CategoricalCrossentropySpec {
  using Options = metrics::CategoricalCrossentropyOptions;
  static constexpr std::string_view kClassName = "CategoricalCrossentropy", kName = "categorical_crossentropy";
  static constexpr bool kOfNumbers = true;
  static void config(Options& o, ConfigFields& f) {
    f("from_logits", o.from_logits);
    smoothing_config(o.label_smoothing, f);
    f("axis", o.axis);
  }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return categorical_crossentropy(y_true, y_pred, {o.from_logits, o.label_smoothing, o.axis});
  }
};
struct SparseCategoricalCrossentropySpec {
  using Options = metrics::SparseCategoricalCrossentropyOptions;
  static constexpr std::string_view kClassName = "SparseCategoricalCrossentropy", kName = "sparse_categorical_crossentropy";
  static void config(Options& o, ConfigFields& f) {
    f("from_logits", o.from_logits);
    f("ignore_class", o.ignore_class);
    f("axis", o.axis);
  }
  static void check(const Options& o) {
    if (o.axis == -1) return;
    throw Unsupported({.subject = "axis",
                       .what = "The classes of SparseCategoricalCrossentropy stand on the last axis.",
                       .expected = "-1",
                       .received = fmt::format("{}", o.axis)});
  }
  static Tensor values(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    const DType dtype = o.dtype == "float64" ? DType::kFloat64 : DType::kFloat32;
    return sparse_categorical_crossentropy(y_true, cast(y_pred, dtype), o.from_logits, o.ignore_class);
  }
};

}  // namespace

std::span<const MetricEntry> function_metrics() {
  static constexpr auto kEntries = std::to_array<MetricEntry>({
      metric_entry<MeanOf<MeanSquaredErrorSpec>>("mse"),
      metric_entry<MeanOf<MeanAbsoluteErrorSpec>>("mae"),
      metric_entry<MeanOf<MeanAbsolutePercentageErrorSpec>>("mape"),
      metric_entry<MeanOf<MeanSquaredLogarithmicErrorSpec>>("msle"),
      metric_entry<MeanOf<LogCoshErrorSpec>>(),
      metric_entry<MeanOf<HingeSpec>>(),
      metric_entry<MeanOf<SquaredHingeSpec>>(),
      metric_entry<MeanOf<CategoricalHingeSpec>>(),
      metric_entry<MeanOf<KLDivergenceSpec>>(),
      metric_entry<MeanOf<PoissonSpec>>(),
      metric_entry<MeanOf<CosineSimilaritySpec>>(),
      metric_entry<MeanOf<PearsonCorrelationSpec>>(),
      metric_entry<MeanOf<ConcordanceCorrelationSpec>>(),
      metric_entry<MeanOf<BinaryCrossentropySpec>>("bce"),
      metric_entry<MeanOf<CategoricalCrossentropySpec>>(),
      metric_entry<MeanOf<SparseCategoricalCrossentropySpec>>(),
  });
  return kEntries;
}

}  // namespace nn

namespace metrics {

using Body = std::shared_ptr<MetricBase>;
Body make_metric(MeanSquaredErrorOptions o) { return nn::mean_of<nn::MeanSquaredErrorSpec>(std::move(o)); }
Body make_metric(MeanAbsoluteErrorOptions o) { return nn::mean_of<nn::MeanAbsoluteErrorSpec>(std::move(o)); }
Body make_metric(MeanAbsolutePercentageErrorOptions o) { return nn::mean_of<nn::MeanAbsolutePercentageErrorSpec>(std::move(o)); }
Body make_metric(MeanSquaredLogarithmicErrorOptions o) { return nn::mean_of<nn::MeanSquaredLogarithmicErrorSpec>(std::move(o)); }
Body make_metric(LogCoshErrorOptions o) { return nn::mean_of<nn::LogCoshErrorSpec>(std::move(o)); }
Body make_metric(HingeOptions o) { return nn::mean_of<nn::HingeSpec>(std::move(o)); }
Body make_metric(SquaredHingeOptions o) { return nn::mean_of<nn::SquaredHingeSpec>(std::move(o)); }
Body make_metric(CategoricalHingeOptions o) { return nn::mean_of<nn::CategoricalHingeSpec>(std::move(o)); }
Body make_metric(KLDivergenceOptions o) { return nn::mean_of<nn::KLDivergenceSpec>(std::move(o)); }
Body make_metric(PoissonOptions o) { return nn::mean_of<nn::PoissonSpec>(std::move(o)); }
Body make_metric(CosineSimilarityOptions o) { return nn::mean_of<nn::CosineSimilaritySpec>(std::move(o)); }
Body make_metric(PearsonCorrelationOptions o) { return nn::mean_of<nn::PearsonCorrelationSpec>(std::move(o)); }
Body make_metric(ConcordanceCorrelationOptions o) { return nn::mean_of<nn::ConcordanceCorrelationSpec>(std::move(o)); }
Body make_metric(BinaryCrossentropyOptions o) { return nn::mean_of<nn::BinaryCrossentropySpec>(std::move(o)); }
Body make_metric(CategoricalCrossentropyOptions o) { return nn::mean_of<nn::CategoricalCrossentropySpec>(std::move(o)); }
Body make_metric(SparseCategoricalCrossentropyOptions o) { return nn::mean_of<nn::SparseCategoricalCrossentropySpec>(std::move(o)); }

}  // namespace metrics
}  // namespace namesake
