#include "namesake/nn/losses/regression.h"

#include <array>
#include <numbers>

#include "namesake/nn/losses/functions.h"
#include "namesake/nn/losses/spec.h"
#include "namesake/ops/activations.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace nn {
namespace {

/// x in length 1 along `axis`; shorter than epsilon stays short.
Tensor unit_length(const Tensor& x, int axis) { return x * minimum(rsqrt(sum(square(x), axis, true)), 1.0 / kEpsilon); }

struct MeanSquaredErrorSpec {
  using Options = losses::MeanSquaredErrorOptions;
  static constexpr std::string_view kClassName = "MeanSquaredError", kWord = "mean_squared_error", kAlias = "mse";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return mean_squared_error(y_true, y_pred); }
};
struct MeanAbsoluteErrorSpec {
  using Options = losses::MeanAbsoluteErrorOptions;
  static constexpr std::string_view kClassName = "MeanAbsoluteError", kWord = "mean_absolute_error", kAlias = "mae";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return mean_absolute_error(y_true, y_pred); }
};
struct MeanAbsolutePercentageErrorSpec {
  using Options = losses::MeanAbsolutePercentageErrorOptions;
  static constexpr std::string_view kClassName = "MeanAbsolutePercentageError", kWord = "mean_absolute_percentage_error", kAlias = "mape";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return mean_absolute_percentage_error(y_true, y_pred);
  }
};
struct MeanSquaredLogarithmicErrorSpec {
  using Options = losses::MeanSquaredLogarithmicErrorOptions;
  static constexpr std::string_view kClassName = "MeanSquaredLogarithmicError", kWord = "mean_squared_logarithmic_error", kAlias = "msle";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) {
    return mean_squared_logarithmic_error(y_true, y_pred);
  }
};

// Keras forgets these two options when it writes a config, but takes them when it reads one: they are written unless they
// have their defaults.
struct CosineSimilaritySpec {
  using Options = losses::CosineSimilarityOptions;
  static constexpr std::string_view kClassName = "CosineSimilarity", kWord = "cosine_similarity", kAlias = "";
  static void config(Options& o, ConfigFields& f) {
    if (f.reading() || o.axis != Options().axis) f("axis", o.axis);
  }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return negative(cosine_similarity(y_true, y_pred, o.axis));
  }
};
struct HuberSpec {
  using Options = losses::HuberOptions;
  static constexpr std::string_view kClassName = "Huber", kWord = "huber", kAlias = "";
  static void config(Options& o, ConfigFields& f) {
    if (f.reading() || o.delta != Options().delta) f("delta", o.delta);
  }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) { return huber(y_true, y_pred, o.delta); }
};

struct LogCoshSpec {
  using Options = losses::LogCoshOptions;
  static constexpr std::string_view kClassName = "LogCosh", kWord = "log_cosh", kAlias = "";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return log_cosh(y_true, y_pred); }
};

}  // namespace

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) { return mean(squared_difference(y_true, y_pred), -1); }

Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) { return mean(abs(y_true - y_pred), -1); }

Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred) {
  return mean(abs((y_true - y_pred) / maximum(abs(y_true), kEpsilon)), -1) * 100.0;
}

Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred) {
  return mean(squared_difference(log(maximum(y_pred, kEpsilon) + 1.0), log(maximum(y_true, kEpsilon) + 1.0)), -1);
}

Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, std::int64_t axis) {
  const int place = static_cast<int>(axis);
  return sum(unit_length(y_true, place) * unit_length(y_pred, place), place);
}

Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta) {
  const Tensor error = y_pred - y_true, size = abs(error);
  return mean(where(size <= delta, square(error) * 0.5, size * delta - 0.5 * delta * delta), -1);
}

Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor error = y_pred - y_true;
  return mean(error + softplus(error * -2.0) - std::numbers::ln2, -1);
}

std::span<const LossEntry> regression_losses() {
  static constexpr auto kEntries = std::to_array<LossEntry>(
      {loss_entry<MeanSquaredErrorSpec>(), loss_entry<MeanAbsoluteErrorSpec>(), loss_entry<MeanAbsolutePercentageErrorSpec>(),
       loss_entry<MeanSquaredLogarithmicErrorSpec>(), loss_entry<CosineSimilaritySpec>(), loss_entry<HuberSpec>(),
       loss_entry<LogCoshSpec>()});
  return kEntries;
}

}  // namespace nn

namespace losses {

Loss make_loss(MeanSquaredErrorOptions o) { return nn::loss_of<nn::MeanSquaredErrorSpec>(std::move(o)); }
Loss make_loss(MeanAbsoluteErrorOptions o) { return nn::loss_of<nn::MeanAbsoluteErrorSpec>(std::move(o)); }
Loss make_loss(MeanAbsolutePercentageErrorOptions o) { return nn::loss_of<nn::MeanAbsolutePercentageErrorSpec>(std::move(o)); }
Loss make_loss(MeanSquaredLogarithmicErrorOptions o) { return nn::loss_of<nn::MeanSquaredLogarithmicErrorSpec>(std::move(o)); }
Loss make_loss(CosineSimilarityOptions o) { return nn::loss_of<nn::CosineSimilaritySpec>(std::move(o)); }
Loss make_loss(HuberOptions o) { return nn::loss_of<nn::HuberSpec>(std::move(o)); }
Loss make_loss(LogCoshOptions o) { return nn::loss_of<nn::LogCoshSpec>(std::move(o)); }

}  // namespace losses
}  // namespace namesake
