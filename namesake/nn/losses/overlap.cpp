#include "namesake/nn/losses/overlap.h"

#include <array>

#include "namesake/nn/losses/spec.h"
#include "namesake/ops/math.h"
#include "namesake/ops/reduce.h"

namespace namesake {
namespace nn {
namespace {

Axes axes_of(const AxisList& axes) { return axes.size() == 0 ? Axes() : Axes(axes.values()); }

void axis_config(AxisList& axis, ConfigFields& f) {
  if (!f.reading() && axis.size() == 0) f.always("axis", nullptr);
  else f("axis", axis);
}

struct DiceSpec {
  using Options = losses::DiceOptions;
  static constexpr std::string_view kClassName = "Dice", kWord = "dice", kAlias = "";
  static void config(Options& o, ConfigFields& f) { axis_config(o.axis, f); }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    const Axes axes = axes_of(o.axis);
    const Tensor shared = sum(y_true * y_pred, axes);
    return 1.0 - shared * 2.0 / (sum(y_true, axes) + sum(y_pred, axes) + kEpsilon);
  }
};

struct TverskySpec {
  using Options = losses::TverskyOptions;
  static constexpr std::string_view kClassName = "Tversky", kWord = "tversky", kAlias = "";
  static void config(Options& o, ConfigFields& f) {
    f("alpha", o.alpha);
    f("beta", o.beta);
    axis_config(o.axis, f);
  }
  static Tensor call(const Options& o, const Tensor& y_true, const Tensor& y_pred) {
    const Axes axes = axes_of(o.axis);
    const Tensor shared = sum(y_true * y_pred, axes);
    // Keras weighs with alpha what only the labels have, with beta what only the predictions have.
    const Tensor labels_only = sum((1.0 - y_pred) * y_true, axes), predictions_only = sum(y_pred * (1.0 - y_true), axes);
    return 1.0 - shared / (shared + labels_only * o.alpha + predictions_only * o.beta + kEpsilon);
  }
};

}  // namespace

std::span<const LossEntry> overlap_losses() {
  static constexpr auto kEntries = std::to_array<LossEntry>({loss_entry<DiceSpec>(), loss_entry<TverskySpec>()});
  return kEntries;
}

}  // namespace nn

namespace losses {

Loss make_loss(DiceOptions o) { return nn::loss_of<nn::DiceSpec>(std::move(o)); }
Loss make_loss(TverskyOptions o) { return nn::loss_of<nn::TverskySpec>(std::move(o)); }

}  // namespace losses
}  // namespace namesake
