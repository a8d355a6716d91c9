#include "namesake/nn/losses/hinge.h"

#include <array>

#include "namesake/nn/losses/functions.h"
#include "namesake/nn/losses/spec.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"
#include "namesake/ops/unary.h"

namespace namesake {
namespace nn {
namespace {

/// Labels that are all 0 or 1 as -1 and 1; others as they are.
Tensor signed_labels(const Tensor& y_true) {
  const Tensor is_binary = all(logical_or(equal(y_true, 0), equal(y_true, 1)));
  return where(is_binary, y_true * 2.0 - 1.0, y_true);
}

Tensor margins(const Tensor& y_true, const Tensor& y_pred) { return maximum(1.0 - signed_labels(y_true) * y_pred, 0.0); }

struct HingeSpec {
  using Options = losses::HingeOptions;
  static constexpr std::string_view kClassName = "Hinge", kWord = "hinge", kAlias = "";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return hinge(y_true, y_pred); }
};
struct SquaredHingeSpec {
  using Options = losses::SquaredHingeOptions;
  static constexpr std::string_view kClassName = "SquaredHinge", kWord = "squared_hinge", kAlias = "";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return squared_hinge(y_true, y_pred); }
};
struct CategoricalHingeSpec {
  using Options = losses::CategoricalHingeOptions;
  static constexpr std::string_view kClassName = "CategoricalHinge", kWord = "categorical_hinge", kAlias = "";
  static Tensor call(const Options&, const Tensor& y_true, const Tensor& y_pred) { return categorical_hinge(y_true, y_pred); }
};

}  // namespace

Tensor hinge(const Tensor& y_true, const Tensor& y_pred) { return mean(margins(y_true, y_pred), -1); }

Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred) { return mean(square(margins(y_true, y_pred)), -1); }

Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor right = sum(y_true * y_pred, -1), wrong = max((1.0 - y_true) * y_pred, -1);
  return maximum(wrong - right + 1.0, 0.0);
}

std::span<const LossEntry> hinge_losses() {
  static constexpr auto kEntries =
      std::to_array<LossEntry>({loss_entry<HingeSpec>(), loss_entry<SquaredHingeSpec>(), loss_entry<CategoricalHingeSpec>()});
  return kEntries;
}

}  // namespace nn

namespace losses {

Loss make_loss(HingeOptions o) { return nn::loss_of<nn::HingeSpec>(std::move(o)); }
Loss make_loss(SquaredHingeOptions o) { return nn::loss_of<nn::SquaredHingeSpec>(std::move(o)); }
Loss make_loss(CategoricalHingeOptions o) { return nn::loss_of<nn::CategoricalHingeSpec>(std::move(o)); }

}  // namespace losses
}  // namespace namesake
