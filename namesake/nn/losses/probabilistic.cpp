#include "namesake/nn/losses/probabilistic.h"

#include <fmt/format.h>

#include <array>

#include "namesake/base/error.h"
#include "namesake/nn/losses/crossentropy_functions.h"
#include "namesake/nn/losses/functions.h"
#include "namesake/nn/losses/spec.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace nn {
namespace {

template <class Options>
CrossentropySettings settings_of(const Options& o) {
  return {o.from_logits, o.label_smoothing, o.axis};
}
template <class Options>
void crossentropy_config(Options& o, ConfigFields& f) {
  f("from_logits", o.from_logits);
  f("label_smoothing", o.label_smoothing);
  f("axis", o.axis);
}

struct CategoricalSpec {
  using Options = losses::CategoricalCrossentropyOptions;
  static constexpr std::string_view kClassName = "CategoricalCrossentropy", kWord = "categorical_crossentropy", kAlias = "";
  static void config(Options& o, ConfigFields& f) { crossentropy_config(o, f); }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return categorical_crossentropy(y_true, y_pred, settings_of(o));
  }
};

struct SparseSpec {
  using Options = losses::SparseCategoricalCrossentropyOptions;
  static constexpr std::string_view kClassName = "SparseCategoricalCrossentropy", kWord = "sparse_categorical_crossentropy", kAlias = "";
  static constexpr bool kTakesClassNumbers = true;
  static void config(Options& o, ConfigFields& f) {
    f("from_logits", o.from_logits);
    f("ignore_class", o.ignore_class);
    if (f.reading() || o.axis != -1) f("axis", o.axis);  // Keras does not write it
  }
  static void check(const Options& o) {
    if (o.axis == -1) return;
    throw Unsupported({.subject = "axis",
                       .what = "The classes of SparseCategoricalCrossentropy stand on the last axis.",
                       .expected = "-1",
                       .received = fmt::format("{}", o.axis)});
  }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return sparse_categorical_crossentropy(y_true, y_pred, o.from_logits, o.ignore_class);
  }
};

struct BinarySpec {
  using Options = losses::BinaryCrossentropyOptions;
  static constexpr std::string_view kClassName = "BinaryCrossentropy", kWord = "binary_crossentropy", kAlias = "bce";
  static void config(Options& o, ConfigFields& f) { crossentropy_config(o, f); }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return binary_crossentropy(y_true, y_pred, settings_of(o));
  }
};

struct CategoricalFocalSpec {
  using Options = losses::CategoricalFocalCrossentropyOptions;
  static constexpr std::string_view kClassName = "CategoricalFocalCrossentropy", kWord = "categorical_focal_crossentropy", kAlias = "";
  static void config(Options& o, ConfigFields& f) {
    crossentropy_config(o, f);
    f("alpha", o.alpha);
    f("gamma", o.gamma);
  }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return categorical_focal_crossentropy(y_true, y_pred, settings_of(o), {o.alpha, o.gamma});
  }
};

struct BinaryFocalSpec {
  using Options = losses::BinaryFocalCrossentropyOptions;
  static constexpr std::string_view kClassName = "BinaryFocalCrossentropy", kWord = "binary_focal_crossentropy", kAlias = "";
  static void config(Options& o, ConfigFields& f) {
    crossentropy_config(o, f);
    f("apply_class_balancing", o.apply_class_balancing);
    f("alpha", o.alpha);
    f("gamma", o.gamma);
  }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return binary_focal_crossentropy(y_true, y_pred, settings_of(o), {o.alpha, o.gamma, o.apply_class_balancing});
  }
};

struct GeneralizedSpec {
  using Options = losses::CategoricalGeneralizedCrossEntropyOptions;
  static constexpr std::string_view kClassName = "CategoricalGeneralizedCrossEntropy";
  static constexpr std::string_view kWord = "", kAlias = "";  // Keras has no word for it
  static void config(Options& o, ConfigFields& f) { f("q", o.q); }
  static void check(const Options& o) {
    if (o.q > 0 && o.q < 1) return;
    throw InvalidArgument({.subject = "q",
                           .what = "The q of CategoricalGeneralizedCrossEntropy lies outside its range.",
                           .expected = "between 0 and 1",
                           .received = fmt::format("{}", o.q)});
  }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    return categorical_generalized_cross_entropy(y_true, y_pred, o.q);
  }
};

struct KLDivergenceSpec {
  using Options = losses::KLDivergenceOptions;
  static constexpr std::string_view kClassName = "KLDivergence", kWord = "kl_divergence", kAlias = "kld";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return kl_divergence(y_true, y_pred); }
};
struct PoissonSpec {
  using Options = losses::PoissonOptions;
  static constexpr std::string_view kClassName = "Poisson", kWord = "poisson", kAlias = "";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return poisson(y_true, y_pred); }
};

}  // namespace

Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor labels = clip(y_true, kEpsilon, 1);
  return sum(labels * log(labels / clip(y_pred, kEpsilon, 1)), -1);
}

Tensor poisson(const Tensor& y_true, const Tensor& y_pred) { return mean(y_pred - y_true * log(y_pred + kEpsilon), -1); }

std::span<const LossEntry> probabilistic_losses() {
  static constexpr auto kEntries = std::to_array<LossEntry>(
      {loss_entry<CategoricalSpec>(), loss_entry<SparseSpec>(), loss_entry<BinarySpec>(), loss_entry<CategoricalFocalSpec>(),
       loss_entry<BinaryFocalSpec>(), loss_entry<GeneralizedSpec>(), loss_entry<KLDivergenceSpec>(), loss_entry<PoissonSpec>()});
  return kEntries;
}

}  // namespace nn

namespace losses {

Loss make_loss(CategoricalCrossentropyOptions o) { return nn::loss_of<nn::CategoricalSpec>(std::move(o)); }
Loss make_loss(SparseCategoricalCrossentropyOptions o) { return nn::loss_of<nn::SparseSpec>(std::move(o)); }
Loss make_loss(BinaryCrossentropyOptions o) { return nn::loss_of<nn::BinarySpec>(std::move(o)); }
Loss make_loss(CategoricalFocalCrossentropyOptions o) { return nn::loss_of<nn::CategoricalFocalSpec>(std::move(o)); }
Loss make_loss(BinaryFocalCrossentropyOptions o) { return nn::loss_of<nn::BinaryFocalSpec>(std::move(o)); }
Loss make_loss(CategoricalGeneralizedCrossEntropyOptions o) { return nn::loss_of<nn::GeneralizedSpec>(std::move(o)); }
Loss make_loss(KLDivergenceOptions o) { return nn::loss_of<nn::KLDivergenceSpec>(std::move(o)); }
Loss make_loss(PoissonOptions o) { return nn::loss_of<nn::PoissonSpec>(std::move(o)); }

}  // namespace losses
}  // namespace namesake
